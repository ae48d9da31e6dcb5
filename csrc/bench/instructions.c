/*
 * instructions.c: makes single signatures and batches for callgrind to count. See bench/instructions.py, which runs it.
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 *
 * Each case runs twice: the first time resolves what the dynamic linker and the CPU detection do once, the second is
 * counted, and dumped under the case's name.
 */
#include "bench.h"

#include <bridge.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <valgrind/callgrind.h>

const tpost_bench_method tpost_bench_methods[TPOST_BENCH_METHODS] = {
    {"hmacmd5", "MD5", &tpost_hmacmd5, 32},
    {"hmacsha1", "SHA1", &tpost_hmacsha1, 40},
    {"hmacsha256", "SHA256", &tpost_hmacsha256, 64},
};
tpost_bench_records tpost_bench_input;
char tpost_bench_out[TPOST_BENCH_ROWS][TPOST_SIGN_SIZE - 1];

/* One width for each family of machines, and the next one where callgrind can run it; it cannot run AVX-512. */
static const char *const tpost_bench_counted[] = {"sse2", "avx2", "neon"};

static void tpost_bench_sign(const tpost_bench_method *method, const tpost_lanes *lanes)
{
    char sign[TPOST_SIGN_SIZE];

    (void)lanes;
    tpost_sign(method->method, tpost_bench_input.secrets, TPOST_BENCH_SECRET, tpost_bench_input.params[0],
               TPOST_BENCH_COLUMNS, sign, sizeof sign);
    memcpy(tpost_bench_out[0], sign, sizeof tpost_bench_out[0]);
}

/* What the binding's call takes: see bridge.h. */
static char tpost_bench_message[256];
static tpost_key tpost_bench_key;
static tpost_bridge_names tpost_bench_names;
static tpost_bridge_slot tpost_bench_slot;

static void tpost_bench_prepare(const tpost_bench_method *method)
{
    uintptr_t address = (uintptr_t)&tpost_bench_slot;
    char *at = tpost_bench_message;
    const tpost_param *params = tpost_bench_input.params[0];
    unsigned i;

    tpost_key_init(&tpost_bench_key, method->method, tpost_bench_input.secrets, TPOST_BENCH_SECRET);
    tpost_bridge_names_init(&tpost_bench_names, params, TPOST_BENCH_COLUMNS);
    tpost_bench_slot.method = method->method;
    tpost_bench_slot.key = &tpost_bench_key;
    tpost_bench_slot.names = &tpost_bench_names;
    tpost_bench_slot.sign = tpost_bench_out[0];
    for (i = 0; i < TPOST_BRIDGE_ADDRESS; i++) {
        *at++ = (char)((uint64_t)address >> 7 * (TPOST_BRIDGE_ADDRESS - 1 - i) & 127u);
    }
    for (i = 0; i < TPOST_BENCH_COLUMNS; i++) {
        const tpost_param *param = &params[tpost_bench_names.order[i]];

        memcpy(at, param->value, param->value_len);
        at += param->value_len;
        *at++ = '\0';
    }
    memcpy(at, tpost_bench_input.secrets, TPOST_BENCH_SECRET); /* read where there is no key */
}

static void tpost_bench_bridge_sign(const tpost_bench_method *method, const tpost_lanes *lanes)
{
    (void)method;
    (void)lanes;
    if (tpost_bridge_sign(tpost_bench_message) == 0) {
        fprintf(stderr, "tpost_bridge_sign signed nothing\n");
        exit(1);
    }
}

static void tpost_bench_bridge_key_sign(const tpost_bench_method *method, const tpost_lanes *lanes)
{
    (void)method;
    (void)lanes;
    if (tpost_bridge_key_sign(tpost_bench_message) == 0) {
        fprintf(stderr, "tpost_bridge_key_sign signed nothing\n");
        exit(1);
    }
}

static void tpost_bench_batch(const tpost_bench_method *method, const tpost_lanes *lanes)
{
    tpost_batch batch;

    memset(&batch, 0, sizeof batch);
    batch.method = method->method;
    batch.secrets = &tpost_bench_input.secret_column;
    batch.columns = tpost_bench_input.columns;
    batch.n_columns = TPOST_BENCH_COLUMNS;
    batch.rows = TPOST_BENCH_ROWS;
    tpost_sign_batch(lanes, &batch, tpost_bench_out[0], sizeof tpost_bench_out, sizeof tpost_bench_out[0], NULL, NULL);
}

static void tpost_bench_count(const char *what, const tpost_bench_method *method, const tpost_lanes *lanes,
                              void (*run)(const tpost_bench_method *method, const tpost_lanes *lanes))
{
    char name[64];

    snprintf(name, sizeof name, "%s %s", what, method->name);
    run(method, lanes);
    CALLGRIND_ZERO_STATS;
    CALLGRIND_TOGGLE_COLLECT;
    run(method, lanes);
    CALLGRIND_TOGGLE_COLLECT;
    CALLGRIND_DUMP_STATS_AT(name);
}

int main(void)
{
    unsigned method;
    unsigned i;

    tpost_bench_records_init(&tpost_bench_input);
    for (method = 0; method < TPOST_BENCH_METHODS; method++) {
        const tpost_bench_method *which = &tpost_bench_methods[method];

        tpost_bench_prepare(which);
        tpost_bench_count("tpost_sign", which, NULL, tpost_bench_sign);
        tpost_bench_count("tpost_bridge_sign", which, NULL, tpost_bench_bridge_sign);
        tpost_bench_count("tpost_bridge_key_sign", which, NULL, tpost_bench_bridge_key_sign);
        for (i = 0; i < sizeof tpost_bench_counted / sizeof tpost_bench_counted[0]; i++) {
            const tpost_lanes *lanes = tpost_lanes_by_name(tpost_bench_counted[i], strlen(tpost_bench_counted[i]));
            char what[32];

            if (lanes != NULL) {
                snprintf(what, sizeof what, "batch %s", tpost_bench_counted[i]);
                tpost_bench_count(what, which, lanes, tpost_bench_batch);
            }
        }
    }
    return 0;
}
