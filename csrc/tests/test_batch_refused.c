/*
 * test_batch_refused.c: what batches do with bad rows, and what they refuse as a whole, on every width.
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 */
#include "batch_rows.h"

/* ---- Bad rows ---------------------------------------------------------------------------------------------------- */

/* Spoil row `bad` of a column of `rows` rows. */
static void spoil(tpost_column *column, column_memory *of, size_t bad, int way)
{
    int64_t wrong = way == 0 ? -1 : way == 1 ? (int64_t)column->data_len + 2 + column->gap : 0;

    of->i32[bad + 1] = (int32_t)wrong;
    of->u32[bad + 1] = (uint32_t)wrong;
    of->i64[bad + 1] = way == 0 ? INT64_MIN : wrong;
}

static void test_bad_offsets(const tpost_lanes *lanes, int m)
{
    size_t digits = 2 * tpost_method_digest_size(check_method(m));
    int round;

    for (round = 0; round < 60; round++) {
        size_t rows = 20 + any(MOST_ROWS - 20);
        size_t bad = 1 + any((unsigned)rows - 2);
        int which = (int)any(COLUMNS + 1);
        tpost_column *column = which == COLUMNS ? &secrets : &columns[which];
        uint8_t mask[MOST_ROWS];
        size_t bad_row = 12345;
        size_t row;

        snprintf(check_subject, sizeof check_subject, "%s, %s, round %d: row %lu of %lu is bad",
                 tpost_lanes_name(lanes), check_method_name(m), round, (unsigned long)bad, (unsigned long)rows);
        make_rows(check_method(m), rows, 40);
        if (column->offsets == NULL || column->name_len == 10) {
            continue;
        }
        spoil(column, &memory[which], bad, round % 3);
        memset(out, '#', sizeof out);
        CHECK_INT(tpost_sign_batch(lanes, &batch, out, sizeof out, digits, NULL, &bad_row), TPOST_BAD_OFFSETS);
        CHECK(bad_row == bad || round % 3 == 2); /* way 2 makes an offset of 0, which the first rows may have */
        for (row = 0; row < rows * digits; row++) {
            if (out[row] != 0) {
                CHECK(out[row] == 0);
                break;
            }
        }
        CHECK(out[rows * digits] == '#');
        CHECK_INT(tpost_sign_batch(lanes, &batch, out, sizeof out, digits, mask, NULL), TPOST_OK);
        CHECK_INT(mask[bad], 0);
        CHECK_INT(out[bad * digits], 0);
        for (row = 0; row < rows; row++) { /* the row behind it begins at the wrong place: it is bad or another one */
            if (row != bad && row != bad + 1) {
                CHECK(mask[row] == 1 && memcmp(out + row * digits, expected[row], digits) == 0);
            }
        }
    }
}

static void test_empty_secrets(const tpost_lanes *lanes, int m)
{
    size_t digits = 2 * tpost_method_digest_size(check_method(m));
    static uint32_t offsets[] = {0, 3, 3, 6, 9, 9};
    uint8_t mask[5];
    size_t bad_row = 0;

    make_rows(check_method(m), 5, 40);
    secrets.data = "abcdefghi";
    secrets.data_len = 9;
    secrets.offsets = offsets;
    secrets.type = TPOST_OFFSETS_U32;
    secrets.gap = 0;
    CHECK_INT(tpost_sign_batch(lanes, &batch, out, sizeof out, digits, NULL, &bad_row), TPOST_EMPTY_SECRET);
    CHECK_INT(bad_row, 1);
    CHECK_INT(tpost_sign_batch(lanes, &batch, out, sizeof out, digits, mask, NULL), TPOST_OK);
    CHECK(mask[0] && !mask[1] && mask[2] && mask[3] && !mask[4]);
    secrets.offsets = NULL;
    secrets.data_len = 0;
    memset(out, '#', digits);
    CHECK_INT(tpost_sign_batch(lanes, &batch, out, sizeof out, digits, mask, &bad_row), TPOST_EMPTY_SECRET);
    CHECK(out[0] == '#' && mask[0] == 1);
}

/* ---- Refused as a whole ------------------------------------------------------------------------------------------ */

static void test_refused(const tpost_lanes *lanes)
{
    tpost_column many[TPOST_BATCH_MAX_COLUMNS + 1];
    static char long_name[600];
    size_t i;

    make_rows(&tpost_hmacsha1, 10, 20);
    memset(out, '#', sizeof out);
    CHECK_INT(tpost_sign_batch(NULL, &batch, out, sizeof out, 40, NULL, NULL), TPOST_KEY_NOT_READY);
    CHECK_INT(tpost_verify_batch(lanes, &batch, NULL, (uint8_t *)out, NULL, NULL), TPOST_KEY_NOT_READY);
    CHECK_INT(tpost_sign_batch(lanes, &batch, out, 399, 40, NULL, NULL), TPOST_OUTPUT_TOO_SMALL);
    CHECK_INT(tpost_sign_batch(lanes, &batch, out, sizeof out, 39, NULL, NULL), TPOST_OUTPUT_TOO_SMALL);
    CHECK_INT(tpost_sign_batch(lanes, &batch, out, SIZE_MAX, SIZE_MAX / 4, NULL, NULL), TPOST_OUTPUT_TOO_SMALL);
    columns[1].name_len = 0;
    CHECK_INT(tpost_sign_batch(lanes, &batch, out, sizeof out, 40, NULL, NULL), TPOST_EMPTY_NAME);
    columns[1] = columns[0];
    CHECK_INT(tpost_sign_batch(lanes, &batch, out, sizeof out, 40, NULL, NULL), TPOST_REPEATED_NAME);
    columns[1].name = long_name;
    columns[1].name_len = sizeof long_name;
    CHECK_INT(tpost_sign_batch(lanes, &batch, out, sizeof out, 40, NULL, NULL), TPOST_TOO_MANY_COLUMNS);
    for (i = 0; i <= TPOST_BATCH_MAX_COLUMNS; i++) {
        many[i] = columns[0];
    }
    batch.columns = many;
    batch.n_columns = TPOST_BATCH_MAX_COLUMNS + 1;
    CHECK_INT(tpost_sign_batch(lanes, &batch, out, sizeof out, 40, NULL, NULL), TPOST_TOO_MANY_COLUMNS);
    batch.n_columns = 0;
    batch.keys = keys;
    batch.n_keys = 10;
    keys[9].method = &tpost_hmacmd5;
    CHECK_INT(tpost_sign_batch(lanes, &batch, out, sizeof out, 40, NULL, NULL), TPOST_KEY_NOT_READY);
    batch.n_keys = 9;
    CHECK_INT(tpost_sign_batch(lanes, &batch, out, sizeof out, 40, NULL, NULL), TPOST_KEY_NOT_READY);
    batch.keys = NULL;
    batch.secrets = NULL;
    CHECK_INT(tpost_sign_batch(lanes, &batch, out, sizeof out, 40, NULL, NULL), TPOST_KEY_NOT_READY);
    for (i = 0; i < sizeof out; i++) {
        if (out[i] != '#') {
            CHECK(out[i] == '#');
            break;
        }
    }
}

int main(void)
{
    int i;
    int m;

    find_lanes();
    for (i = 0; i < lanes_count; i++) {
        for (m = 0; m < CHECK_METHODS; m++) {
            test_bad_offsets(all_lanes[i], m);
            test_empty_secrets(all_lanes[i], m);
        }
        test_refused(all_lanes[i]);
    }
    return check_end("test_batch_refused");
}
