/*
 * batch.c: sign and verify rows, a group at a time.
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 */
#include "window.h"

/* How far below tpost_run_batch() its calls reach, in bytes: kernels keep blocks and states there. */
#define TPOST_LANES_DEAD_STACK 5120

/* What a call works with. Holds secrets: the key and the group. */
typedef struct tpost_work {
    const tpost_kernel *kernel;
    size_t worthwhile; /* rows of a group below which they are computed one at a time */
    const tpost_batch *batch;
    const tpost_column *signs; /* NULL: sign; else verify */
    char *out;                 /* signatures */
    size_t out_step;
    size_t digits; /* of a signature */
    uint8_t *verdicts;
    tpost_reader secret_reader;
    tpost_reader sign_reader;
    uint8_t status[TPOST_GROUP_ROWS];       /* tpost_status of each row */
    const char *received[TPOST_GROUP_ROWS]; /* signatures to verify; NULL: of a wrong length */
    tpost_plan plan;
    tpost_key key;
    tpost_group group;
} tpost_work;

/* ---- Results ----------------------------------------------------------------------------------------------------- */

/* 0 where the received text, in either case, writes the digits; else another number. Constant time in the digits. */
static unsigned tpost_digits_differ(const char *digits, const char *received, size_t n)
{
    unsigned difference = 0;
    size_t i;

    if (received == NULL) {
        return 1;
    }
    for (i = 0; i < n; i++) {
        unsigned c = (unsigned char)received[i];

        c ^= (unsigned)(c - 'a' < 6u) << 5; /* upper case; every other character differs from all digits */
        difference |= c ^ (unsigned char)digits[i];
    }
    return difference;
}

/* A row's signature is known: hand it out, or compare it. `at` is the row's number in the batch, `i` in its group. */
TPOST_INLINE void tpost_deliver(tpost_work *work, size_t at, size_t i, const char *digits)
{
    if (work->signs != NULL) {
        unsigned difference = tpost_digits_differ(digits, work->received[i], work->digits);

        TPOST_DECLASSIFY(&difference, sizeof difference); /* the verdict: the one secret that becomes public */
        work->verdicts[at] = difference == 0;
    } else {
        char *out = work->out + at * work->out_step;

        if (work->digits == 40) { /* lengths that the compiler knows: no call of memcpy */
            memcpy(out, digits, 40);
        } else if (work->digits == 32) {
            memcpy(out, digits, 32);
        } else {
            memcpy(out, digits, 64);
        }
    }
}

static void tpost_deliver_nothing(tpost_work *work, size_t at)
{
    if (work->signs != NULL) {
        work->verdicts[at] = 0;
    } else {
        memset(work->out + at * work->out_step, 0, work->digits);
    }
}

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

/* All rows have one key: it stays in the group. Returns TPOST_OK or TPOST_EMPTY_SECRET. */
static tpost_status tpost_set_one_key(tpost_work *work)
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

/* Make the keys of n rows from `first` on. */
static void tpost_set_keys(tpost_work *work, size_t first, size_t n)
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
static void tpost_read_rows(tpost_work *work, size_t first, size_t n)
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

/* ---- The batch --------------------------------------------------------------------------------------------------- */

/* The number of the first row of the group that was refused, or n. */
static size_t tpost_first_bad(const tpost_work *work, size_t n)
{
    size_t i;

    for (i = 0; i < n && work->status[i] == TPOST_OK; i++) {
    }
    return i;
}

/* Compute n rows from `first` on; status tells which were refused. */
static void tpost_run_group(tpost_work *work, size_t first, size_t n)
{
    size_t i;

    for (i = 0; i < n; i++) {
        work->status[i] = TPOST_OK;
    }
    tpost_set_keys(work, first, n);
    tpost_read_rows(work, first, n);
    tpost_count_blocks(work, n);
    if (work->group.most_blocks > 0) {
        work->kernel->sign(&work->group);
    }
    for (i = 0; i < n; i++) {
        if (work->group.blocks[i] > 0) {
            tpost_deliver(work, first + i, i, (const char *)work->group.windows[i]);
        } else if (work->status[i] != TPOST_OK) {
            tpost_deliver_nothing(work, first + i);
        }
    }
}

/* Compute all rows, or up to the first bad one where there is no mask. */
static tpost_status tpost_run(tpost_work *work, uint8_t *mask, size_t *bad_row)
{
    size_t rows = work->batch->rows;
    size_t first;
    size_t n;

    for (first = 0; first < rows; first += n) {
        size_t i;

        n = rows - first < work->kernel->rows ? rows - first : work->kernel->rows;
        tpost_run_group(work, first, n);
        i = tpost_first_bad(work, n);
        if (i < n && mask == NULL) {
            *bad_row = first + i;
            return (tpost_status)work->status[i];
        }
        for (i = 0; mask != NULL && i < n; i++) {
            mask[first + i] = work->status[i] == TPOST_OK;
        }
    }
    return TPOST_OK;
}

