/* avx2.c: eight lanes; compiled with -mavx2. SPDX-License-Identifier: MIT */
#include <immintrin.h>

#define TPOST_LANES 8
#define TPOST_LANES_NAME avx2

/* One instruction, which compilers do not find in shifts and masks. */
#define TPOST_VEC_SWAP(x)                                                                                              \
    ((tpost_vec)_mm256_shuffle_epi8((__m256i)(x), _mm256_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203,            \
                                                                    0x0c0d0e0f08090a0b, 0x0405060700010203)))

/* The digit of each byte, which is below 16: looked up within the register. */
#define TPOST_VEC_DIGITS(x)                                                                                            \
    ((tpost_vec)_mm256_shuffle_epi8(                                                                                   \
        _mm256_set_epi64x(0x4645444342413938, 0x3736353433323130, 0x4645444342413938, 0x3736353433323130),             \
        (__m256i)(x)))

/* Loads straight into the halves; through memory they would wait for each other. */
#define TPOST_VEC_GATHER(from, step)                                                                                   \
    ((tpost_vec)_mm256_inserti128_si256(                                                                               \
        _mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)(from))),                                \
        _mm_loadu_si128((const __m128i *)(const void *)((from) + 4 * (step))), 1))
#include "kernel.h"
