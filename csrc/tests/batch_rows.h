/*
 * batch_rows.h: rows for the tests of batches, what is expected of them, and the widths to compute them with.
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 *
 * Beside the widths of the library, on GCC and Clang, the generic text is tested with 4, 8 and 16 lanes as the compiler
 * lowers it for the machine at hand: so all of it is tested everywhere.
 */
#ifndef TPOST_TEST_BATCH_ROWS_H
#define TPOST_TEST_BATCH_ROWS_H

#include "check.h"

#include "thingpost_lanes.h"

enum { COLUMNS = 4, MOST_ROWS = 100, MOST_LANES = 8, MOST_BYTES = MOST_ROWS * 320 };

#ifdef TPOST_TEST_GENERIC_LANES
extern const tpost_lanes tpost_lanes_generic4;
extern const tpost_lanes tpost_lanes_generic8;
extern const tpost_lanes tpost_lanes_generic16;
#endif

static const tpost_lanes *all_lanes[MOST_LANES];
static int lanes_count;

static void find_lanes(void)
{
    static const char *const names[] = {"portable", "sse2", "neon", "avx2", "avx512"};
    size_t i;

    for (i = 0; i < sizeof names / sizeof names[0]; i++) {
        const tpost_lanes *lanes = tpost_lanes_by_name(names[i], strlen(names[i]));

        if (lanes != NULL) {
            CHECK_TEXT(tpost_lanes_name(lanes), names[i]);
            all_lanes[lanes_count++] = lanes;
        } else {
            printf("  not on this machine: %s\n", names[i]);
        }
    }
#ifdef TPOST_TEST_GENERIC_LANES
    all_lanes[lanes_count++] = &tpost_lanes_generic4;
    all_lanes[lanes_count++] = &tpost_lanes_generic8;
    all_lanes[lanes_count++] = &tpost_lanes_generic16;
#endif
}

/* ---- Rows -------------------------------------------------------------------------------------------------------- */

static uint32_t seed = 1;

/* 0 ... below - 1: the high bits of a linear congruential generator (Knuth, TAOCP 2, 3.3.4) */
static unsigned any(unsigned below)
{
    seed = seed * 1664525u + 1013904223u;
    return (unsigned)(((uint64_t)seed * below) >> 32);
}

typedef struct column_memory {
    char data[MOST_BYTES + 1];
    int32_t i32[MOST_ROWS + 1];
    uint32_t u32[MOST_ROWS + 1];
    int64_t i64[MOST_ROWS + 1];
} column_memory;

static column_memory memory[COLUMNS + 2]; /* then secrets and signatures */
static tpost_column columns[COLUMNS];
static tpost_column secrets;
static tpost_batch batch;
static char out[MOST_ROWS * 70];
static char expected[MOST_ROWS][TPOST_SIGN_SIZE];
static tpost_key keys[MOST_ROWS];

/* One row whose values and secret have a length of their own, whatever the others' are. */
static size_t odd_row = SIZE_MAX;
static unsigned odd_len;

/* A column of random bytes (also NUL, and above 127) with values of least ... most bytes. */
static tpost_column make_column(column_memory *to, const char *name, size_t rows, unsigned least, unsigned most)
{
    tpost_column column = {name, strlen(name), to->data, 0, NULL, TPOST_OFFSETS_I32, any(2)};
    size_t at = 0;
    size_t i;

    for (i = 0; i <= rows; i++) {
        unsigned len = i == odd_row && odd_len >= least ? odd_len : least + any(most - least + 1);

        to->i32[i] = (int32_t)at;
        to->u32[i] = (uint32_t)at;
        to->i64[i] = (int64_t)at;
        for (; i < rows && len > 0; len--) {
            to->data[at++] = (char)any(256);
        }
        if (i < rows) {
            at += column.gap;
        }
    }
    column.data_len = at - (rows > 0 ? column.gap : 0); /* no separator behind the last value */
    column.type = (tpost_offset_type)any(3);
    column.offsets = column.type == TPOST_OFFSETS_I32   ? (const void *)to->i32
                     : column.type == TPOST_OFFSETS_U32 ? (const void *)to->u32
                                                        : (const void *)to->i64;
    return column;
}

static size_t begin_of(const tpost_column *column, const column_memory *from, size_t row)
{
    return column->offsets == NULL ? 0 : from->u32[row];
}

static size_t len_of(const tpost_column *column, const column_memory *from, size_t row)
{
    return column->offsets == NULL ? column->data_len : from->u32[row + 1] - from->u32[row] - column->gap;
}

/* Random rows; sometimes a column is the same in all of them, or is not signed, or is of another type. */
static void make_rows(const tpost_method *method, size_t rows, unsigned most)
{
    static const char *const names[COLUMNS] = {"productKey", "deviceName", "zone", "timestamp"};
    size_t row;
    int i;

    for (i = 0; i < COLUMNS; i++) {
        columns[i] = make_column(&memory[i], names[i], rows, 0, most);
        if (any(5) == 0) {
            columns[i].offsets = NULL;
            columns[i].data_len = any(most + 1);
        }
    }
    if (any(4) == 0) {
        columns[2].name = "signmethod";
        columns[2].name_len = 10;
    }
    secrets = make_column(&memory[COLUMNS], "", rows, 1, any(3) == 0 ? 200 : any(3) == 0 ? 32 : 64);
    memset(&batch, 0, sizeof batch);
    batch.method = method;
    batch.secrets = &secrets;
    batch.columns = columns;
    batch.n_columns = COLUMNS;
    batch.rows = rows;
    for (row = 0; row < rows; row++) {
        const char *secret = memory[COLUMNS].data + begin_of(&secrets, &memory[COLUMNS], row);
        tpost_param params[COLUMNS];

        for (i = 0; i < COLUMNS; i++) {
            params[i].name = columns[i].name;
            params[i].name_len = columns[i].name_len;
            params[i].value = memory[i].data + begin_of(&columns[i], &memory[i], row);
            params[i].value_len = len_of(&columns[i], &memory[i], row);
        }
        CHECK_INT(tpost_key_init(&keys[row], method, secret, len_of(&secrets, &memory[COLUMNS], row)), TPOST_OK);
        CHECK_INT(tpost_key_sign(&keys[row], params, COLUMNS, expected[row], TPOST_SIGN_SIZE), TPOST_OK);
    }
}

#endif
