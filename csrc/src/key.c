/*
 * key.c: an HMAC key whose schedule is computed once.
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 */
#include "internal.h"

tpost_status tpost_key_init(tpost_key *key, const tpost_method *method, const void *secret, size_t secret_len)
{
    tpost_hash hash;

    if (method == NULL || secret_len == 0) {
        tpost_wipe(key, sizeof *key);
        return method == NULL ? TPOST_KEY_NOT_READY : TPOST_EMPTY_SECRET;
    }
    key->method = method;
    hash.method = method;
    tpost_hash_key(&hash, secret, secret_len, TPOST_IPAD);
    tpost_copy_words(key->inner, hash.state, TPOST_STATE_WORDS);
    tpost_hash_key(&hash, secret, secret_len, TPOST_OPAD);
    tpost_copy_words(key->outer, hash.state, TPOST_STATE_WORDS);
    tpost_forget(&hash);
    return TPOST_OK;
}

TPOST_NOINLINE void tpost_key_begin(const tpost_key *key, tpost_hash *hash)
{
    hash->method = key->method;
    tpost_copy_words(hash->state, key->inner, TPOST_STATE_WORDS);
    hash->length = TPOST_BLOCK_SIZE;
}

void tpost_key_close(const tpost_key *key, tpost_hash *hash, uint8_t *digest)
{
    /* The inner digest is the outer hash's second block, and never leaves the hash. */
    hash->length = TPOST_BLOCK_SIZE + tpost_hash_digest(hash, (uint8_t *)hash->block);
    tpost_copy_words(hash->state, key->outer, TPOST_STATE_WORDS);
    (void)tpost_hash_digest(hash, digest);
}

void tpost_key_finish(const tpost_key *key, tpost_hash *hash, uint8_t *digest)
{
    tpost_key_close(key, hash, digest);
    tpost_forget(hash);
}
