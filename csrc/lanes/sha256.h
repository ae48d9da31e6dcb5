/*
 * sha256.h: SHA-256's block function (FIPS 180-4) on vectors.
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 */

/* FIPS 180-4 4.1.2. Ch is written to need fewer operations; see TPOST_VEC_MAJ. */
#define TPOST_SHA256_CH(x, y, z) ((z) ^ ((x) & ((y) ^ (z))))
#define TPOST_SHA256_TURN3(x, first, second, third)                                                                    \
    (TPOST_ROTR((x), first) ^ TPOST_ROTR((x), second) ^ TPOST_ROTR((x), third))

/* FIPS 180-4 6.2.2: word t of the schedule takes the place of word t - 16. */
#define TPOST_SHA256_SIGMA0(x) (TPOST_ROTR((x), 7) ^ TPOST_ROTR((x), 18) ^ ((x) >> 3))
#define TPOST_SHA256_SIGMA1(x) (TPOST_ROTR((x), 17) ^ TPOST_ROTR((x), 19) ^ ((x) >> 10))
#define TPOST_SHA256_LOAD(t) w[(t) & 15]
#define TPOST_SHA256_NEXT(t)                                                                                           \
    (w[(t) & 15] +=                                                                                                    \
     TPOST_SHA256_SIGMA0(w[((t) + 1) & 15]) + w[((t) + 9) & 15] + TPOST_SHA256_SIGMA1(w[((t) + 14) & 15]))

#define TPOST_SHA256_STEP(word, a, b, c, d, e, f, g, h, t)                                                             \
    h += word(t) + tpost_vec_of(tpost_sha256_k[t]);                                                                    \
    h += TPOST_SHA256_CH(e, f, g);                                                                                     \
    h += TPOST_SHA256_TURN3(e, 6, 11, 25);                                                                             \
    d += h;                                                                                                            \
    h += TPOST_VEC_MAJ(a, b, c);                                                                                       \
    h += TPOST_SHA256_TURN3(a, 2, 13, 22);

/* Eight steps bring the eight variables back to their places. */
#define TPOST_SHA256_EIGHT(word, t)                                                                                    \
    TPOST_SHA256_STEP(word, a, b, c, d, e, f, g, h, (t))                                                               \
    TPOST_SHA256_STEP(word, h, a, b, c, d, e, f, g, (t) + 1)                                                           \
    TPOST_SHA256_STEP(word, g, h, a, b, c, d, e, f, (t) + 2)                                                           \
    TPOST_SHA256_STEP(word, f, g, h, a, b, c, d, e, (t) + 3)                                                           \
    TPOST_SHA256_STEP(word, e, f, g, h, a, b, c, d, (t) + 4)                                                           \
    TPOST_SHA256_STEP(word, d, e, f, g, h, a, b, c, (t) + 5)                                                           \
    TPOST_SHA256_STEP(word, c, d, e, f, g, h, a, b, (t) + 6)                                                           \
    TPOST_SHA256_STEP(word, b, c, d, e, f, g, h, a, (t) + 7)

static TPOST_NOINLINE void tpost_sha256_vec(tpost_vec *state, tpost_vec *w)
{
    tpost_vec a = state[0];
    tpost_vec b = state[1];
    tpost_vec c = state[2];
    tpost_vec d = state[3];
    tpost_vec e = state[4];
    tpost_vec f = state[5];
    tpost_vec g = state[6];
    tpost_vec h = state[7];

    TPOST_SHA256_EIGHT(TPOST_SHA256_LOAD, 0)
    TPOST_SHA256_EIGHT(TPOST_SHA256_LOAD, 8)
    TPOST_SHA256_EIGHT(TPOST_SHA256_NEXT, 16)
    TPOST_SHA256_EIGHT(TPOST_SHA256_NEXT, 24)
    TPOST_SHA256_EIGHT(TPOST_SHA256_NEXT, 32)
    TPOST_SHA256_EIGHT(TPOST_SHA256_NEXT, 40)
    TPOST_SHA256_EIGHT(TPOST_SHA256_NEXT, 48)
    TPOST_SHA256_EIGHT(TPOST_SHA256_NEXT, 56)
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
    state[4] += e;
    state[5] += f;
    state[6] += g;
    state[7] += h;
}
