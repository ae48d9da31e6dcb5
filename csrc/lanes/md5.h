/*
 * md5.h: MD5's block function (RFC 1321) on vectors, in TPOST_MD5_STREAMS independent streams.
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 *
 * Each step waits for the one before, so one stream leaves most of the processor idle: a second one fills it.
 */
#ifndef TPOST_MD5_STREAMS
#define TPOST_MD5_STREAMS 2
#endif

/* Where word i of stream s stands, of n words: side by side, or one stream after the other. */
#ifndef TPOST_MD5_AT
#define TPOST_MD5_AT(i, s, n) ((i) * TPOST_MD5_STREAMS + (s))
#endif

/*
 * RFC 1321 3.4: add the function of b, c and d to a. b is the word that was made last: the others are combined before it
 * is there. The halves of G share no bit, so that they may be added one after the other, the one without b first.
 */
#define TPOST_MD5_F(a, b, c, d) a += d ^ (b & (c ^ d))
#define TPOST_MD5_G(a, b, c, d) a = a + (c & ~d) + (b & d)
#define TPOST_MD5_H(a, b, c, d) a += b ^ (c ^ d)
#define TPOST_MD5_I(a, b, c, d) a += c ^ (b | ~d)

/* Constants come from memory: as part of the code each would cost two instructions on the ports that compute. */
#define TPOST_MD5_STEP(f, a, b, c, d, i, at, turn)                                                                     \
    for (s = 0; s < TPOST_MD5_STREAMS; s++) {                                                                          \
        a[s] += block[TPOST_MD5_AT((at) & 15, s, TPOST_BLOCK_WORDS)] + tpost_vec_of(TPOST_MD5_K[i]);                   \
        f(a[s], b[s], c[s], d[s]);                                                                                     \
        a[s] = TPOST_ROTL(a[s], turn) + b[s];                                                                          \
    }

/* Four steps from i on; the block's words are taken at mul * i + add. */
#define TPOST_MD5_FOUR(f, i, mul, add, turn0, turn1, turn2, turn3)                                                     \
    TPOST_MD5_STEP(f, a, b, c, d, (i), (mul) * (i) + (add), turn0)                                                     \
    TPOST_MD5_STEP(f, d, a, b, c, (i) + 1, (mul) * ((i) + 1) + (add), turn1)                                           \
    TPOST_MD5_STEP(f, c, d, a, b, (i) + 2, (mul) * ((i) + 2) + (add), turn2)                                           \
    TPOST_MD5_STEP(f, b, c, d, a, (i) + 3, (mul) * ((i) + 3) + (add), turn3)

#define TPOST_MD5_ROUND(f, from, mul, add, turn0, turn1, turn2, turn3)                                                 \
    TPOST_MD5_FOUR(f, (from), mul, add, turn0, turn1, turn2, turn3)                                                    \
    TPOST_MD5_FOUR(f, (from) + 4, mul, add, turn0, turn1, turn2, turn3)                                                \
    TPOST_MD5_FOUR(f, (from) + 8, mul, add, turn0, turn1, turn2, turn3)                                                \
    TPOST_MD5_FOUR(f, (from) + 12, mul, add, turn0, turn1, turn2, turn3)

static TPOST_NOINLINE void tpost_md5_vec(tpost_vec *state, tpost_vec *block)
{
    tpost_vec a[TPOST_MD5_STREAMS];
    tpost_vec b[TPOST_MD5_STREAMS];
    tpost_vec c[TPOST_MD5_STREAMS];
    tpost_vec d[TPOST_MD5_STREAMS];
    unsigned s;

    for (s = 0; s < TPOST_MD5_STREAMS; s++) {
        a[s] = state[TPOST_MD5_AT(0, s, 4)];
        b[s] = state[TPOST_MD5_AT(1, s, 4)];
        c[s] = state[TPOST_MD5_AT(2, s, 4)];
        d[s] = state[TPOST_MD5_AT(3, s, 4)];
    }
    /* RFC 1321 3.4, rounds 1 to 4 */
    TPOST_MD5_ROUND(TPOST_MD5_F, 0, 1, 0, 7, 12, 17, 22)
    TPOST_FORGET_LOADS(block);
    TPOST_MD5_ROUND(TPOST_MD5_G, 16, 5, 1, 5, 9, 14, 20)
    TPOST_FORGET_LOADS(block);
    TPOST_MD5_ROUND(TPOST_MD5_H, 32, 3, 5, 4, 11, 16, 23)
    TPOST_FORGET_LOADS(block);
    TPOST_MD5_ROUND(TPOST_MD5_I, 48, 7, 0, 6, 10, 15, 21)
    for (s = 0; s < TPOST_MD5_STREAMS; s++) {
        state[TPOST_MD5_AT(0, s, 4)] += a[s];
        state[TPOST_MD5_AT(1, s, 4)] += b[s];
        state[TPOST_MD5_AT(2, s, 4)] += c[s];
        state[TPOST_MD5_AT(3, s, 4)] += d[s];
    }
}
