/*
 * test_single_sha.c: the methods by the CPU's own SHA instructions give the bytes of the portable ones.
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 *
 * Skipped, with exit code 77, where the CPU has no such instructions or the library was built without them.
 */
#include "check.h"

#include "thingpost_lanes.h"

enum { SKIPPED = 77, MOST = 300 };

/* The method by the CPU's instructions for check_method(i), or NULL. */
static const tpost_method *hardware(int i)
{
    const tpost_method *method = tpost_method_fastest(check_method(i));

    return method == check_method(i) ? NULL : method;
}

static void digest_of(const tpost_method *method, const void *data, size_t size, uint8_t *digest)
{
    tpost_hash hash;

    tpost_hash_init(&hash, method);
    tpost_hash_update(&hash, data, size);
    tpost_hash_final(&hash, digest);
}

/* FIPS 180 examples (csrc.nist.gov, "Examples with Intermediate Values"), and the empty message */
static const struct {
    int method;
    const char *message;
    const char *digest;
} published[] = {
    {1, "", "da39a3ee5e6b4b0d3255bfef95601890afd80709"},
    {1, "abc", "a9993e364706816aba3e25717850c26c9cd0d89d"},
    {1, "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", "84983e441c3bd26ebaae4aa1f95129e5e54670f1"},
    {2, "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {2, "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {2, "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
};

static void test_published_digests(void)
{
    size_t i;

    for (i = 0; i < sizeof published / sizeof published[0]; i++) {
        const tpost_method *method = hardware(published[i].method);
        uint8_t digest[TPOST_DIGEST_SIZE];

        snprintf(check_subject, sizeof check_subject, "%s of \"%s\"", check_method_name(published[i].method),
                 published[i].message);
        if (method != NULL) {
            digest_of(method, published[i].message, strlen(published[i].message), digest);
            CHECK_HEX(digest, published[i].digest);
        }
    }
}

static void test_every_length_of_data_and_of_key(int m)
{
    const tpost_method *method = hardware(m);
    size_t digest_size = tpost_method_digest_size(method);
    unsigned char data[MOST];
    size_t n;

    check_fill(data, sizeof data);
    for (n = 0; n <= sizeof data; n++) {
        uint8_t digest[TPOST_DIGEST_SIZE];
        uint8_t other[TPOST_DIGEST_SIZE];

        snprintf(check_subject, sizeof check_subject, "%s, %zu bytes", check_method_name(m), n);
        digest_of(method, data, n, digest);
        digest_of(check_method(m), data, n, other);
        CHECK_BYTES(digest, other, digest_size);
        tpost_hmac(method, data, n, data, MOST - n, digest);
        tpost_hmac(check_method(m), data, n, data, MOST - n, other);
        CHECK_BYTES(digest, other, digest_size);
    }
}

/* Every bit of the state and of the block takes part: each is flipped once, in a chain where no flip cancels another. */
static void test_every_bit_of_a_block(int m)
{
    const tpost_method *method = hardware(m);
    size_t digest_size = tpost_method_digest_size(method);
    unsigned char block[TPOST_BLOCK_SIZE];
    uint8_t digest[TPOST_DIGEST_SIZE] = {0};
    uint8_t other[TPOST_DIGEST_SIZE] = {0};
    unsigned bit;

    check_fill(block, sizeof block);
    for (bit = 0; bit < 8 * sizeof block; bit++) {
        tpost_hash hash[2];
        int i;

        snprintf(check_subject, sizeof check_subject, "%s, bit %u", check_method_name(m), bit);
        block[bit / 8] ^= (unsigned char)(1u << bit % 8);
        tpost_hash_init(&hash[0], method);
        tpost_hash_init(&hash[1], check_method(m));
        for (i = 0; i < 2; i++) {
            tpost_hash_update(&hash[i], i == 0 ? digest : other, digest_size);
            tpost_hash_update(&hash[i], block, sizeof block);
        }
        tpost_hash_final(&hash[0], digest);
        tpost_hash_final(&hash[1], other);
        CHECK_BYTES(digest, other, digest_size);
    }
}

static void test_signatures_by_every_call(int m)
{
    static const tpost_param params[] = {
        TPOST_PARAM("timestamp", "1501668289957", 13), TPOST_PARAM("productKey", "a1GFjLPzqXp", 11),
        TPOST_PARAM("deviceName", "device123", 9), TPOST_PARAM("clientId", "a1GFjLPzqXp.device123", 21)};
    unsigned char secret[MOST];
    size_t n;

    check_fill(secret, sizeof secret);
    for (n = 1; n <= sizeof secret; n++) {
        char expected[TPOST_SIGN_SIZE];
        char sign[TPOST_SIGN_SIZE];
        tpost_key key;
        tpost_device device;

        snprintf(check_subject, sizeof check_subject, "%s, secret of %zu bytes", check_method_name(m), n);
        CHECK_INT(tpost_sign(check_method(m), secret, n, params, 4, expected, sizeof expected), TPOST_OK);
        CHECK_INT(tpost_sign(hardware(m), secret, n, params, 4, sign, sizeof sign), TPOST_OK);
        CHECK_TEXT(sign, expected);
        CHECK_INT(tpost_key_init(&key, hardware(m), secret, n), TPOST_OK);
        CHECK_INT(tpost_key_sign(&key, params, 4, sign, sizeof sign), TPOST_OK);
        CHECK_TEXT(sign, expected);
        CHECK_INT(tpost_key_verify(&key, params, 4, expected, strlen(expected)), TPOST_OK);
        CHECK_INT(tpost_device_init(&device, &key, params + 1, 3), TPOST_OK);
        CHECK_INT(tpost_device_sign(&device, params[0].value, params[0].value_len, sign, sizeof sign), TPOST_OK);
        CHECK_TEXT(sign, expected);
    }
}

static void test_what_is_chosen(void)
{
    int m;

    CHECK(tpost_method_fastest(NULL) == NULL);
    CHECK(tpost_method_fastest(&tpost_hmacmd5) == &tpost_hmacmd5); /* no CPU has instructions for it */
    for (m = 0; m < CHECK_METHODS; m++) {
        const tpost_method *fastest = tpost_method_fastest(check_method(m));

        CHECK(tpost_method_fastest(fastest) == fastest);
        CHECK_INT(tpost_method_digest_size(fastest), tpost_method_digest_size(check_method(m)));
    }
}

int main(void)
{
    int found = 0;
    int m;

    test_what_is_chosen();
    for (m = 1; m < CHECK_METHODS; m++) {
        if (hardware(m) == NULL) {
            printf("  skipped %s: this CPU or this build has no instructions for it\n", check_method_name(m));
            continue;
        }
        found = 1;
        test_every_length_of_data_and_of_key(m);
        test_every_bit_of_a_block(m);
        test_signatures_by_every_call(m);
    }
    test_published_digests();
    m = check_end("test_single_sha");
    return m == 0 && found == 0 ? SKIPPED : m;
}
