/* avx512.c: sixteen lanes; compiled with -mavx512f -mavx512bw -mavx512vl -mavx512dq. SPDX-License-Identifier: MIT */
#include <immintrin.h>

#define TPOST_LANES 16
#define TPOST_LANES_NAME avx512

/* The majority of the three: GCC makes two instructions of its definition. */
#define TPOST_VEC_MAJ(x, y, z) ((tpost_vec)_mm512_ternarylogic_epi32((__m512i)(x), (__m512i)(y), (__m512i)(z), 0xe8))

/* One instruction, which compilers do not find in shifts and masks. */
#define TPOST_VEC_SWAP(x)                                                                                              \
    ((tpost_vec)_mm512_shuffle_epi8((__m512i)(x), _mm512_set4_epi64(0x0c0d0e0f08090a0b, 0x0405060700010203,            \
                                                                    0x0c0d0e0f08090a0b, 0x0405060700010203)))

/* The digit of each byte, which is below 16: looked up within the register. */
#define TPOST_VEC_DIGITS(x)                                                                                            \
    ((tpost_vec)_mm512_shuffle_epi8(                                                                                   \
        _mm512_set4_epi64(0x4645444342413938, 0x3736353433323130, 0x4645444342413938, 0x3736353433323130),             \
        (__m512i)(x)))

/* Loads straight into the quarters; through memory they would wait for each other. */
#define TPOST_VEC_QUARTER(from, step, j) _mm_loadu_si128((const __m128i *)(const void *)((from) + 4 * (j) * (step)))
#define TPOST_VEC_HALF(from, step, j)                                                                                  \
    _mm256_inserti128_si256(_mm256_castsi128_si256(TPOST_VEC_QUARTER(from, step, j)),                                  \
                            TPOST_VEC_QUARTER(from, step, (j) + 1), 1)
#define TPOST_VEC_GATHER(from, step)                                                                                   \
    ((tpost_vec)_mm512_inserti64x4(_mm512_castsi256_si512(TPOST_VEC_HALF(from, step, 0)),                              \
                                   TPOST_VEC_HALF(from, step, 2), 1))
#include "kernel.h"
