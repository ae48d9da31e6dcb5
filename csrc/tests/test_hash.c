/*
 * test_hash.c: MD5, SHA-1 and SHA-256 are those of RFC 1321 and FIPS 180, however the data is cut.
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 */
#include "check.h"

static void digest_of(int method, const void *data, size_t size, uint8_t *digest)
{
    tpost_hash hash;

    tpost_hash_init(&hash, check_method(method));
    tpost_hash_update(&hash, data, size);
    tpost_hash_final(&hash, digest);
}

/* RFC 1321 A.5; FIPS 180 examples (csrc.nist.gov, "Examples with Intermediate Values"), and the empty message */
static const struct {
    int method;
    const char *message;
    const char *digest;
} published[] = {
    {0, "", "d41d8cd98f00b204e9800998ecf8427e"},
    {0, "a", "0cc175b9c0f1b6a831c399e269772661"},
    {0, "abc", "900150983cd24fb0d6963f7d28e17f72"},
    {0, "message digest", "f96b697d7cb7938d525a2f31aaf161d0"},
    {0, "abcdefghijklmnopqrstuvwxyz", "c3fcd3d76192e4007dfb496cca67e13b"},
    {0, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", "d174ab98d277d9f5a5611c2c9f419d9f"},
    {0, "12345678901234567890123456789012345678901234567890123456789012345678901234567890",
     "57edf4a22be3c955ac49da2e2107b67a"},
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
        uint8_t digest[TPOST_DIGEST_SIZE];

        if (check_method(published[i].method) == NULL) {
            continue;
        }
        snprintf(check_subject, sizeof check_subject, "%s of \"%s\"", check_method_name(published[i].method),
                 published[i].message);
        digest_of(published[i].method, published[i].message, strlen(published[i].message), digest);
        CHECK_HEX(digest, published[i].digest);
    }
}

