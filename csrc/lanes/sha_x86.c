/*
 * sha_x86.c: the block functions of SHA-1 and SHA-256 (FIPS 180-4) by x86's SHA extensions.
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 *
 * Source: Intel's Software Developer's Manual, volume 2, SHA1MSG1 to SHA256RNDS2.
 *
 * A unit of its own, compiled with -msha -mssse3 -msse4.1 and without -mavx: these instructions have no VEX form, and a
 * CPU may take hundreds of cycles to pass between VEX and legacy instructions while the upper halves of the YMM
 * registers are in use (Intel's Optimization Reference Manual, "Mixing AVX Code with SSE Code"). For the same reason
 * those halves should be zero on entry. That is the business of the code that used them, and compilers see to it: with
 * -mavx they put VZEROUPPER before every call and return. It cannot stand here, since a CPU may have SHA without AVX.
 *
 * All of the schedule is kept in registers: nothing that is secret is written to the stack. x86-64 only, because 32-bit
 * code has too few registers for that.
 */
#include "sha.h"

#include <immintrin.h>

/* Words 0 to 3 of a block or state lie in that order in memory, which need not be aligned to 16 bytes. */
static __m128i tpost_x86_load(const uint32_t *words)
{
    return _mm_loadu_si128((const __m128i *)(const void *)words);
}

static void tpost_x86_store(uint32_t *words, __m128i value)
{
    _mm_storeu_si128((__m128i *)(void *)words, value);
}

/* ---- SHA-1 ------------------------------------------------------------------------------------------------------- */

/* The instructions have the first word highest. */
#define TPOST_X86_REVERSE(x) _mm_shuffle_epi32((x), 0x1b)

/* FIPS 180-4 6.1.3: the next four words of the schedule take the place of w0, the oldest of the last sixteen. */
#define TPOST_X86_SHA1_NEXT(w0, w1, w2, w3) w0 = _mm_sha1msg2_epu32(_mm_xor_si128(_mm_sha1msg1_epu32(w0, w1), w2), w3)

/* Four rounds. `e` comes as the state's a of four rounds ago; `next_e` is what the next four rounds take for it. */
#define TPOST_X86_SHA1_ROUNDS(f, e, next_e, w)                                                                         \
    e = _mm_sha1nexte_epu32(e, w);                                                                                     \
    next_e = abcd;                                                                                                     \
    abcd = _mm_sha1rnds4_epu32(abcd, e, f)

/* Twice four rounds, so that the two variables for e are back in their places */
#define TPOST_X86_SHA1_EIGHT(f, g, w0, w1, w2, w3)                                                                     \
    TPOST_X86_SHA1_NEXT(w0, w1, w2, w3);                                                                               \
    TPOST_X86_SHA1_ROUNDS(f, e0, e1, w0);                                                                              \
    TPOST_X86_SHA1_NEXT(w1, w2, w3, w0);                                                                               \
    TPOST_X86_SHA1_ROUNDS(g, e1, e0, w1)

static void tpost_sha1_x86_compress(uint32_t *state, uint32_t *block)
{
    const __m128i abcd_before = TPOST_X86_REVERSE(tpost_x86_load(state));
    const __m128i e_before = _mm_set_epi32((int)state[4], 0, 0, 0);
    __m128i w0 = TPOST_X86_REVERSE(tpost_x86_load(block));
    __m128i w1 = TPOST_X86_REVERSE(tpost_x86_load(block + 4));
    __m128i w2 = TPOST_X86_REVERSE(tpost_x86_load(block + 8));
    __m128i w3 = TPOST_X86_REVERSE(tpost_x86_load(block + 12));
    __m128i abcd = abcd_before;
    __m128i e0, e1;

    /* The first e is no a of earlier rounds: it is added as it is. */
    e0 = _mm_add_epi32(e_before, w0);
    e1 = abcd;
    abcd = _mm_sha1rnds4_epu32(abcd, e0, 0);
    TPOST_X86_SHA1_ROUNDS(0, e1, e0, w1);
    TPOST_X86_SHA1_ROUNDS(0, e0, e1, w2);
    TPOST_X86_SHA1_ROUNDS(0, e1, e0, w3);
    /* FIPS 180-4 4.1.1: the function changes after rounds 20, 40 and 60. */
    TPOST_X86_SHA1_EIGHT(0, 1, w0, w1, w2, w3);
    TPOST_X86_SHA1_EIGHT(1, 1, w2, w3, w0, w1);
    TPOST_X86_SHA1_EIGHT(1, 1, w0, w1, w2, w3);
    TPOST_X86_SHA1_EIGHT(2, 2, w2, w3, w0, w1);
    TPOST_X86_SHA1_EIGHT(2, 2, w0, w1, w2, w3);
    TPOST_X86_SHA1_EIGHT(2, 3, w2, w3, w0, w1);
    TPOST_X86_SHA1_EIGHT(3, 3, w0, w1, w2, w3);
    TPOST_X86_SHA1_EIGHT(3, 3, w2, w3, w0, w1);
    e0 = _mm_sha1nexte_epu32(e0, e_before);
    tpost_x86_store(state, TPOST_X86_REVERSE(_mm_add_epi32(abcd, abcd_before)));
    state[4] = (uint32_t)_mm_extract_epi32(e0, 3);
}

