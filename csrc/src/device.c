/*
 * device.c: signing many times for one device, with all that comes before the timestamp hashed once.
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 */
#include "internal.h"

#define TPOST_TIMESTAMP "timestamp"
#define TPOST_TIMESTAMP_LEN (sizeof(TPOST_TIMESTAMP) - 1)

static const tpost_param tpost_timestamp = {TPOST_TIMESTAMP, TPOST_TIMESTAMP_LEN, NULL, 0};

/* Feed the content to the hash, then the timestamp's name. Refuse what does not sort before that name. */
static tpost_status tpost_device_feed(const tpost_param *params, size_t n, tpost_hash *hash)
{
    tpost_status status = TPOST_OK;
    const tpost_param *param = NULL;
    const tpost_param *last = NULL;

    while ((param = tpost_content_next(params, n, last, &status)) != NULL) {
        tpost_hash_update(hash, param->name, param->name_len);
        tpost_hash_update(hash, param->value, param->value_len);
        last = param;
    }
    if (status == TPOST_OK && last != NULL && tpost_name_compare(last, &tpost_timestamp) >= 0) {
        status = TPOST_SORTS_AFTER_TIMESTAMP;
    }
    tpost_hash_update(hash, TPOST_TIMESTAMP, TPOST_TIMESTAMP_LEN);
    return status;
}

tpost_status tpost_device_init(tpost_device *device, const tpost_key *key, const tpost_param *params, size_t n)
{
    tpost_hash hash;
    tpost_status status;

    tpost_wipe(device, sizeof *device);
    if (key->method == NULL) {
        return TPOST_KEY_NOT_READY;
    }
    tpost_key_begin(key, &hash);
    tpost_clear_words(hash.block, TPOST_BLOCK_WORDS);
    status = tpost_device_feed(params, n, &hash);
    if (status == TPOST_OK) {
        /* The key's inner midstate is in the state already: one secret less to hold. */
        device->key.method = key->method;
        tpost_copy_words(device->key.outer, key->outer, TPOST_STATE_WORDS);
        tpost_copy_words(device->state, hash.state, TPOST_STATE_WORDS);
        tpost_copy_words(device->block, hash.block, TPOST_BLOCK_WORDS);
        device->length = hash.length;
    }
    tpost_forget(&hash);
    return status;
}

tpost_status tpost_device_sign(const tpost_device *device, const char *timestamp, size_t timestamp_len, char *sign,
                               size_t sign_size)
{
    const tpost_method *method = device->key.method;
    tpost_hash hash;

    if (sign_size > 0) {
        sign[0] = '\0';
    }
    if (method == NULL) {
        return TPOST_KEY_NOT_READY;
    }
    if (sign_size <= 2 * tpost_method_digest_size(method)) {
        return TPOST_OUTPUT_TOO_SMALL;
    }
    hash.method = method;
    tpost_copy_words(hash.state, device->state, TPOST_STATE_WORDS);
    tpost_copy_words(hash.block, device->block, TPOST_BLOCK_WORDS);
    hash.length = device->length;
    tpost_hash_update(&hash, timestamp, timestamp_len);
    tpost_key_close(&device->key, &hash, (uint8_t *)sign);
    tpost_hex((const uint8_t *)sign, tpost_method_digest_size(method), sign);
    tpost_forget(&hash);
    return TPOST_OK;
}
