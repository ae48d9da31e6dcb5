/*
 * hmac.c: the vectors of RFC 2202 (HMAC-MD5, HMAC-SHA1) and RFC 4231 (HMAC-SHA256), with keys shorter and longer than a
 * block. Case 5 is left out: RFC 4231 truncates it.
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 */
#include "bare.h"

#define KEY_MOST 131

/* A key of one byte repeated, or of the bytes from 1 on. Case 2, whose key is a word, stands below. */
typedef struct vector {
    const char *name;
    const tpost_method *method;
    unsigned char key_byte; /* 0: the bytes from 1 on */
    unsigned key_len;
    const char *data;
    const char *digest;
} vector;

#define FIFTY_DD                                                                                                       \
    "\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd"             \
    "\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd"
#define FIFTY_CD                                                                                                       \
    "\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd"             \
    "\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd"
#define LARGER_KEY "Test Using Larger Than Block-Size Key - Hash Key First"
#define LARGER_BOTH "Test Using Larger Than Block-Size Key and Larger Than One Block-Size Data"
#define LARGER_BOTH_4231                                                                                               \
    "This is a test using a larger than block-size key and a larger than block-size data. The key needs to be hashed " \
    "before being used by the HMAC algorithm."

static const vector vectors[] = {
    {"RFC 2202 2, case 1", &tpost_hmacmd5, 0x0b, 16, "Hi There", "9294727A3638BB1C13F48EF8158BFC9D"},
    {"RFC 2202 2, case 3", &tpost_hmacmd5, 0xaa, 16, FIFTY_DD, "56BE34521D144C88DBB8C733F0E8B3F6"},
    {"RFC 2202 2, case 4", &tpost_hmacmd5, 0, 25, FIFTY_CD, "697EAF0ACA3A3AEA3A75164746FFAA79"},
    {"RFC 2202 2, case 6", &tpost_hmacmd5, 0xaa, 80, LARGER_KEY, "6B1AB7FE4BD7BF8F0B62E6CE61B9D0CD"},
    {"RFC 2202 2, case 7", &tpost_hmacmd5, 0xaa, 80, LARGER_BOTH, "6F630FAD67CDA0EE1FB1F562DB3AA53E"},
    {"RFC 2202 3, case 1", &tpost_hmacsha1, 0x0b, 20, "Hi There", "B617318655057264E28BC0B6FB378C8EF146BE00"},
    {"RFC 2202 3, case 3", &tpost_hmacsha1, 0xaa, 20, FIFTY_DD, "125D7342B9AC11CD91A39AF48AA17B4F63F175D3"},
    {"RFC 2202 3, case 4", &tpost_hmacsha1, 0, 25, FIFTY_CD, "4C9007F4026250C6BC8414F9BF50C86C2D7235DA"},
    {"RFC 2202 3, case 6", &tpost_hmacsha1, 0xaa, 80, LARGER_KEY, "AA4AE5E15272D00E95705637CE8A3B55ED402112"},
    {"RFC 2202 3, case 7", &tpost_hmacsha1, 0xaa, 80, LARGER_BOTH, "E8E99D0F45237D786D6BBAA7965C7808BBFF1A91"},
    {"RFC 4231, case 1", &tpost_hmacsha256, 0x0b, 20, "Hi There",
     "B0344C61D8DB38535CA8AFCEAF0BF12B881DC200C9833DA726E9376C2E32CFF7"},
    {"RFC 4231, case 3", &tpost_hmacsha256, 0xaa, 20, FIFTY_DD,
     "773EA91E36800E46854DB8EBD09181A72959098B3EF8C122D9635514CED565FE"},
    {"RFC 4231, case 4", &tpost_hmacsha256, 0, 25, FIFTY_CD,
     "82558A389A443C0EA4CC819899F2083A85F0FAA3E578F8077A2E3FF46729665B"},
    {"RFC 4231, case 6", &tpost_hmacsha256, 0xaa, 131, LARGER_KEY,
     "60E431591EE0B67F0D8A26AACBF5B77F8E0BC6213728C5140546040F0EE37F54"},
    {"RFC 4231, case 7", &tpost_hmacsha256, 0xaa, 131, LARGER_BOTH_4231,
     "9B09FFA71B942FCB27635FBCD5B0E944BFDC63644F0713938A7F51535C3A35E2"},
};

static const struct {
    const char *name;
    const tpost_method *method;
    const char *digest;
} jefe[] = {
    {"RFC 2202 2, case 2", &tpost_hmacmd5, "750C783E6AB0B503EAA86E310A5DB738"},
    {"RFC 2202 3, case 2", &tpost_hmacsha1, "EFFCDF6AE5EB2FA2D27416D5F184DF9C259A7C79"},
    {"RFC 4231, case 2", &tpost_hmacsha256, "5BDCC146BF60754E6A042426089575C75A003F089D2739839DEC58B964EC3843"},
};

static void check_vector(bare_counts *counts, const vector *v)
{
    unsigned char key[KEY_MOST];
    uint8_t digest[TPOST_DIGEST_SIZE];
    char digits[TPOST_SIGN_SIZE];
    unsigned i;

    for (i = 0; i < v->key_len; i++) {
        key[i] = (unsigned char)(v->key_byte == 0 ? i + 1 : v->key_byte);
    }
    tpost_hmac(v->method, key, v->key_len, v->data, bare_length(v->data), digest);
    tpost_hex(digest, tpost_method_digest_size(v->method), digits);
    bare_check(counts, bare_equal(digits, bare_length(digits), v->digest), v->name);
}

void bare_hmac(bare_counts *counts)
{
    static const char want[] = "what do ya want for nothing?";
    unsigned i;

    for (i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        check_vector(counts, &vectors[i]);
    }
    for (i = 0; i < sizeof jefe / sizeof jefe[0]; i++) {
        uint8_t digest[TPOST_DIGEST_SIZE];
        char digits[TPOST_SIGN_SIZE];

        tpost_hmac(jefe[i].method, "Jefe", 4, want, sizeof want - 1, digest);
        tpost_hex(digest, tpost_method_digest_size(jefe[i].method), digits);
        bare_check(counts, bare_equal(digits, bare_length(digits), jefe[i].digest), jefe[i].name);
    }
}
