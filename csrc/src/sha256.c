/*
 * sha256.c: the block function of SHA-256 (FIPS 180-4).
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 */
#include "internal.h"

#ifdef TPOST_HAS_SHA256

/* FIPS 180-4 5.3.3 */
const uint32_t tpost_sha256_initial[TPOST_STATE_WORDS] TPOST_FLASH = {
    0x6a09e667u, 0xbb67ae85u, 0x3c6ef372u, 0xa54ff53au, 0x510e527fu, 0x9b05688cu, 0x1f83d9abu, 0x5be0cd19u};

/* FIPS 180-4 4.2.2: the first 32 bits of the fractional parts of the cube roots of the first 64 primes */
const uint32_t tpost_sha256_k[64] TPOST_FLASH = {
    0x428a2f98u, 0x71374491u, 0xb5c0fbcfu, 0xe9b5dba5u, 0x3956c25bu, 0x59f111f1u, 0x923f82a4u, 0xab1c5ed5u,
    0xd807aa98u, 0x12835b01u, 0x243185beu, 0x550c7dc3u, 0x72be5d74u, 0x80deb1feu, 0x9bdc06a7u, 0xc19bf174u,
    0xe49b69c1u, 0xefbe4786u, 0x0fc19dc6u, 0x240ca1ccu, 0x2de92c6fu, 0x4a7484aau, 0x5cb0a9dcu, 0x76f988dau,
    0x983e5152u, 0xa831c66du, 0xb00327c8u, 0xbf597fc7u, 0xc6e00bf3u, 0xd5a79147u, 0x06ca6351u, 0x14292967u,
    0x27b70a85u, 0x2e1b2138u, 0x4d2c6dfcu, 0x53380d13u, 0x650a7354u, 0x766a0abbu, 0x81c2c92eu, 0x92722c85u,
    0xa2bfe8a1u, 0xa81a664bu, 0xc24b8b70u, 0xc76c51a3u, 0xd192e819u, 0xd6990624u, 0xf40e3585u, 0x106aa070u,
    0x19a4c116u, 0x1e376c08u, 0x2748774cu, 0x34b0bcb5u, 0x391c0cb3u, 0x4ed8aa4au, 0x5b9cca4fu, 0x682e6ff3u,
    0x748f82eeu, 0x78a5636fu, 0x84c87814u, 0x8cc70208u, 0x90befffau, 0xa4506cebu, 0xbef9a3f7u, 0xc67178f2u,
};

/* FIPS 180-4 4.1.2. Ch and Maj are written to need fewer operations; Maj's halves share no bit. */
#define TPOST_SHA256_CH(x, y, z) ((z) ^ ((x) & ((y) ^ (z))))
#define TPOST_SHA256_MAJ(x, y, z) (((x) & (y)) + ((z) & ((x) ^ (y))))

/*
 * FIPS 180-4 4.1.2: three rotations each, or two and a shift, combined. One inside the other they take fewer instructions;
 * side by side, on hosts, they need not wait for each other.
 */
#if TPOST_UNROLL == 2
#define TPOST_SHA256_TURN2(x, first, second) (TPOST_ROTR((x), first) ^ TPOST_ROTR((x), second))
#define TPOST_SHA256_TURN3(x, first, second, third)                                                                    \
    (TPOST_ROTR((x), first) ^ TPOST_ROTR((x), second) ^ TPOST_ROTR((x), third))
#else
#define TPOST_SHA256_TURN2(x, first, second) TPOST_ROTR((x) ^ TPOST_ROTR((x), (second) - (first)), first)
#define TPOST_SHA256_TURN3(x, first, second, third)                                                                    \
    TPOST_ROTR((x) ^ TPOST_SHA256_TURN2((x), (second) - (first), (third) - (first)), first)
#endif
#define TPOST_SHA256_SIGMA0(x) (TPOST_SHA256_TURN2((x), 7, 18) ^ ((x) >> 3))
#define TPOST_SHA256_SIGMA1(x) (TPOST_SHA256_TURN2((x), 17, 19) ^ ((x) >> 10))

#if TPOST_UNROLL == 0

