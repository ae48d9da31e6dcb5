/*
 * batch.c: sign and verify rows, a group at a time.
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 */
#include "work.h"

/* How far below tpost_run_batch() its calls reach, in bytes: kernels keep blocks and states there. */
#define TPOST_LANES_DEAD_STACK 5120

/* The number of the first row of the group that was refused, or n. */
static size_t tpost_first_bad(const tpost_work *work, size_t n)
{
    size_t i;

    for (i = 0; i < n && work->status[i] == TPOST_OK; i++) {
    }
    return i;
}

/* Hand the results of n rows out, `first` and those that follow. */
static void tpost_deliver_group(tpost_work *work, size_t first, size_t n)
{
    const tpost_group *group = &work->group;
    size_t i;

    for (i = 0; i < n; i++) {
        if (group->blocks[i] > 0) {
            tpost_deliver(work, first + i, i, (const char *)group->windows[i]);
        } else if (work->status[i] != TPOST_OK) {
            tpost_deliver_nothing(work, first + i);
        }
    }
}

/* The same where all rows of the group are there and are signed. */
static void tpost_deliver_signatures(tpost_work *work, size_t first, size_t n)
{
    uint8_t (*windows)[TPOST_WINDOW_SIZE] = work->group.windows;
    char *out = work->out + first * work->out_step;
    size_t step = work->out_step;
    size_t i;

    /* Lengths that the compiler knows: no call of memcpy */
    if (work->digits == 32) {
        for (i = 0; i < n; i++) {
            memcpy(out + i * step, windows[i], 32);
        }
    } else if (work->digits == 40) {
        for (i = 0; i < n; i++) {
            memcpy(out + i * step, windows[i], 40);
        }
    } else {
        for (i = 0; i < n; i++) {
            memcpy(out + i * step, windows[i], 64);
        }
    }
}

/* Compute n rows from `first` on; status tells which were refused. */
static void tpost_run_group(tpost_work *work, size_t first, size_t n)
{
    memset(work->status, TPOST_OK, sizeof work->status);
    tpost_set_keys(work, first, n);
    tpost_read_rows(work, first, n);
    if (work->group.most_blocks > 0) {
        work->kernel->sign(&work->group);
    }
    if (work->group.least_blocks > 0 && work->signs == NULL) {
        tpost_deliver_signatures(work, first, n);
    } else {
        tpost_deliver_group(work, first, n);
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
