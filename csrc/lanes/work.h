/*
 * work.h: what one call of tpost_sign_batch() or tpost_verify_batch() works with, and where a row's result goes.
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 */
#ifndef TPOST_WORK_H
#define TPOST_WORK_H

#include "lanes.h"

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

/* ---- Keys (keys.c) ----------------------------------------------------------------------------------------------- */

/* All rows have one key: it stays in the group. Returns TPOST_OK or TPOST_EMPTY_SECRET. */
tpost_status tpost_set_one_key(tpost_work *work);

/* Make the keys of n rows from `first` on, unless all have one. */
void tpost_set_keys(tpost_work *work, size_t first, size_t n);

/* ---- Rows (rows.c) ----------------------------------------------------------------------------------------------- */

/*
 * Read n rows, `first` and those that follow, into the group. Those that are too long for a window, or too few, are
 * computed at once.
 */
void tpost_read_rows(tpost_work *work, size_t first, size_t n);

/* ---- Results ----------------------------------------------------------------------------------------------------- */

/* A row's signature is known: hand it out, or compare it. `at` is the row's number in the batch, `i` in its group. */
TPOST_INLINE void tpost_deliver(tpost_work *work, size_t at, size_t i, const char *digits)
{
    if (work->signs != NULL) {
        const char *received = work->received[i];
        unsigned difference = received == NULL ? 1 : tpost_digits_differ(digits, received, work->digits);

        TPOST_DECLASSIFY(&difference, sizeof difference); /* the verdict: the one secret that becomes public */
        work->verdicts[at] = difference == 0;
    } else {
        memcpy(work->out + at * work->out_step, digits, work->digits);
    }
}

TPOST_INLINE void tpost_deliver_nothing(tpost_work *work, size_t at)
{
    if (work->signs != NULL) {
        work->verdicts[at] = 0;
    } else {
        memset(work->out + at * work->out_step, 0, work->digits);
    }
}

#endif
