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
 * The schedule is kept in registers; where a compiler spills some of it, the caller's tpost_forget() wipes that. x86-64
 * only, because 32-bit code has too few registers.
 */
#include "sha.h"

#include <immintrin.h>

#define TPOST_X86_INLINE static inline __attribute__((always_inline))

/* Words 0 to 3 of a block or state lie in that order in memory, which need not be aligned to 16 bytes. */
TPOST_X86_INLINE __m128i tpost_x86_load(const uint32_t *words)
{
    return _mm_loadu_si128((const __m128i *)(const void *)words);
}

TPOST_X86_INLINE void tpost_x86_store(uint32_t *words, __m128i value)
{
    _mm_storeu_si128((__m128i *)(void *)words, value);
}

/*
 * The functions below are written for one or two independent streams. An instruction waits for the one before it in its
 * stream, so that two take little longer than one.
 */
typedef struct tpost_x86_stream {
    uint32_t *state;
    __m128i w[4]; /* the block */
} tpost_x86_stream;

/* The statement for every stream s; unrolled, as all is inlined where their number is known. */
#define TPOST_X86_EACH(statement)                                                                                      \
    for (s = 0; s < streams; s++) {                                                                                    \
        statement;                                                                                                     \
    }

/* A block in memory, where `order` tells from where the bytes of four words come; every word is XORed with the pad. */
TPOST_X86_INLINE tpost_x86_stream tpost_x86_stream_of(uint32_t *state, const void *block, __m128i order, uint32_t pad)
{
    tpost_x86_stream stream;
    unsigned i;

    stream.state = state;
    for (i = 0; i < 4; i++) {
        stream.w[i] = _mm_xor_si128(_mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)block + i), order),
                                    _mm_set1_epi32((int)pad));
    }
    return stream;
}

/* ---- SHA-1 ------------------------------------------------------------------------------------------------------- */

/* The instructions have the first word highest. */
#define TPOST_X86_REVERSE(x) _mm_shuffle_epi32((x), 0x1b)

/* FIPS 180-4 6.1.3: the next four words of the schedule take the place of w[i], the oldest of the last sixteen. */
#define TPOST_X86_SHA1_NEXT(w, i)                                                                                      \
    w[(i) & 3] = _mm_sha1msg2_epu32(_mm_xor_si128(_mm_sha1msg1_epu32(w[(i) & 3], w[((i) + 1) & 3]), w[((i) + 2) & 3]), \
                                    w[((i) + 3) & 3])

/* Four rounds, number i of twenty. e[i % 2] comes as the state's a of four rounds ago; the next four take the other. */
#define TPOST_X86_SHA1_ROUNDS(i, f)                                                                                    \
    TPOST_X86_EACH(e[s][(i) & 1] = _mm_sha1nexte_epu32(e[s][(i) & 1], w[s][(i) & 3]))                                  \
    TPOST_X86_EACH(e[s][((i) + 1) & 1] = abcd[s])                                                                      \
    TPOST_X86_EACH(abcd[s] = _mm_sha1rnds4_epu32(abcd[s], e[s][(i) & 1], f))

/* The same, with new words */
#define TPOST_X86_SHA1_FOUR(i, f)                                                                                      \
    TPOST_X86_EACH(TPOST_X86_SHA1_NEXT(w[s], i))                                                                       \
    TPOST_X86_SHA1_ROUNDS(i, f)

TPOST_X86_INLINE void tpost_x86_sha1(const tpost_x86_stream *stream, unsigned streams)
{
    __m128i abcd[2];
    __m128i e[2][2];
    __m128i w[2][4];
    unsigned s;
    unsigned i;

    for (s = 0; s < streams; s++) {
        abcd[s] = TPOST_X86_REVERSE(tpost_x86_load(stream[s].state));
        for (i = 0; i < 4; i++) {
            w[s][i] = stream[s].w[i];
        }
        /* The first e is no a of earlier rounds: it is added as it is. */
        e[s][0] = _mm_add_epi32(_mm_set_epi32((int)stream[s].state[4], 0, 0, 0), w[s][0]);
        e[s][1] = abcd[s];
        abcd[s] = _mm_sha1rnds4_epu32(abcd[s], e[s][0], 0);
    }
    /* FIPS 180-4 4.1.1: the function changes after rounds 20, 40 and 60. */
    TPOST_X86_SHA1_ROUNDS(1, 0)
    TPOST_X86_SHA1_ROUNDS(2, 0)
    TPOST_X86_SHA1_ROUNDS(3, 0)
    TPOST_X86_SHA1_FOUR(4, 0)
    TPOST_X86_SHA1_FOUR(5, 1)
    TPOST_X86_SHA1_FOUR(6, 1)
    TPOST_X86_SHA1_FOUR(7, 1)
    TPOST_X86_SHA1_FOUR(8, 1)
    TPOST_X86_SHA1_FOUR(9, 1)
    TPOST_X86_SHA1_FOUR(10, 2)
    TPOST_X86_SHA1_FOUR(11, 2)
    TPOST_X86_SHA1_FOUR(12, 2)
    TPOST_X86_SHA1_FOUR(13, 2)
    TPOST_X86_SHA1_FOUR(14, 2)
    TPOST_X86_SHA1_FOUR(15, 3)
    TPOST_X86_SHA1_FOUR(16, 3)
    TPOST_X86_SHA1_FOUR(17, 3)
    TPOST_X86_SHA1_FOUR(18, 3)
    TPOST_X86_SHA1_FOUR(19, 3)
    for (s = 0; s < streams; s++) {
        uint32_t *state = stream[s].state;

        e[s][0] = _mm_sha1nexte_epu32(e[s][0], _mm_set_epi32((int)state[4], 0, 0, 0));
        tpost_x86_store(state, _mm_add_epi32(TPOST_X86_REVERSE(abcd[s]), tpost_x86_load(state)));
        state[4] = (uint32_t)_mm_extract_epi32(e[s][0], 3);
    }
}

