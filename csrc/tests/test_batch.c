/*
 * test_batch.c: batches give the signatures that tpost_sign() gives, on every width, whatever the rows are.
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 *
 * Beside the widths of the library, on GCC and Clang, the generic text is tested with 4, 8 and 16 lanes as the compiler
 * lowers it for the machine at hand: so all of it is tested everywhere.
 */
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
static tpost_column signs;
static tpost_batch batch;
static char out[MOST_ROWS * 70];
static char expected[MOST_ROWS][TPOST_SIGN_SIZE];
static tpost_key keys[MOST_ROWS];

/* A column of random bytes (also NUL, and above 127) with values of least ... most bytes. */
static tpost_column make_column(column_memory *to, const char *name, size_t rows, unsigned least, unsigned most)
{
    tpost_column column = {name, strlen(name), to->data, 0, NULL, TPOST_OFFSETS_I32, any(2)};
    size_t at = 0;
    size_t i;

    for (i = 0; i <= rows; i++) {
        unsigned len = least + any(most - least + 1);

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
    secrets = make_column(&memory[COLUMNS], "", rows, 1, any(3) == 0 ? 200 : 64);
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

static void check_rows(size_t digits, size_t step)
{
    size_t row;

    for (row = 0; row < batch.rows; row++) {
        if (!CHECK(memcmp(out + row * step, expected[row], digits) == 0)) {
            printf("    row %lu\n", (unsigned long)row);
            return;
        }
    }
}

/* ---- The right signatures ---------------------------------------------------------------------------------------- */

static void test_random_rows(const tpost_lanes *lanes, int m)
{
    size_t digits = 2 * tpost_method_digest_size(check_method(m));
    int round;

    for (round = 0; round < 150; round++) {
        unsigned most = round % 3 == 0 ? 300 : 60; /* mostly such as devices have */
        size_t rows = any(round % 5 == 0 ? 4 : MOST_ROWS + 1);
        size_t step = digits + any(3);
        uint8_t mask[MOST_ROWS];
        size_t row;

        snprintf(check_subject, sizeof check_subject, "%s, %s, round %d, %lu rows", tpost_lanes_name(lanes),
                 check_method_name(m), round, (unsigned long)rows);
        make_rows(round % 2 == 0 ? check_method(m) : tpost_method_fastest(check_method(m)), rows, most);
        memset(out, '#', sizeof out);
        CHECK_INT(tpost_sign_batch(lanes, &batch, out, rows * step, step, NULL, NULL), TPOST_OK);
        check_rows(digits, step);
        CHECK(out[rows * step] == '#');
        CHECK(rows == 0 || step == digits || out[digits] == '#');

        memset(out, '#', sizeof out);
        batch.keys = keys;
        batch.n_keys = rows;
        CHECK_INT(tpost_sign_batch(lanes, &batch, out, rows * step, step, mask, NULL), TPOST_OK);
        check_rows(digits, step);
        for (row = 0; row < rows; row++) {
            CHECK_INT(mask[row], 1);
        }
    }
}

static void test_one_secret_for_all(const tpost_lanes *lanes, int m)
{
    size_t digits = 2 * tpost_method_digest_size(check_method(m));
    char with_key[sizeof out];
    size_t row;

    make_rows(check_method(m), MOST_ROWS, 40);
    secrets.offsets = NULL;
    secrets.data_len = 33;
    CHECK_INT(tpost_sign_batch(lanes, &batch, out, sizeof out, digits, NULL, NULL), TPOST_OK);
    CHECK_INT(tpost_key_init(&keys[0], check_method(m), secrets.data, 33), TPOST_OK);
    batch.keys = keys;
    batch.n_keys = 1;
    CHECK_INT(tpost_sign_batch(lanes, &batch, with_key, sizeof with_key, digits, NULL, NULL), TPOST_OK);
    CHECK(memcmp(out, with_key, MOST_ROWS * digits) == 0);
    for (row = 0; row < MOST_ROWS; row++) {
        tpost_param params[COLUMNS];
        char sign[TPOST_SIGN_SIZE];
        int i;

        for (i = 0; i < COLUMNS; i++) {
            params[i].name = columns[i].name;
            params[i].name_len = columns[i].name_len;
            params[i].value = memory[i].data + begin_of(&columns[i], &memory[i], row);
            params[i].value_len = len_of(&columns[i], &memory[i], row);
        }
        CHECK_INT(tpost_key_sign(&keys[0], params, COLUMNS, sign, sizeof sign), TPOST_OK);
        CHECK(memcmp(out + row * digits, sign, digits) == 0);
    }
}

/* RFC 2202 (MD5, SHA-1) and RFC 4231 (SHA-256), case 2: the key "Jefe", the data cut into a name and a value. */
static void test_published(const tpost_lanes *lanes, int m)
{
    static const char *const published[CHECK_METHODS] = {
        "750C783E6AB0B503EAA86E310A5DB738", "EFFCDF6AE5EB2FA2D27416D5F184DF9C259A7C79",
        "5BDCC146BF60754E6A042426089575C75A003F089D2739839DEC58B964EC3843"};
    size_t digits = strlen(published[m]);
    uint32_t offsets[41];
    char data[40 * 25];
    tpost_column secret = {NULL, 0, "Jefe", 4, NULL, TPOST_OFFSETS_U32, 0};
    tpost_column column = {"wha", 3, data, sizeof data, offsets, TPOST_OFFSETS_U32, 0};
    tpost_batch rows = {check_method(m), NULL, 0, &secret, &column, 1, 40};
    size_t row;

    for (row = 0; row < 40; row++) {
        memcpy(data + row * 25, "t do ya want for nothing?", 25);
    }
    for (row = 0; row <= 40; row++) {
        offsets[row] = (uint32_t)(25 * row);
    }
    CHECK_INT(tpost_sign_batch(lanes, &rows, out, sizeof out, digits, NULL, NULL), TPOST_OK);
    for (row = 0; row < 40; row++) {
        CHECK(memcmp(out + row * digits, published[m], digits) == 0);
    }
}

static void test_verify(const tpost_lanes *lanes, int m)
{
    size_t digits = 2 * tpost_method_digest_size(check_method(m));
    uint8_t verdicts[MOST_ROWS];
    size_t row;

    make_rows(check_method(m), MOST_ROWS, 60);
    signs = make_column(&memory[COLUMNS + 1], "", MOST_ROWS, (unsigned)digits, (unsigned)digits);
    for (row = 0; row < MOST_ROWS; row++) {
        char *sign = memory[COLUMNS + 1].data + begin_of(&signs, &memory[COLUMNS + 1], row);
        size_t i;

        memcpy(sign, expected[row], digits);
        for (i = 0; i < digits; i++) {
            sign[i] = (char)(sign[i] >= 'A' && any(2) == 0 ? sign[i] + 32 : sign[i]); /* either case */
        }
        if (row % 3 == 1) {
            sign[any((unsigned)digits)] ^= (char)(1 + any(15)); /* never the other case of a letter, which is 32 away */
        } else if (row % 3 == 2) {
            sign[any((unsigned)digits)] = '@'; /* 'A' - 1 */
        }
    }
    CHECK_INT(tpost_verify_batch(lanes, &batch, &signs, verdicts, NULL, NULL), TPOST_OK);
    for (row = 0; row < MOST_ROWS; row++) {
        snprintf(check_subject, sizeof check_subject, "verify %s, %s, row %lu", tpost_lanes_name(lanes),
                 check_method_name(m), (unsigned long)row);
        CHECK_INT(verdicts[row], row % 3 == 0);
    }
    signs.offsets = NULL; /* one signature for all rows, of a wrong length */
    signs.data_len = digits - 1;
    CHECK_INT(tpost_verify_batch(lanes, &batch, &signs, verdicts, NULL, NULL), TPOST_OK);
    CHECK_INT(verdicts[0], 0);
}

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

/* NULL may stand wherever there are no bytes. */
static void test_nothing_at_all(const tpost_lanes *lanes)
{
    static const uint32_t offsets[] = {0, 0, 0, 0};
    tpost_column secret = {NULL, 0, "s", 1, NULL, TPOST_OFFSETS_U32, 0};
    tpost_column nothing[] = {{"a", 1, NULL, 0, NULL, TPOST_OFFSETS_U32, 0},
                              {"b", 1, NULL, 0, offsets, TPOST_OFFSETS_U32, 0}};
    tpost_param params[] = {{"a", 1, NULL, 0}, {"b", 1, NULL, 0}};
    tpost_batch rows = {&tpost_hmacsha1, NULL, 0, &secret, nothing, 2, 3};
    char sign[TPOST_SIGN_SIZE];

    CHECK_INT(tpost_sign(&tpost_hmacsha1, "s", 1, params, 2, sign, sizeof sign), TPOST_OK);
    CHECK_INT(tpost_sign_batch(lanes, &rows, out, sizeof out, 40, NULL, NULL), TPOST_OK);
    CHECK(memcmp(out, sign, 40) == 0 && memcmp(out + 80, sign, 40) == 0);
    secret.data = NULL;
    secret.data_len = 0;
    secret.offsets = offsets;
    CHECK_INT(tpost_sign_batch(lanes, &rows, out, sizeof out, 40, NULL, NULL), TPOST_EMPTY_SECRET);
    rows.rows = 0;
    rows.n_columns = 0;
    rows.columns = NULL;
    CHECK_INT(tpost_sign_batch(lanes, &rows, NULL, 0, 40, NULL, NULL), TPOST_OK);
    CHECK_INT(tpost_verify_batch(lanes, &rows, &secret, NULL, NULL, NULL), TPOST_OK);
}

/* Constants that are too long to be joined, and no columns at all */
static void test_columns_that_do_not_vary(const tpost_lanes *lanes)
{
    static char value[3][400];
    tpost_column constant[3];
    tpost_param params[3];
    char sign[TPOST_SIGN_SIZE];
    int i;

    for (i = 0; i < 3; i++) {
        static const char *const names[3] = {"a", "b", "c"};
        tpost_column column = {names[i], 1, value[i], sizeof value[i], NULL, TPOST_OFFSETS_U32, 0};

        memset(value[i], 'x' + i, sizeof value[i]);
        constant[i] = column;
        params[i].name = names[i];
        params[i].name_len = 1;
        params[i].value = value[i];
        params[i].value_len = sizeof value[i];
    }
    make_rows(&tpost_hmacsha256, 20, 20);
    secrets.offsets = NULL;
    secrets.data_len = 7;
    batch.columns = constant;
    for (i = 0; i <= 3; i++) {
        size_t row;

        batch.n_columns = (size_t)i;
        CHECK_INT(tpost_sign(batch.method, secrets.data, 7, params, (size_t)i, sign, sizeof sign), TPOST_OK);
        CHECK_INT(tpost_sign_batch(lanes, &batch, out, sizeof out, 64, NULL, NULL), TPOST_OK);
        for (row = 0; row < 20; row++) {
            CHECK(memcmp(out + 64 * row, sign, 64) == 0);
        }
    }
}

static void test_selection(void)
{
    const tpost_lanes *best = tpost_lanes_best();
    const char *name = tpost_lanes_name(best);

    CHECK(tpost_lanes_by_name(name, strlen(name)) == best);
    CHECK(tpost_lanes_by_name("portable", 8) != NULL);
    CHECK_INT(tpost_lanes_width(tpost_lanes_by_name("portable", 8)), 1);
    CHECK(tpost_lanes_by_name("portables", 9) == NULL);
    CHECK(tpost_lanes_by_name("", 0) == NULL);
    printf("  the best here: %s, %u lanes\n", name, tpost_lanes_width(best));
}

int main(void)
{
    int i;
    int m;

    test_selection();
    find_lanes();
    for (i = 0; i < lanes_count; i++) {
        for (m = 0; m < CHECK_METHODS; m++) {
            test_random_rows(all_lanes[i], m);
            test_one_secret_for_all(all_lanes[i], m);
            test_published(all_lanes[i], m);
            test_verify(all_lanes[i], m);
            test_bad_offsets(all_lanes[i], m);
            test_empty_secrets(all_lanes[i], m);
        }
        test_refused(all_lanes[i]);
        test_columns_that_do_not_vary(all_lanes[i]);
        test_nothing_at_all(all_lanes[i]);
    }
    return check_end("test_batch");
}