const tpost_method tpost_hmacsha1_x86 = {tpost_sha1_x86_compress, tpost_sha1_initial, 5, 3};

/* ---- SHA-256 ----------------------------------------------------------------------------------------------------- */

/* FIPS 180-4 6.2.2: the next four words of the schedule take the place of w0, the oldest of the last sixteen. */
#define TPOST_X86_SHA256_NEXT(w0, w1, w2, w3)                                                                          \
    w0 = _mm_sha256msg2_epu32(_mm_add_epi32(_mm_sha256msg1_epu32(w0, w1), _mm_alignr_epi8(w3, w2, 4)), w3)

/* Four rounds from round t on: an instruction makes two of them, with the words in the lower half of wk. */
#define TPOST_X86_SHA256_ROUNDS(w, t)                                                                                  \
    wk = _mm_add_epi32(w, tpost_x86_load(tpost_sha256_k + (t)));                                                       \
    cdgh = _mm_sha256rnds2_epu32(cdgh, abef, wk);                                                                      \
    abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(wk, 0x0e))

#define TPOST_X86_SHA256_SIXTEEN(t)                                                                                    \
    TPOST_X86_SHA256_NEXT(w0, w1, w2, w3);                                                                             \
    TPOST_X86_SHA256_ROUNDS(w0, (t));                                                                                  \
    TPOST_X86_SHA256_NEXT(w1, w2, w3, w0);                                                                             \
    TPOST_X86_SHA256_ROUNDS(w1, (t) + 4);                                                                              \
    TPOST_X86_SHA256_NEXT(w2, w3, w0, w1);                                                                             \
    TPOST_X86_SHA256_ROUNDS(w2, (t) + 8);                                                                              \
    TPOST_X86_SHA256_NEXT(w3, w0, w1, w2);                                                                             \
    TPOST_X86_SHA256_ROUNDS(w3, (t) + 12)

static void tpost_sha256_x86_compress(uint32_t *state, uint32_t *block)
{
    /* From a, b, c, d, e, f, g, h in the order of memory (a lowest) to the instructions' order (a and c highest) */
    const __m128i badc = _mm_shuffle_epi32(tpost_x86_load(state), 0xb1);
    const __m128i hgfe = _mm_shuffle_epi32(tpost_x86_load(state + 4), 0x1b);
    const __m128i abef_before = _mm_alignr_epi8(badc, hgfe, 8);
    const __m128i cdgh_before = _mm_blend_epi16(hgfe, badc, 0xf0);
    __m128i w0 = tpost_x86_load(block);
    __m128i w1 = tpost_x86_load(block + 4);
    __m128i w2 = tpost_x86_load(block + 8);
    __m128i w3 = tpost_x86_load(block + 12);
    __m128i abef = abef_before;
    __m128i cdgh = cdgh_before;
    __m128i wk;

    TPOST_X86_SHA256_ROUNDS(w0, 0);
    TPOST_X86_SHA256_ROUNDS(w1, 4);
    TPOST_X86_SHA256_ROUNDS(w2, 8);
    TPOST_X86_SHA256_ROUNDS(w3, 12);
    TPOST_X86_SHA256_SIXTEEN(16);
    TPOST_X86_SHA256_SIXTEEN(32);
    TPOST_X86_SHA256_SIXTEEN(48);
    abef = _mm_shuffle_epi32(_mm_add_epi32(abef, abef_before), 0x1b);
    cdgh = _mm_shuffle_epi32(_mm_add_epi32(cdgh, cdgh_before), 0xb1);
    tpost_x86_store(state, _mm_blend_epi16(abef, cdgh, 0xf0));
    tpost_x86_store(state + 4, _mm_alignr_epi8(cdgh, abef, 8));
}

const tpost_method tpost_hmacsha256_x86 = {tpost_sha256_x86_compress, tpost_sha256_initial, 8, 3};
