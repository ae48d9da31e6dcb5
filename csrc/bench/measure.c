/*
 * measure.c: interleaved rounds.
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 */
#include "bench.h"

#include <stdlib.h>

#define TPOST_BENCH_LEAST 400e3 /* nanoseconds of a measurement: far above the clock's resolution, below a time slice */

double tpost_bench_median_cycle;
static double tpost_bench_cycles[TPOST_BENCH_MAX_ROUNDS * TPOST_BENCH_MAX_SUBJECTS];

static double tpost_bench_elapsed(const tpost_bench_subject *subject)
{
    double start = tpost_bench_now();
    unsigned i;

    for (i = 0; i < subject->repeats; i++) {
        subject->run(subject);
    }
    return tpost_bench_now() - start;
}

static void tpost_bench_calibrate(tpost_bench_subject *subject)
{
    subject->repeats = 1;
    while (tpost_bench_elapsed(subject) < TPOST_BENCH_LEAST) {
        subject->repeats *= 2;
    }
}

static int tpost_bench_ascending(const void *a, const void *b)
{
    double left = *(const double *)a;
    double right = *(const double *)b;

    return (left > right) - (left < right);
}

void tpost_bench_measure(unsigned rounds)
{
    unsigned round;
    unsigned place;

    for (place = 0; place < tpost_bench_n_subjects; place++) {
        tpost_bench_calibrate(&tpost_bench_subjects[place]);
    }
    for (round = 0; round < rounds; round++) {
        for (place = 0; place < tpost_bench_n_subjects; place++) {
            tpost_bench_subject *subject = &tpost_bench_subjects[(place + round) % tpost_bench_n_subjects];
            /* The core's frequency may change at any time: it is taken before and after. */
            double before = tpost_bench_cycle();
            double elapsed = tpost_bench_elapsed(subject);
            double cycle = (before + tpost_bench_cycle()) / 2;

            tpost_bench_cycles[round * tpost_bench_n_subjects + place] = cycle;
            subject->rounds[round] = elapsed / cycle / ((double)subject->count * subject->repeats);
        }
    }
    for (place = 0; place < tpost_bench_n_subjects; place++) {
        qsort(tpost_bench_subjects[place].rounds, rounds, sizeof(double), tpost_bench_ascending);
    }
    qsort(tpost_bench_cycles, (size_t)rounds * tpost_bench_n_subjects, sizeof(double), tpost_bench_ascending);
    tpost_bench_median_cycle = tpost_bench_cycles[rounds * tpost_bench_n_subjects / 2];
}

double tpost_bench_quantile(const tpost_bench_subject *subject, unsigned rounds, double quantile)
{
    return subject->rounds[(unsigned)((rounds - 1) * quantile + 0.5)];
}