static void test_million_a(void)
{
    /* MD5's is from Python's hashlib, the others from FIPS 180 */
    static const char *const expected[CHECK_METHODS] = {
        "7707d6ae4e027c70eea2a935c2296f21", "34aa973cd4c4daa4f61eeb2bdbad27316534016f",
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"};
    char piece[1000];
    int m;

    memset(piece, 'a', sizeof piece);
    for (m = CHECK_FIRST; m < CHECK_END; m++) {
        uint8_t digest[TPOST_DIGEST_SIZE];
        tpost_hash hash;
        size_t left = 1000000;
        size_t next = 1;

        snprintf(check_subject, sizeof check_subject, "%s, a million a", check_method_name(m));
        tpost_hash_init(&hash, check_method(m));
        while (left > 0) {
            size_t size = next < left ? next : left;

            tpost_hash_update(&hash, piece, size);
            left -= size;
            next = next * 7 % 1000 + 1;
        }
        tpost_hash_final(&hash, digest);
        CHECK_HEX(digest, expected[m]);
    }
}

/*
 * Each length from 0 to 130, each cut into two pieces. The digests are fed to a further hash of the same kind, whose
 * digest another implementation gave:
 *   python3 -c "import hashlib
 *   for name in 'md5', 'sha1', 'sha256':
 *       d = bytes((i * 131 + 17) % 256 for i in range(130))
 *       h = hashlib.new(name, b''.join(hashlib.new(name, d[:n]).digest() for n in range(131)))
 *       print(h.hexdigest())"
 */
static void test_every_split_of_every_length(void)
{
    static const char *const expected[CHECK_METHODS] = {
        "fa52d42cc322e7c4c3f8d88eef56606d", "278837010e0fd0bfe9fba527661be8308accd68c",
        "902871f5ca3054739e942647ecd1f78ee131504a9b688c051588da872304e915"};
    unsigned char data[130];
    int m;

    check_fill(data, sizeof data);
    for (m = CHECK_FIRST; m < CHECK_END; m++) {
        size_t digest_size = tpost_method_digest_size(check_method(m));
        uint8_t digest[TPOST_DIGEST_SIZE];
        tpost_hash all;
        size_t size;

        tpost_hash_init(&all, check_method(m));
        for (size = 0; size <= sizeof data; size++) {
            size_t cut;

            digest_of(m, data, size, digest);
            tpost_hash_update(&all, digest, digest_size);
            for (cut = 0; cut <= size; cut++) {
                uint8_t other[TPOST_DIGEST_SIZE];
                tpost_hash hash;

                snprintf(check_subject, sizeof check_subject, "%s, %zu bytes cut at %zu", check_method_name(m), size,
                         cut);
                tpost_hash_init(&hash, check_method(m));
                tpost_hash_update(&hash, data, cut);
                tpost_hash_update(&hash, data + cut, size - cut);
                tpost_hash_final(&hash, other);
                CHECK_BYTES(other, digest, digest_size);
            }
        }
        tpost_hash_final(&all, digest);
        snprintf(check_subject, sizeof check_subject, "%s, the digests of 0 to 130 bytes", check_method_name(m));
        CHECK_HEX(digest, expected[m]);
    }
}

static void test_one_byte_at_a_time_and_empty_updates(void)
{
    unsigned char data[300];
    int m;

    check_fill(data, sizeof data);
    for (m = CHECK_FIRST; m < CHECK_END; m++) {
        uint8_t digest[TPOST_DIGEST_SIZE];
        uint8_t other[TPOST_DIGEST_SIZE];
        tpost_hash hash;
        size_t i;

        snprintf(check_subject, sizeof check_subject, "%s", check_method_name(m));
        digest_of(m, data, sizeof data, digest);
        tpost_hash_init(&hash, check_method(m));
        for (i = 0; i < sizeof data; i++) {
            tpost_hash_update(&hash, data + i, 1);
            tpost_hash_update(&hash, NULL, 0);
        }
        tpost_hash_final(&hash, other);
        CHECK_BYTES(other, digest, tpost_method_digest_size(check_method(m)));
    }
}

static void test_unaligned_data_and_digest(void)
{
    union {
        uint64_t align;
        unsigned char bytes[200];
    } data, digest;
    unsigned char plain[150];
    int m;

    check_fill(plain, sizeof plain);
    for (m = CHECK_FIRST; m < CHECK_END; m++) {
        size_t digest_size = tpost_method_digest_size(check_method(m));
        uint8_t expected[TPOST_DIGEST_SIZE];
        size_t offset;

        digest_of(m, plain, sizeof plain, expected);
        for (offset = 0; offset < 8; offset++) {
            snprintf(check_subject, sizeof check_subject, "%s at offset %zu", check_method_name(m), offset);
            memset(&digest, 0xa5, sizeof digest);
            memcpy(data.bytes + offset, plain, sizeof plain);
            digest_of(m, data.bytes + offset, sizeof plain, digest.bytes + offset);
            CHECK_BYTES(digest.bytes + offset, expected, digest_size);
            CHECK_INT(digest.bytes[offset + digest_size], 0xa5);
        }
    }
}

/*
 * A message of 2^32 bits and more is too long for a test. But its last block can be written by hand: the digest must be
 * what hashing that very block, with the length in it, makes of the state.
 */
static void test_lengths_beyond_32_bits(void)
{
    static const uint64_t lengths[] = {0x1fffffc0u,  0x20000000u,   0xffffffc0u,
                                       0x100000000u, 0x1234567fc0u, 0x1fffffffffffffc0u};
    int m;
    size_t k;

    for (m = CHECK_FIRST; m < CHECK_END; m++) {
        for (k = 0; k < sizeof lengths / sizeof lengths[0]; k++) {
            unsigned char block[64] = {'a', 'b', 'c', 0x80};
            uint64_t bits = (lengths[k] + 3) << 3;
            uint8_t digest[TPOST_DIGEST_SIZE];
            tpost_hash hash;
            tpost_hash by_hand;
            size_t i;

            snprintf(check_subject, sizeof check_subject, "%s, length %llx", check_method_name(m),
                     (unsigned long long)lengths[k]);
            for (i = 0; i < 8; i++) {
                block[m == 0 ? 56 + i : 63 - i] = (unsigned char)(bits >> (8 * i));
            }
            tpost_hash_init(&by_hand, check_method(m));
            tpost_hash_update(&by_hand, block, sizeof block);
            tpost_hash_init(&hash, check_method(m));
            hash.length = lengths[k];
            tpost_hash_update(&hash, "abc", 3);
            CHECK(hash.length == lengths[k] + 3);
            tpost_hash_final(&hash, digest);
            for (i = 0; i < tpost_method_digest_size(check_method(m)); i++) {
                unsigned shift = (unsigned)(m == 0 ? i % 4 : 3 - i % 4) * 8;

                CHECK_INT(digest[i], by_hand.state[i / 4] >> shift & 0xff);
            }
        }
    }
}

static void test_final_wipes_the_hash(void)
{
    tpost_hash hash;
    uint8_t digest[TPOST_DIGEST_SIZE];
    size_t i;

    memset(&hash, 0, sizeof hash);
    tpost_hash_init(&hash, check_method(CHECK_FIRST));
    tpost_hash_update(&hash, "something to remember, something to forget", 42);
    tpost_hash_final(&hash, digest);
    for (i = 0; i < sizeof hash; i++) {
        CHECK_INT(((const unsigned char *)&hash)[i], 0);
    }
}

int main(void)
{
    test_published_digests();
    test_million_a();
    test_every_split_of_every_length();
    test_one_byte_at_a_time_and_empty_updates();
    test_unaligned_data_and_digest();
    test_lengths_beyond_32_bits();
    test_final_wipes_the_hash();
    return check_end("test_hash");
}
