/*
 * test_text.c: the HMAC of one text, as hosts compute it, has the bytes of the core's.
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 */
#include "check.h"

#include "text.h"
#include "thingpost_lanes.h"

enum { MOST = 300 };

static unsigned char secret[MOST];
static unsigned char data[MOST];

/* Sign and verify n bytes of data with a secret of secret_len bytes. Nothing beyond the padding is written. */
static void check_both(const tpost_method *method, size_t secret_len, size_t n)
{
    char text[MOST + TPOST_TEXT_ROOM + 1];
    uint8_t digest[TPOST_DIGEST_SIZE];
    char expected[TPOST_SIGN_SIZE];
    char sign[TPOST_SIGN_SIZE];
    size_t digits = 2 * tpost_method_digest_size(method);
    tpost_key key;
    tpost_key prepared;

    tpost_hmac(method, secret, secret_len, data, n, digest);
    tpost_hex(digest, tpost_method_digest_size(method), expected);
    CHECK_INT(tpost_key_init(&prepared, method, secret, secret_len), TPOST_OK);
    tpost_text_key(&key, method, (const char *)secret, secret_len);
    CHECK(key.method == method);
    CHECK_BYTES(key.inner, prepared.inner, sizeof key.inner);
    CHECK_BYTES(key.outer, prepared.outer, sizeof key.outer);

    memset(text, 0x5a, sizeof text);
    memcpy(text, data, n);
    memset(sign, 0x5a, sizeof sign);
    tpost_text_sign(&key, text, n, sign);
    CHECK_BYTES(sign, expected, digits);
    CHECK_INT(sign[digits], 0x5a);
    CHECK_BYTES(text, data, n);
    CHECK_INT(text[n + TPOST_TEXT_ROOM], 0x5a);
    CHECK_INT(tpost_text_verify(&key, text, n, sign, digits), 1);
    CHECK_INT(tpost_text_verify(&key, text, n, sign, digits - 1), 0);
    CHECK_INT(tpost_text_verify(&key, text, n, sign, 0), 0);
    sign[n % digits] ^= 1;
    CHECK_INT(tpost_text_verify(&key, text, n, sign, digits), 0);
}

static void test_every_length(const tpost_method *method, const char *name)
{
    size_t n;

    for (n = 0; n <= MOST; n++) {
        snprintf(check_subject, sizeof check_subject, "%s, %lu bytes", name, (unsigned long)n);
        check_both(method, 32, n);
        if (n > 0) {
            check_both(method, n, MOST - n);
        }
    }
}

static void test_lower_case_digits_are_right_too(const tpost_method *method)
{
    static const char lower[] = "abcdef";
    char text[TPOST_TEXT_ROOM];
    char sign[TPOST_SIGN_SIZE] = "";
    tpost_key key;
    size_t i;

    tpost_text_key(&key, method, "secret", 6);
    tpost_text_sign(&key, text, 0, sign);
    for (i = 0; sign[i] != '\0'; i++) {
        sign[i] = sign[i] >= 'A' ? lower[sign[i] - 'A'] : sign[i];
    }
    CHECK_INT(tpost_text_verify(&key, text, 0, sign, i), 1);
}

/* The timestamp falls on every place of a block, behind contents of any length. */
static void test_devices(const tpost_method *method, const char *name)
{
    static const char *const timestamps[] = {"1700000000000", "9999999999999"};
    size_t digits = 2 * tpost_method_digest_size(method);
    size_t n;
    size_t i;

    for (n = 0; n <= MOST; n++) {
        tpost_param param = {"a", 1, (const char *)data, n};
        tpost_key key;
        tpost_device device;
        tpost_text_device ready;

        snprintf(check_subject, sizeof check_subject, "%s, a device with %lu bytes", name, (unsigned long)n);
        CHECK_INT(tpost_key_init(&key, method, secret, 32), TPOST_OK);
        CHECK_INT(tpost_device_init(&device, &key, &param, 1), TPOST_OK);
        tpost_text_device_init(&ready, &device);
        for (i = 0; i < sizeof timestamps / sizeof timestamps[0]; i++) {
            char expected[TPOST_SIGN_SIZE];
            char sign[TPOST_SIGN_SIZE];

            memset(sign, 0x5a, sizeof sign);
            CHECK_INT(tpost_device_sign(&device, timestamps[i], 13, expected, sizeof expected), TPOST_OK);
            tpost_text_device_sign(&ready, timestamps[i], sign);
            CHECK_BYTES(sign, expected, digits);
            CHECK_INT(sign[digits], 0x5a);
        }
    }
}

int main(void)
{
    int m;

    check_fill(secret, sizeof secret);
    check_fill(data, sizeof data);
    for (m = 0; m < CHECK_METHODS; m++) {
        test_every_length(check_method(m), check_method_name(m));
        test_lower_case_digits_are_right_too(check_method(m));
        test_devices(check_method(m), check_method_name(m));
        /* by the CPU's instructions, where it has some for the method */
        test_every_length(tpost_method_fastest(check_method(m)), check_method_name(m));
        test_devices(tpost_method_fastest(check_method(m)), check_method_name(m));
    }
    return check_end("test_text");
}
