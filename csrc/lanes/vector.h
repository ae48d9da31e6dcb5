/*
 * vector.h: a vector of TPOST_LANES 32-bit words, and what C's operators do not say about it.
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 *
 * A unit defines TPOST_LANES as 1, 4, 8 or 16 before it includes this. With 1 it is plain C; with more it is the vector
 * extension of GCC and Clang, which lower it to whatever the unit's flags allow. A unit may define TPOST_VEC_SWAP,
 * TPOST_VEC_MAJ, TPOST_VEC_DIGITS and TPOST_VEC_GATHER where its machine has an instruction that compilers do not find.
 *
 * Rotations and the other logic of three words need no such macros: written as they are, both compilers make single
 * instructions of them where the machine has some (vprold and vpternlogd in AVX-512).
 */
#ifndef TPOST_VECTOR_H
#define TPOST_VECTOR_H

#include "lanes.h"

#if TPOST_LANES == 1
typedef uint32_t tpost_vec;
#else
/* may_alias: the words of a group are written one by one and read as vectors. */
typedef uint32_t tpost_vec __attribute__((vector_size(4 * TPOST_LANES), may_alias));
typedef uint64_t tpost_vec_pairs __attribute__((vector_size(4 * TPOST_LANES)));
typedef uint8_t tpost_vec_bytes __attribute__((vector_size(4 * TPOST_LANES)));
#endif

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define TPOST_BIG_ENDIAN 1
#else
#define TPOST_BIG_ENDIAN 0
#endif

#ifndef TPOST_VEC_SWAP
/* The bytes of each word in reverse. */
#define TPOST_VEC_SWAP(x)                                                                                              \
    ((TPOST_ROTL((x), 8) & (tpost_vec_of(0x00ff00ffu))) | (TPOST_ROTR((x), 8) & (tpost_vec_of(0xff00ff00u))))
#endif

#ifndef TPOST_VEC_MAJ
/* The bits that two or three of the words have. */
#define TPOST_VEC_MAJ(x, y, z) (((x) & (y)) | ((z) & ((x) | (y))))
#endif

/*
 * What a pointer points to is loaded anew after this. GCC would rather load a whole block once, run out of registers, and
 * copy it to the stack.
 */
#if defined(__GNUC__) || defined(__clang__)
#define TPOST_FORGET_LOADS(pointer) __asm__("" : "+r"(pointer))
#else
#define TPOST_FORGET_LOADS(pointer) ((void)0)
#endif

/* The same word in every lane. */
TPOST_INLINE tpost_vec tpost_vec_of(uint32_t word)
{
#if TPOST_LANES == 1
    return word;
#else
    return (tpost_vec){0} + word;
#endif
}

/* Words whose first byte in memory is their highest (big != 0) or lowest, as loaded; also the way back. */
TPOST_INLINE tpost_vec tpost_vec_order(tpost_vec x, int big)
{
    if ((big != 0) == TPOST_BIG_ENDIAN) {
        return x;
    }
    return TPOST_VEC_SWAP(x);
}

/* x where limit is above i, else y. */
TPOST_INLINE tpost_vec tpost_vec_choose(tpost_vec limit, uint32_t i, tpost_vec x, tpost_vec y)
{
#if TPOST_LANES == 1
    return limit > i ? x : y;
#else
    tpost_vec above = (tpost_vec)(limit > tpost_vec_of(i));

    return (x & above) | (y & ~above);
#endif
}

/* ---- Between rows of 16 bytes and vectors of words --------------------------------------------------------------- */

#if TPOST_LANES == 1

/* to[0..3] = the words in the 16 bytes at `from`. */
TPOST_INLINE void tpost_load_four(tpost_vec *to, const uint8_t *from, size_t step)
{
    (void)step;
    memcpy(to, from, 16);
}

/* Write the digits of the 16 bytes that from[0..3] make in memory: upper case, 32 of them. A NUL may follow. */
TPOST_INLINE void tpost_store_digits(uint8_t *to, const tpost_vec *from)
{
    tpost_hex((const uint8_t *)from, 16, (char *)to);
}

#else

#if TPOST_LANES == 4
#define TPOST_EACH_UNIT(of) of(0)
#elif TPOST_LANES == 8
#define TPOST_EACH_UNIT(of) of(0), of(1)
#else
#define TPOST_EACH_UNIT(of) of(0), of(1), of(2), of(3)
#endif

/* Interleave the words of two vectors, or pairs of words, within each unit of four. */
#define TPOST_UNIT_LOW32(j) 4 * j, TPOST_LANES + 4 * j, 4 * j + 1, TPOST_LANES + 4 * j + 1
#define TPOST_UNIT_HIGH32(j) 4 * j + 2, TPOST_LANES + 4 * j + 2, 4 * j + 3, TPOST_LANES + 4 * j + 3
#define TPOST_UNIT_LOW64(j) 2 * j, TPOST_LANES / 2 + 2 * j
#define TPOST_UNIT_HIGH64(j) 2 * j + 1, TPOST_LANES / 2 + 2 * j + 1
#if defined(__clang__)
#define TPOST_SHUFFLE(type, a, b, of) __builtin_shufflevector((type)(a), (type)(b), TPOST_EACH_UNIT(of))
#else
#define TPOST_SHUFFLE(type, a, b, of) __builtin_shuffle((type)(a), (type)(b), (type){TPOST_EACH_UNIT(of)})
#endif
#define TPOST_SHUFFLE32(a, b, of) TPOST_SHUFFLE(tpost_vec, a, b, of)
/* Of pairs, so that GCC sees an instruction for them: a shuffle of words would look its places up in a table. */
#define TPOST_SHUFFLE64(a, b, of) ((tpost_vec)TPOST_SHUFFLE(tpost_vec_pairs, a, b, of))

