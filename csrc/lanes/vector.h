/*
 * vector.h: a vector of TPOST_LANES 32-bit words, and what C's operators do not say about it.
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 *
 * A unit defines TPOST_LANES as 1, 4, 8 or 16 before it includes this. With 1 it is plain C; with more it is the vector
 * extension of GCC and Clang, which lower it to whatever the unit's flags allow. A unit may define TPOST_VEC_SWAP and
 * TPOST_VEC_GATHER where its machine has an instruction that compilers do not find.
 *
 * Rotations and three-operand logic need no such macros: written as below, both compilers make single instructions of
 * them where the machine has some (vprold and vpternlogd in AVX-512).
 */
#ifndef TPOST_VECTOR_H
#define TPOST_VECTOR_H

#include "lanes.h"

#if TPOST_LANES == 1
typedef uint32_t tpost_vec;
#else
/* may_alias: the words of a group are written one by one and read as vectors. */
typedef uint32_t tpost_vec __attribute__((vector_size(4 * TPOST_LANES), may_alias));
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

TPOST_INLINE void tpost_store_four(uint8_t *to, const tpost_vec *from)
{
    memcpy(to, from, 16);
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
#define TPOST_UNIT_LOW64(j) 4 * j, 4 * j + 1, TPOST_LANES + 4 * j, TPOST_LANES + 4 * j + 1
#define TPOST_UNIT_HIGH64(j) 4 * j + 2, 4 * j + 3, TPOST_LANES + 4 * j + 2, TPOST_LANES + 4 * j + 3
#if defined(__clang__)
#define TPOST_SHUFFLE(a, b, of) __builtin_shufflevector(a, b, TPOST_EACH_UNIT(of))
#else
#define TPOST_SHUFFLE(a, b, of) __builtin_shuffle(a, b, (tpost_vec){TPOST_EACH_UNIT(of)})
#endif

/* Four rows of four words become four words of four rows, in each unit of four lanes; and back. */
TPOST_INLINE void tpost_transpose(tpost_vec *v)
{
    tpost_vec a = TPOST_SHUFFLE(v[0], v[1], TPOST_UNIT_LOW32);
    tpost_vec b = TPOST_SHUFFLE(v[0], v[1], TPOST_UNIT_HIGH32);
    tpost_vec c = TPOST_SHUFFLE(v[2], v[3], TPOST_UNIT_LOW32);
    tpost_vec d = TPOST_SHUFFLE(v[2], v[3], TPOST_UNIT_HIGH32);

    v[0] = TPOST_SHUFFLE(a, c, TPOST_UNIT_LOW64);
    v[1] = TPOST_SHUFFLE(a, c, TPOST_UNIT_HIGH64);
    v[2] = TPOST_SHUFFLE(b, d, TPOST_UNIT_LOW64);
    v[3] = TPOST_SHUFFLE(b, d, TPOST_UNIT_HIGH64);
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

TPOST_INLINE void tpost_store_four(uint8_t *to, const tpost_vec *from)
{
    tpost_vec v[4];
    unsigned i;
    unsigned j;

    for (i = 0; i < 4; i++) {
        v[i] = from[i];
    }
    tpost_transpose(v);
    for (i = 0; i < 4; i++) {
        for (j = 0; j < TPOST_LANES / 4; j++) {
            memcpy(to + (4 * j + i) * TPOST_WINDOW_SIZE, (const uint8_t *)&v[i] + 16 * j, 16);
        }
    }
}

#endif

#endif
