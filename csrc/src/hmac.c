/*
 * hmac.c: HMAC (RFC 2104) from a key in bytes.
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 */
#include "internal.h"

void tpost_hmac_block(tpost_hash *hash, const tpost_method *method, const void *key, size_t key_len, uint32_t pad)
{
    unsigned i;

    tpost_hash_init(hash, method);
    if (key_len > TPOST_BLOCK_SIZE) {
        /* A long key is replaced by its hash (RFC 2104 2): the digest's words are the block's first words. */
        tpost_hash_update(hash, key, key_len);
        tpost_hash_close(hash);
        tpost_clear_words(hash->block, TPOST_BLOCK_WORDS);
        tpost_copy_words(hash->block, hash->state, TPOST_STATE_WORDS);
        tpost_hash_init(hash, method);
    } else {
        tpost_clear_words(hash->block, TPOST_BLOCK_WORDS);
        tpost_hash_fill(hash, (const uint8_t *)key, key_len);
    }
    for (i = 0; i < TPOST_BLOCK_WORDS; i++) {
        hash->block[i] ^= pad;
    }
    TPOST_COMPRESS(method, hash->state, hash->block);
    hash->length = TPOST_BLOCK_SIZE;
}

void tpost_hmac_end(tpost_hash *hash, const void *key, size_t key_len, uint8_t *digest)
{
    const tpost_method *method = hash->method;

    tpost_hash_close(hash);
    tpost_hash_store(hash, digest);
    tpost_hmac_block(hash, method, key, key_len, TPOST_OPAD);
    tpost_hash_fill(hash, digest, tpost_method_digest_size(method));
    tpost_hash_close(hash);
    tpost_hash_store(hash, digest);
}

void tpost_hmac(const tpost_method *method, const void *key, size_t key_len, const void *data, size_t data_len,
                uint8_t *digest)
{
    tpost_hash hash;

    tpost_hmac_block(&hash, method, key, key_len, TPOST_IPAD);
    tpost_hash_update(&hash, data, data_len);
    tpost_hmac_end(&hash, key, key_len, digest);
    tpost_forget(&hash);
}
