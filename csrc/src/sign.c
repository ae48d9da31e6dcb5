/*
 * sign.c: a signature from a secret and parameters in one call.
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 */
#include "internal.h"

tpost_status tpost_sign(const tpost_method *method, const void *secret, size_t secret_len, const tpost_param *params,
                        size_t n, char *sign, size_t sign_size)
{
    tpost_hash hash;
    tpost_status status = TPOST_OK;

    if (method == NULL) {
        status = TPOST_KEY_NOT_READY;
    } else if (secret_len == 0) {
        status = TPOST_EMPTY_SECRET;
    } else if (sign_size <= 2 * 4u * TPOST_WORDS(method)) {
        status = TPOST_OUTPUT_TOO_SMALL;
    }
    if (sign_size > 0) {
        sign[0] = '\0';
    }
    if (status != TPOST_OK) {
        return status;
    }
    /* No tpost_key here: reading the secret twice takes less stack than keeping two midstates. */
    hash.method = method;
    tpost_hash_key(&hash, secret, secret_len, TPOST_IPAD);
    status = tpost_content_feed(params, n, &hash);
    if (status == TPOST_OK) {
        unsigned size = tpost_hmac_end(&hash, secret, secret_len, (uint8_t *)sign);

        tpost_hex((const uint8_t *)sign, size, sign);
    }
    tpost_forget(&hash);
    return status;
}
