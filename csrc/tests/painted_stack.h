/*
 * painted_stack.h: run a call on a stack that is memory of the test's, and search it for secrets afterwards.
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 *
 * Secrets are words of 32 bits, which are looked for at every byte and in either byte order. The function that runs should
 * call nothing but the library, and keep nothing on its own stack.
 */
#ifndef TPOST_TESTS_PAINTED_STACK_H
#define TPOST_TESTS_PAINTED_STACK_H

#include "check.h"

#include <pthread.h>

enum { PAINTED_SIZE = 256 * 1024, PAINT = 0xa5, PAINTED_SECRETS = 4000 };

typedef struct painted_secret {
    uint32_t word;
    const char *what;
} painted_secret;

static struct {
    unsigned char *stack;
    const volatile unsigned char *top; /* in the frame of the function that runs: what its calls leave lies below */
    painted_secret secrets[PAINTED_SECRETS];
    size_t count;
} painted;

/* ---- Running ----------------------------------------------------------------------------------------------------- */

static inline void painted_init(void)
{
    void *memory = NULL;

    CHECK_INT(posix_memalign(&memory, 4096, PAINTED_SIZE), 0);
    painted.stack = (unsigned char *)memory;
}

/* Run the function, which must set painted.top, in a thread; twice, as the loader binds functions at their first call. */
static inline void painted_run(void *(*run)(void *))
{
    pthread_t thread;
    pthread_attr_t attributes;
    int times;

    for (times = 0; times < 2; times++) {
        memset(painted.stack, PAINT, PAINTED_SIZE);
        CHECK_INT(pthread_attr_init(&attributes), 0);
        CHECK_INT(pthread_attr_setstack(&attributes, painted.stack, PAINTED_SIZE), 0);
        CHECK_INT(pthread_create(&thread, &attributes, run, NULL), 0);
        CHECK_INT(pthread_join(thread, NULL), 0);
        CHECK_INT(pthread_attr_destroy(&attributes), 0);
    }
}

/* ---- What must not be found -------------------------------------------------------------------------------------- */

static inline void painted_add(uint32_t word, const char *what)
{
    /* What an empty key's block is made of, and the paint, are no secrets. */
    if (word == 0 || word == 0x36363636u || word == 0x5c5c5c5cu || word == 0xa5a5a5a5u) {
        return;
    }
    if (CHECK(painted.count < PAINTED_SECRETS)) {
        painted.secrets[painted.count].word = word;
        painted.secrets[painted.count].what = what;
        painted.count++;
    }
}

static inline void painted_add_words(const uint32_t *words, size_t n, const char *what)
{
    size_t i;

    for (i = 0; i < n; i++) {
        painted_add(words[i], what);
    }
}

static inline void painted_add_bytes(const void *bytes, size_t len, const char *what)
{
    size_t i;

    for (i = 0; i + 4 <= len; i += 4) {
        uint32_t word;

        memcpy(&word, (const unsigned char *)bytes + i, 4);
        painted_add(word, what);
    }
}

/* A secret that fits into a block, and its key block with both pads */
static inline void painted_add_key(const char *secret, size_t len)
{
    size_t i;

    painted_add_bytes(secret, len, "secret");
    for (i = 0; i + 4 <= len; i += 4) {
        uint32_t word;

        memcpy(&word, secret + i, 4);
        painted_add(word ^ 0x36363636u, "key XOR ipad");
        painted_add(word ^ 0x5c5c5c5cu, "key XOR opad");
    }
}

/* The midstates, and the HMAC's inner digest of a text, which is what a hash that starts from the inner one gives */
static inline void painted_add_states(const tpost_method *method, const tpost_key *key, const char *text, size_t len)
{
    size_t size = tpost_method_digest_size(method);
    tpost_hash hash;
    uint8_t digest[TPOST_DIGEST_SIZE];

    painted_add_bytes(key->inner, size, "inner midstate");
    painted_add_bytes(key->outer, size, "outer midstate");
    tpost_key_begin(key, &hash);
    tpost_hash_update(&hash, text, len);
    tpost_hash_final(&hash, digest);
    painted_add_bytes(digest, size, "inner digest");
}

/* ---- The search -------------------------------------------------------------------------------------------------- */

static inline int painted_compare(const void *a, const void *b)
{
    uint32_t x = ((const painted_secret *)a)->word;
    uint32_t y = ((const painted_secret *)b)->word;

    return x < y ? -1 : x > y;
}

static inline const painted_secret *painted_find(uint32_t word)
{
    painted_secret wanted;

    wanted.word = word;
    wanted.what = NULL;
    return (const painted_secret *)bsearch(&wanted, painted.secrets, painted.count, sizeof wanted, painted_compare);
}

/*
 * How many words of secrets are below the caller; *used receives how many bytes of stack were touched. Above the caller are
 * the C library's own data of the thread: glibc's pthread_create copies into them from its caller's stack, where the test
 * may have been with its secrets.
 */
static inline size_t painted_search(size_t *used)
{
    const unsigned char *stack = painted.stack;
    size_t end = (size_t)(painted.top - painted.stack);
    size_t found = 0;
    size_t at;

    qsort(painted.secrets, painted.count, sizeof painted.secrets[0], painted_compare);
    for (at = 0; at < end && stack[at] == PAINT; at++) {
    }
    *used = end - at;
    for (; at + 4 <= end; at++) {
        const unsigned char *p = stack + at;
        const painted_secret *secret =
            painted_find((uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24);

        if (secret == NULL) {
            secret = painted_find((uint32_t)p[3] | (uint32_t)p[2] << 8 | (uint32_t)p[1] << 16 | (uint32_t)p[0] << 24);
        }
        if (secret != NULL) {
            found++;
            if (found <= 5) {
                printf("    %lu bytes below the caller: %08lx, %s\n", (unsigned long)(end - at),
                       (unsigned long)secret->word, secret->what);
            }
        }
    }
    return found;
}

/* The search must be able to find: here a secret lies where a call could have left it. */
static inline void painted_test_search(void)
{
    size_t used;
    size_t i;

    painted.count = 0;
    painted_add(0x12345678u, "left here on purpose, to be found");
    memset(painted.stack, PAINT, PAINTED_SIZE);
    painted.top = painted.stack + 1000;
    for (i = 0; i < 4; i++) {
        painted.stack[500 + i] = (unsigned char)(0x12345678u >> (8 * i));
    }
    CHECK_INT(painted_search(&used), 1);
    CHECK_INT(used, 500);
}

#endif