/* Four rows of four words become four words of four rows, in each unit of four lanes; and back. */
TPOST_INLINE void tpost_transpose(tpost_vec *v)
{
    tpost_vec a = TPOST_SHUFFLE32(v[0], v[1], TPOST_UNIT_LOW32);
    tpost_vec b = TPOST_SHUFFLE32(v[0], v[1], TPOST_UNIT_HIGH32);
    tpost_vec c = TPOST_SHUFFLE32(v[2], v[3], TPOST_UNIT_LOW32);
    tpost_vec d = TPOST_SHUFFLE32(v[2], v[3], TPOST_UNIT_HIGH32);

    v[0] = TPOST_SHUFFLE64(a, c, TPOST_UNIT_LOW64);
    v[1] = TPOST_SHUFFLE64(a, c, TPOST_UNIT_HIGH64);
    v[2] = TPOST_SHUFFLE64(b, d, TPOST_UNIT_LOW64);
    v[3] = TPOST_SHUFFLE64(b, d, TPOST_UNIT_HIGH64);
}

#ifndef TPOST_VEC_GATHER
/* The 16 bytes at `from` and at every fourth row behind, as one vector; rows begin `step` bytes apart. */
TPOST_INLINE tpost_vec TPOST_VEC_GATHER(const uint8_t *from, size_t step)
{
    tpost_vec v;
    unsigned j;

    for (j = 0; j < TPOST_LANES / 4; j++) {
        memcpy((uint8_t *)&v + 16 * j, from + 4 * j * step, 16);
    }
    return v;
}
#endif

/* to[0..3] = the words in the 16 bytes at `from` and at the same place in the rows behind, one a lane. */
TPOST_INLINE void tpost_load_four(tpost_vec *to, const uint8_t *from, size_t step)
{
    unsigned i;

    for (i = 0; i < 4; i++) {
        to[i] = TPOST_VEC_GATHER(from + i * step, step);
    }
    tpost_transpose(to);
}

#define TPOST_UNIT_BYTES(j, k)                                                                                         \
    16 * j + k, 4 * TPOST_LANES + 16 * j + k, 16 * j + k + 1, 4 * TPOST_LANES + 16 * j + k + 1, 16 * j + k + 2,        \
        4 * TPOST_LANES + 16 * j + k + 2, 16 * j + k + 3, 4 * TPOST_LANES + 16 * j + k + 3
#define TPOST_UNIT_LOW8(j) TPOST_UNIT_BYTES(j, 0), TPOST_UNIT_BYTES(j, 4)
#define TPOST_UNIT_HIGH8(j) TPOST_UNIT_BYTES(j, 8), TPOST_UNIT_BYTES(j, 12)

#ifndef TPOST_VEC_DIGITS
/* The upper-case digit of each byte, which is below 16. */
TPOST_INLINE tpost_vec TPOST_VEC_DIGITS(tpost_vec x)
{
    tpost_vec letters = ((x + tpost_vec_of(0x06060606)) >> 4) & tpost_vec_of(0x01010101);

    /* 'A' is '0' + 10 + 7 */
    return x + tpost_vec_of(0x30303030) + ((letters << 3) - letters);
}
#endif

/* Write the digits of the rows of 16 bytes that from[0..3] hold, a word a lane: upper case, 32 of each row. */
TPOST_INLINE void tpost_store_digits(uint8_t *to, const tpost_vec *from)
{
    tpost_vec rows[4] = {from[0], from[1], from[2], from[3]};
    unsigned i;
    unsigned j;

    tpost_transpose(rows);
    for (i = 0; i < 4; i++) {
        tpost_vec high = (rows[i] >> 4) & tpost_vec_of(0x0f0f0f0f);
        tpost_vec low = rows[i] & tpost_vec_of(0x0f0f0f0f);
        tpost_vec first = TPOST_VEC_DIGITS((tpost_vec)TPOST_SHUFFLE(tpost_vec_bytes, high, low, TPOST_UNIT_LOW8));
        tpost_vec second = TPOST_VEC_DIGITS((tpost_vec)TPOST_SHUFFLE(tpost_vec_bytes, high, low, TPOST_UNIT_HIGH8));

        for (j = 0; j < TPOST_LANES / 4; j++) {
            memcpy(to + (4 * j + i) * TPOST_WINDOW_SIZE, (const uint8_t *)&first + 16 * j, 16);
            memcpy(to + (4 * j + i) * TPOST_WINDOW_SIZE + 16, (const uint8_t *)&second + 16 * j, 16);
        }
    }
}

#endif

#endif
