/*
 * sha_arm.c: the block functions of SHA-1 and SHA-256 (FIPS 180-4) by AArch64's SHA instructions.
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 *
 * Source: Arm C Language Extensions, "SHA1 intrinsics" and "SHA2 intrinsics". A unit of its own, compiled with
 * -march=armv8-a+crypto. All of the schedule is kept in registers: nothing that is secret is written to the stack.
 */
#include "sha.h"

#include <arm_neon.h>

/* ---- SHA-1 ------------------------------------------------------------------------------------------------------- */

/* FIPS 180-4 6.1.3: the next four words of the schedule take the place of w0, the oldest of the last sixteen. */
#define TPOST_ARM_SHA1_NEXT(w0, w1, w2, w3) w0 = vsha1su1q_u32(vsha1su0q_u32(w0, w1, w2), w3)

/* Four rounds; e becomes what the next four take for it. */
#define TPOST_ARM_SHA1_ROUNDS(f, w)                                                                                    \
    next_e = vsha1h_u32(vgetq_lane_u32(abcd, 0));                                                                      \
    abcd = f(abcd, e, vaddq_u32(w, k));                                                                                \
    e = next_e

/* Twenty rounds of one function, with the words from w0 on. Five groups of four, so the next twenty begin with w1. */
#define TPOST_ARM_SHA1_TWENTY(f, w0, w1, w2, w3)                                                                       \
    TPOST_ARM_SHA1_NEXT(w0, w1, w2, w3);                                                                               \
    TPOST_ARM_SHA1_ROUNDS(f, w0);                                                                                      \
    TPOST_ARM_SHA1_NEXT(w1, w2, w3, w0);                                                                               \
    TPOST_ARM_SHA1_ROUNDS(f, w1);                                                                                      \
    TPOST_ARM_SHA1_NEXT(w2, w3, w0, w1);                                                                               \
    TPOST_ARM_SHA1_ROUNDS(f, w2);                                                                                      \
    TPOST_ARM_SHA1_NEXT(w3, w0, w1, w2);                                                                               \
    TPOST_ARM_SHA1_ROUNDS(f, w3);                                                                                      \
    TPOST_ARM_SHA1_NEXT(w0, w1, w2, w3);                                                                               \
    TPOST_ARM_SHA1_ROUNDS(f, w0)

static void tpost_sha1_arm_compress(uint32_t *state, uint32_t *block)
{
    const uint32x4_t abcd_before = vld1q_u32(state);
    uint32x4_t w0 = vld1q_u32(block);
    uint32x4_t w1 = vld1q_u32(block + 4);
    uint32x4_t w2 = vld1q_u32(block + 8);
    uint32x4_t w3 = vld1q_u32(block + 12);
    uint32x4_t abcd = abcd_before;
    uint32_t e = state[4];
    uint32_t next_e;
    uint32x4_t k = vdupq_n_u32(TPOST_SHA1_K0);

    TPOST_ARM_SHA1_ROUNDS(vsha1cq_u32, w0);
    TPOST_ARM_SHA1_ROUNDS(vsha1cq_u32, w1);
    TPOST_ARM_SHA1_ROUNDS(vsha1cq_u32, w2);
    TPOST_ARM_SHA1_ROUNDS(vsha1cq_u32, w3);
    TPOST_ARM_SHA1_NEXT(w0, w1, w2, w3);
    TPOST_ARM_SHA1_ROUNDS(vsha1cq_u32, w0);
    k = vdupq_n_u32(TPOST_SHA1_K1);
    TPOST_ARM_SHA1_TWENTY(vsha1pq_u32, w1, w2, w3, w0);
    k = vdupq_n_u32(TPOST_SHA1_K2);
    TPOST_ARM_SHA1_TWENTY(vsha1mq_u32, w2, w3, w0, w1);
    k = vdupq_n_u32(TPOST_SHA1_K3);
    TPOST_ARM_SHA1_TWENTY(vsha1pq_u32, w3, w0, w1, w2);
    vst1q_u32(state, vaddq_u32(abcd, abcd_before));
    state[4] += e;
}

const tpost_method tpost_hmacsha1_arm = {tpost_sha1_arm_compress, tpost_sha1_initial, 5, 3};

/* ---- SHA-256 ----------------------------------------------------------------------------------------------------- */

/* FIPS 180-4 6.2.2: the next four words of the schedule take the place of w0, the oldest of the last sixteen. */
#define TPOST_ARM_SHA256_NEXT(w0, w1, w2, w3) w0 = vsha256su1q_u32(vsha256su0q_u32(w0, w1), w2, w3)

/* Four rounds from round t on. Both instructions take the first half of the state as it was before. */
#define TPOST_ARM_SHA256_ROUNDS(w, t)                                                                                  \
    wk = vaddq_u32(w, vld1q_u32(tpost_sha256_k + (t)));                                                                \
    before = abcd;                                                                                                     \
    abcd = vsha256hq_u32(abcd, efgh, wk);                                                                              \
    efgh = vsha256h2q_u32(efgh, before, wk)

#define TPOST_ARM_SHA256_SIXTEEN(t)                                                                                    \
    TPOST_ARM_SHA256_NEXT(w0, w1, w2, w3);                                                                             \
    TPOST_ARM_SHA256_ROUNDS(w0, (t));                                                                                  \
    TPOST_ARM_SHA256_NEXT(w1, w2, w3, w0);                                                                             \
    TPOST_ARM_SHA256_ROUNDS(w1, (t) + 4);                                                                              \
    TPOST_ARM_SHA256_NEXT(w2, w3, w0, w1);                                                                             \
    TPOST_ARM_SHA256_ROUNDS(w2, (t) + 8);                                                                              \
    TPOST_ARM_SHA256_NEXT(w3, w0, w1, w2);                                                                             \
    TPOST_ARM_SHA256_ROUNDS(w3, (t) + 12)

static void tpost_sha256_arm_compress(uint32_t *state, uint32_t *block)
{
    const uint32x4_t abcd_before = vld1q_u32(state);
    const uint32x4_t efgh_before = vld1q_u32(state + 4);
    uint32x4_t w0 = vld1q_u32(block);
    uint32x4_t w1 = vld1q_u32(block + 4);
    uint32x4_t w2 = vld1q_u32(block + 8);
    uint32x4_t w3 = vld1q_u32(block + 12);
    uint32x4_t abcd = abcd_before;
    uint32x4_t efgh = efgh_before;
    uint32x4_t before, wk;

    TPOST_ARM_SHA256_ROUNDS(w0, 0);
    TPOST_ARM_SHA256_ROUNDS(w1, 4);
    TPOST_ARM_SHA256_ROUNDS(w2, 8);
    TPOST_ARM_SHA256_ROUNDS(w3, 12);
    TPOST_ARM_SHA256_SIXTEEN(16);
    TPOST_ARM_SHA256_SIXTEEN(32);
    TPOST_ARM_SHA256_SIXTEEN(48);
    vst1q_u32(state, vaddq_u32(abcd, abcd_before));
    vst1q_u32(state + 4, vaddq_u32(efgh, efgh_before));
}

const tpost_method tpost_hmacsha256_arm = {tpost_sha256_arm_compress, tpost_sha256_initial, 8, 3};
