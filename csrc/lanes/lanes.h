/*
 * lanes.h: what the units of the batch library share, and nobody else includes.
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 *
 * Who does what: batch.c walks the rows, keys.c puts the secrets of a group of rows into the group's windows, and rows.c
 * their contents (plan.c knows the order). A kernel, made from kernel.h once for every width and method, hashes all rows of the
 * group side by side and leaves the signatures where the contents stood.
 */
#ifndef TPOST_LANES_H
#define TPOST_LANES_H

#include "internal.h"
#include "thingpost_lanes.h"

#include <string.h>

#if defined(__GNUC__) || defined(__clang__)
#define TPOST_ALIGNED __attribute__((aligned(64)))
#else
#define TPOST_ALIGNED
#endif

/* ---- A group of rows --------------------------------------------------------------------------------------------- */

#define TPOST_GROUP_ROWS 32   /* at most: two vectors of 16 lanes */
#define TPOST_GROUP_WORDS 128 /* of the states of a group: 4 x 32 (MD5) or 8 x 16 (SHA-256) */
#define TPOST_WINDOW_BLOCKS 3 /* longer contents are computed alone */
#define TPOST_WINDOW_SLACK 32 /* bytes behind a text that copies may spoil */
/* With 16 bytes behind the blocks, which padding may spoil. */
#define TPOST_WINDOW_SIZE (TPOST_WINDOW_BLOCKS * TPOST_BLOCK_SIZE + 16)
/*
 * The longest content that a window holds, as padding takes 9 bytes: 183. What a device signs has 157 at most, where its
 * productKey has 11 characters, the deviceName 32, the clientId 64 (ASCII), the timestamp 13, and the four names 37.
 */
#define TPOST_WINDOW_ROOM (TPOST_WINDOW_BLOCKS * TPOST_BLOCK_SIZE - 9)

/*
 * What a kernel works on. States are held by words: word w of all rows, then word w + 1. A window holds a row's bytes: a
 * key block, then padded content, then its signature. Holds secrets.
 */
typedef struct tpost_group {
    uint32_t inner[TPOST_GROUP_WORDS] TPOST_ALIGNED;
    uint32_t outer[TPOST_GROUP_WORDS] TPOST_ALIGNED;
    uint32_t blocks[TPOST_GROUP_ROWS] TPOST_ALIGNED; /* of each row's content; 0: the row has no part in it */
    uint32_t most_blocks;
    uint32_t least_blocks;
    uint8_t windows[TPOST_GROUP_ROWS][TPOST_WINDOW_SIZE] TPOST_ALIGNED;
    uint8_t slack[TPOST_WINDOW_SLACK];
} tpost_group;

/* ---- Wiping ------------------------------------------------------------------------------------------------------ */

/* As tpost_wipe(), many bytes at once. */
TPOST_INLINE void tpost_clear(void *memory, size_t len)
{
#if defined(__GNUC__) || defined(__clang__)
    memset(memory, 0, len);
    __asm__ __volatile__("" : : "r"(memory) : "memory"); /* as if somebody read it */
#else
    tpost_wipe(memory, len);
#endif
}

/* ---- Verifying --------------------------------------------------------------------------------------------------- */

/* 0 where the received text, in either case, writes the digits; else another number. Constant time in the digits. */
TPOST_INLINE unsigned tpost_digits_differ(const char *digits, const char *received, size_t n)
{
    unsigned difference = 0;
    size_t i;

    for (i = 0; i < n; i++) {
        unsigned c = (unsigned char)received[i];

        c ^= (unsigned)(c - 'a' < 6u) << 5; /* upper case; every other character differs from all digits */
        difference |= c ^ (unsigned char)digits[i];
    }
    return difference;
}

/* ---- Kernels ----------------------------------------------------------------------------------------------------- */

typedef struct tpost_kernel {
    unsigned rows; /* in a group */
    /* Windows hold key blocks (keys of 64 bytes at most, zeros behind them): make inner and outer. */
    void (*prepare)(tpost_group *group);
    /* Take inner and outer from prepared keys, one for every row of the group. */
    void (*load)(tpost_group *group, const tpost_key *keys);
    /* Windows hold padded contents: hash them after inner and outer, and write the signature's digits over them. */
    void (*sign)(tpost_group *group);
} tpost_kernel;

