/*
 * rows.c: read the contents of a group of rows.
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 */
#include "work.h"

#include "window.h"

/* ---- Row by row -------------------------------------------------------------------------------------------------- */

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
 * Append a segment, whose literal and values have `most` bytes at most (16 or 32), to n texts: so many bytes are copied at
 * once, and fit. ends[i] is where text i ends. *begin is where the first value begins, and then where the last one ended.
 * Returns how many rows come before a value that is not as usual, or n.
 */
TPOST_INLINE size_t tpost_append_values(const tpost_segment *segment, size_t first, size_t n, tpost_offset_type type,
                                        size_t most, uint8_t **ends, uint64_t *begin)
{
    /* Copies, as compilers cannot know that texts are no readers. */
    const void *offsets = segment->value.offsets;
    const char *data = segment->value.data;
    uint64_t quick = segment->value.quick;
    uint64_t gap = segment->value.gap;
    uint64_t at = *begin;
    size_t literal_len = segment->literal_len;
    uint8_t literal[32];
    size_t i;

    memcpy(literal, segment->literal, most);
    for (i = 0; i < n; i++) {
        uint64_t end = tpost_offset(offsets, first + i + 1, type);
        uint64_t len = end - gap - at; /* huge where the end is before the beginning */
        uint8_t *to = ends[i];

        if (at >= quick || len > most) {
            break;
        }
        memcpy(to, literal, most);
        memcpy(to + literal_len, data + at, most);
        ends[i] = to + literal_len + len;
        at = end;
    }
    *begin = at;
    return i;
}

/* The type of the offsets is then known to the compiler. */
TPOST_INLINE size_t tpost_append_most(const tpost_segment *segment, size_t first, size_t n, size_t most, uint8_t **ends,
                                      uint64_t *begin)
{
    if (segment->value.type == TPOST_OFFSETS_I32) {
        return tpost_append_values(segment, first, n, TPOST_OFFSETS_I32, most, ends, begin);
    }
    if (segment->value.type == TPOST_OFFSETS_U32) {
        return tpost_append_values(segment, first, n, TPOST_OFFSETS_U32, most, ends, begin);
    }
    return tpost_append_values(segment, first, n, TPOST_OFFSETS_I64, most, ends, begin);
}

/* Append a segment to n texts, with as few bytes a copy as will do. Returns 0 where a value is not as usual. */
static int tpost_append(tpost_segment *segment, size_t first, size_t n, uint8_t **ends, uint64_t *begin)
{
    size_t done = 0;

    if (segment->value.quick == 0) { /* perhaps there are no offsets */
        return 0;
    }
    if (segment->narrow) {
        done = tpost_append_most(segment, first, n, 16, ends, begin);
        segment->narrow = done == n;
    }
    return done == n || done + tpost_append_most(segment, first + done, n - done, 32, ends + done, begin) == n;
}

static size_t tpost_longest(const tpost_group *group, uint8_t *const *ends, size_t n)
{
    size_t longest = 0;
    size_t i;

    for (i = 0; i < n; i++) {
        size_t len = (size_t)(ends[i] - group->windows[i]);

        longest = len > longest ? len : longest;
    }
    return longest;
}

/* The literal after the last value */
static int tpost_append_last(const tpost_group *group, const tpost_segment *segment, size_t n, uint8_t **ends)
{
    size_t i;

    if (segment->literal_len > 0 && tpost_longest(group, ends, n) + segment->literal_len > TPOST_WINDOW_ROOM) {
        return 0;
    }
    for (i = 0; segment->literal_len > 0 && i < n; i++) {
        memcpy(ends[i], segment->literal, segment->literal_len);
        ends[i] += segment->literal_len;
    }
    return 1;
}

/*
 * Put the contents of n rows into the windows, column after column, so that what is the same for a column is at hand.
 * ends and begins receive where the texts end, and where each column's next value begins. Returns 0 where a row is
 * unusual: then nothing of this counts.
 */
static int tpost_read_columns(tpost_work *work, size_t first, size_t n, uint8_t **ends, uint64_t *begins)
{
    tpost_plan *plan = &work->plan;
    size_t longest = 0; /* no text is longer */
    unsigned p;
    size_t i;

    for (i = 0; i < n; i++) {
        ends[i] = work->group.windows[i];
    }
    for (p = 0; p < plan->n_segments; p++) {
        tpost_segment *segment = &plan->segments[p];

        if (longest + segment->literal_len + 32 > TPOST_WINDOW_ROOM) {
            longest = tpost_longest(&work->group, ends, n);
        }
        longest += segment->literal_len + 32;
        begins[p] = segment->value.begin;
        if (longest > TPOST_WINDOW_ROOM || !tpost_append(segment, first, n, ends, &begins[p])) {
            return 0;
        }
    }
    return tpost_append_last(&work->group, &plan->segments[p], n, ends);
}

/*
 * Read n rows column after column. Returns 0, and leaves the readers where they are, where a row is unusual: then all n
 * are read anew, one by one.
 */
static int tpost_read_by_columns(tpost_work *work, size_t first, size_t n)
{
    tpost_plan *plan = &work->plan;
    uint8_t *ends[TPOST_GROUP_ROWS];
    uint64_t begins[TPOST_BATCH_MAX_COLUMNS];
    unsigned p;
    size_t i;

    if (!tpost_read_columns(work, first, n, ends, begins)) {
        return 0;
    }
    for (p = 0; p < plan->n_segments; p++) {
        plan->segments[p].value.begin = begins[p];
    }
    for (i = 0; i < n; i++) {
        if (work->signs != NULL) {
            tpost_read_sign(work, first + i, i);
        }
        tpost_end_row(work, i, (size_t)(ends[i] - work->group.windows[i]));
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