void tpost_sha256_compress(uint32_t *state, uint32_t *w)
{
    uint32_t v[8];
    volatile uint32_t *moved = v; /* volatile: GCC would take v apart, and move it around */
    unsigned t;

    for (t = 0; t < 8; t++) {
        moved[t] = state[t];
    }
    for (t = 0; t < 64; t++) {
        uint32_t x;
        uint32_t y;

        if (t >= 16) {
            unsigned i = (t + 1u) & 15u; /* and i ^ 8 is (t + 9) & 15, in less code */

            /* FIPS 180-4 6.2.2: word t of the schedule takes the place of word t - 16. */
            w[t & 15u] += TPOST_SHA256_SIGMA0(w[i]) + w[i ^ 8u] + TPOST_SHA256_SIGMA1(w[(t + 14u) & 15u]);
        }
        x = v[7] + w[t & 15u] + TPOST_FLASH_WORD(&tpost_sha256_k[t]) + TPOST_SHA256_CH(v[4], v[5], v[6]);
        x += TPOST_SHA256_TURN3(v[4], 6, 11, 25);
        y = TPOST_SHA256_TURN3(v[0], 2, 13, 22) + TPOST_SHA256_MAJ(v[0], v[1], v[2]);
        moved[7] = v[6];
        moved[6] = v[5];
        moved[5] = v[4];
        moved[4] = v[3] + x;
        moved[3] = v[2];
        moved[2] = v[1];
        moved[1] = v[0];
        moved[0] = x + y;
    }
    for (t = 0; t < 8; t++) {
        state[t] += v[t];
    }
}

#else

#if TPOST_UNROLL == 1
#define TPOST_SHA256_LOAD(i) word[i]
#else
#define TPOST_SHA256_LOAD(t) w[(t) & 15u]
#endif

#define TPOST_SHA256_STEP(word, a, b, c, d, e, f, g, h, t)                                                             \
    h += word(t) + TPOST_FLASH_WORD(&k[t]);                                                                            \
    h += TPOST_SHA256_CH(e, f, g);                                                                                     \
    h += TPOST_SHA256_TURN3(e, 6, 11, 25);                                                                             \
    d += h;                                                                                                            \
    h += TPOST_SHA256_MAJ(a, b, c);                                                                                    \
    h += TPOST_SHA256_TURN3(a, 2, 13, 22)

#if TPOST_UNROLL == 1

/*
 * FIPS 180-4 6.2.2: word t of the schedule takes the place of word t - 16. Here it is word i, 0 to 3, of the first of the
 * block's quarters, in the order in which they follow each other.
 */
#define TPOST_SHA256_NEXT(i)                                                                                           \
    first[i] += TPOST_SHA256_SIGMA0(*((i) < 3 ? &first[(i) + 1] : &second[0])) +                                       \
                *((i) < 3 ? &third[(i) + 1] : &fourth[0]) +                                                            \
                TPOST_SHA256_SIGMA1(*((i) < 2 ? &fourth[(i) + 2] : &first[(i) - 2]))

/* Four steps. Volatile: v stays in memory, and comes into registers in between. */
TPOST_INLINE void tpost_sha256_four(volatile uint32_t *v, const uint32_t *word, const uint32_t *k)
{
    uint32_t a = v[0];
    uint32_t b = v[1];
    uint32_t c = v[2];
    uint32_t d = v[3];
    uint32_t e = v[4];
    uint32_t f = v[5];
    uint32_t g = v[6];
    uint32_t h = v[7];

    TPOST_SHA256_STEP(TPOST_SHA256_LOAD, a, b, c, d, e, f, g, h, 0);
    TPOST_SHA256_STEP(TPOST_SHA256_LOAD, h, a, b, c, d, e, f, g, 1);
    TPOST_SHA256_STEP(TPOST_SHA256_LOAD, g, h, a, b, c, d, e, f, 2);
    TPOST_SHA256_STEP(TPOST_SHA256_LOAD, f, g, h, a, b, c, d, e, 3);
    /* The variables are four places ahead. */
    v[4] = a;
    v[5] = b;
    v[6] = c;
    v[7] = d;
    v[0] = e;
    v[1] = f;
    v[2] = g;
    v[3] = h;
}

