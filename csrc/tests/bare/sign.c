/*
 * sign.c: one device's signature by each method and each way to make it, and what verifying says.
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 */
#include "bare.h"

#define TEXT(name, value) TPOST_PARAM(name, value, sizeof(value) - 1)

/* The timestamp stands last, so that the first three are the device's constant parameters. */
static const tpost_param params[] = {TEXT("productKey", "pk"), TEXT("deviceName", "device"), TEXT("clientId", "12345"),
                                     TEXT("timestamp", "789")};

/* The signature with the secret "secret". SHA-1's is printed in the platform's documentation. */
typedef struct expected {
    const tpost_method *method;
    const char *sign;
} expected;

static const expected signs[] = {
    {&tpost_hmacmd5, "14B198324FE55E1D3C88F2E705E201EE"},
    {&tpost_hmacsha1, "FAFD82A3D602B37FB0FA8B7892F24A477F851A14"},
    {&tpost_hmacsha256, "6074A46A91B1EBB2CC4EA42790AD0E80202C9843859FC292E57C4EB19FAD9E57"},
};

static void check_verify(bare_counts *counts, const tpost_key *key, char *sign)
{
    size_t len = bare_length(sign);
    char digit = sign[len - 1];

    bare_check(counts, tpost_key_verify(key, params, 4, sign, len) == TPOST_OK, "verify accepts");
    sign[len - 1] = digit == '0' ? '1' : '0';
    bare_check(counts, tpost_key_verify(key, params, 4, sign, len) == TPOST_SIGN_MISMATCH, "verify, another digit");
    sign[len - 1] = digit;
    bare_check(counts, tpost_key_verify(key, params, 3, sign, len) == TPOST_SIGN_MISMATCH, "verify, other content");
    bare_check(counts, tpost_key_verify(key, params, 4, sign, len - 1) == TPOST_SIGN_MISMATCH, "verify, too short");
}

static void check_method(bare_counts *counts, const expected *e)
{
    tpost_key key;
    tpost_device device;
    char sign[TPOST_SIGN_SIZE];
    tpost_status status;

    status = tpost_sign(e->method, "secret", 6, params, 4, sign, sizeof sign);
    bare_check(counts, status == TPOST_OK && bare_equal(sign, bare_length(sign), e->sign), "tpost_sign");

    bare_check(counts, tpost_key_init(&key, e->method, "secret", 6) == TPOST_OK, "tpost_key_init");
    status = tpost_key_sign(&key, params, 4, sign, sizeof sign);
    bare_check(counts, status == TPOST_OK && bare_equal(sign, bare_length(sign), e->sign), "tpost_key_sign");

    bare_check(counts, tpost_device_init(&device, &key, params, 3) == TPOST_OK, "tpost_device_init");
    status = tpost_device_sign(&device, "789", 3, sign, sizeof sign);
    bare_check(counts, status == TPOST_OK && bare_equal(sign, bare_length(sign), e->sign), "tpost_device_sign");

    check_verify(counts, &key, sign);
    tpost_wipe(&key, sizeof key);
    bare_check(counts, tpost_key_sign(&key, params, 4, sign, sizeof sign) == TPOST_KEY_NOT_READY, "a wiped key");
}

void bare_sign(bare_counts *counts)
{
    unsigned i;

    for (i = 0; i < sizeof signs / sizeof signs[0]; i++) {
        check_method(counts, &signs[i]);
    }
}