/* From words, and from bytes */
#define TPOST_X86_SHA1_WORDS _mm_set_epi64x(0x0302010007060504, 0x0b0a09080f0e0d0c)
#define TPOST_X86_SHA1_BYTES _mm_set_epi64x(0x0001020304050607, 0x08090a0b0c0d0e0f)

static void tpost_sha1_x86_compress(uint32_t *state, uint32_t *block)
{
    const tpost_x86_stream stream = tpost_x86_stream_of(state, block, TPOST_X86_SHA1_WORDS, 0);

    tpost_x86_sha1(&stream, 1);
}

void tpost_sha1_x86_blocks(uint32_t *state, const uint8_t *bytes, size_t n)
{
    for (; n > 0; n--, bytes += TPOST_BLOCK_SIZE) {
        const tpost_x86_stream stream = tpost_x86_stream_of(state, bytes, TPOST_X86_SHA1_BYTES, 0);

        tpost_x86_sha1(&stream, 1);
    }
}

void tpost_sha1_x86_midstates(uint32_t *inner, uint32_t *outer, const uint8_t *bytes)
{
    const tpost_x86_stream streams[2] = {
        tpost_x86_stream_of(inner, bytes, TPOST_X86_SHA1_BYTES, TPOST_IN_EACH_BYTE(TPOST_IPAD)),
        tpost_x86_stream_of(outer, bytes, TPOST_X86_SHA1_BYTES, TPOST_IN_EACH_BYTE(TPOST_OPAD))};

    tpost_x86_sha1(streams, 2);
}

void tpost_sha1_x86_outer(uint32_t *state, const uint32_t *outer)
{
    /* In registers: words that were written one by one would have to reach the cache before they can be read as four. */
    tpost_x86_stream stream;

    stream.state = state;
    stream.w[0] = TPOST_X86_REVERSE(tpost_x86_load(state));
    stream.w[1] = _mm_set_epi32((int)state[4], (int)0x80000000u, 0, 0);
    stream.w[2] = _mm_setzero_si128();
    stream.w[3] = _mm_set_epi32(0, 0, 0, 8 * (TPOST_BLOCK_SIZE + 20));
    tpost_x86_store(state, tpost_x86_load(outer));
    state[4] = outer[4];
    tpost_x86_sha1(&stream, 1);
}

const tpost_method tpost_hmacsha1_x86 = {tpost_sha1_x86_compress, tpost_sha1_initial, 5, 3};

/* ---- SHA-256 ----------------------------------------------------------------------------------------------------- */

/* FIPS 180-4 6.2.2: the next four words of the schedule take the place of w[i], the oldest of the last sixteen. */
#define TPOST_X86_SHA256_NEXT(w, i)                                                                                    \
    w[(i) & 3] = _mm_sha256msg2_epu32(_mm_add_epi32(_mm_sha256msg1_epu32(w[(i) & 3], w[((i) + 1) & 3]),                \
                                                    _mm_alignr_epi8(w[((i) + 3) & 3], w[((i) + 2) & 3], 4)),           \
                                      w[((i) + 3) & 3])

/* Four rounds, number i of sixteen: an instruction makes two of them, with the words in the lower half of wk. */
#define TPOST_X86_SHA256_ROUNDS(i)                                                                                     \
    TPOST_X86_EACH(wk[s] = _mm_add_epi32(w[s][(i) & 3], tpost_x86_load(tpost_sha256_k + 4 * (i))))                     \
    TPOST_X86_EACH(cdgh[s] = _mm_sha256rnds2_epu32(cdgh[s], abef[s], wk[s]))                                           \
    TPOST_X86_EACH(abef[s] = _mm_sha256rnds2_epu32(abef[s], cdgh[s], _mm_shuffle_epi32(wk[s], 0x0e)))

/* The same, with new words */
#define TPOST_X86_SHA256_FOUR(i)                                                                                       \
    TPOST_X86_EACH(TPOST_X86_SHA256_NEXT(w[s], i))                                                                     \
    TPOST_X86_SHA256_ROUNDS(i)

