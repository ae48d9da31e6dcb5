/*
 * bench.h: what the units of the benchmark share. It needs GCC or Clang, a POSIX clock, and OpenSSL's libcrypto.
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 */
#ifndef TPOST_BENCH_H
#define TPOST_BENCH_H

#include <stdio.h>
#include <thingpost_lanes.h>

#if defined(__clang__)
#define TPOST_BENCH_COMPILER __VERSION__
#else
#define TPOST_BENCH_COMPILER "GCC " __VERSION__
#endif

#define TPOST_BENCH_METHODS 3
#define TPOST_BENCH_WIDTHS 5
#define TPOST_BENCH_MAX_SUBJECTS 64
#define TPOST_BENCH_MAX_ROUNDS 1001
#define TPOST_BENCH_COMPRESSIONS 5     /* key and padding 1, content 2, key and padding 1, inner digest 1 */
#define TPOST_BENCH_KEY_COMPRESSIONS 3 /* the two of the key done before */

/* ---- Time -------------------------------------------------------------------------------------------------------- */

/* Nanoseconds of a clock that never goes back. */
double tpost_bench_now(void);

/*
 * Nanoseconds of one cycle of this core at this moment, or 1 where there is no way to know it: results are then
 * nanoseconds. See tpost_bench_unit().
 */
double tpost_bench_cycle(void);

/* "cycles" or "nanoseconds". */
const char *tpost_bench_unit(void);

/* ---- Records ----------------------------------------------------------------------------------------------------- */

#define TPOST_BENCH_ROWS 1024
#define TPOST_BENCH_COLUMNS 4
#define TPOST_BENCH_SECRET 32
#define TPOST_BENCH_LONGEST 16 /* value */
#define TPOST_BENCH_CONTENT 89 /* bytes, names included */

/* Random, but the same ones in every run. */
typedef struct tpost_bench_records {
    char secrets[TPOST_BENCH_ROWS * TPOST_BENCH_SECRET];
    char values[TPOST_BENCH_COLUMNS][TPOST_BENCH_ROWS * TPOST_BENCH_LONGEST]; /* a column one after the other */
    int32_t offsets[TPOST_BENCH_COLUMNS + 1][TPOST_BENCH_ROWS + 1];           /* the last: the secrets' */
    tpost_param params[TPOST_BENCH_ROWS][TPOST_BENCH_COLUMNS];
    tpost_column columns[TPOST_BENCH_COLUMNS];
    tpost_column secret_column;
} tpost_bench_records;

void tpost_bench_records_init(tpost_bench_records *records);

/* A row's secret in tpost_bench_input. */
const char *tpost_bench_secret(size_t row);

/* ---- What is measured -------------------------------------------------------------------------------------------- */

typedef struct tpost_bench_method {
    const char *name;
    const char *digest; /* libcrypto's name */
    const tpost_method *method;
    size_t digits;
} tpost_bench_method;

extern const tpost_bench_method tpost_bench_methods[TPOST_BENCH_METHODS];

/* One way to make `count` signatures (or `count` operations, for the limits of the ports). */
typedef struct tpost_bench_subject {
    const char *what;
    const tpost_bench_method *method; /* NULL: no signatures */
    const tpost_lanes *lanes;         /* NULL: one at a time */
    const tpost_method *computes;     /* method->method, or the same by instructions for it */
    void (*run)(const struct tpost_bench_subject *subject);
    size_t count;
    void *context;
    unsigned repeats; /* runs in one measurement */
    double rounds[TPOST_BENCH_MAX_ROUNDS];
} tpost_bench_subject;

extern tpost_bench_subject tpost_bench_subjects[TPOST_BENCH_MAX_SUBJECTS];
extern unsigned tpost_bench_n_subjects;

/* Where every subject writes its signatures: row i's digits from [i][0] on. */
extern char tpost_bench_out[TPOST_BENCH_ROWS][TPOST_SIGN_SIZE - 1];
extern tpost_bench_records tpost_bench_input;

tpost_bench_subject *tpost_bench_add(const char *what, const tpost_bench_method *method, const tpost_lanes *lanes,
                                     void (*run)(const tpost_bench_subject *subject), size_t count);

/* The widths that run here, by name. */
extern const char *const tpost_bench_widths[TPOST_BENCH_WIDTHS];
const tpost_lanes *tpost_bench_lanes(unsigned width);

/* ---- The units that add subjects --------------------------------------------------------------------------------- */

void tpost_bench_add_ours(void);
void tpost_bench_add_libcrypto(void);
void tpost_bench_add_ports(void);

/* What the subjects are called that measure the throughput of the ports. */
#define TPOST_BENCH_ADDITION "independent vector additions"
#define TPOST_BENCH_SHIFT "independent vector shifts"

/* Fewest cycles of a signature of so many compressions, by the ports' measured throughput; 0 where it is not known. */
double tpost_bench_limit(unsigned method, const tpost_lanes *lanes, unsigned compressions, unsigned rounds);

/* ---- Results ----------------------------------------------------------------------------------------------------- */

/* Run all subjects in interleaved rounds: rounds[] are then cycles of one of `count`, in ascending order. */
void tpost_bench_measure(unsigned rounds);

/* Nanoseconds of a cycle, the median of the whole run. */
extern double tpost_bench_median_cycle;

/* The median of a subject's rounds (0.5), or another quantile. */
double tpost_bench_quantile(const tpost_bench_subject *subject, unsigned rounds, double quantile);

void tpost_bench_print(unsigned rounds);
void tpost_bench_print_json(FILE *file, unsigned rounds);

void tpost_bench_fail(const char *what);

#endif
