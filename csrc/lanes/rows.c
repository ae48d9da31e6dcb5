/*
 * rows.c: read the rows of a group: their keys, and their contents.
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 */
#include "work.h"

#include "window.h"

/* ---- Keys -------------------------------------------------------------------------------------------------------- */

/* Put a secret into a window as a key block; one longer than that is replaced by its hash (RFC 2104 2). */
static void tpost_put_key(const tpost_method *method, uint8_t *window, const tpost_text *secret,
                          const char *readable_end)
{
    if (secret->len <= TPOST_BLOCK_SIZE) {
        tpost_put(window, secret->start, secret->len, readable_end);
        tpost_zero_tail(window, secret->len, TPOST_BLOCK_SIZE, TPOST_BLOCK_SIZE);
    } else {
        tpost_hash hash;

        tpost_hash_init(&hash, method);
        tpost_hash_update(&hash, secret->start, secret->len);
        tpost_hash_final(&hash, window);
        tpost_zero_tail(window, tpost_method_digest_size(method), TPOST_BLOCK_SIZE, TPOST_BLOCK_SIZE);
    }
}

/* Give n rows of the group, from row i on, prepared keys: the next one each, or all of them the same (step 0). */
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

/* n rows from `first` on have secrets of their own. */
static void tpost_read_secrets(tpost_work *work, size_t first, size_t n)
{
    const tpost_method *method = work->batch->method;
    size_t i;

    for (i = 0; i < n; i++) {
        tpost_text secret = {"", 0};

        if (!tpost_reader_next(&work->secret_reader, first + i, &secret)) {
            work->status[i] = TPOST_BAD_OFFSETS;
        } else if (secret.len == 0) {
            work->status[i] = TPOST_EMPTY_SECRET;
        } else if (n < work->worthwhile) {
            (void)tpost_key_init(&work->key, method, secret.start, secret.len);
            tpost_set_prepared(work, i, 1, &work->key, 0);
        } else {
            tpost_put_key(method, work->group.windows[i], &secret,
                          work->secret_reader.data + work->secret_reader.data_len);
        }
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
        tpost_set_prepared(work, 0, n, batch->keys + first, 1);
    }
}

/* ---- Contents ---------------------------------------------------------------------------------------------------- */

/* Compute row i alone: the texts go through the hash one after the other. Its key is in the group. */
static void tpost_sign_alone(tpost_work *work, size_t at, size_t i, const tpost_text *values)
{
    const tpost_method *method = work->batch->method;
    char digits[2 * TPOST_DIGEST_SIZE + 1];
    tpost_hash hash;
    unsigned w;
    unsigned p;

    work->key.method = method;
    for (w = 0; w < method->words; w++) {
        work->key.inner[w] = work->group.inner[w * work->kernel->rows + i];
        work->key.outer[w] = work->group.outer[w * work->kernel->rows + i];
    }
    tpost_key_begin(&work->key, &hash);
    for (p = 0; p <= work->plan.n_segments; p++) {
        const tpost_segment *segment = &work->plan.segments[p];

        tpost_hash_update(&hash, segment->literal, segment->literal_len);
        if (p < work->plan.n_segments) {
            tpost_hash_update(&hash, values[p].start, values[p].len);
        }
    }
    tpost_key_finish(&work->key, &hash, (uint8_t *)digits);
    tpost_hex((const uint8_t *)digits, tpost_method_digest_size(method), digits);
    tpost_deliver(work, at, i, digits);
    tpost_clear(digits, sizeof digits);
}

/*
 * Read the value of a segment (of row i of the group) and put it into the window after its literal, whatever they are.
 * len is what the window holds; returns that with both, or TPOST_WINDOW_ROOM + 1 where they do not fit.
 */
static TPOST_NOINLINE size_t tpost_put_any(tpost_work *work, size_t i, size_t len, tpost_segment *segment, uint64_t end,
                                           tpost_text *value)
{
    uint8_t *window = work->group.windows[i];
    tpost_reader *reader = &segment->value;

    if (reader->offsets == NULL) {
        value->start = reader->data;
        value->len = reader->data_len;
    } else if (!tpost_reader_value(reader, end, value)) {
        work->status[i] = TPOST_BAD_OFFSETS;
        value->start = reader->data;
        value->len = 0;
    }
    len += segment->literal_len;
    if (len > TPOST_WINDOW_ROOM || value->len > TPOST_WINDOW_ROOM - len) {
        return TPOST_WINDOW_ROOM + 1;
    }
    memcpy(window + len - segment->literal_len, segment->literal, segment->literal_len);
    tpost_put(window + len, value->start, value->len, reader->data + reader->data_len);
    return len + value->len;
}

