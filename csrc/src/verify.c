/*
 * verify.c: is a received signature the right one?
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 *
 * The received signature is public, so reading it may branch. The expected one is secret: it stays in the hash as
 * words, and all of it is compared, whatever it holds.
 */
#include "internal.h"

/* The value of a hexadecimal digit of either case, or 0x100 for any other character. */
static unsigned tpost_unhex(char digit)
{
    unsigned c = (unsigned char)digit;
    unsigned letter = (c | 0x20u) - 'a';

    if (c - '0' < 10u) {
        return c - '0';
    }
    return letter < 6u ? letter + 10u : 0x100u;
}

/*
 * 0 where sign, of twice as many digits as the digest has bytes, writes the digest in the block; else another number. Not in the
 * caller's frame, which nothing wipes: compilers keep the expected bytes in theirs.
 */
static TPOST_NOINLINE uint32_t tpost_difference(const tpost_hash *hash, const char *sign)
{
    uint32_t difference = 0;
    unsigned size = 4u * TPOST_WORDS(hash->method);
    unsigned order = TPOST_ORDER(hash->method);
    unsigned i;

    for (i = 0; i < size; i++) {
        uint32_t expected = (hash->block[i >> 2] >> TPOST_BYTE_SHIFT(i, order)) & 0xffu;
        uint32_t high = tpost_unhex(sign[2 * i]);
        uint32_t low = tpost_unhex(sign[2 * i + 1]);

        difference |= expected ^ (high << 4 | low);
    }
    return difference;
}

tpost_status tpost_key_verify(const tpost_key *key, const tpost_param *params, size_t n, const char *sign,
                              size_t sign_len)
{
    tpost_hash hash;
    tpost_status status;

    if (key->method == NULL) {
        return TPOST_KEY_NOT_READY;
    }
    tpost_key_begin(key, &hash);
    status = tpost_content_feed(params, n, &hash);
    if (status == TPOST_OK) {
        uint32_t difference = 1;

        tpost_key_close(key, &hash, (uint8_t *)hash.block);
        if (sign_len == 2 * tpost_method_digest_size(key->method)) {
            difference = tpost_difference(&hash, sign);
        }
        TPOST_DECLASSIFY(&difference, sizeof difference); /* the verdict: the one secret that becomes public */
        status = difference == 0 ? TPOST_OK : TPOST_SIGN_MISMATCH;
    }
    tpost_forget(&hash);
    return status;
}
