/*
 * records.c: the records that every subject signs.
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 */
#include "bench.h"

#include <string.h>

static const char *const tpost_bench_names[TPOST_BENCH_COLUMNS] = {"clientId", "deviceName", "productKey", "timestamp"};
/* With the names' 37 bytes: TPOST_BENCH_CONTENT. */
static const size_t tpost_bench_lengths[TPOST_BENCH_COLUMNS] = {16, 12, 11, 13};

/* Marsaglia's xorshift: repeatable, and no more is asked of it. */
static char tpost_bench_random(uint32_t *state, const char *alphabet, uint32_t size)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return alphabet[*state % size];
}

static void tpost_bench_column(tpost_column *column, const char *name, const char *data, size_t length,
                               int32_t *offsets)
{
    int32_t row;

    for (row = 0; row <= TPOST_BENCH_ROWS; row++) {
        offsets[row] = row * (int32_t)length;
    }
    memset(column, 0, sizeof *column);
    column->name = name;
    column->name_len = name == NULL ? 0 : strlen(name);
    column->data = data;
    column->data_len = length * TPOST_BENCH_ROWS;
    column->offsets = offsets;
    column->type = TPOST_OFFSETS_I32;
}

void tpost_bench_records_init(tpost_bench_records *records)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789";
    uint32_t state = 3;
    size_t i;
    unsigned column;

    for (i = 0; i < sizeof records->secrets; i++) {
        records->secrets[i] = tpost_bench_random(&state, letters, sizeof letters - 1);
    }
    tpost_bench_column(&records->secret_column, NULL, records->secrets, TPOST_BENCH_SECRET,
                       records->offsets[TPOST_BENCH_COLUMNS]);
    for (column = 0; column < TPOST_BENCH_COLUMNS; column++) {
        char *data = records->values[column];
        size_t length = tpost_bench_lengths[column];
        int digits = column == TPOST_BENCH_COLUMNS - 1;

        for (i = 0; i < length * TPOST_BENCH_ROWS; i++) {
            data[i] = tpost_bench_random(&state, digits ? letters + 26 : letters, digits ? 10 : sizeof letters - 1);
        }
        tpost_bench_column(&records->columns[column], tpost_bench_names[column], data, length,
                           records->offsets[column]);
        for (i = 0; i < TPOST_BENCH_ROWS; i++) {
            tpost_param *param = &records->params[i][column];

            param->name = tpost_bench_names[column];
            param->name_len = strlen(tpost_bench_names[column]);
            param->value = data + i * length;
            param->value_len = length;
        }
    }
}
