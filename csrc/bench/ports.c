/*
 * ports.c: how few cycles a signature could take, if the ports that compute were busy all the time.
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 *
 * The operations of one compression are counted below, as few as the best known formulas need. This CPU's throughput of
 * independent additions, and of independent shifts, is measured in the same rounds as everything else. The limit is the
 * larger of operations / additions a cycle and shifts / shifts a cycle. It leaves out what is no arithmetic: fields that
 * are put together, loads, transposition, byte order, digits.
 */
#include "bench.h"

#include <string.h>

typedef struct tpost_bench_operations {
    unsigned additions;
    unsigned rotations;
    unsigned shifts;
    unsigned logic; /* by these instructions: */
} tpost_bench_operations;

enum {
    TPOST_BENCH_AVX512, /* rotation: 1 (vprold); any function of three words: 1 (vpternlogd) */
    TPOST_BENCH_SSE,    /* rotation: 3 (two shifts, or); logic of two words, andnot among it */
    TPOST_BENCH_NEON,   /* rotation: 2 (shl, sri); logic of two words, orn among it, and select (bsl) */
    TPOST_BENCH_CLASSES
};

static const unsigned tpost_bench_rotation[TPOST_BENCH_CLASSES] = {1, 3, 2};
static const unsigned tpost_bench_rotation_shifts[TPOST_BENCH_CLASSES] = {1, 2, 2};

static const tpost_bench_operations tpost_bench_operations_of[TPOST_BENCH_METHODS][TPOST_BENCH_CLASSES] = {
    /*
     * RFC 1321 3.4: each of 64 steps adds the message word, the constant, the function and the neighbour, and rotates
     * once; 4 additions to the state. Functions of 16 steps each: F and G 3 operations of two words or a select;
     * H 1.5, as two steps share an exclusive or; I 2, by andnot and a subtraction.
     */
    {{64 * 4 + 4, 64, 0, 64},
     {64 * 4 + 4, 64, 0, 16 * 3 + 16 * 3 + 8 * 3 + 16 * 2},
     {64 * 4 + 4, 64, 0, 16 + 16 + 8 * 3 + 16 * 2}},
    /*
     * FIPS 180-4 6.1.2: each of 80 steps adds 4 times and rotates twice; 5 additions to the state. 64 schedule words of
     * 3 exclusive ors and a rotation. Functions: Ch 20 steps, Parity 40, Maj 20: 3, 2, 4 operations of two words.
     */
    {{80 * 4 + 5, 80 * 2 + 64, 0, 80 + 64 * 2},
     {80 * 4 + 5, 80 * 2 + 64, 0, 20 * 3 + 40 * 2 + 20 * 4 + 64 * 3},
     {80 * 4 + 5, 80 * 2 + 64, 0, 20 + 40 * 2 + 20 * 2 + 64 * 3}},
    /*
     * FIPS 180-4 6.2.2: each of 64 steps adds 7 times and has two sums of 3 rotations and 2 exclusive ors, Ch, and Maj
     * (3 operations of two words, as it shares an exclusive or with the step before); 8 additions to the state. 48
     * schedule words of 3 additions and two sums of 2 rotations, a shift and 2 exclusive ors.
     */
    {{64 * 7 + 48 * 3 + 8, 64 * 6 + 48 * 4, 48 * 2, 64 * 4 + 48 * 2},
     {64 * 7 + 48 * 3 + 8, 64 * 6 + 48 * 4, 48 * 2, 64 * (2 * 2 + 3 + 3) + 48 * 2 * 2},
     {64 * 7 + 48 * 3 + 8, 64 * 6 + 48 * 4, 48 * 2, 64 * (2 * 2 + 1 + 2) + 48 * 2 * 2}},
};

/* ---- Throughput -------------------------------------------------------------------------------------------------- */

#define TPOST_BENCH_RUNS 200
#define TPOST_BENCH_INDEPENDENT 12 /* more than latency x ports of any core */
#define TPOST_BENCH_TURNS 4
#define TPOST_BENCH_OPERATIONS ((size_t)TPOST_BENCH_RUNS * TPOST_BENCH_INDEPENDENT * TPOST_BENCH_TURNS)

#define TPOST_BENCH_EACH(of) of(0) of(1) of(2) of(3) of(4) of(5) of(6) of(7) of(8) of(9) of(10) of(11)
#define TPOST_BENCH_TURN(text) text text text text

/* A subject's run: TPOST_BENCH_OPERATIONS operations of one kind, each accumulator independent of the others. */
#define TPOST_BENCH_KERNEL(name, of, ...)                                                                              \
    static void name(const tpost_bench_subject *subject)                                                               \
    {                                                                                                                  \
        unsigned i;                                                                                                    \
                                                                                                                       \
        (void)subject;                                                                                                 \
        for (i = 0; i < TPOST_BENCH_RUNS; i++) {                                                                       \
            __asm__ volatile(TPOST_BENCH_TURN(TPOST_BENCH_EACH(of))::: __VA_ARGS__);                                   \
        }                                                                                                              \
    }

#if defined(__x86_64__)

#define TPOST_BENCH_VECTORS                                                                                            \
    "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12"
#define TPOST_BENCH_ADD_128(i) "paddd %%xmm12, %%xmm" #i "\n\t"
#define TPOST_BENCH_ADD_256(i) "vpaddd %%ymm12, %%ymm" #i ", %%ymm" #i "\n\t"
#define TPOST_BENCH_ADD_512(i) "vpaddd %%zmm12, %%zmm" #i ", %%zmm" #i "\n\t"
#define TPOST_BENCH_SHIFT_128(i) "pslld $7, %%xmm" #i "\n\t"
#define TPOST_BENCH_SHIFT_256(i) "vpslld $7, %%ymm" #i ", %%ymm" #i "\n\t"
#define TPOST_BENCH_SHIFT_512(i) "vprold $7, %%zmm" #i ", %%zmm" #i "\n\t"

