/*
 * hmac.c: HMAC (RFC 2104) from a key in bytes.
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 */
#include "internal.h"

void tpost_hmac_end(tpost_hash *hash, const void *key, size_t key_len, uint8_t *digest)
{
    const tpost_method *method = hash->method;
    int is_outer = 0;

    for (;;) {
        tpost_hash_close(hash);
        tpost_hash_store(hash, digest);
        if (is_outer) {
            break;
        }
        tpost_hash_key(hash, method, key, key_len, TPOST_OPAD);
        tpost_hash_update(hash, digest, 4u * TPOST_WORDS(method));
        is_outer = 1;
    }
}

void tpost_hmac(const tpost_method *method, const void *key, size_t key_len, const void *data, size_t data_len,
                uint8_t *digest)
{
    tpost_hash hash;

    tpost_hash_key(&hash, method, key, key_len, TPOST_IPAD);
    tpost_hash_update(&hash, data, data_len);
    tpost_hmac_end(&hash, key, key_len, digest);
    tpost_forget(&hash);
}
