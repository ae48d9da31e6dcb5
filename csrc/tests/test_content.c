/*
 * test_content.c: the content holds what is signed, in the order of the names, whatever the order of the parameters.
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 */
#include "check.h"

#define TEXT(name, value) TPOST_PARAM(name, value, sizeof(value) - 1)

/* The content must be `expected`, and the caller's array must stay as it is. */
static void check_content(const tpost_param *params, size_t n, const char *expected)
{
    tpost_param before[16];
    char out[512];
    size_t len = 0;

    if (n > 0) {
        memcpy(before, params, n * sizeof params[0]);
    }
    memset(out, 'x', sizeof out);
    CHECK_INT(tpost_content(params, n, out, sizeof out, &len), TPOST_OK);
    CHECK_TEXT(out, expected);
    CHECK_INT(len, strlen(expected));
    CHECK_BYTES(params, before, n * sizeof params[0]);
}

static void test_the_platforms_example(void)
{
    const tpost_param params[] = {TEXT("timestamp", "789"), TEXT("productKey", "pk"), TEXT("clientId", "12345"),
                                  TEXT("deviceName", "device")};

    check_content(params, 4, "clientId12345deviceNamedeviceproductKeypktimestamp789");
    check_content(NULL, 0, "");
}

/* Heap's algorithm, without recursion */
static void test_every_order_gives_the_same_content(void)
{
    tpost_param params[] = {TEXT("a", "1"), TEXT("ab", "2"),   TEXT("abc", "3"),
                            TEXT("b", ""),  TEXT("sign", "4"), TEXT("signs", "5")};
    unsigned counts[6] = {0};
    unsigned i = 0;

    check_content(params, 6, "a1ab2abc3bsigns5");
    while (i < 6) {
        if (counts[i] < i) {
            unsigned j = i % 2 == 0 ? 0 : counts[i];
            tpost_param swapped = params[j];

            params[j] = params[i];
            params[i] = swapped;
            check_content(params, 6, "a1ab2abc3bsigns5");
            counts[i]++;
            i = 0;
        } else {
            counts[i] = 0;
            i++;
        }
    }
}

static void test_version_sign_and_signmethod_are_skipped(void)
{
    const tpost_param params[] = {TEXT("version", "default"), TEXT("productKey", "pk"), TEXT("signmethod", "hmacsha1"),
                                  TEXT("sign", "0123")};
    /* Names that only look like them are signed. */
    const tpost_param others[] = {TEXT("Version", "1"),     TEXT("signMethod", "2"), TEXT("sig", "3"),
                                  TEXT("signmethods", "4"), TEXT("versio", "5"),     TEXT("versions", "6"),
                                  TEXT("signm", "7"),       TEXT("sigN", "8"),       TEXT("version\0", "9")};

    check_content(params, 4, "productKeypk");
    check_content(params, 1, "");
    check_content(others, 8, "Version1sig3sigN8signMethod2signm7signmethods4versio5versions6");
    {
        char out[16];
        size_t len = 0;

        CHECK_INT(tpost_content(&others[8], 1, out, sizeof out, &len), TPOST_OK);
        CHECK_INT(len, 9);
        CHECK_BYTES(out, "version\0009", 10);
    }
}

static void test_names_compare_as_unsigned_bytes_shorter_first(void)
{
    const tpost_param params[] = {TEXT("\xff", "6"), TEXT("\xc3\xa9", "5"), TEXT("\x80", "4"), TEXT("\x7f", "3"),
                                  TEXT("z", "2"),    TEXT("A", "1"),        TEXT("\x01", "0")};
    const tpost_param prefixes[] = {TEXT("aaaa", "4"), TEXT("aaa", "3"), TEXT("aa", "2"), TEXT("a", "1"),
                                    TEXT("ab", "5")};

    check_content(params, 7,
                  "\x01"
                  "0A1z2\x7f"
                  "3\x80"
                  "4\xc3\xa9"
                  "5\xff"
                  "6");
    check_content(prefixes, 5, "a1aa2aaa3aaaa4ab5");
}

static void test_nul_bytes_are_bytes(void)
{
    const tpost_param params[] = {TEXT("b\0", "2"), TEXT("b", "\0001\0"), TEXT("b\0\0", "3"), TEXT("a", "\0")};
    static const char expected[] = "a\0b\0001\0b\0002b\0\0003";
    char out[64];
    size_t len = 0;

    CHECK_INT(tpost_content(params, 4, out, sizeof out, &len), TPOST_OK);
    CHECK_INT(len, sizeof expected - 1);
    CHECK_BYTES(out, expected, sizeof expected);
}

