/*
 * keys.c: the keys of a group of rows: from secrets, or prepared ones.
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 */
#include "work.h"

#include "window.h"

/* Put a secret into a window as a key block; one longer than that is replaced by its hash (RFC 2104 2). */
static void tpost_put_key(const tpost_method *method, uint8_t *window, const tpost_text *secret,
                          const char *readable_end)
{
    if (secret->len <= TPOST_BLOCK_SIZE) {
        tpost_put(window, secret->start, secret->len, readable_end);
        tpost_zero_tail(window, secret->len, TPOST_BLOCK_SIZE);
    } else {
        tpost_hash hash;

        tpost_hash_init(&hash, method);
        tpost_hash_update(&hash, secret->start, secret->len);
        tpost_hash_final(&hash, window);
        tpost_zero_tail(window, tpost_method_digest_size(method), TPOST_BLOCK_SIZE);
    }
}

/* Give n rows of the group, from row i on, a prepared key: its own each, or all of them the same (step 0). */
static void tpost_set_prepared(tpost_work *work, size_t i, size_t n, const tpost_key *keys, size_t step)
{
    unsigned words = work->batch->method->words;
    size_t rows = work->kernel->rows;
    unsigned w;
    size_t k;

    for (w = 0; w < words; w++) {
        uint32_t *inner = work->group.inner + w * rows + i;
        uint32_t *outer = work->group.outer + w * rows + i;

        for (k = 0; k < n; k++) {
            inner[k] = keys[k * step].inner[w];
            outer[k] = keys[k * step].outer[w];
        }
    }
}

/* Read the secret of row i of a group of n. */
static void tpost_read_secret(tpost_work *work, size_t first, size_t n, size_t i)
{
    const tpost_method *method = work->batch->method;
    tpost_text secret = {"", 0};

    if (!tpost_reader_next(&work->secret_reader, first + i, &secret)) {
        work->status[i] = TPOST_BAD_OFFSETS;
    } else if (secret.len == 0) {
        work->status[i] = TPOST_EMPTY_SECRET;
    } else if (n < work->worthwhile) {
        (void)tpost_key_init(&work->key, method, secret.start, secret.len);
        tpost_set_prepared(work, i, 1, &work->key, 0);
    } else {
        tpost_put_key(method, work->group.windows[i], &secret, work->secret_reader.data + work->secret_reader.data_len);
    }
}

/* The same for those of n rows that come before one whose secret has not 1 to 32 bytes. Returns how many they are. */
static size_t tpost_read_short_secrets(tpost_work *work, size_t first, size_t n)
{
    tpost_reader reader = work->secret_reader;
    size_t i;

    for (i = 0; i < n; i++) {
        uint64_t end = tpost_offset(reader.offsets, first + i + 1, reader.type);
        uint64_t len = end - reader.gap - reader.begin;

        if (reader.begin >= reader.quick || len - 1 > 31) {
            break;
        }
        memcpy(work->group.windows[i], reader.data + reader.begin, 32);
        tpost_zero_tail(work->group.windows[i], (size_t)len, TPOST_BLOCK_SIZE);
        reader.begin = end;
    }
    work->secret_reader.begin = reader.begin;
    return i;
}

/* n rows from `first` on have secrets of their own. */
static void tpost_read_secrets(tpost_work *work, size_t first, size_t n)
{
    size_t i = n < work->worthwhile ? 0 : tpost_read_short_secrets(work, first, n);

    for (; i < n; i++) {
        tpost_read_secret(work, first, n, i);
    }
    if (n >= work->worthwhile) {
        work->kernel->prepare(&work->group);
    }
}

tpost_status tpost_set_one_key(tpost_work *work)
{
    const tpost_batch *batch = work->batch;
    tpost_status status = TPOST_OK;

    if (batch->keys != NULL) {
        work->key = *batch->keys;
    } else {
        status = tpost_key_init(&work->key, batch->method, batch->secrets->data, batch->secrets->data_len);
    }
    if (status == TPOST_OK) {
        tpost_set_prepared(work, 0, work->kernel->rows, &work->key, 0);
    }
    return status;
}

void tpost_set_keys(tpost_work *work, size_t first, size_t n)
{
    const tpost_batch *batch = work->batch;

    if (batch->keys == NULL && batch->secrets->offsets != NULL) {
        tpost_read_secrets(work, first, n);
    } else if (batch->keys != NULL && batch->n_keys > 1) {
        if (n == work->kernel->rows && n >= work->worthwhile) {
            work->kernel->load(&work->group, batch->keys + first);
        } else {
            tpost_set_prepared(work, 0, n, batch->keys + first, 1);
        }
    }
}
