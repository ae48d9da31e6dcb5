/*
 * ours.c: thingpost's own ways to sign.
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 */
#include "bench.h"

#include <string.h>

/* What each method keeps from one signature to the next: in plain C, and by the instructions for SHA. */
typedef struct tpost_bench_prepared {
    tpost_key keys[TPOST_BENCH_ROWS];
    tpost_device devices[TPOST_BENCH_ROWS];
} tpost_bench_prepared;

static tpost_bench_prepared tpost_bench_plain[TPOST_BENCH_METHODS];
static tpost_bench_prepared tpost_bench_instructions[TPOST_BENCH_METHODS];

static void tpost_bench_put(size_t row, const char *sign, size_t digits)
{
    memcpy(tpost_bench_out[row], sign, digits);
}

static void tpost_bench_sign(const tpost_bench_subject *subject)
{
    char sign[TPOST_SIGN_SIZE];
    size_t row;

    for (row = 0; row < TPOST_BENCH_ROWS; row++) {
        tpost_sign(subject->computes, tpost_bench_secret(row), TPOST_BENCH_SECRET, tpost_bench_input.params[row],
                   TPOST_BENCH_COLUMNS, sign, sizeof sign);
        tpost_bench_put(row, sign, subject->method->digits);
    }
}

static void tpost_bench_key_sign(const tpost_bench_subject *subject)
{
    const tpost_key *keys = subject->context;
    char sign[TPOST_SIGN_SIZE];
    size_t row;

    for (row = 0; row < TPOST_BENCH_ROWS; row++) {
        tpost_key_sign(&keys[row], tpost_bench_input.params[row], TPOST_BENCH_COLUMNS, sign, sizeof sign);
        tpost_bench_put(row, sign, subject->method->digits);
    }
}

static void tpost_bench_device_sign(const tpost_bench_subject *subject)
{
    const tpost_device *devices = subject->context;
    char sign[TPOST_SIGN_SIZE];
    size_t row;

    for (row = 0; row < TPOST_BENCH_ROWS; row++) {
        const tpost_param *timestamp = &tpost_bench_input.params[row][TPOST_BENCH_COLUMNS - 1];

        tpost_device_sign(&devices[row], timestamp->value, timestamp->value_len, sign, sizeof sign);
        tpost_bench_put(row, sign, subject->method->digits);
    }
}

static void tpost_bench_batch(const tpost_bench_subject *subject)
{
    tpost_batch batch;

    memset(&batch, 0, sizeof batch);
    batch.method = subject->method->method;
    batch.keys = subject->context;
    batch.n_keys = subject->context == NULL ? 0 : TPOST_BENCH_ROWS;
    batch.secrets = subject->context == NULL ? &tpost_bench_input.secret_column : NULL;
    batch.columns = tpost_bench_input.columns;
    batch.n_columns = TPOST_BENCH_COLUMNS;
    batch.rows = TPOST_BENCH_ROWS;
    if (tpost_sign_batch(subject->lanes, &batch, tpost_bench_out[0], sizeof tpost_bench_out, sizeof tpost_bench_out[0],
                         NULL, NULL) != TPOST_OK) {
        tpost_bench_fail("tpost_sign_batch");
    }
}

static void tpost_bench_prepare(tpost_bench_prepared *prepared, const tpost_method *method)
{
    size_t row;

    for (row = 0; row < TPOST_BENCH_ROWS; row++) {
        tpost_key_init(&prepared->keys[row], method, tpost_bench_secret(row), TPOST_BENCH_SECRET);
        tpost_device_init(&prepared->devices[row], &prepared->keys[row], tpost_bench_input.params[row],
                          TPOST_BENCH_COLUMNS - 1);
    }
}

static void tpost_bench_add_batches(const tpost_bench_method *which, tpost_bench_prepared *prepared)
{
    unsigned width;

    for (width = 0; width < TPOST_BENCH_WIDTHS; width++) {
        const tpost_lanes *lanes = tpost_bench_lanes(width);

        if (lanes != NULL) {
            tpost_bench_add("batch, secrets", which, lanes, tpost_bench_batch, TPOST_BENCH_ROWS);
            tpost_bench_add("batch, keys", which, lanes, tpost_bench_batch, TPOST_BENCH_ROWS)->context = prepared->keys;
        }
    }
}

/* names: of the three ways to sign once. */
static void tpost_bench_add_singles(const tpost_bench_method *which, const tpost_method *computes,
                                    tpost_bench_prepared *prepared, const char *const *names)
{
    tpost_bench_subject *subject;

    tpost_bench_prepare(prepared, computes);
    subject = tpost_bench_add(names[0], which, NULL, tpost_bench_sign, TPOST_BENCH_ROWS);
    subject->computes = computes;
    subject = tpost_bench_add(names[1], which, NULL, tpost_bench_key_sign, TPOST_BENCH_ROWS);
    subject->context = prepared->keys;
    subject = tpost_bench_add(names[2], which, NULL, tpost_bench_device_sign, TPOST_BENCH_ROWS);
    subject->context = prepared->devices;
}

void tpost_bench_add_ours(void)
{
    static const char *const plain[] = {"tpost_sign", "tpost_key_sign", "tpost_device_sign"};
    static const char *const fast[] = {"tpost_sign, SHA instructions", "tpost_key_sign, SHA instructions",
                                       "tpost_device_sign, SHA instructions"};
    unsigned method;

    for (method = 0; method < TPOST_BENCH_METHODS; method++) {
        const tpost_bench_method *which = &tpost_bench_methods[method];
        const tpost_method *fastest = tpost_method_fastest(which->method);

        tpost_bench_add_batches(which, &tpost_bench_plain[method]);
        tpost_bench_add_singles(which, which->method, &tpost_bench_plain[method], plain);
        if (fastest != which->method) {
            tpost_bench_add_singles(which, fastest, &tpost_bench_instructions[method], fast);
        }
    }
}