#elif defined(__aarch64__)

#define TPOST_BENCH_VECTORS "v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7", "v16", "v17", "v18", "v19", "v20"
#define TPOST_BENCH_ADD_128(i) "add v" #i ".4s, v" #i ".4s, v20.4s\n\t"
#define TPOST_BENCH_SHIFT_128(i) "shl v" #i ".4s, v" #i ".4s, #7\n\t"
/* v8 to v15 belong to the caller. */
#undef TPOST_BENCH_EACH
#define TPOST_BENCH_EACH(of) of(0) of(1) of(2) of(3) of(4) of(5) of(6) of(7) of(16) of(17) of(18) of(19)

#endif

typedef struct tpost_bench_port {
    const char *lanes;
    unsigned kind;
    void (*add)(const tpost_bench_subject *subject);
    void (*shift)(const tpost_bench_subject *subject);
} tpost_bench_port;

#if defined(__x86_64__)
/* In plain asm, so that this unit needs no flags of its own. The wide ones leave clean upper halves behind. */
TPOST_BENCH_KERNEL(tpost_bench_add_128, TPOST_BENCH_ADD_128, TPOST_BENCH_VECTORS)
TPOST_BENCH_KERNEL(tpost_bench_shift_128, TPOST_BENCH_SHIFT_128, TPOST_BENCH_VECTORS)
TPOST_BENCH_KERNEL(tpost_bench_add_256, TPOST_BENCH_ADD_256, TPOST_BENCH_VECTORS)
TPOST_BENCH_KERNEL(tpost_bench_shift_256, TPOST_BENCH_SHIFT_256, TPOST_BENCH_VECTORS)
TPOST_BENCH_KERNEL(tpost_bench_add_512, TPOST_BENCH_ADD_512, TPOST_BENCH_VECTORS)
TPOST_BENCH_KERNEL(tpost_bench_shift_512, TPOST_BENCH_SHIFT_512, TPOST_BENCH_VECTORS)
static const tpost_bench_port tpost_bench_ports[] = {
    {"sse2", TPOST_BENCH_SSE, tpost_bench_add_128, tpost_bench_shift_128},
    {"avx2", TPOST_BENCH_SSE, tpost_bench_add_256, tpost_bench_shift_256},
    {"avx512", TPOST_BENCH_AVX512, tpost_bench_add_512, tpost_bench_shift_512},
};
#elif defined(__aarch64__)
TPOST_BENCH_KERNEL(tpost_bench_add_128, TPOST_BENCH_ADD_128, TPOST_BENCH_VECTORS)
TPOST_BENCH_KERNEL(tpost_bench_shift_128, TPOST_BENCH_SHIFT_128, TPOST_BENCH_VECTORS)
static const tpost_bench_port tpost_bench_ports[] = {
    {"neon", TPOST_BENCH_NEON, tpost_bench_add_128, tpost_bench_shift_128}};
#else
static const tpost_bench_port tpost_bench_ports[] = {{"", TPOST_BENCH_SSE, NULL, NULL}};
#endif

#define TPOST_BENCH_PORTS (sizeof tpost_bench_ports / sizeof tpost_bench_ports[0])

void tpost_bench_add_ports(void)
{
    size_t i;

    for (i = 0; i < TPOST_BENCH_PORTS; i++) {
        const tpost_bench_port *port = &tpost_bench_ports[i];
        const tpost_lanes *lanes = tpost_lanes_by_name(port->lanes, strlen(port->lanes));

        if (lanes != NULL && port->add != NULL) {
            tpost_bench_add(TPOST_BENCH_ADDITION, NULL, lanes, port->add, TPOST_BENCH_OPERATIONS);
            tpost_bench_add(TPOST_BENCH_SHIFT, NULL, lanes, port->shift, TPOST_BENCH_OPERATIONS);
        }
    }
}

/* Cycles of one operation of the kind, or 0. */
static double tpost_bench_operation(const char *what, const tpost_lanes *lanes, unsigned rounds)
{
    unsigned i;

    for (i = 0; i < tpost_bench_n_subjects; i++) {
        if (tpost_bench_subjects[i].lanes == lanes && strcmp(tpost_bench_subjects[i].what, what) == 0) {
            return tpost_bench_quantile(&tpost_bench_subjects[i], rounds, 0.5);
        }
    }
    return 0.0;
}

double tpost_bench_limit(unsigned method, const tpost_lanes *lanes, unsigned compressions, unsigned rounds)
{
    double addition = tpost_bench_operation(TPOST_BENCH_ADDITION, lanes, rounds);
    double shift = tpost_bench_operation(TPOST_BENCH_SHIFT, lanes, rounds);
    size_t i;

    for (i = 0; i < TPOST_BENCH_PORTS; i++) {
        const tpost_bench_port *port = &tpost_bench_ports[i];
        const tpost_bench_operations *of = &tpost_bench_operations_of[method][port->kind];
        unsigned shifts = of->shifts + of->rotations * tpost_bench_rotation_shifts[port->kind];
        unsigned all = of->additions + of->logic + of->shifts + of->rotations * tpost_bench_rotation[port->kind];

        if (addition > 0 && strcmp(port->lanes, tpost_lanes_name(lanes)) == 0) {
            double cycles = all * addition > shifts * shift ? all * addition : shifts * shift;

            return compressions * cycles / tpost_lanes_width(lanes);
        }
    }
    return 0.0;
}
