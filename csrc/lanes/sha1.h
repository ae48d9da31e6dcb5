/*
 * sha1.h: SHA-1's block function (FIPS 180-4) on vectors.
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 */

/* FIPS 180-4 4.1.1. Ch is written to need fewer operations; see TPOST_VEC_MAJ. */
#define TPOST_SHA1_CH(x, y, z) ((z) ^ ((x) & ((y) ^ (z))))
#define TPOST_SHA1_PARITY(x, y, z) ((x) ^ (y) ^ (z))

/* FIPS 180-4 6.1.3: word t of the schedule takes the place of word t - 16. */
#define TPOST_SHA1_LOAD(t) w[(t) & 15]
#define TPOST_SHA1_NEXT(t)                                                                                             \
    (x = w[((t) + 13) & 15] ^ w[((t) + 8) & 15] ^ w[((t) + 2) & 15] ^ w[(t) & 15], w[(t) & 15] = TPOST_ROTL(x, 1))

#define TPOST_SHA1_STEP(f, k, word, a, b, c, d, e, t)                                                                  \
    e += word(t) + tpost_vec_of(k);                                                                                    \
    e += f(b, c, d);                                                                                                   \
    e += TPOST_ROTL(a, 5);                                                                                             \
    b = TPOST_ROTL(b, 30);

/* Five steps bring the five variables back to their places. */
#define TPOST_SHA1_FIVE(f, k, word, t)                                                                                 \
    TPOST_SHA1_STEP(f, k, word, a, b, c, d, e, (t))                                                                    \
    TPOST_SHA1_STEP(f, k, word, e, a, b, c, d, (t) + 1)                                                                \
    TPOST_SHA1_STEP(f, k, word, d, e, a, b, c, (t) + 2)                                                                \
    TPOST_SHA1_STEP(f, k, word, c, d, e, a, b, (t) + 3)                                                                \
    TPOST_SHA1_STEP(f, k, word, b, c, d, e, a, (t) + 4)

#define TPOST_SHA1_TWENTY(f, k, word, t)                                                                               \
    TPOST_SHA1_FIVE(f, k, word, (t))                                                                                   \
    TPOST_SHA1_FIVE(f, k, word, (t) + 5)                                                                               \
    TPOST_SHA1_FIVE(f, k, word, (t) + 10)                                                                              \
    TPOST_SHA1_FIVE(f, k, word, (t) + 15)

static TPOST_NOINLINE void tpost_sha1_vec(tpost_vec *state, tpost_vec *w)
{
    tpost_vec a = state[0];
    tpost_vec b = state[1];
    tpost_vec c = state[2];
    tpost_vec d = state[3];
    tpost_vec e = state[4];
    tpost_vec x;

    /* FIPS 180-4 4.2.1 and 6.1.2 */
    TPOST_SHA1_FIVE(TPOST_SHA1_CH, 0x5a827999, TPOST_SHA1_LOAD, 0)
    TPOST_SHA1_FIVE(TPOST_SHA1_CH, 0x5a827999, TPOST_SHA1_LOAD, 5)
    TPOST_SHA1_FIVE(TPOST_SHA1_CH, 0x5a827999, TPOST_SHA1_LOAD, 10)
    TPOST_SHA1_STEP(TPOST_SHA1_CH, 0x5a827999, TPOST_SHA1_LOAD, a, b, c, d, e, 15)
    TPOST_SHA1_STEP(TPOST_SHA1_CH, 0x5a827999, TPOST_SHA1_NEXT, e, a, b, c, d, 16)
    TPOST_SHA1_STEP(TPOST_SHA1_CH, 0x5a827999, TPOST_SHA1_NEXT, d, e, a, b, c, 17)
    TPOST_SHA1_STEP(TPOST_SHA1_CH, 0x5a827999, TPOST_SHA1_NEXT, c, d, e, a, b, 18)
    TPOST_SHA1_STEP(TPOST_SHA1_CH, 0x5a827999, TPOST_SHA1_NEXT, b, c, d, e, a, 19)
    TPOST_SHA1_TWENTY(TPOST_SHA1_PARITY, 0x6ed9eba1, TPOST_SHA1_NEXT, 20)
    TPOST_SHA1_TWENTY(TPOST_VEC_MAJ, 0x8f1bbcdc, TPOST_SHA1_NEXT, 40)
    TPOST_SHA1_TWENTY(TPOST_SHA1_PARITY, 0xca62c1d6, TPOST_SHA1_NEXT, 60)
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
    state[4] += e;
}
