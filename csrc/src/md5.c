/*
 * md5.c: the block function of MD5 (RFC 1321).
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 */
#include "internal.h"

#ifdef TPOST_HAS_MD5

/* RFC 1321 3.3: the initial state */
#define TPOST_MD5_STATE 0x67452301u, 0xefcdab89u, 0x98badcfeu, 0x10325476u

/*
 * RFC 1321 3.4, in rows of four steps: the integer part of 4294967296 * abs(sin(i)), i from 1 to 64, and which words of the block
 * the steps take. (Where all steps of a round are in one place, that is computed from the step's number: the same words.)
 */
#define TPOST_MD5_ROWS(row)                                                                                            \
    row(0xd76aa478u, 0xe8c7b756u, 0x242070dbu, 0xc1bdceeeu, 0, 1, 2, 3),                                               \
        row(0xf57c0fafu, 0x4787c62au, 0xa8304613u, 0xfd469501u, 4, 5, 6, 7),                                           \
        row(0x698098d8u, 0x8b44f7afu, 0xffff5bb1u, 0x895cd7beu, 8, 9, 10, 11),                                         \
        row(0x6b901122u, 0xfd987193u, 0xa679438eu, 0x49b40821u, 12, 13, 14, 15),                                       \
        row(0xf61e2562u, 0xc040b340u, 0x265e5a51u, 0xe9b6c7aau, 1, 6, 11, 0),                                          \
        row(0xd62f105du, 0x02441453u, 0xd8a1e681u, 0xe7d3fbc8u, 5, 10, 15, 4),                                         \
        row(0x21e1cde6u, 0xc33707d6u, 0xf4d50d87u, 0x455a14edu, 9, 14, 3, 8),                                          \
        row(0xa9e3e905u, 0xfcefa3f8u, 0x676f02d9u, 0x8d2a4c8au, 13, 2, 7, 12),                                         \
        row(0xfffa3942u, 0x8771f681u, 0x6d9d6122u, 0xfde5380cu, 5, 8, 11, 14),                                         \
        row(0xa4beea44u, 0x4bdecfa9u, 0xf6bb4b60u, 0xbebfbc70u, 1, 4, 7, 10),                                          \
        row(0x289b7ec6u, 0xeaa127fau, 0xd4ef3085u, 0x04881d05u, 13, 0, 3, 6),                                          \
        row(0xd9d4d039u, 0xe6db99e5u, 0x1fa27cf8u, 0xc4ac5665u, 9, 12, 15, 2),                                         \
        row(0xf4292244u, 0x432aff97u, 0xab9423a7u, 0xfc93a039u, 0, 7, 14, 5),                                          \
        row(0x655b59c3u, 0x8f0ccc92u, 0xffeff47du, 0x85845dd1u, 12, 3, 10, 1),                                         \
        row(0x6fa87e4fu, 0xfe2ce6e0u, 0xa3014314u, 0x4e0811a1u, 8, 15, 6, 13),                                         \
        row(0xf7537e82u, 0xbd3af235u, 0x2ad7d2bbu, 0xeb86d391u, 4, 11, 2, 9)

#if TPOST_UNROLL == 1
/* All that four steps need is in one place, the words' places in bytes, because small processors have few registers. */
struct tpost_md5_four {
    uint32_t k[4];
    uint8_t at[4];
};

#define TPOST_MD5_ROW(k0, k1, k2, k3, at0, at1, at2, at3)                                                              \
    {                                                                                                                  \
        {k0, k1, k2, k3},                                                                                              \
        {                                                                                                              \
            4 * (at0), 4 * (at1), 4 * (at2), 4 * (at3)                                                                 \
        }                                                                                                              \
    }

static const struct tpost_md5_four tpost_md5_fours[16] TPOST_FLASH = {TPOST_MD5_ROWS(TPOST_MD5_ROW)};
const uint32_t tpost_md5_initial[TPOST_STATE_WORDS] TPOST_FLASH = {TPOST_MD5_STATE};
#endif

#if TPOST_UNROLL != 1 || defined(TPOST_HOST)
#define TPOST_MD5_WORDS(k0, k1, k2, k3, at0, at1, at2, at3) k0, k1, k2, k3

const uint32_t tpost_md5_table[4 + 64] TPOST_FLASH = {TPOST_MD5_STATE, TPOST_MD5_ROWS(TPOST_MD5_WORDS)};
#endif

/* RFC 1321 3.4. F and G are written to need fewer operations. G's halves share no bit: on hosts + stands for |. */
#define TPOST_MD5_F(x, y, z) ((z) ^ ((x) & ((y) ^ (z))))
#if TPOST_UNROLL == 2
#define TPOST_MD5_G(x, y, z) (((x) & (z)) + ((y) & ~(z)))
#else
#define TPOST_MD5_G(x, y, z) TPOST_MD5_F((z), (x), (y))
#endif
#define TPOST_MD5_H(x, y, z) ((x) ^ (y) ^ (z))
#define TPOST_MD5_I(x, y, z) ((y) ^ ((x) | ~(z)))

#if TPOST_UNROLL == 0

/* RFC 1321 3.4: how far steps 0 to 3 of each round rotate, here to the right; the other steps repeat them */
static const uint8_t tpost_md5_turns[16] TPOST_FLASH = {25, 20, 15, 10, 27, 23, 18, 12, 28, 21, 16, 9, 26, 22, 17, 11};