/* From a, b, c, d, e, f, g, h in the order of memory (a lowest) to the instructions' order (a and c highest) */
TPOST_X86_INLINE void tpost_x86_sha256_load(const uint32_t *state, __m128i *abef, __m128i *cdgh)
{
    const __m128i badc = _mm_shuffle_epi32(tpost_x86_load(state), 0xb1);
    const __m128i hgfe = _mm_shuffle_epi32(tpost_x86_load(state + 4), 0x1b);

    *abef = _mm_alignr_epi8(badc, hgfe, 8);
    *cdgh = _mm_blend_epi16(hgfe, badc, 0xf0);
}

TPOST_X86_INLINE void tpost_x86_sha256(const tpost_x86_stream *stream, unsigned streams)
{
    __m128i abef[2];
    __m128i cdgh[2];
    __m128i w[2][4];
    __m128i wk[2];
    unsigned s;
    unsigned i;

    for (s = 0; s < streams; s++) {
        tpost_x86_sha256_load(stream[s].state, &abef[s], &cdgh[s]);
        for (i = 0; i < 4; i++) {
            w[s][i] = stream[s].w[i];
        }
    }
    TPOST_X86_SHA256_ROUNDS(0)
    TPOST_X86_SHA256_ROUNDS(1)
    TPOST_X86_SHA256_ROUNDS(2)
    TPOST_X86_SHA256_ROUNDS(3)
    TPOST_X86_SHA256_FOUR(4)
    TPOST_X86_SHA256_FOUR(5)
    TPOST_X86_SHA256_FOUR(6)
    TPOST_X86_SHA256_FOUR(7)
    TPOST_X86_SHA256_FOUR(8)
    TPOST_X86_SHA256_FOUR(9)
    TPOST_X86_SHA256_FOUR(10)
    TPOST_X86_SHA256_FOUR(11)
    TPOST_X86_SHA256_FOUR(12)
    TPOST_X86_SHA256_FOUR(13)
    TPOST_X86_SHA256_FOUR(14)
    TPOST_X86_SHA256_FOUR(15)
    for (s = 0; s < streams; s++) {
        uint32_t *state = stream[s].state;
        const __m128i feba = _mm_shuffle_epi32(abef[s], 0x1b);
        const __m128i dchg = _mm_shuffle_epi32(cdgh[s], 0xb1);

        tpost_x86_store(state, _mm_add_epi32(_mm_blend_epi16(feba, dchg, 0xf0), tpost_x86_load(state)));
        tpost_x86_store(state + 4, _mm_add_epi32(_mm_alignr_epi8(dchg, feba, 8), tpost_x86_load(state + 4)));
    }
}

/* From words, and from bytes */
#define TPOST_X86_SHA256_WORDS _mm_set_epi64x(0x0f0e0d0c0b0a0908, 0x0706050403020100)
#define TPOST_X86_SHA256_BYTES _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203)

static void tpost_sha256_x86_compress(uint32_t *state, uint32_t *block)
{
    const tpost_x86_stream stream = tpost_x86_stream_of(state, block, TPOST_X86_SHA256_WORDS, 0);

    tpost_x86_sha256(&stream, 1);
}

void tpost_sha256_x86_blocks(uint32_t *state, const uint8_t *bytes, size_t n)
{
    for (; n > 0; n--, bytes += TPOST_BLOCK_SIZE) {
        const tpost_x86_stream stream = tpost_x86_stream_of(state, bytes, TPOST_X86_SHA256_BYTES, 0);

        tpost_x86_sha256(&stream, 1);
    }
}

void tpost_sha256_x86_midstates(uint32_t *inner, uint32_t *outer, const uint8_t *bytes)
{
    const tpost_x86_stream streams[2] = {
        tpost_x86_stream_of(inner, bytes, TPOST_X86_SHA256_BYTES, TPOST_IN_EACH_BYTE(TPOST_IPAD)),
        tpost_x86_stream_of(outer, bytes, TPOST_X86_SHA256_BYTES, TPOST_IN_EACH_BYTE(TPOST_OPAD))};

    tpost_x86_sha256(streams, 2);
}

void tpost_sha256_x86_outer(uint32_t *state, const uint32_t *outer)
{
    tpost_x86_stream stream;

    stream.state = state;
    stream.w[0] = tpost_x86_load(state);
    stream.w[1] = tpost_x86_load(state + 4);
    stream.w[2] = _mm_set_epi32(0, 0, 0, (int)0x80000000u);
    stream.w[3] = _mm_set_epi32(8 * (TPOST_BLOCK_SIZE + 32), 0, 0, 0);
    tpost_x86_store(state, tpost_x86_load(outer));
    tpost_x86_store(state + 4, tpost_x86_load(outer + 4));
    tpost_x86_sha256(&stream, 1);
}

const tpost_method tpost_hmacsha256_x86 = {tpost_sha256_x86_compress, tpost_sha256_initial, 8, 3};