/* Start all readers. */
static tpost_status tpost_start(tpost_work *work)
{
    const tpost_batch *batch = work->batch;
    tpost_status status = tpost_plan_init(&work->plan, batch->columns, batch->n_columns);

    if (status != TPOST_OK) {
        return status;
    }
    if (work->signs != NULL) {
        tpost_reader_init(&work->sign_reader, work->signs);
    }
    if (batch->rows >= work->worthwhile) {
        memset(&work->group, 0, sizeof work->group);
    }
    if (batch->keys != NULL ? batch->n_keys == 1 : batch->secrets->offsets == NULL) {
        return tpost_set_one_key(work);
    }
    if (batch->keys == NULL) {
        tpost_reader_init(&work->secret_reader, batch->secrets);
    }
    return TPOST_OK;
}

/* Zero the stack that the functions called before have used. */
static TPOST_NOINLINE void tpost_clear_stack(void)
{
    uint8_t dead[TPOST_LANES_DEAD_STACK];

    tpost_clear(dead, sizeof dead);
}

/* From how many rows on a kernel is faster than one row at a time. Four SHA lanes are no match for SHA instructions. */
static size_t tpost_worthwhile(const tpost_method *method, const tpost_kernel *kernel)
{
    int by_instructions = method != &tpost_hmacmd5 && method != &tpost_hmacsha1 && method != &tpost_hmacsha256;

    if (by_instructions && kernel->rows <= 4) {
        return kernel->rows + 1;
    }
    return kernel->rows < 2 ? 1 : 2;
}

static tpost_status tpost_run_batch(tpost_work *work, uint8_t *mask, size_t *bad_row)
{
    size_t ignored;
    tpost_status status;
    size_t i;

    work->worthwhile = tpost_worthwhile(work->batch->method, work->kernel);
    work->digits = 2 * tpost_method_digest_size(work->batch->method);
    bad_row = bad_row == NULL ? &ignored : bad_row;
    *bad_row = 0;
    status = tpost_start(work);
    if (status == TPOST_OK) {
        status = tpost_run(work, mask, bad_row);
        for (i = 0; status != TPOST_OK && i < work->batch->rows; i++) {
            tpost_deliver_nothing(work, i);
        }
    }
    tpost_clear(&work->key, sizeof work->key);
    if (work->batch->rows >= work->worthwhile) {
        tpost_clear(&work->group, sizeof work->group);
        tpost_clear_stack();
    } else { /* no kernel has run: there are keys, but no secrets in windows */
        tpost_clear(work->group.inner, sizeof work->group.inner);
        tpost_clear(work->group.outer, sizeof work->group.outer);
    }
    return status;
}

/* The method's kernel, or NULL where the batch cannot be computed at all. */
static const tpost_kernel *tpost_kernel_of(const tpost_lanes *lanes, const tpost_batch *batch)
{
    size_t i;

    if (lanes == NULL || batch->method == NULL || (batch->keys == NULL && batch->secrets == NULL) ||
        (batch->keys != NULL && batch->n_keys != 1 && batch->n_keys != batch->rows)) {
        return NULL;
    }
    for (i = 0; batch->keys != NULL && i < batch->n_keys; i++) {
        if (batch->keys[i].method != batch->method) {
            return NULL;
        }
    }
    /* The digest tells the hash: a method may be computed by other code than the portable one's. */
    if (batch->method->words == 4) {
        return &lanes->md5;
    }
    return batch->method->words == 5 ? &lanes->sha1 : &lanes->sha256;
}

tpost_status tpost_sign_batch(const tpost_lanes *lanes, const tpost_batch *batch, char *out, size_t out_size,
                              size_t out_step, uint8_t *mask, size_t *bad_row)
{
    tpost_work work;
    size_t digits;

    work.kernel = tpost_kernel_of(lanes, batch);
    if (work.kernel == NULL) {
        return TPOST_KEY_NOT_READY;
    }
    digits = 2 * tpost_method_digest_size(batch->method);
    if (out_step < digits ||
        (batch->rows > 0 && (out_size < digits || (out_size - digits) / out_step < batch->rows - 1))) {
        return TPOST_OUTPUT_TOO_SMALL;
    }
    work.batch = batch;
    work.signs = NULL;
    work.out = out;
    work.out_step = out_step;
    work.verdicts = NULL;
    return tpost_run_batch(&work, mask, bad_row);
}

tpost_status tpost_verify_batch(const tpost_lanes *lanes, const tpost_batch *batch, const tpost_column *signs,
                                uint8_t *verdicts, uint8_t *mask, size_t *bad_row)
{
    tpost_work work;

    work.kernel = tpost_kernel_of(lanes, batch);
    if (work.kernel == NULL || signs == NULL) {
        return TPOST_KEY_NOT_READY;
    }
    work.batch = batch;
    work.signs = signs;
    work.out = NULL;
    work.out_step = 0;
    work.verdicts = verdicts;
    return tpost_run_batch(&work, mask, bad_row);
}
