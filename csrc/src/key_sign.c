/*
 * key_sign.c: sign with a prepared key.
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 */
#include "internal.h"

tpost_status tpost_key_sign(const tpost_key *key, const tpost_param *params, size_t n, char *sign, size_t sign_size)
{
    tpost_hash hash;
    tpost_status status;

    if (sign_size > 0) {
        sign[0] = '\0';
    }
    if (key->method == NULL) {
        return TPOST_KEY_NOT_READY;
    }
    if (sign_size <= 2 * tpost_method_digest_size(key->method)) {
        return TPOST_OUTPUT_TOO_SMALL;
    }
    tpost_key_begin(key, &hash);
    status = tpost_content_feed(params, n, &hash);
    if (status == TPOST_OK) {
        tpost_key_close(key, &hash, (uint8_t *)sign);
        tpost_hex((const uint8_t *)sign, tpost_method_digest_size(key->method), sign);
    }
    tpost_forget(&hash);
    return status;
}
