/*
 * test_hmac.c: HMAC is that of RFC 2104, for every length of key, by tpost_hmac() and by a tpost_key.
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 */
#include "check.h"

/* A key or text of the RFCs: a string, or (size not 0) one byte repeated, or (byte 0x100) the bytes from 1 on */
typedef struct piece {
    const char *text;
    size_t size;
    unsigned byte;
} piece;

static size_t expand(const piece *p, unsigned char *out)
{
    size_t i;

    if (p->size == 0) {
        memcpy(out, p->text, strlen(p->text));
        return strlen(p->text);
    }
    for (i = 0; i < p->size; i++) {
        out[i] = (unsigned char)(p->byte == 0x100 ? i + 1 : p->byte);
    }
    return p->size;
}

#define WANT "what do ya want for nothing?"
#define LARGER_KEY "Test Using Larger Than Block-Size Key - Hash Key First"
#define LARGER_BOTH "Test Using Larger Than Block-Size Key and Larger Than One Block-Size Data"
#define LARGER_BOTH_4231                                                                                               \
    "This is a test using a larger than block-size key and a larger than block-size data. The key needs to be hashed " \
    "before being used by the HMAC algorithm."

/* RFC 2202 2 and 3, RFC 4231 4 (case 5 is truncated there to 128 bits) */
static const struct {
    int method;
    piece key;
    piece data;
    const char *digest;
} published[] = {
    {0, {NULL, 16, 0x0b}, {"Hi There", 0, 0}, "9294727a3638bb1c13f48ef8158bfc9d"},
    {0, {"Jefe", 0, 0}, {WANT, 0, 0}, "750c783e6ab0b503eaa86e310a5db738"},
    {0, {NULL, 16, 0xaa}, {NULL, 50, 0xdd}, "56be34521d144c88dbb8c733f0e8b3f6"},
    {0, {NULL, 25, 0x100}, {NULL, 50, 0xcd}, "697eaf0aca3a3aea3a75164746ffaa79"},
    {0, {NULL, 16, 0x0c}, {"Test With Truncation", 0, 0}, "56461ef2342edc00f9bab995690efd4c"},
    {0, {NULL, 80, 0xaa}, {LARGER_KEY, 0, 0}, "6b1ab7fe4bd7bf8f0b62e6ce61b9d0cd"},
    {0, {NULL, 80, 0xaa}, {LARGER_BOTH, 0, 0}, "6f630fad67cda0ee1fb1f562db3aa53e"},
    {1, {NULL, 20, 0x0b}, {"Hi There", 0, 0}, "b617318655057264e28bc0b6fb378c8ef146be00"},
    {1, {"Jefe", 0, 0}, {WANT, 0, 0}, "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"},
    {1, {NULL, 20, 0xaa}, {NULL, 50, 0xdd}, "125d7342b9ac11cd91a39af48aa17b4f63f175d3"},
    {1, {NULL, 25, 0x100}, {NULL, 50, 0xcd}, "4c9007f4026250c6bc8414f9bf50c86c2d7235da"},
    {1, {NULL, 20, 0x0c}, {"Test With Truncation", 0, 0}, "4c1a03424b55e07fe7f27be1d58bb9324a9a5a04"},
    {1, {NULL, 80, 0xaa}, {LARGER_KEY, 0, 0}, "aa4ae5e15272d00e95705637ce8a3b55ed402112"},
    {1, {NULL, 80, 0xaa}, {LARGER_BOTH, 0, 0}, "e8e99d0f45237d786d6bbaa7965c7808bbff1a91"},
    {2, {NULL, 20, 0x0b}, {"Hi There", 0, 0}, "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
    {2, {"Jefe", 0, 0}, {WANT, 0, 0}, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
    {2, {NULL, 20, 0xaa}, {NULL, 50, 0xdd}, "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
    {2, {NULL, 25, 0x100}, {NULL, 50, 0xcd}, "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"},
    {2, {NULL, 20, 0x0c}, {"Test With Truncation", 0, 0}, "a3b6167473100ee06e0c796c2955552b"},
    {2, {NULL, 131, 0xaa}, {LARGER_KEY, 0, 0}, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
    {2,
     {NULL, 131, 0xaa},
     {LARGER_BOTH_4231, 0, 0},
     "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"},
};

static void hmac_by_key(int method, const void *secret, size_t secret_len, const void *data, size_t size,
                        uint8_t *digest)
{
    tpost_key key;
    tpost_hash hash;

    CHECK_INT(tpost_key_init(&key, check_method(method), secret, secret_len), TPOST_OK);
    tpost_key_begin(&key, &hash);
    tpost_hash_update(&hash, data, size / 2);
    tpost_hash_update(&hash, (const unsigned char *)data + size / 2, size - size / 2);
    tpost_key_finish(&key, &hash, digest);
    CHECK(hash.method == NULL && hash.state[0] == 0 && hash.block[0] == 0);
}

static void test_published_cases(void)
{
    size_t i;

    for (i = 0; i < sizeof published / sizeof published[0]; i++) {
        unsigned char secret[256];
        unsigned char data[256];
        size_t secret_len = expand(&published[i].key, secret);
        size_t size = expand(&published[i].data, data);
        uint8_t digest[TPOST_DIGEST_SIZE];

        if (check_method(published[i].method) == NULL) {
            continue;
        }
        snprintf(check_subject, sizeof check_subject, "%s, published case %zu", check_method_name(published[i].method),
                 i);
        tpost_hmac(check_method(published[i].method), secret, secret_len, data, size, digest);
        CHECK_HEX(digest, published[i].digest);
        hmac_by_key(published[i].method, secret, secret_len, data, size, digest);
        CHECK_HEX(digest, published[i].digest);
    }
}

/* HMAC as RFC 2104 2 defines it, byte for byte */
static void hmac_by_definition(int method, const unsigned char *secret, size_t secret_len, const void *data,
                               size_t size, uint8_t *digest)
{
    size_t digest_size = tpost_method_digest_size(check_method(method));
    unsigned char block[TPOST_BLOCK_SIZE] = {0};
    unsigned char padded[TPOST_BLOCK_SIZE];
    tpost_hash hash;
    size_t i;

    if (secret_len > sizeof block) {
        tpost_hash_init(&hash, check_method(method));
        tpost_hash_update(&hash, secret, secret_len);
        tpost_hash_final(&hash, block);
    } else if (secret_len > 0) {
        memcpy(block, secret, secret_len);
    }
    for (i = 0; i < sizeof block; i++) {
        padded[i] = (unsigned char)(block[i] ^ 0x36);
    }
    tpost_hash_init(&hash, check_method(method));
    tpost_hash_update(&hash, padded, sizeof padded);
    tpost_hash_update(&hash, data, size);
    tpost_hash_final(&hash, digest);
    for (i = 0; i < sizeof block; i++) {
        padded[i] = (unsigned char)(block[i] ^ 0x5c);
    }
    tpost_hash_init(&hash, check_method(method));
    tpost_hash_update(&hash, padded, sizeof padded);
    tpost_hash_update(&hash, digest, digest_size);
    tpost_hash_final(&hash, digest);
}

/*
 * Keys of 0 to 200 bytes, against the definition; and all of it against another implementation:
 *   python3 -c "import hashlib, hmac
 *   for name in 'md5', 'sha1', 'sha256':
 *       d = bytes((i * 131 + 17) % 256 for i in range(200))
 *       s = b''.join(hmac.digest(d[:n], d[:n // 2], name) for n in range(201))
 *       print(hashlib.new(name, s).hexdigest())"
 */
static void test_every_length_of_key(void)
{
    static const char *const expected[CHECK_METHODS] = {
        "a3b3a771e4b78cc15a83e7c1eae3c35a", "a1ca75079aa2415c82e17016a0d5d72288628fd2",
        "7c149b6e98adb8fbe31d1080b672a513fea421c2ddde013187a1afdb4b8afe7c"};
    unsigned char secret[200];
    int m;

    check_fill(secret, sizeof secret);
    for (m = CHECK_FIRST; m < CHECK_END; m++) {
        size_t digest_size = tpost_method_digest_size(check_method(m));
        uint8_t digest[TPOST_DIGEST_SIZE];
        tpost_hash all;
        size_t n;

        tpost_hash_init(&all, check_method(m));
        for (n = 0; n <= sizeof secret; n++) {
            uint8_t other[TPOST_DIGEST_SIZE];

            snprintf(check_subject, sizeof check_subject, "%s, key of %zu bytes", check_method_name(m), n);
            tpost_hmac(check_method(m), n == 0 ? NULL : secret, n, n < 2 ? NULL : secret, n / 2, digest);
            hmac_by_definition(m, secret, n, secret, n / 2, other);
            CHECK_BYTES(digest, other, digest_size);
            if (n > 0) {
                hmac_by_key(m, secret, n, secret, n / 2, other);
                CHECK_BYTES(digest, other, digest_size);
            }
            tpost_hash_update(&all, digest, digest_size);
        }
        tpost_hash_final(&all, digest);
        snprintf(check_subject, sizeof check_subject, "%s, the HMACs of keys of 0 to 200 bytes", check_method_name(m));
        CHECK_HEX(digest, expected[m]);
    }
}

static void test_unaligned_keys(void)
{
    union {
        uint64_t align;
        unsigned char bytes[120];
    } moved;
    unsigned char secret[100];
    static const size_t lengths[] = {5, 32, 63, 64, 65, 100};
    int m;

    check_fill(secret, sizeof secret);
    for (m = CHECK_FIRST; m < CHECK_END; m++) {
        size_t k;

        for (k = 0; k < sizeof lengths / sizeof lengths[0]; k++) {
            uint8_t expected[TPOST_DIGEST_SIZE];
            size_t offset;

            tpost_hmac(check_method(m), secret, lengths[k], WANT, sizeof WANT - 1, expected);
            for (offset = 0; offset < 8; offset++) {
                uint8_t digest[TPOST_DIGEST_SIZE + 8];

                snprintf(check_subject, sizeof check_subject, "%s, key of %zu bytes at offset %zu",
                         check_method_name(m), lengths[k], offset);
                memcpy(moved.bytes + offset, secret, lengths[k]);
                tpost_hmac(check_method(m), moved.bytes + offset, lengths[k], WANT, sizeof WANT - 1, digest + offset);
                CHECK_BYTES(digest + offset, expected, tpost_method_digest_size(check_method(m)));
            }
        }
    }
}

static void test_one_key_serves_running_hashes_side_by_side(void)
{
    int m;

    for (m = CHECK_FIRST; m < CHECK_END; m++) {
        size_t digest_size = tpost_method_digest_size(check_method(m));
        uint8_t expected[2][TPOST_DIGEST_SIZE];
        uint8_t digest[2][TPOST_DIGEST_SIZE];
        tpost_key key;
        tpost_key before;
        tpost_hash first;
        tpost_hash second;

        snprintf(check_subject, sizeof check_subject, "%s", check_method_name(m));
        tpost_hmac(check_method(m), "Jefe", 4, "one and only", 12, expected[0]);
        tpost_hmac(check_method(m), "Jefe", 4, "one and the other", 17, expected[1]);
        memset(&key, 0, sizeof key);
        CHECK_INT(tpost_key_init(&key, check_method(m), "Jefe", 4), TPOST_OK);
        memcpy(&before, &key, sizeof key);
        tpost_key_begin(&key, &first);
        tpost_hash_update(&first, "one and ", 8);
        second = first;
        tpost_hash_update(&first, "only", 4);
        tpost_hash_update(&second, "the other", 9);
        tpost_key_finish(&key, &first, digest[0]);
        tpost_key_finish(&key, &second, digest[1]);
        CHECK_BYTES(digest[0], expected[0], digest_size);
        CHECK_BYTES(digest[1], expected[1], digest_size);
        CHECK_BYTES(&key, &before, sizeof key);
    }
}

static void test_refused_keys_are_zeroed(void)
{
    static const tpost_key zeroed;
    tpost_key key;

    check_subject[0] = '\0';
    memset(&key, 0xa5, sizeof key);
    CHECK_INT(tpost_key_init(&key, check_method(CHECK_FIRST), "", 0), TPOST_EMPTY_SECRET);
    CHECK_BYTES(&key, &zeroed, sizeof key);
    memset(&key, 0xa5, sizeof key);
    CHECK_INT(tpost_key_init(&key, check_method(CHECK_FIRST), NULL, 0), TPOST_EMPTY_SECRET);
    CHECK_BYTES(&key, &zeroed, sizeof key);
    memset(&key, 0xa5, sizeof key);
    CHECK_INT(tpost_key_init(&key, NULL, "secret", 6), TPOST_KEY_NOT_READY);
    CHECK_BYTES(&key, &zeroed, sizeof key);
    memset(&key, 0xa5, sizeof key);
    CHECK_INT(tpost_key_init(&key, NULL, NULL, 0), TPOST_KEY_NOT_READY);
    CHECK_BYTES(&key, &zeroed, sizeof key);
}

int main(void)
{
    test_published_cases();
    test_every_length_of_key();
    test_unaligned_keys();
    test_one_key_serves_running_hashes_side_by_side();
    test_refused_keys_are_zeroed();
    return check_end("test_hmac");
}