void tpost_md5_compress(uint32_t *state, uint32_t *block)
{
    uint32_t a = state[0];
    uint32_t b = state[1];
    uint32_t c = state[2];
    uint32_t d = state[3];
    volatile uint32_t *sum = state; /* volatile: what is in it is not kept until the end */
    unsigned i;

    for (i = 0; i < 64; i++) {
        uint32_t f = TPOST_MD5_F(b, c, d);
        unsigned at = i;

        if (i >= 48) {
            f = TPOST_MD5_I(b, c, d);
            at = 7 * i;
        } else if (i >= 32) {
            f = TPOST_MD5_H(b, c, d);
            at = 3 * i + 5;
        } else if (i >= 16) {
            f = TPOST_MD5_G(b, c, d);
            at = 5 * i + 1;
        }
        f += a + block[at & 15u] + TPOST_FLASH_WORD(&TPOST_MD5_K[i]);
        a = d;
        d = c;
        c = b;
        b += TPOST_ROTR(f, TPOST_FLASH_BYTE(&tpost_md5_turns[((i >> 2) & 12u) | (i & 3u)]));
    }
    sum[0] += a;
    sum[1] += b;
    sum[2] += c;
    sum[3] += d;
}

#else

#define TPOST_MD5_STEP(f, a, b, c, d, k, word, turn)                                                                   \
    a += (word) + (k);                                                                                                 \
    TPOST_OPAQUE(a);                                                                                                   \
    a += f(b, c, d);                                                                                                   \
    a = TPOST_ROTL(a, turn) + b

#if TPOST_UNROLL == 1

#define TPOST_MD5_K_OF(i) TPOST_FLASH_WORD(&four->k[i])
#define TPOST_MD5_WORD_OF(i)                                                                                           \
    (*(const uint32_t *)(const void *)((const uint8_t *)block + TPOST_FLASH_BYTE(&four->at[i])))

/* Where words stand, mul * i + add, is in the rows. */
#define TPOST_MD5_ROUND(f, from, mul, add, turn0, turn1, turn2, turn3)                                                 \
    end = four + 4;                                                                                                    \
    do {                                                                                                               \
        TPOST_MD5_STEP(f, a, b, c, d, TPOST_MD5_K_OF(0), TPOST_MD5_WORD_OF(0), turn0);                                 \
        TPOST_MD5_STEP(f, d, a, b, c, TPOST_MD5_K_OF(1), TPOST_MD5_WORD_OF(1), turn1);                                 \
        TPOST_MD5_STEP(f, c, d, a, b, TPOST_MD5_K_OF(2), TPOST_MD5_WORD_OF(2), turn2);                                 \
        TPOST_MD5_STEP(f, b, c, d, a, TPOST_MD5_K_OF(3), TPOST_MD5_WORD_OF(3), turn3);                                 \
        four++;                                                                                                        \
    } while (four < end);

#else

#define TPOST_MD5_K_OF(i) TPOST_FLASH_WORD(&TPOST_MD5_K[i])

/* Four steps from i on; the block's words are taken at mul * i + add. */
#define TPOST_MD5_FOUR(f, i, mul, add, turn0, turn1, turn2, turn3)                                                     \
    TPOST_MD5_STEP(f, a, b, c, d, TPOST_MD5_K_OF(i), block[((mul) * (i) + (add)) & 15u], turn0);                       \
    TPOST_MD5_STEP(f, d, a, b, c, TPOST_MD5_K_OF((i) + 1u), block[((mul) * ((i) + 1u) + (add)) & 15u], turn1);         \
    TPOST_MD5_STEP(f, c, d, a, b, TPOST_MD5_K_OF((i) + 2u), block[((mul) * ((i) + 2u) + (add)) & 15u], turn2);         \
    TPOST_MD5_STEP(f, b, c, d, a, TPOST_MD5_K_OF((i) + 3u), block[((mul) * ((i) + 3u) + (add)) & 15u], turn3)

#define TPOST_MD5_ROUND(f, from, mul, add, turn0, turn1, turn2, turn3)                                                 \
    TPOST_MD5_FOUR(f, (from), mul, add, turn0, turn1, turn2, turn3);                                                   \
    TPOST_MD5_FOUR(f, (from) + 4u, mul, add, turn0, turn1, turn2, turn3);                                              \
    TPOST_MD5_FOUR(f, (from) + 8u, mul, add, turn0, turn1, turn2, turn3);                                              \
    TPOST_MD5_FOUR(f, (from) + 12u, mul, add, turn0, turn1, turn2, turn3);

#endif

void tpost_md5_compress(uint32_t *state, uint32_t *block)
{
    uint32_t a = state[0];
    uint32_t b = state[1];
    uint32_t c = state[2];
    uint32_t d = state[3];
#if TPOST_UNROLL == 1
    const struct tpost_md5_four *four = tpost_md5_fours;
    const struct tpost_md5_four *end;
#endif

    /* RFC 1321 3.4, rounds 1 to 4 */
    TPOST_MD5_ROUND(TPOST_MD5_F, 0u, 1u, 0u, 7, 12, 17, 22)
    TPOST_MD5_ROUND(TPOST_MD5_G, 16u, 5u, 1u, 5, 9, 14, 20)
    TPOST_MD5_ROUND(TPOST_MD5_H, 32u, 3u, 5u, 4, 11, 16, 23)
    TPOST_MD5_ROUND(TPOST_MD5_I, 48u, 7u, 0u, 6, 10, 15, 21)
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
}

#endif

const tpost_method tpost_hmacmd5 TPOST_FLASH = TPOST_METHOD(tpost_md5_compress, TPOST_MD5_INITIAL, 4, 0);

#endif