/* params must be refused, with nothing in the output but an empty string. */
static void check_refused(const tpost_param *params, size_t n, tpost_status status)
{
    char out[64] = "something";
    char sign[TPOST_SIGN_SIZE] = "something";
    size_t len = 99;
    tpost_key key;
    tpost_device device;
    static const tpost_device zeroed;

    CHECK_INT(tpost_content(params, n, out, sizeof out, &len), status);
    CHECK_TEXT(out, "");
    CHECK_INT(len, 0);
    CHECK_INT(tpost_content(params, n, NULL, 0, NULL), status);
    CHECK_INT(tpost_content(params, n, out, 1, NULL), status);
    CHECK_INT(tpost_sign(&tpost_hmacsha1, "secret", 6, params, n, sign, sizeof sign), status);
    CHECK_TEXT(sign, "");
    CHECK_INT(tpost_key_init(&key, &tpost_hmacsha256, "secret", 6), TPOST_OK);
    strcpy(sign, "something");
    CHECK_INT(tpost_key_sign(&key, params, n, sign, sizeof sign), status);
    CHECK_TEXT(sign, "");
    CHECK_INT(tpost_key_verify(&key, params, n, "something", 9), status);
    memset(&device, 0xa5, sizeof device);
    CHECK_INT(tpost_device_init(&device, &key, params, n), status);
    CHECK_BYTES(&device, &zeroed, sizeof device);
}

static void test_empty_names_are_refused(void)
{
    size_t at;

    for (at = 0; at < 3; at++) {
        tpost_param params[] = {TEXT("b", "1"), TEXT("a", "2"), TEXT("sign", "3")};

        snprintf(check_subject, sizeof check_subject, "parameter %zu", at);
        params[at].name_len = 0;
        check_refused(params, 3, TPOST_EMPTY_NAME);
        params[at].name = NULL;
        check_refused(params, 3, TPOST_EMPTY_NAME);
        params[(at + 1) % 3] = params[at];
        check_refused(params, 3, TPOST_EMPTY_NAME);
        check_refused(&params[at], 1, TPOST_EMPTY_NAME);
    }
}

static void test_repeated_names_are_refused(void)
{
    size_t i;
    size_t j;

    for (i = 0; i < 5; i++) {
        for (j = 0; j < 5; j++) {
            tpost_param params[] = {TEXT("c", "1"), TEXT("a", "2"), TEXT("version", "3"), TEXT("b", "4"),
                                    TEXT("d", "5")};
            char copy[8];

            if (i == j) {
                continue;
            }
            snprintf(check_subject, sizeof check_subject, "parameter %zu repeats %zu", j, i);
            memcpy(copy, params[i].name, params[i].name_len); /* the same bytes in another place */
            params[j].name = copy;
            params[j].name_len = params[i].name_len;
            check_refused(params, 5, TPOST_REPEATED_NAME);
            /* An empty name goes first, wherever it stands. */
            params[3 - (i == 3 || j == 3) - (i == 2 || j == 2)].name_len = 0;
            check_refused(params, 5, TPOST_EMPTY_NAME);
        }
    }
}

static void test_every_size_of_output(void)
{
    const tpost_param params[] = {TEXT("deviceName", "device"), TEXT("clientId", "12345")};
    static const char expected[] = "clientId12345deviceNamedevice";
    size_t needed = sizeof expected;
    size_t size;

    for (size = 0; size <= needed + 3; size++) {
        char out[64];
        size_t len = 0;
        size_t i;

        snprintf(check_subject, sizeof check_subject, "output of %zu bytes", size);
        memset(out, 'x', sizeof out);
        CHECK_INT(tpost_content(params, 2, size == 0 ? NULL : out, size, &len),
                  size < needed ? TPOST_OUTPUT_TOO_SMALL : TPOST_OK);
        CHECK_INT(len, needed - 1);
        CHECK_TEXT(size == 0 ? "" : out, size < needed ? "" : expected);
        for (i = size; i < sizeof out; i++) {
            CHECK_INT(out[i], 'x');
        }
        CHECK_INT(tpost_content(params, 2, size == 0 ? NULL : out, size, NULL),
                  size < needed ? TPOST_OUTPUT_TOO_SMALL : TPOST_OK);
    }
    CHECK_INT(tpost_content(NULL, 0, NULL, 0, NULL), TPOST_OUTPUT_TOO_SMALL);
}

static void test_a_length_beyond_size_t_does_not_wrap_around(void)
{
    tpost_param params[] = {TEXT("a", "1"), TEXT("b", "2"), TEXT("c", "3")};
    char out[1] = "x";
    size_t len = 0;

    check_subject[0] = '\0';
    params[0].value_len = SIZE_MAX - 1; /* not read: there is no room for it */
    params[1].value_len = SIZE_MAX / 2;
    CHECK_INT(tpost_content(params, 3, out, sizeof out, &len), TPOST_OUTPUT_TOO_SMALL);
    CHECK_TEXT(out, "");
    CHECK(len == SIZE_MAX);
}

int main(void)
{
    test_the_platforms_example();
    test_every_order_gives_the_same_content();
    test_version_sign_and_signmethod_are_skipped();
    test_names_compare_as_unsigned_bytes_shorter_first();
    test_nul_bytes_are_bytes();
    test_empty_names_are_refused();
    test_repeated_names_are_refused();
    test_every_size_of_output();
    test_a_length_beyond_size_t_does_not_wrap_around();
    return check_end("test_content");
}
