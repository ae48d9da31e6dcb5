/*
 * test_verify.c: the right signature is accepted in either case, and nothing else is.
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 */
#include "check.h"

#define TEXT(name, value) TPOST_PARAM(name, value, sizeof(value) - 1)

static const tpost_param params[] = {TEXT("productKey", "pk"), TEXT("deviceName", "device"), TEXT("clientId", "12345"),
                                     TEXT("timestamp", "789")};

static int is_hex(int c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static int hex_value(int c)
{
    return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
}

static void prepare(int m, tpost_key *key, char *sign)
{
    snprintf(check_subject, sizeof check_subject, "%s", check_method_name(m));
    CHECK_INT(tpost_key_init(key, check_method(m), "secret", 6), TPOST_OK);
    CHECK_INT(tpost_key_sign(key, params, 4, sign, TPOST_SIGN_SIZE), TPOST_OK);
}

static void test_either_case_is_accepted(void)
{
    int m;

    for (m = CHECK_FIRST; m < CHECK_END; m++) {
        char sign[TPOST_SIGN_SIZE];
        char lower[TPOST_SIGN_SIZE];
        char mixed[TPOST_SIGN_SIZE];
        tpost_key key;
        size_t len;
        size_t i;

        prepare(m, &key, sign);
        len = strlen(sign);
        for (i = 0; i <= len; i++) {
            lower[i] = (char)(sign[i] >= 'A' ? sign[i] + 32 : sign[i]);
            mixed[i] = i % 2 == 0 ? sign[i] : lower[i];
        }
        CHECK_INT(tpost_key_verify(&key, params, 4, sign, len), TPOST_OK);
        CHECK_INT(tpost_key_verify(&key, params, 4, lower, len), TPOST_OK);
        CHECK_INT(tpost_key_verify(&key, params, 4, mixed, len), TPOST_OK);
    }
}

/* Every byte at every position: right only where it is the same digit. This has each flipped bit in it. */
static void test_every_other_character_is_refused(void)
{
    int m;

    for (m = CHECK_FIRST; m < CHECK_END; m++) {
        char sign[TPOST_SIGN_SIZE];
        tpost_key key;
        size_t len;
        size_t at;

        prepare(m, &key, sign);
        len = strlen(sign);
        for (at = 0; at < len; at++) {
            char right = sign[at];
            int c;

            for (c = 0; c < 256; c++) {
                int same = is_hex(c) && hex_value(c) == hex_value(right);

                snprintf(check_subject, sizeof check_subject, "%s, character %d for %c at %zu", check_method_name(m), c,
                         right, at);
                sign[at] = (char)c;
                CHECK_INT(tpost_key_verify(&key, params, 4, sign, len), same ? TPOST_OK : TPOST_SIGN_MISMATCH);
            }
            sign[at] = right;
        }
    }
}

static void test_two_errors_do_not_cancel_out(void)
{
    int m;

    for (m = CHECK_FIRST; m < CHECK_END; m++) {
        char sign[TPOST_SIGN_SIZE];
        tpost_key key;
        size_t len;
        size_t at;

        prepare(m, &key, sign);
        len = strlen(sign);
        for (at = 0; at + 2 < len; at++) {
            char kept[2];

            kept[0] = sign[at];
            kept[1] = sign[at + 2];
            snprintf(check_subject, sizeof check_subject, "%s, swapped at %zu", check_method_name(m), at);
            sign[at] = kept[1];
            sign[at + 2] = kept[0];
            CHECK_INT(tpost_key_verify(&key, params, 4, sign, len),
                      kept[0] == kept[1] ? TPOST_OK : TPOST_SIGN_MISMATCH);
            sign[at] = kept[0] == '0' ? '1' : '0';
            sign[at + 2] = kept[1] == '0' ? '1' : '0';
            CHECK_INT(tpost_key_verify(&key, params, 4, sign, len), TPOST_SIGN_MISMATCH);
            sign[at] = kept[0];
            sign[at + 2] = kept[1];
        }
    }
}

static void test_every_other_length_is_refused(void)
{
    int m;

    for (m = CHECK_FIRST; m < CHECK_END; m++) {
        char sign[2 * TPOST_SIGN_SIZE] = {0};
        tpost_key key;
        size_t len;
        size_t size;

        prepare(m, &key, sign);
        len = strlen(sign);
        for (size = 0; size < sizeof sign; size++) {
            snprintf(check_subject, sizeof check_subject, "%s, length %zu", check_method_name(m), size);
            CHECK_INT(tpost_key_verify(&key, params, 4, size == 0 ? NULL : sign, size),
                      size == len ? TPOST_OK : TPOST_SIGN_MISMATCH);
        }
    }
}

static void test_another_secret_method_or_parameter_is_refused(void)
{
    char sign[TPOST_SIGN_SIZE];
    tpost_key key;
    tpost_key other;
    int m;

    prepare(CHECK_FIRST, &key, sign);
    CHECK_INT(tpost_key_verify(&key, params, 4, sign, strlen(sign)), TPOST_OK);
    CHECK_INT(tpost_key_verify(&key, params, 3, sign, strlen(sign)), TPOST_SIGN_MISMATCH);
    CHECK_INT(tpost_key_init(&other, check_method(CHECK_FIRST), "Secret", 6), TPOST_OK);
    CHECK_INT(tpost_key_verify(&other, params, 4, sign, strlen(sign)), TPOST_SIGN_MISMATCH);
    for (m = CHECK_FIRST + 1; m < CHECK_END; m++) {
        CHECK_INT(tpost_key_init(&other, check_method(m), "secret", 6), TPOST_OK);
        CHECK_INT(tpost_key_verify(&other, params, 4, sign, strlen(sign)), TPOST_SIGN_MISMATCH);
        CHECK_INT(tpost_key_verify(&other, params, 4, sign, 2 * tpost_method_digest_size(check_method(m))),
                  TPOST_SIGN_MISMATCH);
    }
}

static void test_the_key_and_the_names_are_checked_first(void)
{
    const tpost_param repeated[] = {TEXT("a", "1"), TEXT("a", "2")};
    const tpost_param empty[] = {TEXT("a", "1"), TEXT("", "2")};
    char sign[TPOST_SIGN_SIZE];
    tpost_key key;
    tpost_key none;

    prepare(CHECK_FIRST, &key, sign);
    memset(&none, 0, sizeof none);
    CHECK_INT(tpost_key_verify(&none, empty, 2, "", 0), TPOST_KEY_NOT_READY);
    CHECK_INT(tpost_key_verify(&key, empty, 2, "", 0), TPOST_EMPTY_NAME);
    CHECK_INT(tpost_key_verify(&key, repeated, 2, "", 0), TPOST_REPEATED_NAME);
    CHECK_INT(tpost_key_verify(&key, repeated, 1, "", 0), TPOST_SIGN_MISMATCH);
}

int main(void)
{
    test_either_case_is_accepted();
    test_every_other_character_is_refused();
    test_two_errors_do_not_cancel_out();
    test_every_other_length_is_refused();
    test_another_secret_method_or_parameter_is_refused();
    test_the_key_and_the_names_are_checked_first();
    return check_end("test_verify");
}
