/*
 * sha1.c: the block function of SHA-1 (FIPS 180-4).
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 */
#include "internal.h"

#ifdef TPOST_HAS_SHA1

/* FIPS 180-4 5.3.1 */
const uint32_t tpost_sha1_initial[TPOST_STATE_WORDS] TPOST_FLASH = {0x67452301u, 0xefcdab89u, 0x98badcfeu, 0x10325476u,
                                                                    0xc3d2e1f0u};

/* FIPS 180-4 4.1.1. Ch and Maj are written to need fewer operations; Maj's halves share no bit. */
#define TPOST_SHA1_CH(x, y, z) ((z) ^ ((x) & ((y) ^ (z))))
#define TPOST_SHA1_PARITY(x, y, z) ((x) ^ (y) ^ (z))
#define TPOST_SHA1_MAJ(x, y, z) (((x) & (y)) + ((z) & ((x) ^ (y))))

#if TPOST_UNROLL == 0

void tpost_sha1_compress(uint32_t *state, uint32_t *w)
{
    uint32_t a = state[0];
    uint32_t b = state[1];
    uint32_t c = state[2];
    uint32_t d = state[3];
    uint32_t e = state[4];
    volatile uint32_t *word = w; /* volatile: the new word is not kept, but read again */
    unsigned t;

    for (t = 0; t < 80; t++) {
        uint32_t x;

        if (t >= 16) {
            unsigned i = t & 15u; /* and i ^ 8 is (t + 8) & 15, in less code */

            /* FIPS 180-4 6.1.3: word t of the schedule takes the place of word t - 16. */
            x = w[(t + 13u) & 15u] ^ w[i ^ 8u] ^ w[(t + 2u) & 15u] ^ w[i];
            word[i] = TPOST_ROTL(x, 1);
        }
        x = b ^ c; /* a part of Parity and of Maj, which are the macros' */
        if (t < 20) {
            x = TPOST_SHA1_CH(b, c, d) + TPOST_SHA1_K0;
        } else if (t >= 40 && t < 60) {
            x = (b & c) + (d & x) + TPOST_SHA1_K2;
        } else {
            x = (x ^ d) + (t >= 60 ? TPOST_SHA1_K3 : TPOST_SHA1_K1);
        }
        x += TPOST_ROTL(a, 5) + e + word[t & 15u];
        e = d;
        d = c;
        c = TPOST_ROTL(b, 30);
        b = a;
        a = x;
    }
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
    state[4] += e;
}

#else

/* FIPS 180-4 6.1.3: word t of the schedule takes the place of word t - 16. */
#define TPOST_SHA1_NEXT(t)                                                                                             \
    (x = w[((t) + 13u) & 15u] ^ w[((t) + 8u) & 15u] ^ w[((t) + 2u) & 15u] ^ w[(t) & 15u],                              \
     w[(t) & 15u] = TPOST_ROTL(x, 1))

#if TPOST_UNROLL == 1
#define TPOST_SHA1_LOAD(i) word[i]
#else
#define TPOST_SHA1_LOAD(t) w[(t) & 15u]
#endif

#define TPOST_SHA1_STEP(f, k, word, a, b, c, d, e, t)                                                                  \
    e += word(t) + (k);                                                                                                \
    e += f(b, c, d);                                                                                                   \
    e += TPOST_ROTL(a, 5);                                                                                             \
    b = TPOST_ROTL(b, 30)

#if TPOST_UNROLL == 1

/* The next 16 words of the schedule. Volatile: they are read again rather than kept in a stack frame. */
static TPOST_NOINLINE void tpost_sha1_expand(volatile uint32_t *w)
{
    uint32_t x;

    (void)TPOST_SHA1_NEXT(0u);
    (void)TPOST_SHA1_NEXT(1u);
    (void)TPOST_SHA1_NEXT(2u);
    (void)TPOST_SHA1_NEXT(3u);
    (void)TPOST_SHA1_NEXT(4u);
    (void)TPOST_SHA1_NEXT(5u);
    (void)TPOST_SHA1_NEXT(6u);
    (void)TPOST_SHA1_NEXT(7u);
    (void)TPOST_SHA1_NEXT(8u);
    (void)TPOST_SHA1_NEXT(9u);
    (void)TPOST_SHA1_NEXT(10u);
    (void)TPOST_SHA1_NEXT(11u);
    (void)TPOST_SHA1_NEXT(12u);
    (void)TPOST_SHA1_NEXT(13u);
    (void)TPOST_SHA1_NEXT(14u);
    (void)TPOST_SHA1_NEXT(15u);
}

