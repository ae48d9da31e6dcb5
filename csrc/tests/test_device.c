/*
 * test_device.c: a tpost_device signs the bytes that its key signs, for every length of what is constant.
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 */
#include "check.h"

#define TEXT(name, value) TPOST_PARAM(name, value, sizeof(value) - 1)

static void test_a_device_signs_what_its_key_signs(void)
{
    static const size_t timestamp_lens[] = {0, 1, 3, 10, 13, 64, 130};
    char value[140];
    char digits[140];
    int m;

    check_fill((unsigned char *)value, sizeof value);
    memset(digits, '7', sizeof digits);
    for (m = 0; m < CHECK_METHODS; m++) {
        tpost_key key;
        size_t len;

        CHECK_INT(tpost_key_init(&key, check_method(m), "a device's secret", 17), TPOST_OK);
        for (len = 0; len <= sizeof value; len++) {
            tpost_param params[] = {TPOST_PARAM("timestamp", digits, 0), TPOST_PARAM("productKey", value, len),
                                    TEXT("version", "default"), TEXT("deviceName", "device")};
            tpost_device device;
            tpost_device before;
            size_t k;

            memset(&device, 0xa5, sizeof device);
            CHECK_INT(tpost_device_init(&device, &key, params + 1, 3), TPOST_OK);
            memcpy(&before, &device, sizeof device);
            for (k = 0; k < sizeof timestamp_lens / sizeof timestamp_lens[0]; k++) {
                char expected[TPOST_SIGN_SIZE];
                char sign[TPOST_SIGN_SIZE];

                snprintf(check_subject, sizeof check_subject, "%s, value of %zu, timestamp of %zu",
                         check_method_name(m), len, timestamp_lens[k]);
                params[0].value_len = timestamp_lens[k];
                CHECK_INT(tpost_key_sign(&key, params, 4, expected, sizeof expected), TPOST_OK);
                CHECK_INT(tpost_device_sign(&device, timestamp_lens[k] == 0 ? NULL : digits, timestamp_lens[k], sign,
                                            sizeof sign),
                          TPOST_OK);
                CHECK_TEXT(sign, expected);
                CHECK_BYTES(&device, &before, sizeof device);
            }
        }
    }
}

static void test_a_device_without_constant_parameters(void)
{
    const tpost_param timestamp = TEXT("timestamp", "1501668289957");
    const tpost_param skipped[] = {TEXT("version", "default"), TEXT("signmethod", "hmacsha1"), TEXT("sign", "")};
    char expected[TPOST_SIGN_SIZE];
    char sign[TPOST_SIGN_SIZE];
    tpost_key key;
    tpost_device device;

    check_subject[0] = '\0';
    CHECK_INT(tpost_key_init(&key, &tpost_hmacsha1, "secret", 6), TPOST_OK);
    CHECK_INT(tpost_key_sign(&key, &timestamp, 1, expected, sizeof expected), TPOST_OK);
    CHECK_INT(tpost_device_init(&device, &key, NULL, 0), TPOST_OK);
    CHECK_INT(tpost_device_sign(&device, timestamp.value, timestamp.value_len, sign, sizeof sign), TPOST_OK);
    CHECK_TEXT(sign, expected);
    CHECK_INT(tpost_device_init(&device, &key, skipped, 3), TPOST_OK);
    CHECK_INT(tpost_device_sign(&device, timestamp.value, timestamp.value_len, sign, sizeof sign), TPOST_OK);
    CHECK_TEXT(sign, expected);
}

static void test_the_vendors_example(void)
{
    const tpost_param params[] = {TEXT("productKey", "pk"), TEXT("clientId", "12345"), TEXT("deviceName", "device")};
    char sign[TPOST_SIGN_SIZE];
    tpost_key key;
    tpost_device device;
    tpost_device copy;

    CHECK_INT(tpost_key_init(&key, &tpost_hmacsha1, "secret", 6), TPOST_OK);
    CHECK_INT(tpost_device_init(&device, &key, params, 3), TPOST_OK);
    tpost_wipe(&key, sizeof key); /* the device has all it needs */
    copy = device;
    tpost_wipe(&device, sizeof device);
    CHECK_INT(tpost_device_sign(&copy, "789", 3, sign, sizeof sign), TPOST_OK);
    CHECK_TEXT(sign, "FAFD82A3D602B37FB0FA8B7892F24A477F851A14");
    CHECK_INT(tpost_device_sign(&device, "789", 3, sign, sizeof sign), TPOST_KEY_NOT_READY);
    CHECK_TEXT(sign, "");
}

