/*
 * main.c: cycles a signature, ours beside libcrypto's.
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const tpost_bench_method tpost_bench_methods[TPOST_BENCH_METHODS] = {
    {"hmacmd5", "MD5", &tpost_hmacmd5, 32},
    {"hmacsha1", "SHA1", &tpost_hmacsha1, 40},
    {"hmacsha256", "SHA256", &tpost_hmacsha256, 64},
};
const char *const tpost_bench_widths[TPOST_BENCH_WIDTHS] = {"portable", "sse2", "neon", "avx2", "avx512"};
tpost_bench_subject tpost_bench_subjects[TPOST_BENCH_MAX_SUBJECTS];
unsigned tpost_bench_n_subjects;
char tpost_bench_out[TPOST_BENCH_ROWS][TPOST_SIGN_SIZE - 1];
tpost_bench_records tpost_bench_input;

void tpost_bench_fail(const char *what)
{
    fprintf(stderr, "bench: %s failed\n", what);
    exit(1);
}

const char *tpost_bench_secret(size_t row)
{
    return tpost_bench_input.secrets + row * TPOST_BENCH_SECRET;
}

const tpost_lanes *tpost_bench_lanes(unsigned width)
{
    return tpost_lanes_by_name(tpost_bench_widths[width], strlen(tpost_bench_widths[width]));
}

tpost_bench_subject *tpost_bench_add(const char *what, const tpost_bench_method *method, const tpost_lanes *lanes,
                                     void (*run)(const tpost_bench_subject *subject), size_t count)
{
    tpost_bench_subject *subject;

    if (tpost_bench_n_subjects == TPOST_BENCH_MAX_SUBJECTS) {
        tpost_bench_fail("TPOST_BENCH_MAX_SUBJECTS: it is too small; that");
    }
    subject = &tpost_bench_subjects[tpost_bench_n_subjects++];
    subject->what = what;
    subject->method = method;
    subject->lanes = lanes;
    subject->computes = method == NULL ? NULL : method->method;
    subject->run = run;
    subject->count = count;
    return subject;
}

/* Nobody is fast who signs something else. */
static void tpost_bench_check(const tpost_bench_subject *subject)
{
    char sign[TPOST_SIGN_SIZE];
    size_t row;

    if (subject->method == NULL) {
        return;
    }
    memset(tpost_bench_out, 0, sizeof tpost_bench_out);
    subject->run(subject);
    for (row = 0; row < TPOST_BENCH_ROWS; row++) {
        tpost_sign(subject->method->method, tpost_bench_secret(row), TPOST_BENCH_SECRET, tpost_bench_input.params[row],
                   TPOST_BENCH_COLUMNS, sign, sizeof sign);
        if (memcmp(sign, tpost_bench_out[row], subject->method->digits) != 0) {
            fprintf(stderr, "bench: %s gives another signature than tpost_sign in row %u\n", subject->what,
                    (unsigned)row);
            exit(1);
        }
    }
}

static unsigned tpost_bench_rounds(const char *text)
{
    char *end;
    long rounds = strtol(text, &end, 10);

    if (*end != '\0' || rounds < 3 || rounds > TPOST_BENCH_MAX_ROUNDS) {
        fprintf(stderr, "bench: --rounds takes a number from 3 to %d\n", TPOST_BENCH_MAX_ROUNDS);
        exit(2);
    }
    return (unsigned)rounds;
}

static void tpost_bench_save(const char *path, unsigned rounds)
{
    FILE *file = fopen(path, "w");

    if (file == NULL) {
        tpost_bench_fail(path);
    }
    tpost_bench_print_json(file, rounds);
    if (fclose(file) != 0) {
        tpost_bench_fail(path);
    }
}

int main(int argc, char **argv)
{
    unsigned rounds = 41;
    const char *save = NULL;
    int json = 0;
    int i;

    for (i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0) {
            json = 1;
        } else if (strcmp(argv[i], "--rounds") == 0 && i + 1 < argc) {
            rounds = tpost_bench_rounds(argv[++i]);
        } else if (strcmp(argv[i], "--save") == 0 && i + 1 < argc) {
            save = argv[++i];
        } else {
            fprintf(stderr, "usage: %s [--json] [--save FILE.json] [--rounds N]\n", argv[0]);
            return 2;
        }
    }
    tpost_bench_records_init(&tpost_bench_input);
    tpost_bench_add_ours();
    tpost_bench_add_libcrypto();
    tpost_bench_add_ports();
    for (i = 0; i < (int)tpost_bench_n_subjects; i++) {
        tpost_bench_check(&tpost_bench_subjects[i]);
    }
    tpost_bench_measure(rounds);
    if (save != NULL) {
        tpost_bench_save(save, rounds);
    }
    if (json) {
        tpost_bench_print_json(stdout, rounds);
    } else {
        tpost_bench_print(rounds);
    }
    return 0;
}