/* Twenty steps, four at a time. The schedule's words, 16 at a time, end between two fours. */
#define TPOST_SHA1_TWENTY(f, k)                                                                                        \
    for (i = 0; i < 5; i++) {                                                                                          \
        if (word == w + TPOST_BLOCK_WORDS) {                                                                           \
            tpost_sha1_expand(w);                                                                                      \
            word = w;                                                                                                  \
        }                                                                                                              \
        TPOST_SHA1_STEP(f, k, TPOST_SHA1_LOAD, a, b, c, d, e, 0);                                                      \
        TPOST_SHA1_STEP(f, k, TPOST_SHA1_LOAD, e, a, b, c, d, 1);                                                      \
        TPOST_SHA1_STEP(f, k, TPOST_SHA1_LOAD, d, e, a, b, c, 2);                                                      \
        TPOST_SHA1_STEP(f, k, TPOST_SHA1_LOAD, c, d, e, a, b, 3);                                                      \
        word += 4;                                                                                                     \
        /* The variables are one place ahead. */                                                                       \
        x = a;                                                                                                         \
        a = b;                                                                                                         \
        b = c;                                                                                                         \
        c = d;                                                                                                         \
        d = e;                                                                                                         \
        e = x;                                                                                                         \
    }
#else

/* Five steps bring the five variables back to their places. */
#define TPOST_SHA1_FIVE(f, k, word, t)                                                                                 \
    TPOST_SHA1_STEP(f, k, word, a, b, c, d, e, (t));                                                                   \
    TPOST_SHA1_STEP(f, k, word, e, a, b, c, d, (t) + 1u);                                                              \
    TPOST_SHA1_STEP(f, k, word, d, e, a, b, c, (t) + 2u);                                                              \
    TPOST_SHA1_STEP(f, k, word, c, d, e, a, b, (t) + 3u);                                                              \
    TPOST_SHA1_STEP(f, k, word, b, c, d, e, a, (t) + 4u)

#define TPOST_SHA1_FIFTEEN(f, k, word, from)                                                                           \
    TPOST_SHA1_FIVE(f, k, word, (from));                                                                               \
    TPOST_SHA1_FIVE(f, k, word, (from) + 5u);                                                                          \
    TPOST_SHA1_FIVE(f, k, word, (from) + 10u);
#define TPOST_SHA1_TWENTY(f, k, word, from)                                                                            \
    TPOST_SHA1_FIFTEEN(f, k, word, (from))                                                                             \
    TPOST_SHA1_FIVE(f, k, word, (from) + 15u);
#endif

void tpost_sha1_compress(uint32_t *state, uint32_t *w)
{
    uint32_t a = state[0];
    uint32_t b = state[1];
    uint32_t c = state[2];
    uint32_t d = state[3];
    uint32_t e = state[4];
#if TPOST_UNROLL == 1
    uint32_t k = TPOST_SHA1_K1;
    const uint32_t *word = w;
    uint32_t x;
    unsigned i;

    TPOST_SHA1_TWENTY(TPOST_SHA1_CH, TPOST_SHA1_K0)
    /* Parity twice, from the same code */
    for (;;) {
        TPOST_OPAQUE(k);
        TPOST_SHA1_TWENTY(TPOST_SHA1_PARITY, k)
        if (k == TPOST_SHA1_K3) {
            break;
        }
        TPOST_SHA1_TWENTY(TPOST_SHA1_MAJ, TPOST_SHA1_K2)
        k = TPOST_SHA1_K3;
    }
#else
    uint32_t x;

    TPOST_SHA1_FIFTEEN(TPOST_SHA1_CH, TPOST_SHA1_K0, TPOST_SHA1_LOAD, 0u)
    /* Step 15 takes the block's last word, steps 16 to 19 make theirs. */
    TPOST_SHA1_STEP(TPOST_SHA1_CH, TPOST_SHA1_K0, TPOST_SHA1_LOAD, a, b, c, d, e, 15u);
    TPOST_SHA1_STEP(TPOST_SHA1_CH, TPOST_SHA1_K0, TPOST_SHA1_NEXT, e, a, b, c, d, 16u);
    TPOST_SHA1_STEP(TPOST_SHA1_CH, TPOST_SHA1_K0, TPOST_SHA1_NEXT, d, e, a, b, c, 17u);
    TPOST_SHA1_STEP(TPOST_SHA1_CH, TPOST_SHA1_K0, TPOST_SHA1_NEXT, c, d, e, a, b, 18u);
    TPOST_SHA1_STEP(TPOST_SHA1_CH, TPOST_SHA1_K0, TPOST_SHA1_NEXT, b, c, d, e, a, 19u);
    TPOST_SHA1_TWENTY(TPOST_SHA1_PARITY, TPOST_SHA1_K1, TPOST_SHA1_NEXT, 20u)
    TPOST_SHA1_TWENTY(TPOST_SHA1_MAJ, TPOST_SHA1_K2, TPOST_SHA1_NEXT, 40u)
    TPOST_SHA1_TWENTY(TPOST_SHA1_PARITY, TPOST_SHA1_K3, TPOST_SHA1_NEXT, 60u)
#endif
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
    state[4] += e;
}

#endif

const tpost_method tpost_hmacsha1 TPOST_FLASH = TPOST_METHOD(tpost_sha1_compress, tpost_sha1_initial, 5, 3);

#endif
