/*
 * wipe.c: erase and copy in ways that compilers neither remove nor replace by calls into a C library.
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 */
#include "internal.h"

/*
 * How far below a public function the library's own calls reach, in bytes; csrc/proofs/dead_stack.* check that it is enough.
 * Machines with 64-bit registers save more of them, fully unrolled code keeps more variables, and compilers that were not asked
 * to optimise keep everything.
 */
#ifndef TPOST_DEAD_STACK
#if defined(__GNUC__) && !defined(__OPTIMIZE__)
#define TPOST_DEAD_STACK 1024
#elif defined(__s390x__) /* every frame there has 160 bytes for registers */
#define TPOST_DEAD_STACK 768
#elif UINTPTR_MAX > 0xffffffffu || TPOST_UNROLL == 2
#define TPOST_DEAD_STACK 384
#elif TPOST_UNROLL == 1
#define TPOST_DEAD_STACK 184
#elif TPOST_UNROLL == 0 && defined(__OPTIMIZE_SIZE__)
#define TPOST_DEAD_STACK 160
#else
#define TPOST_DEAD_STACK 224
#endif
#endif

/* The statement for each i below n. Hosts take eight at a time: n is a multiple of that. */
#if TPOST_UNROLL == 2
#define TPOST_DEAD_WORDS ((TPOST_DEAD_STACK / sizeof(size_t) + 7) / 8 * 8)
#define TPOST_TWICE(i, statement)                                                                                      \
    statement;                                                                                                         \
    (i)++;                                                                                                             \
    statement;                                                                                                         \
    (i)++
#define TPOST_EACH(i, n, statement)                                                                                    \
    for ((i) = 0; (i) < (n);) {                                                                                        \
        TPOST_TWICE(i, statement);                                                                                     \
        TPOST_TWICE(i, statement);                                                                                     \
        TPOST_TWICE(i, statement);                                                                                     \
        TPOST_TWICE(i, statement);                                                                                     \
    }
#else
#define TPOST_DEAD_WORDS (TPOST_DEAD_STACK / sizeof(size_t))
#define TPOST_EACH(i, n, statement)                                                                                    \
    for ((i) = 0; (i) < (n); (i)++) {                                                                                  \
        statement;                                                                                                     \
    }
#endif

void tpost_copy_words(uint32_t *to, const uint32_t *from, unsigned n)
{
    volatile uint32_t *target = to;
    unsigned i;

    TPOST_EACH(i, n, target[i] = from[i])
}

void tpost_clear_words(uint32_t *words, unsigned n)
{
    volatile uint32_t *target = words;
    unsigned i;

    TPOST_EACH(i, n, target[i] = 0)
}

void tpost_forget(tpost_hash *hash)
{
    size_t dead[TPOST_DEAD_WORDS];
    /* Volatile itself too: or else clang splits the array into variables, and leaves gaps between them. GCC keeps it whole. */
#if defined(__GNUC__) && !defined(__clang__)
    volatile size_t *start = dead;
#else
    volatile size_t *volatile start = dead;
#endif
    volatile size_t *at = start;
#if TPOST_UNROLL > 0
    volatile uint32_t *block = hash->block;
    volatile uint32_t *state = hash->state;
#endif
    unsigned i;

    TPOST_EACH(i, TPOST_DEAD_WORDS, at[i] = 0)
#if TPOST_UNROLL > 0
    hash->method = NULL;
    hash->length = 0;
    TPOST_EACH(i, TPOST_BLOCK_WORDS, block[i] = 0)
    TPOST_EACH(i, TPOST_STATE_WORDS, state[i] = 0)
#else
    tpost_wipe(hash, sizeof *hash);
#endif
}

void tpost_wipe(void *memory, size_t len)
{
    volatile uint8_t *bytes = (volatile uint8_t *)memory;

    for (; len > 0; len--) {
        bytes[len - 1] = 0;
    }
}