/*
 * Read row `at` and put its content into window i. Returns its length, or TPOST_WINDOW_ROOM + 1 where it is too long;
 * values receives what was read, and the row's status whether it could be.
 */
TPOST_INLINE size_t tpost_put_row(tpost_work *work, size_t at, size_t i, int mixed, tpost_offset_type type,
                                  tpost_text *values)
{
    uint8_t *window = work->group.windows[i];
    tpost_segment *segment = work->plan.segments;
    tpost_segment *last = segment + work->plan.n_segments;
    size_t len = 0;

    for (; segment < last; segment++, values++) {
        tpost_reader *reader = &segment->value;
        uint64_t begin = reader->begin;
        uint64_t end = 0;
        uint64_t value_len; /* in 64 bits, also where a size_t has 32 */

        if (reader->offsets != NULL) {
            end = tpost_offset(reader->offsets, at + 1, mixed ? reader->type : type);
        }
        /* Mostly value and literal have 32 bytes at most, which may be read and written at once. */
        value_len = end - reader->gap - begin;
        if (begin < reader->quick && value_len <= 32 && len + segment->literal_len <= TPOST_WINDOW_ROOM - 32) {
            reader->begin = end;
            values->len = (size_t)value_len;
            values->start = reader->data + begin;
            memcpy(window + len, segment->literal, 32);
            memcpy(window + len + segment->literal_len, values->start, 32);
            len += segment->literal_len + values->len;
        } else {
            len = tpost_put_any(work, i, len, segment, end, values);
        }
    }
    if (len + segment->literal_len > TPOST_WINDOW_ROOM) {
        return TPOST_WINDOW_ROOM + 1;
    }
    if (segment->literal_len > 0) {
        memcpy(window + len, segment->literal, segment->literal_len);
    }
    return len + segment->literal_len;
}

/* Read the signature of row `at`, which is row i of its group. */
static void tpost_read_sign(tpost_work *work, size_t at, size_t i)
{
    tpost_text sign = {NULL, 0};

    if (!tpost_reader_next(&work->sign_reader, at, &sign)) {
        work->status[i] = TPOST_BAD_OFFSETS;
    }
    work->received[i] = sign.len == work->digits ? sign.start : NULL;
}

/* Read n rows, `first` and those that follow. Those that are too long for a window, or too few, are computed at once. */
TPOST_INLINE void tpost_read_rows_of(tpost_work *work, size_t first, size_t n, int mixed, tpost_offset_type type)
{
    const tpost_method *method = work->batch->method;
    int alone = n < work->worthwhile;
    size_t i;

    for (i = 0; i < n; i++) {
        tpost_text values[TPOST_BATCH_MAX_COLUMNS];
        size_t len = tpost_put_row(work, first + i, i, mixed, type, values);

        work->group.blocks[i] = 0;
        if (work->signs != NULL) {
            tpost_read_sign(work, first + i, i);
        }
        if (work->status[i] != TPOST_OK) {
            continue;
        }
        if (alone || len > TPOST_WINDOW_ROOM) {
            tpost_sign_alone(work, first + i, i, values);
        } else {
            work->group.blocks[i] = tpost_pad(work->group.windows[i], len, method->order);
        }
    }
}

/* The same, with the type of the offsets known to the compiler. */
static void tpost_read_rows_by_type(tpost_work *work, size_t first, size_t n)
{
    if (work->plan.mixed) {
        tpost_read_rows_of(work, first, n, 1, TPOST_OFFSETS_U32);
    } else if (work->plan.type == TPOST_OFFSETS_I32) {
        tpost_read_rows_of(work, first, n, 0, TPOST_OFFSETS_I32);
    } else if (work->plan.type == TPOST_OFFSETS_U32) {
        tpost_read_rows_of(work, first, n, 0, TPOST_OFFSETS_U32);
    } else {
        tpost_read_rows_of(work, first, n, 0, TPOST_OFFSETS_I64);
    }
}

/* How many blocks the group's rows have. Rows that it lacks have none. */
static void tpost_count_blocks(tpost_work *work, size_t n)
{
    tpost_group *group = &work->group;
    size_t i;

    for (i = n; i < work->kernel->rows; i++) {
        group->blocks[i] = 0;
    }
    group->most_blocks = 0;
    group->least_blocks = TPOST_WINDOW_BLOCKS;
    for (i = 0; i < work->kernel->rows; i++) {
        group->most_blocks = group->blocks[i] > group->most_blocks ? group->blocks[i] : group->most_blocks;
        group->least_blocks = group->blocks[i] < group->least_blocks ? group->blocks[i] : group->least_blocks;
    }
}

void tpost_read_rows(tpost_work *work, size_t first, size_t n)
{
    tpost_read_rows_by_type(work, first, n);
    tpost_count_blocks(work, n);
}
