/*
 * test_sign.c: signatures are HEX(HMAC(method, secret, content)), in one call and with a key; and what is refused.
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 */
#include "check.h"

#define TEXT(name, value) TPOST_PARAM(name, value, sizeof(value) - 1)

static const tpost_param example[] = {TEXT("timestamp", "789"), TEXT("productKey", "pk"), TEXT("clientId", "12345"),
                                      TEXT("deviceName", "device"), TEXT("version", "default")};

/* hmacsha1: the vendor's MQTT page; the others from Python's hmac, over the same content with the key "secret" */
static const char *const example_signs[CHECK_METHODS] = {
    "14B198324FE55E1D3C88F2E705E201EE", "FAFD82A3D602B37FB0FA8B7892F24A477F851A14",
    "6074A46A91B1EBB2CC4EA42790AD0E80202C9843859FC292E57C4EB19FAD9E57"};

static void test_published_signatures(void)
{
    /* The platform's page masks its secret and product key. With the stars taken as they stand, this is the HMAC-MD5
     * (Python's hmac gives it too); the page's own value is of the secret that it hides. */
    static const char masked_secret[] = "89VTJylyMRFuy2T3sywQGbm5Hmk1****";
    const tpost_param masked[] = {TEXT("timestamp", "1567003778853"), TEXT("signmethod", "hmacmd5"),
                                  TEXT("productKey", "a1FHTWxQ****"), TEXT("deviceName", "http_test"),
                                  TEXT("clientId", "127.0.0.1")};
    char sign[TPOST_SIGN_SIZE];
    int m;

    for (m = CHECK_FIRST; m < CHECK_END; m++) {
        tpost_key key;

        snprintf(check_subject, sizeof check_subject, "%s", check_method_name(m));
        CHECK_INT(tpost_sign(check_method(m), "secret", 6, example, 5, sign, sizeof sign), TPOST_OK);
        CHECK_TEXT(sign, example_signs[m]);
        CHECK_INT(tpost_key_init(&key, check_method(m), "secret", 6), TPOST_OK);
        memset(sign, 'x', sizeof sign);
        CHECK_INT(tpost_key_sign(&key, example, 5, sign, sizeof sign), TPOST_OK);
        CHECK_TEXT(sign, example_signs[m]);
    }
    if (check_method(0) != NULL) {
        CHECK_INT(tpost_sign(check_method(0), masked_secret, sizeof masked_secret - 1, masked, 5, sign, sizeof sign),
                  TPOST_OK);
        CHECK_TEXT(sign, "FC48D767D3807C835DE2EFEC1955B888");
    }
}

/* A small generator, for parameters in many shapes that are the same in every run (Numerical Recipes' constants) */
static unsigned long random_state = 1;

static size_t random_below(size_t n)
{
    random_state = (random_state * 1664525ul + 1013904223ul) & 0xfffffffful;
    return (size_t)(random_state >> 8) % n;
}

