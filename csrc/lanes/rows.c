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
        if (n == work->kernel->rows && n >= work->worthwhile) {
            work->kernel->load(&work->group, batch->keys + first);
        } else {
            tpost_set_prepared(work, 0, n, batch->keys + first, 1);
        }
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
static size_t tpost_put_any(tpost_work *work, size_t i, size_t len, tpost_segment *segment, uint64_t end,
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
 * Read row `at` and put its content into window i, whatever it is. Returns its length, or TPOST_WINDOW_ROOM + 1 where it
 * is too long; values receives what was read, and the row's status whether it could be.
 */
static size_t tpost_put_row(tpost_work *work, size_t at, size_t i, tpost_text *values)
{
    tpost_segment *segment = work->plan.segments;
    tpost_segment *last = segment + work->plan.n_segments;
    size_t len = 0;

    for (; segment < last; segment++, values++) {
        tpost_reader *reader = &segment->value;
        uint64_t end = reader->offsets == NULL ? 0 : tpost_offset(reader->offsets, at + 1, reader->type);

        len = tpost_put_any(work, i, len, segment, end, values);
    }
    if (len > TPOST_WINDOW_ROOM || last->literal_len > TPOST_WINDOW_ROOM - len) {
        return TPOST_WINDOW_ROOM + 1;
    }
    memcpy(work->group.windows[i] + len, last->literal, last->literal_len);
    return len + last->literal_len;
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

/* A row's content is in its window. */
TPOST_INLINE void tpost_end_row(tpost_work *work, size_t i, size_t len)
{
    work->group.blocks[i] =
        work->status[i] == TPOST_OK ? tpost_pad(work->group.windows[i], len, work->batch->method->order) : 0;
}

/* Read n rows one after the other. Those that are too long for a window, or too few, are computed at once. */
static void tpost_read_row_by_row(tpost_work *work, size_t first, size_t n)
{
    size_t i;

    for (i = 0; i < n; i++) {
        tpost_text values[TPOST_BATCH_MAX_COLUMNS];
        size_t len = tpost_put_row(work, first + i, i, values);

        if (work->signs != NULL) {
            tpost_read_sign(work, first + i, i);
        }
        if (work->status[i] == TPOST_OK && (n < work->worthwhile || len > TPOST_WINDOW_ROOM)) {
            work->group.blocks[i] = 0;
            tpost_sign_alone(work, first + i, i, values);
        } else {
            tpost_end_row(work, i, len);
        }
    }
}

/* ---- The same, faster, where all is as usual --------------------------------------------------------------------- */

/*
 * Append a segment, whose literal and values have 32 bytes at most, to the windows of n rows, whose lengths are lens:
 * 32 bytes are copied at once, and fit. *begin is where the first value begins, and then where the last one ended.
 * Returns 0 where a value is not as usual.
 */
TPOST_INLINE int tpost_append_values(tpost_group *group, const tpost_segment *segment, size_t first, size_t n,
                                     tpost_offset_type type, size_t *lens, uint64_t *begin)
{
    /* Copies, as compilers cannot know that windows are no readers. */
    const void *offsets = segment->value.offsets;
    const char *data = segment->value.data;
    uint64_t quick = segment->value.quick;
    uint64_t gap = segment->value.gap;
    uint64_t at = *begin;
    size_t literal_len = segment->literal_len;
    uint8_t literal[32];
    size_t i;

    memcpy(literal, segment->literal, sizeof literal);
    for (i = 0; i < n; i++) {
        uint64_t end = tpost_offset(offsets, first + i + 1, type);
        uint64_t len = end - gap - at; /* huge where the end is before the beginning */
        uint8_t *window = group->windows[i] + lens[i];

        if (at >= quick || len > 32) {
            return 0;
        }
        memcpy(window, literal, sizeof literal);
        memcpy(window + literal_len, data + at, 32);
        lens[i] += literal_len + (size_t)len;
        at = end;
    }
    *begin = at;
    return 1;
}

/* The type of the offsets is then known to the compiler. */
static int tpost_append(tpost_group *group, const tpost_segment *segment, size_t first, size_t n, size_t *lens,
                        uint64_t *begin)
{
    if (segment->value.quick == 0) { /* perhaps there are no offsets */
        return 0;
    }
    if (segment->value.type == TPOST_OFFSETS_I32) {
        return tpost_append_values(group, segment, first, n, TPOST_OFFSETS_I32, lens, begin);
    }
    if (segment->value.type == TPOST_OFFSETS_U32) {
        return tpost_append_values(group, segment, first, n, TPOST_OFFSETS_U32, lens, begin);
    }
    return tpost_append_values(group, segment, first, n, TPOST_OFFSETS_I64, lens, begin);
}

static size_t tpost_longest(const size_t *lens, size_t n)
{
    size_t longest = 0;
    size_t i;

    for (i = 0; i < n; i++) {
        longest = lens[i] > longest ? lens[i] : longest;
    }
    return longest;
}

/* The literal after the last value */
static int tpost_append_last(tpost_group *group, const tpost_segment *segment, size_t n, const size_t *lens)
{
    size_t i;

    if (segment->literal_len > 0 && tpost_longest(lens, n) + segment->literal_len > TPOST_WINDOW_ROOM) {
        return 0;
    }
    for (i = 0; segment->literal_len > 0 && i < n; i++) {
        memcpy(group->windows[i] + lens[i], segment->literal, segment->literal_len);
    }
    return 1;
}

/*
 * Read n rows column after column, so that what is the same for a column is at hand. Returns 0, and leaves the readers
 * where they are, where a row is unusual: then all n are read anew, one by one, and nothing of this reading counts.
 */
static int tpost_read_by_columns(tpost_work *work, size_t first, size_t n)
{
    tpost_plan *plan = &work->plan;
    uint64_t ends[TPOST_BATCH_MAX_COLUMNS];
    size_t lens[TPOST_GROUP_ROWS] = {0};
    size_t longest = 0; /* no row is longer */
    unsigned p;
    size_t i;

    for (p = 0; p < plan->n_segments; p++) {
        const tpost_segment *segment = &plan->segments[p];

        if (longest + segment->literal_len + 32 > TPOST_WINDOW_ROOM) {
            longest = tpost_longest(lens, n);
        }
        longest += segment->literal_len + 32;
        ends[p] = segment->value.begin;
        if (longest > TPOST_WINDOW_ROOM || !tpost_append(&work->group, segment, first, n, lens, &ends[p])) {
            return 0;
        }
    }
    if (!tpost_append_last(&work->group, &plan->segments[p], n, lens)) {
        return 0;
    }
    for (p = 0; p < plan->n_segments; p++) {
        plan->segments[p].value.begin = ends[p];
    }
    for (i = 0; i < n; i++) {
        if (work->signs != NULL) {
            tpost_read_sign(work, first + i, i);
        }
        tpost_end_row(work, i, lens[i] + plan->segments[plan->n_segments].literal_len);
    }
    return 1;
}

/* ---- A group ----------------------------------------------------------------------------------------------------- */

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
    /* One row gains nothing from columns. */
    if (n < 2 || n < work->worthwhile || !tpost_read_by_columns(work, first, n)) {
        tpost_read_row_by_row(work, first, n);
    }
    tpost_count_blocks(work, n);
}
