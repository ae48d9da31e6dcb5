/*
 * hmac.c: HMAC (RFC 2104) from a key in bytes.
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 */
#include "internal.h"

void tpost_hmac(const tpost_method *method, const void *key, size_t key_len, const void *data, size_t data_len,
                uint8_t *digest)
{
    tpost_hash hash;

    hash.method = method;
    tpost_hash_key(&hash, key, key_len, TPOST_IPAD);
    tpost_hash_update(&hash, data, data_len);
    (void)tpost_hmac_end(&hash, key, key_len, digest);
    tpost_forget(&hash);
}
