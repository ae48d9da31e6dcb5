/*
 * verify.c: for CBMC: a signature is taken where its digits, in either case, are those of the digest, which the block holds
 * as words, and nowhere else.
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 */
#include "any.h"

#include "../../src/verify.c" /* for what is static there */

void verdict(void)
{
    tpost_hash hash;
    tpost_hash closed;
    uint8_t digest[TPOST_DIGEST_SIZE];
    char sign[2 * TPOST_DIGEST_SIZE];
    int is_same = 1;
    size_t i;

    hash.method = any_up_to(1) ? &tpost_hmacmd5 : &tpost_hmacsha1;
    any_bytes(hash.block, sizeof hash.block);
    any_bytes(sign, sizeof sign);
    closed.method = hash.method;
    tpost_copy_words(closed.state, hash.block, TPOST_STATE_WORDS);
    tpost_store_words(&closed, digest);
    for (i = 0; i < 2 * tpost_method_digest_size(hash.method); i++) {
        unsigned value = i % 2 == 0 ? digest[i / 2] >> 4 : digest[i / 2] & 15u;

        is_same = is_same && (sign[i] == "0123456789ABCDEF"[value] || sign[i] == "0123456789abcdef"[value]);
    }
    assert((tpost_difference(&hash, sign) == 0) == is_same);
}
