/*
 * test_batch.c: batches give the signatures that tpost_sign() gives, on every width, whatever the rows are.
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 */
#include "batch_rows.h"

static tpost_column signs;

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

/* Values that are copied at once, but for one row's, at every place in a group: 16 and 32 bytes are what is copied. */
static void test_odd_rows(const tpost_lanes *lanes, int m)
{
    static const unsigned lens[] = {0, 1, 16, 17, 31, 32, 33, 64, 65, 200};
    size_t digits = 2 * tpost_method_digest_size(check_method(m));
    size_t i;

    for (odd_row = 0; odd_row < 70; odd_row += 7) {
        for (i = 0; i < sizeof lens / sizeof lens[0]; i++) {
            odd_len = lens[i];
            snprintf(check_subject, sizeof check_subject, "%s, %s: row %lu has %u bytes", tpost_lanes_name(lanes),
                     check_method_name(m), (unsigned long)odd_row, odd_len);
            make_rows(check_method(m), 70, i % 2 == 0 ? 16 : 32);
            memset(out, '#', sizeof out);
            CHECK_INT(tpost_sign_batch(lanes, &batch, out, sizeof out, digits, NULL, NULL), TPOST_OK);
            check_rows(digits, digits);
            CHECK(out[70 * digits] == '#');
        }
    }
    odd_row = SIZE_MAX;
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
            test_odd_rows(all_lanes[i], m);
            test_one_secret_for_all(all_lanes[i], m);
            test_published(all_lanes[i], m);
            test_verify(all_lanes[i], m);
        }
        test_columns_that_do_not_vary(all_lanes[i]);
        test_nothing_at_all(all_lanes[i]);
    }
    return check_end("test_batch");
}
