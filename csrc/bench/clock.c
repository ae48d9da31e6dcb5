/*
 * clock.c: time, and the core's own clock.
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 *
 * The time stamp counter ticks at a fixed rate whatever the core's frequency is, and the counters of real cycles are
 * often closed to users. So a chain of additions, each of which waits for the one before it and takes one cycle, tells
 * how long a cycle is just now. It adds registers: some cores execute additions of a constant in no time at all.
 */
#define _POSIX_C_SOURCE 199309L
#include "bench.h"

#include <time.h>

#define TPOST_BENCH_TEN(text) text text text text text text text text text text
#define TPOST_BENCH_CHAIN 100
#define TPOST_BENCH_CHAINS 600

#if defined(__x86_64__)
#define TPOST_BENCH_ADD "addq %1, %0\n\t"
#elif defined(__aarch64__)
#define TPOST_BENCH_ADD "add %0, %0, %1\n\t"
#endif

double tpost_bench_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

#if defined(TPOST_BENCH_ADD)

double tpost_bench_cycle(void)
{
    uint64_t sum = 0;
    uint64_t one = 1;
    double start = tpost_bench_now();
    unsigned i;

    for (i = 0; i < TPOST_BENCH_CHAINS; i++) {
        __asm__ volatile(TPOST_BENCH_TEN(TPOST_BENCH_TEN(TPOST_BENCH_ADD)) : "+r"(sum) : "r"(one));
    }
    return (tpost_bench_now() - start) / (TPOST_BENCH_CHAINS * TPOST_BENCH_CHAIN);
}

const char *tpost_bench_unit(void)
{
    return "cycles";
}

#else

double tpost_bench_cycle(void)
{
    return 1.0;
}

const char *tpost_bench_unit(void)
{
    return "nanoseconds";
}

#endif
