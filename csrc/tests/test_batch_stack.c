/*
 * test_batch_stack.c: a batch takes 16 KiB of stack at most, and leaves no secret on it. Nor does the HMAC of one text.
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 *
 * As in test_dead_stack.c a call runs in a thread whose stack is memory of the test's, which is then searched for the
 * words (in either byte order) of what the rows' keys are made of and lead to.
 */
#define _POSIX_C_SOURCE 200809L
#include "check.h"

#include "text.h"
#include "thingpost_lanes.h"

#include <pthread.h>

enum { STACK_SIZE = 256 * 1024, PAINT = 0xa5, ROWS = 40, SECRET = 32, MOST_WORDS = ROWS * 80, LIMIT = 16 * 1024 };

static char secret_bytes[ROWS * SECRET];
static char value_bytes[ROWS * 40];
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
    int text;   /* row 0 alone, as a text */
    int device; /* row 0 as the device of which the rest is ready */
    tpost_text_device ready;
    tpost_key key;
    char content[200];
    char out[ROWS * 2 * TPOST_DIGEST_SIZE];
    uint8_t verdicts[ROWS];
    tpost_status status;
    const volatile unsigned char *top;
} job;

static void *run(void *nothing)
{
    volatile unsigned char here = PAINT;

    job.top = &here;
    if (job.device) {
        tpost_text_device_sign(&job.ready, "1700000000000", job.out);
        tpost_text_forget();
        job.status = TPOST_OK;
    } else if (job.text) {
        size_t digits = 2 * tpost_method_digest_size(job.batch.method);

        tpost_text_key(&job.key, job.batch.method, secret_bytes, SECRET);
        if (job.verify) {
            job.verdicts[0] = (uint8_t)tpost_text_verify(&job.key, job.content, 71, job.out, digits);
        } else {
            tpost_text_sign(&job.key, job.content, 71, job.out);
        }
        tpost_text_forget();
        job.status = TPOST_OK;
    } else if (job.verify) {
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
        value_offsets[i] = (uint32_t)(i * 40);
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
    memcpy(job.content, "deviceName", 10);
    memcpy(job.content + 10, value_bytes, 40);
    memcpy(job.content + 50, "productKeya1GFjLPzqXp", 21);
}

/* ---- The search -------------------------------------------------------------------------------------------------- */

static uint32_t words[MOST_WORDS];
static size_t words_count;
static unsigned char *stack;

static void add(uint32_t word)
{
    if (word != 0 && word != 0x36363636u && word != 0x5c5c5c5cu && words_count < MOST_WORDS) {
        words[words_count++] = word;
    }
}

/* The secret, the key XOR both pads, the midstates, the inner digest and, to verify, the digits that are expected. */
static void collect(const tpost_method *method, size_t rows)
{
    size_t row;
    unsigned i;

    words_count = 0;
    for (row = 0; row < rows; row++) {
        tpost_key key;
        tpost_hash hash;
        uint8_t digest[TPOST_DIGEST_SIZE];

        for (i = 0; i < SECRET; i += 4) {
            uint32_t word;

            memcpy(&word, secret_bytes + row * SECRET + i, 4);
            add(word);
            add(word ^ 0x36363636u);
            add(word ^ 0x5c5c5c5cu);
        }
        CHECK_INT(tpost_key_init(&key, method, secret_bytes + row * SECRET, SECRET), TPOST_OK);
        for (i = 0; 4 * i < tpost_method_digest_size(method); i++) {
            add(key.inner[i]);
            add(key.outer[i]);
        }
        tpost_key_begin(&key, &hash);
        tpost_hash_update(&hash, "deviceName", 10);
        tpost_hash_update(&hash, value_bytes, 40);
        tpost_hash_update(&hash, "productKeya1GFjLPzqXp", 21);
        tpost_hash_final(&hash, digest);
        for (i = 0; 4 * i < tpost_method_digest_size(method); i++) {
            uint32_t word;

            memcpy(&word, digest + 4 * i, 4);
            add(word);
            if (job.verify) {
                memcpy(&word, job.out + row * 2 * tpost_method_digest_size(method) + 4 * i, 4);
                add(word);
            }
        }
    }
}

static int compare_words(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a;
    uint32_t y = *(const uint32_t *)b;

    return x < y ? -1 : x > y;
}

static int is_secret(uint32_t word)
{
    return bsearch(&word, words, words_count, sizeof words[0], compare_words) != NULL;
}

/* How many secret words are below the caller; *used receives how many bytes of stack were touched. */
static size_t search(size_t *used)
{
    size_t end = (size_t)(job.top - stack);
    size_t found = 0;
    size_t at;

    qsort(words, words_count, sizeof words[0], compare_words);
    for (at = 0; at < end && stack[at] == PAINT; at++) {
    }
    *used = end - at;
    for (; at + 4 <= end; at++) {
        uint32_t low = (uint32_t)stack[at] | (uint32_t)stack[at + 1] << 8 | (uint32_t)stack[at + 2] << 16 |
                       (uint32_t)stack[at + 3] << 24;
        uint32_t high = (uint32_t)stack[at + 3] | (uint32_t)stack[at + 2] << 8 | (uint32_t)stack[at + 1] << 16 |
                        (uint32_t)stack[at] << 24;

        found += (size_t)(is_secret(low) || is_secret(high));
    }
    return found;
}

static void run_on_painted_stack(void)
{
    pthread_t thread;
    pthread_attr_t attributes;

    memset(stack, PAINT, STACK_SIZE);
    CHECK_INT(pthread_attr_init(&attributes), 0);
    CHECK_INT(pthread_attr_setstack(&attributes, stack, STACK_SIZE), 0);
    CHECK_INT(pthread_create(&thread, &attributes, run, NULL), 0);
    CHECK_INT(pthread_join(thread, NULL), 0);
    CHECK_INT(pthread_attr_destroy(&attributes), 0);
}

/* lanes: NULL to compute row 0 as a text */
static void test_stack(const tpost_lanes *lanes, const char *name, const tpost_method *method, size_t rows)
{
    size_t used;

    job.lanes = lanes;
    job.text = lanes == NULL;
    set_up(method, rows);
    for (job.verify = 0; job.verify < 2; job.verify++) {
        snprintf(check_subject, sizeof check_subject, "%s, %s, %s %lu rows",
                 lanes == NULL ? "a text" : tpost_lanes_name(lanes), name, job.verify ? "verify" : "sign",
                 (unsigned long)rows);
        run_on_painted_stack(); /* once before: the loader binds functions at their first call */
        collect(method, rows);
        run_on_painted_stack();
        CHECK_INT(job.status, TPOST_OK);
        CHECK(!job.verify || job.verdicts[rows - 1] == 1);
        CHECK_INT(search(&used), 0);
        CHECK(used <= LIMIT);
        printf("  %s: %lu bytes of stack\n", check_subject, (unsigned long)used);
    }
}

static void test_device_stack(const char *name, const tpost_method *method)
{
    tpost_param param = {"deviceName", 10, value_bytes, 100}; /* more than a block: there is a state to find */
    uint8_t digest[TPOST_DIGEST_SIZE];
    tpost_device device;
    tpost_hash hash;
    tpost_key key;
    size_t used;
    unsigned i;

    set_up(method, 1);
    job.verify = 0;
    job.device = 1;
    CHECK_INT(tpost_key_init(&key, method, secret_bytes, SECRET), TPOST_OK);
    CHECK_INT(tpost_device_init(&device, &key, &param, 1), TPOST_OK);
    tpost_text_device_init(&job.ready, &device);
    snprintf(check_subject, sizeof check_subject, "a device, %s", name);
    run_on_painted_stack();
    collect(method, 1);
    tpost_key_begin(&key, &hash);
    tpost_hash_update(&hash, "deviceName", 10);
    tpost_hash_update(&hash, value_bytes, 100);
    tpost_hash_update(&hash, "timestamp1700000000000", 22);
    tpost_hash_final(&hash, digest);
    for (i = 0; 4 * i < tpost_method_digest_size(method); i++) {
        uint32_t word;

        add(device.state[i]);
        memcpy(&word, digest + 4 * i, 4);
        add(word);
    }
    run_on_painted_stack();
    CHECK_INT(search(&used), 0);
    job.device = 0;
}

/* The search must be able to find: the stack then holds an inner midstate. */
static void test_search(void)
{
    size_t used;
    size_t i;

    job.verify = 0;
    set_up(&tpost_hmacsha1, ROWS);
    collect(&tpost_hmacsha1, ROWS);
    memset(stack, PAINT, STACK_SIZE);
    job.top = stack + 1000;
    for (i = 0; i < 4; i++) {
        stack[500 + i] = (unsigned char)(words[words_count - 1] >> (8 * i));
    }
    CHECK_INT(search(&used), 1);
    CHECK_INT(used, 500);
}

int main(void)
{
    static const char *const names[] = {"portable", "sse2", "neon", "avx2", "avx512"};
    void *memory = NULL;
    size_t i;
    int m;

    CHECK_INT(posix_memalign(&memory, 4096, STACK_SIZE), 0);
    stack = (unsigned char *)memory;
    test_search();
    for (i = 0; i < sizeof names / sizeof names[0]; i++) {
        const tpost_lanes *lanes = tpost_lanes_by_name(names[i], strlen(names[i]));

        for (m = 0; lanes != NULL && m < CHECK_METHODS; m++) {
            test_stack(lanes, check_method_name(m), check_method(m), ROWS);
            test_stack(lanes, check_method_name(m), check_method(m), 1);
        }
    }
    for (m = 0; m < CHECK_METHODS; m++) {
        test_stack(NULL, check_method_name(m), check_method(m), 1);
        test_stack(NULL, check_method_name(m), tpost_method_fastest(check_method(m)), 1);
        test_device_stack(check_method_name(m), check_method(m));
        test_device_stack(check_method_name(m), tpost_method_fastest(check_method(m)));
    }
    free(memory);
    return check_end("test_batch_stack");
}
