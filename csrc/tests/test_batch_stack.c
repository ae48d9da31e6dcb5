/*
 * test_batch_stack.c: a batch takes 16 KiB of stack at most, and leaves no secret on it.
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 */
#define _POSIX_C_SOURCE 200809L
#include "painted_stack.h"

#include "thingpost_lanes.h"

enum { ROWS = 40, SECRET = 32, VALUE = 40, LIMIT = 16 * 1024 };

static char secret_bytes[ROWS * SECRET];
static char value_bytes[ROWS * VALUE];
static uint32_t secret_offsets[ROWS + 1];
static uint32_t value_offsets[ROWS + 1];
static uint32_t sign_offsets[ROWS + 1];

/* What the thread works on: nothing of it is on the thread's stack. */
static struct {
    const tpost_lanes *lanes;
    tpost_batch batch;
    tpost_column secrets;
    tpost_column columns[2];
    tpost_column signs;
    int verify;
    char out[ROWS * 2 * TPOST_DIGEST_SIZE];
    uint8_t verdicts[ROWS];
    tpost_status status;
} job;

static void *run(void *nothing)
{
    volatile unsigned char here = PAINT;

    painted.top = &here;
    if (job.verify) {
        job.status = tpost_verify_batch(job.lanes, &job.batch, &job.signs, job.verdicts, NULL, NULL);
    } else {
        job.status = tpost_sign_batch(job.lanes, &job.batch, job.out, sizeof job.out,
                                      2 * tpost_method_digest_size(job.batch.method), NULL, NULL);
    }
    return nothing;
}

static void set_up(const tpost_method *method, size_t rows)
{
    tpost_column constant = {"productKey", 10, "a1GFjLPzqXp", 11, NULL, TPOST_OFFSETS_U32, 0};
    size_t i;

    check_fill((unsigned char *)secret_bytes, sizeof secret_bytes);
    memset(value_bytes, 'v', sizeof value_bytes);
    for (i = 0; i < ROWS; i++) {
        memcpy(secret_bytes + i * SECRET, &i, 2); /* all differ */
    }
    for (i = 0; i <= ROWS; i++) {
        secret_offsets[i] = (uint32_t)(i * SECRET);
        value_offsets[i] = (uint32_t)(i * VALUE);
        sign_offsets[i] = (uint32_t)(i * 2 * tpost_method_digest_size(method));
    }
    job.secrets = constant;
    job.secrets.data = secret_bytes;
    job.secrets.data_len = sizeof secret_bytes;
    job.secrets.offsets = secret_offsets;
    job.columns[0] = constant;
    job.columns[1] = job.secrets;
    job.columns[1].name = "deviceName";
    job.columns[1].name_len = 10;
    job.columns[1].data = value_bytes;
    job.columns[1].data_len = sizeof value_bytes;
    job.columns[1].offsets = value_offsets;
    job.signs = job.secrets;
    job.signs.data = job.out;
    job.signs.data_len = sizeof job.out;
    job.signs.offsets = sign_offsets;
    memset(&job.batch, 0, sizeof job.batch);
    job.batch.method = method;
    job.batch.secrets = &job.secrets;
    job.batch.columns = job.columns;
    job.batch.n_columns = 2;
    job.batch.rows = rows;
}

/* The secret, the key XOR both pads, the midstates, the inner digest and, to verify, the digits that are expected. */
static void collect(const tpost_method *method, size_t rows)
{
    size_t digits = 2 * tpost_method_digest_size(method);
    char text[10 + VALUE + 21];
    tpost_key key;
    size_t row;

    painted.count = 0;
    memcpy(text, "deviceName", 10);
    memcpy(text + 10, value_bytes, VALUE);
    memcpy(text + 10 + VALUE, "productKeya1GFjLPzqXp", 21);
    for (row = 0; row < rows; row++) {
        const char *secret = secret_bytes + row * SECRET;

        painted_add_key(secret, SECRET);
        CHECK_INT(tpost_key_init(&key, method, secret, SECRET), TPOST_OK);
        painted_add_states(method, &key, text, sizeof text);
        if (job.verify) {
            painted_add_bytes(job.out + row * digits, digits, "expected signature");
        }
    }
}

static void test_stack(const tpost_lanes *lanes, const char *name, const tpost_method *method, size_t rows)
{
    size_t used;

    job.lanes = lanes;
    set_up(method, rows);
    for (job.verify = 0; job.verify < 2; job.verify++) {
        snprintf(check_subject, sizeof check_subject, "%s, %s, %s %lu rows", tpost_lanes_name(lanes), name,
                 job.verify ? "verify" : "sign", (unsigned long)rows);
        painted_run(run);
        collect(method, rows);
        CHECK_INT(job.status, TPOST_OK);
        CHECK(!job.verify || job.verdicts[rows - 1] == 1);
        CHECK_INT(painted_search(&used), 0);
        CHECK(used <= LIMIT);
        printf("  %s: %lu bytes of stack\n", check_subject, (unsigned long)used);
    }
}

int main(void)
{
    static const char *const names[] = {"portable", "sse2", "neon", "avx2", "avx512"};
    size_t i;
    int m;

    painted_init();
    painted_test_search();
    for (i = 0; i < sizeof names / sizeof names[0]; i++) {
        const tpost_lanes *lanes = tpost_lanes_by_name(names[i], strlen(names[i]));

        for (m = 0; lanes != NULL && m < CHECK_METHODS; m++) {
            test_stack(lanes, check_method_name(m), check_method(m), ROWS);
            test_stack(lanes, check_method_name(m), check_method(m), 1);
        }
    }
    free(painted.stack);
    return check_end("test_batch_stack");
}
