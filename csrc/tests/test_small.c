/*
 * test_small.c: hexadecimal, wiping, methods by name, and the sizes that the header promises.
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 */
#include "check.h"

static void test_hex_of_every_byte(void)
{
    static const char digits[] = "0123456789ABCDEF";
    unsigned i;

    for (i = 0; i < 256; i++) {
        uint8_t byte = (uint8_t)i;
        char expected[3] = {digits[i / 16], digits[i % 16], '\0'};
        char out[4] = "xxx";

        tpost_hex(&byte, 1, out);
        CHECK_TEXT(out, expected);
        CHECK_INT(out[3], 0);
    }
}

static void test_hex_in_place_and_of_nothing(void)
{
    /* the byte array of the platform's page */
    static const signed char page[16] = {60, 68, -67, -7, -17, 99, 30, 69, 117, -54, -58, -58, 103, -23, 113, 71};
    char out[40] = "x";

    tpost_hex(NULL, 0, out);
    CHECK_TEXT(out, "");
    memset(out, 'x', sizeof out);
    memcpy(out, page, sizeof page);
    tpost_hex((const uint8_t *)out, sizeof page, out);
    CHECK_TEXT(out, "3C44BDF9EF631E4575CAC6C667E97147");
    CHECK_INT(out[33], 'x');
}

static void test_wipe_erases_just_what_it_is_given(void)
{
    size_t offset;
    size_t len;

    for (offset = 0; offset < 8; offset++) {
        for (len = 0; len <= 24; len++) {
            unsigned char memory[40];
            size_t i;

            memset(memory, 0xa5, sizeof memory);
            tpost_wipe(memory + offset, len);
            for (i = 0; i < sizeof memory; i++) {
                CHECK_INT(memory[i], i >= offset && i < offset + len ? 0 : 0xa5);
            }
        }
    }
    tpost_wipe(NULL, 0);
}

static void test_methods_by_name(void)
{
    static const char *const others[] = {"",        "hmac",    "hmacmd",    "hmacmd5 ",    "hmacMD5",
                                         "HmacMD5", "hmacsha", "hmacsha2",  "hmacsha2566", "hmacsha25",
                                         "md5",     "hmacmd4", "hmacsha257"};
    static const size_t sizes[CHECK_METHODS] = {16, 20, 32};
    int m;
    size_t i;

    for (m = 0; m < CHECK_METHODS; m++) {
        const char *name = check_method_name(m);

        CHECK(tpost_method_by_name(name, strlen(name)) == check_method(m));
        CHECK(tpost_method_by_name(name, strlen(name) + 1) == NULL); /* the NUL is a byte */
        CHECK_INT(tpost_method_digest_size(check_method(m)), sizes[m]);
    }
    for (i = 0; i < sizeof others / sizeof others[0]; i++) {
        snprintf(check_subject, sizeof check_subject, "name \"%s\"", others[i]);
        CHECK(tpost_method_by_name(others[i], strlen(others[i])) == NULL);
    }
    CHECK(tpost_method_by_name(NULL, 0) == NULL);
}

static void test_promised_sizes(void)
{
    check_subject[0] = '\0';
    CHECK(sizeof(tpost_key) <= 112);
    CHECK(sizeof(tpost_device) <= 208);
    CHECK_INT(TPOST_SIGN_SIZE, 65);
    CHECK_INT(TPOST_OK, 0);
}

int main(void)
{
    test_hex_of_every_byte();
    test_hex_in_place_and_of_nothing();
    test_wipe_erases_just_what_it_is_given();
    test_methods_by_name();
    test_promised_sizes();
    return check_end("test_small");
}