void tpost_sha256_compress(uint32_t *state, uint32_t *w)
{
    uint32_t v[8];
    volatile uint32_t *moved = v; /* volatile: no call of memcpy */
    const uint32_t *k = tpost_sha256_k;
    uint32_t *first = w;
    uint32_t *second = w + 4;
    uint32_t *third = w + 8;
    uint32_t *fourth = w + 12;
    unsigned t;

    for (t = 0; t < 8; t++) {
        moved[t] = state[t];
    }
    for (t = 0; t < 64; t += 4) {
        uint32_t *last = first;

        if (t >= 16) {
            TPOST_SHA256_NEXT(0);
            TPOST_SHA256_NEXT(1);
            TPOST_SHA256_NEXT(2);
            TPOST_SHA256_NEXT(3);
        }
        tpost_sha256_four(v, first, k);
        k += 4;
        first = second;
        second = third;
        third = fourth;
        fourth = last;
    }
    for (t = 0; t < 8; t++) {
        state[t] += v[t];
    }
}

#else

/* FIPS 180-4 6.2.2: word t of the schedule takes the place of word t - 16. */
#define TPOST_SHA256_NEXT(t)                                                                                           \
    (w[(t) & 15u] +=                                                                                                   \
     TPOST_SHA256_SIGMA0(w[((t) + 1u) & 15u]) + w[((t) + 9u) & 15u] + TPOST_SHA256_SIGMA1(w[((t) + 14u) & 15u]))

/* Eight steps bring the eight variables back to their places. */
#define TPOST_SHA256_EIGHT(word, t)                                                                                    \
    TPOST_SHA256_STEP(word, a, b, c, d, e, f, g, h, (t));                                                              \
    TPOST_SHA256_STEP(word, h, a, b, c, d, e, f, g, (t) + 1u);                                                         \
    TPOST_SHA256_STEP(word, g, h, a, b, c, d, e, f, (t) + 2u);                                                         \
    TPOST_SHA256_STEP(word, f, g, h, a, b, c, d, e, (t) + 3u);                                                         \
    TPOST_SHA256_STEP(word, e, f, g, h, a, b, c, d, (t) + 4u);                                                         \
    TPOST_SHA256_STEP(word, d, e, f, g, h, a, b, c, (t) + 5u);                                                         \
    TPOST_SHA256_STEP(word, c, d, e, f, g, h, a, b, (t) + 6u);                                                         \
    TPOST_SHA256_STEP(word, b, c, d, e, f, g, h, a, (t) + 7u)

void tpost_sha256_compress(uint32_t *state, uint32_t *w)
{
    uint32_t a = state[0];
    uint32_t b = state[1];
    uint32_t c = state[2];
    uint32_t d = state[3];
    uint32_t e = state[4];
    uint32_t f = state[5];
    uint32_t g = state[6];
    uint32_t h = state[7];
    const uint32_t *k = tpost_sha256_k;

    TPOST_SHA256_EIGHT(TPOST_SHA256_LOAD, 0u);
    TPOST_SHA256_EIGHT(TPOST_SHA256_LOAD, 8u);
    TPOST_SHA256_EIGHT(TPOST_SHA256_NEXT, 16u);
    TPOST_SHA256_EIGHT(TPOST_SHA256_NEXT, 24u);
    TPOST_SHA256_EIGHT(TPOST_SHA256_NEXT, 32u);
    TPOST_SHA256_EIGHT(TPOST_SHA256_NEXT, 40u);
    TPOST_SHA256_EIGHT(TPOST_SHA256_NEXT, 48u);
    TPOST_SHA256_EIGHT(TPOST_SHA256_NEXT, 56u);
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
    state[4] += e;
    state[5] += f;
    state[6] += g;
    state[7] += h;
}

#endif

#endif

const tpost_method tpost_hmacsha256 TPOST_FLASH = TPOST_METHOD(tpost_sha256_compress, tpost_sha256_initial, 8, 3);

#endif