/* For random parameters: both ways to sign give the digits of tpost_hmac() over tpost_content(). */
static void test_signing_is_hmac_over_content(void)
{
    unsigned char text[400];
    int round;

    check_fill(text, sizeof text);
    for (round = 0; round < 3000; round++) {
        const tpost_method *method = check_method(CHECK_FIRST + round % (CHECK_END - CHECK_FIRST));
        tpost_param params[6];
        tpost_param before[6];
        size_t n = random_below(7);
        size_t secret_len = 1 + random_below(round % 10 == 0 ? 200 : 64);
        char content[2048];
        char expected[TPOST_SIGN_SIZE];
        char sign[TPOST_SIGN_SIZE];
        uint8_t digest[TPOST_DIGEST_SIZE];
        tpost_key key;
        tpost_key key_before;
        size_t len = 0;
        size_t i;

        for (i = 0; i < n; i++) {
            params[i].name = (const char *)text + i * 40 + random_below(7);
            params[i].name_len = 1 + random_below(20);
            params[i].value = (const char *)text + random_below(100);
            params[i].value_len = random_below(round % 7 == 0 ? 300 : 40);
        }
        memcpy(before, params, sizeof before);
        snprintf(check_subject, sizeof check_subject, "round %d, %zu parameters, secret of %zu", round, n, secret_len);
        CHECK_INT(tpost_content(params, n, content, sizeof content, &len), TPOST_OK);
        tpost_hmac(method, text + 3, secret_len, content, len, digest);
        tpost_hex(digest, tpost_method_digest_size(method), expected);
        CHECK_INT(tpost_sign(method, text + 3, secret_len, params, n, sign, sizeof sign), TPOST_OK);
        CHECK_TEXT(sign, expected);
        CHECK_INT(tpost_key_init(&key, method, text + 3, secret_len), TPOST_OK);
        memcpy(&key_before, &key, sizeof key);
        memset(sign, 'x', sizeof sign);
        CHECK_INT(tpost_key_sign(&key, params, n, sign, sizeof sign), TPOST_OK);
        CHECK_TEXT(sign, expected);
        CHECK_BYTES(&key, &key_before, sizeof key);
        CHECK_INT(tpost_key_verify(&key, params, n, sign, strlen(sign)), TPOST_OK);
        CHECK_BYTES(&key, &key_before, sizeof key);
        CHECK_BYTES(params, before, n * sizeof params[0]);
    }
}

static void test_every_length_of_secret_and_unaligned_everything(void)
{
    union {
        uint64_t align;
        char bytes[TPOST_SIGN_SIZE + 8];
    } out;
    unsigned char secret[208];
    int m;

    check_fill(secret, sizeof secret);
    for (m = CHECK_FIRST; m < CHECK_END; m++) {
        size_t n;

        for (n = 1; n <= 200; n++) {
            size_t offset = n % 8;
            char expected[TPOST_SIGN_SIZE];
            uint8_t digest[TPOST_DIGEST_SIZE];
            tpost_key key;

            snprintf(check_subject, sizeof check_subject, "%s, secret of %zu bytes", check_method_name(m), n);
            tpost_hmac(check_method(m), secret + offset, n, "clientId12345deviceNamedeviceproductKeypktimestamp789", 53,
                       digest);
            tpost_hex(digest, tpost_method_digest_size(check_method(m)), expected);
            CHECK_INT(tpost_sign(check_method(m), secret + offset, n, example, 5, out.bytes + offset, TPOST_SIGN_SIZE),
                      TPOST_OK);
            CHECK_TEXT(out.bytes + offset, expected);
            CHECK_INT(tpost_key_init(&key, check_method(m), secret + offset, n), TPOST_OK);
            CHECK_INT(tpost_key_sign(&key, example, 5, out.bytes + offset, TPOST_SIGN_SIZE), TPOST_OK);
            CHECK_TEXT(out.bytes + offset, expected);
        }
    }
}

static void test_every_size_of_output(void)
{
    int m;

    for (m = CHECK_FIRST; m < CHECK_END; m++) {
        size_t needed = strlen(example_signs[m]) + 1;
        tpost_key key;
        size_t size;

        CHECK_INT(tpost_key_init(&key, check_method(m), "secret", 6), TPOST_OK);
        for (size = 0; size <= needed + 2; size++) {
            tpost_status expected = size < needed ? TPOST_OUTPUT_TOO_SMALL : TPOST_OK;
            int way;

            snprintf(check_subject, sizeof check_subject, "%s, output of %zu", check_method_name(m), size);
            for (way = 0; way < 2; way++) {
                char out[TPOST_SIGN_SIZE + 8];
                char *sign = size == 0 ? NULL : out;
                size_t i;

                memset(out, 'x', sizeof out);
                CHECK_INT(way == 0 ? tpost_sign(check_method(m), "secret", 6, example, 5, sign, size)
                                   : tpost_key_sign(&key, example, 5, sign, size),
                          expected);
                CHECK_TEXT(size == 0 ? "" : out, size < needed ? "" : example_signs[m]);
                for (i = size < needed ? size : needed; i < sizeof out; i++) {
                    CHECK_INT(out[i], 'x');
                }
            }
        }
    }
}