struct tpost_lanes {
    const char *name;
    unsigned width;
    tpost_kernel md5;
    tpost_kernel sha1;
    tpost_kernel sha256;
};

extern const tpost_lanes tpost_lanes_portable;
extern const tpost_lanes tpost_lanes_sse2;
extern const tpost_lanes tpost_lanes_avx2;
extern const tpost_lanes tpost_lanes_avx512;
extern const tpost_lanes tpost_lanes_neon;

/* ---- The plan of a batch ----------------------------------------------------------------------------------------- */

/* The values of one column, read row after row. */
typedef struct tpost_reader {
    const char *data;
    size_t data_len;
    uint64_t quick;      /* a value that begins below this has 32 bytes that may be read; 0: see tpost_segment */
    const void *offsets; /* NULL: every row has the whole data */
    uint64_t begin;      /* of the next row's value: what was read as the end of the row before */
    tpost_offset_type type;
    uint32_t gap;
} tpost_reader;

typedef struct tpost_text {
    const char *start;
    size_t len;
} tpost_text;

/*
 * Text that is the same in all rows (within the plan's `joined`), and then the row's value of a column. The reader's
 * `quick` is 0 where the literal is longer than 32 bytes, or where all rows have the whole data.
 */
typedef struct tpost_segment {
    const char *literal;
    size_t literal_len;
    tpost_reader value;
    int narrow; /* copies of 16 bytes have done so far */
} tpost_segment;

/* The content of every row: its segments, and the literal of one more, which has no value. */
typedef struct tpost_plan {
    unsigned n_segments;
    tpost_segment segments[TPOST_BATCH_MAX_COLUMNS + 1];
    size_t joined_len;
    char joined[TPOST_BATCH_MAX_NAMES + TPOST_WINDOW_SLACK]; /* literals may be read 32 bytes at a time */
} tpost_plan;

/* Start to read a column. */
void tpost_reader_init(tpost_reader *reader, const tpost_column *column);

/* Order the columns canonically. Returns TPOST_OK, TPOST_TOO_MANY_COLUMNS, TPOST_EMPTY_NAME or TPOST_REPEATED_NAME. */
tpost_status tpost_plan_init(tpost_plan *plan, const tpost_column *columns, size_t n_columns);

/* ---- One row at a time ------------------------------------------------------------------------------------------- */

/* offsets[i]. Volatile: read once, as another thread may write to it. A negative number becomes one beyond any data. */
TPOST_INLINE uint64_t tpost_offset(const void *offsets, size_t i, tpost_offset_type type)
{
    if (type == TPOST_OFFSETS_I32) {
        return (uint64_t)(int64_t)((const volatile int32_t *)offsets)[i];
    }
    if (type == TPOST_OFFSETS_U32) {
        return ((const volatile uint32_t *)offsets)[i];
    }
    return (uint64_t)((const volatile int64_t *)offsets)[i];
}

/*
 * The value between where the reader is and `end`, which is where it is then. Returns 0 where these are out of order or
 * beyond the data, and leaves the value as it is; the row after it can be read.
 */
TPOST_INLINE int tpost_reader_value(tpost_reader *reader, uint64_t end, tpost_text *value)
{
    uint64_t begin = reader->begin;

    reader->begin = end;
    end -= reader->gap; /* where end was less it is huge now, and refused */
    if (end > reader->data_len || begin > end) {
        return 0;
    }
    value->start = reader->data + begin;
    value->len = (size_t)(end - begin);
    return 1;
}

/* The value of row `row`, after that of the row before; as above. */
TPOST_INLINE int tpost_reader_next(tpost_reader *reader, size_t row, tpost_text *value)
{
    if (reader->offsets == NULL) {
        value->start = reader->data;
        value->len = reader->data_len;
        return 1;
    }
    return tpost_reader_value(reader, tpost_offset(reader->offsets, row + 1, reader->type), value);
}

#endif