static void check_init_refused(const tpost_key *key, const tpost_param *params, size_t n, tpost_status status)
{
    static const tpost_device zeroed;
    char sign[TPOST_SIGN_SIZE] = "something";
    tpost_device device;

    memset(&device, 0xa5, sizeof device);
    CHECK_INT(tpost_device_init(&device, key, params, n), status);
    CHECK_BYTES(&device, &zeroed, sizeof device);
    CHECK_INT(tpost_device_sign(&device, "789", 3, sign, sizeof sign), TPOST_KEY_NOT_READY);
    CHECK_TEXT(sign, "");
    CHECK_INT(tpost_device_sign(&device, "789", 3, NULL, 0), TPOST_KEY_NOT_READY);
}

static void test_what_cannot_be_bound_is_refused(void)
{
    const tpost_param itself[] = {TEXT("a", "1"), TEXT("timestamp", "1")};
    const tpost_param longer[] = {TEXT("timestamps", "1"), TEXT("a", "1")};
    const tpost_param after[] = {TEXT("u", "1"), TEXT("a", "1")};
    const tpost_param before[] = {TEXT("timestam", "1"), TEXT("timestamo~", "1"), TEXT("Zone", "1")};
    const tpost_param repeated_after[] = {TEXT("u", "1"), TEXT("u", "1")};
    const tpost_param empty_after[] = {TEXT("u", "1"), TEXT("u", "1"), TEXT("", "1")};
    tpost_key key;
    tpost_key none;
    tpost_device device;

    check_subject[0] = '\0';
    memset(&none, 0, sizeof none);
    CHECK_INT(tpost_key_init(&key, &tpost_hmacmd5, "secret", 6), TPOST_OK);
    check_init_refused(&key, itself, 2, TPOST_SORTS_AFTER_TIMESTAMP);
    check_init_refused(&key, longer, 2, TPOST_SORTS_AFTER_TIMESTAMP);
    check_init_refused(&key, after, 2, TPOST_SORTS_AFTER_TIMESTAMP);
    CHECK_INT(tpost_device_init(&device, &key, before, 3), TPOST_OK);
    /* in this order: key, names, their place */
    check_init_refused(&none, empty_after, 3, TPOST_KEY_NOT_READY);
    check_init_refused(&key, empty_after, 3, TPOST_EMPTY_NAME);
    check_init_refused(&key, repeated_after, 2, TPOST_REPEATED_NAME);
}

static void test_every_size_of_output(void)
{
    const tpost_param params[] = {TEXT("productKey", "pk"), TEXT("clientId", "12345"), TEXT("deviceName", "device")};
    int m;

    for (m = 0; m < CHECK_METHODS; m++) {
        size_t needed = 2 * tpost_method_digest_size(check_method(m)) + 1;
        tpost_key key;
        tpost_device device;
        size_t size;

        CHECK_INT(tpost_key_init(&key, check_method(m), "secret", 6), TPOST_OK);
        CHECK_INT(tpost_device_init(&device, &key, params, 3), TPOST_OK);
        for (size = 0; size <= needed + 2; size++) {
            char out[TPOST_SIGN_SIZE + 8];
            size_t i;

            snprintf(check_subject, sizeof check_subject, "%s, output of %zu", check_method_name(m), size);
            memset(out, 'x', sizeof out);
            CHECK_INT(tpost_device_sign(&device, "789", 3, size == 0 ? NULL : out, size),
                      size < needed ? TPOST_OUTPUT_TOO_SMALL : TPOST_OK);
            if (size > 0) {
                CHECK_INT(strlen(out), size < needed ? 0 : needed - 1);
            }
            for (i = size < needed ? size : needed; i < sizeof out; i++) {
                CHECK_INT(out[i], 'x');
            }
        }
    }
}

int main(void)
{
    test_a_device_signs_what_its_key_signs();
    test_a_device_without_constant_parameters();
    test_the_vendors_example();
    test_what_cannot_be_bound_is_refused();
    test_every_size_of_output();
    return check_end("test_device");
}