/* Each call below breaks all the rules from some point on; the first in the order of the header must be the answer. */
static void test_refusals_come_in_their_order(void)
{
    const tpost_param empty_and_repeated[] = {TEXT("a", "1"), TEXT("a", "1"), TEXT("", "1")};
    const tpost_param repeated[] = {TEXT("a", "1"), TEXT("a", "1")};
    char sign[TPOST_SIGN_SIZE];
    tpost_key key;
    tpost_key none;

    check_subject[0] = '\0';
    memset(&none, 0, sizeof none);
    CHECK_INT(tpost_key_init(&key, check_method(CHECK_FIRST), "s", 1), TPOST_OK);
    strcpy(sign, "something");
    CHECK_INT(tpost_sign(NULL, "", 0, empty_and_repeated, 3, sign, 5), TPOST_KEY_NOT_READY);
    CHECK_TEXT(sign, "");
    strcpy(sign, "something");
    CHECK_INT(tpost_sign(check_method(CHECK_FIRST), NULL, 0, empty_and_repeated, 3, sign, 5), TPOST_EMPTY_SECRET);
    CHECK_TEXT(sign, "");
    strcpy(sign, "something");
    CHECK_INT(tpost_sign(check_method(CHECK_FIRST), "s", 1, empty_and_repeated, 3, sign, 5), TPOST_OUTPUT_TOO_SMALL);
    CHECK_TEXT(sign, "");
    CHECK_INT(tpost_sign(check_method(CHECK_FIRST), "s", 1, empty_and_repeated, 3, sign, sizeof sign),
              TPOST_EMPTY_NAME);
    CHECK_INT(tpost_sign(check_method(CHECK_FIRST), "s", 1, repeated, 2, sign, sizeof sign), TPOST_REPEATED_NAME);
    CHECK_INT(tpost_sign(NULL, NULL, 0, NULL, 0, NULL, 0), TPOST_KEY_NOT_READY);

    strcpy(sign, "something");
    CHECK_INT(tpost_key_sign(&none, empty_and_repeated, 3, sign, 5), TPOST_KEY_NOT_READY);
    CHECK_TEXT(sign, "");
    CHECK_INT(tpost_key_sign(&none, NULL, 0, NULL, 0), TPOST_KEY_NOT_READY);
    strcpy(sign, "something");
    CHECK_INT(tpost_key_sign(&key, empty_and_repeated, 3, sign, 5), TPOST_OUTPUT_TOO_SMALL);
    CHECK_TEXT(sign, "");
    CHECK_INT(tpost_key_sign(&key, empty_and_repeated, 3, sign, sizeof sign), TPOST_EMPTY_NAME);
    CHECK_INT(tpost_key_sign(&key, repeated, 2, sign, sizeof sign), TPOST_REPEATED_NAME);
}

static void test_a_wiped_key_signs_nothing(void)
{
    static const tpost_key zeroed;
    char sign[TPOST_SIGN_SIZE] = "something";
    tpost_key key;

    CHECK_INT(tpost_key_init(&key, check_method(CHECK_FIRST), "secret", 6), TPOST_OK);
    tpost_wipe(&key, sizeof key);
    CHECK_BYTES(&key, &zeroed, sizeof key);
    CHECK_INT(tpost_key_sign(&key, example, 5, sign, sizeof sign), TPOST_KEY_NOT_READY);
    CHECK_TEXT(sign, "");
    CHECK_INT(tpost_key_verify(&key, example, 5, example_signs[CHECK_FIRST], 32), TPOST_KEY_NOT_READY);
}

int main(void)
{
    test_published_signatures();
    test_signing_is_hmac_over_content();
    test_every_length_of_secret_and_unaligned_everything();
    test_every_size_of_output();
    test_refusals_come_in_their_order();
    test_a_wiped_key_signs_nothing();
    return check_end("test_sign");
}
