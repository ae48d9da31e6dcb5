/*
 * check.h: the tests' own few macros. Every check counts; a failed one prints where and what, and the test goes on.
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 */
#ifndef TPOST_TESTS_CHECK_H
#define TPOST_TESTS_CHECK_H

#include "thingpost.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned long check_passed;
static unsigned long check_failed;

#define CHECK(condition) check_condition((condition) ? 1 : 0, #condition, __FILE__, __LINE__)
#define CHECK_INT(actual, expected)                                                                                    \
    check_int((long long)(actual), (long long)(expected), #actual, #expected, __FILE__, __LINE__)
#define CHECK_TEXT(actual, expected) check_text((actual), (expected), #actual, __FILE__, __LINE__)
#define CHECK_BYTES(actual, expected, size) check_bytes((actual), (expected), (size), #actual, __FILE__, __LINE__)
/* expected: lower-case hexadecimal digits; as many bytes as it has pairs of digits are compared */
#define CHECK_HEX(actual, expected) check_hex((actual), (expected), #actual, __FILE__, __LINE__)

/* A test tells here what it is working on, for the message of a check that fails. */
static char check_subject[160];

static inline int check_condition(int passed, const char *text, const char *file, int line)
{
    if (passed) {
        check_passed++;
    } else {
        check_failed++;
        printf("%s:%d: failed: %s   [%s]\n", file, line, text, check_subject);
    }
    return passed;
}

static inline void check_int(long long actual, long long expected, const char *text, const char *wanted,
                             const char *file, int line)
{
    if (!check_condition(actual == expected, text, file, line)) {
        printf("    is %lld, should be %lld (%s)\n", actual, expected, wanted);
    }
}

static inline void check_text(const char *actual, const char *expected, const char *text, const char *file, int line)
{
    if (!check_condition(strcmp(actual, expected) == 0, text, file, line)) {
        printf("    is        \"%s\"\n    should be \"%s\"\n", actual, expected);
    }
}

static inline void check_print_hex(const char *label, const void *bytes, size_t size)
{
    size_t i;

    printf("    %s", label);
    for (i = 0; i < size; i++) {
        printf("%02x", ((const unsigned char *)bytes)[i]);
    }
    printf("\n");
}

static inline void check_bytes(const void *actual, const void *expected, size_t size, const char *text,
                               const char *file, int line)
{
    if (!check_condition(size == 0 || memcmp(actual, expected, size) == 0, text, file, line)) {
        check_print_hex("is        ", actual, size);
        check_print_hex("should be ", expected, size);
    }
}

static inline void check_hex(const void *actual, const char *expected, const char *text, const char *file, int line)
{
    unsigned char bytes[128];
    size_t size = strlen(expected) / 2;
    size_t i;

    for (i = 0; i < size && i < sizeof bytes; i++) {
        char pair[3] = {expected[2 * i], expected[2 * i + 1], '\0'};

        bytes[i] = (unsigned char)strtoul(pair, NULL, 16);
    }
    check_bytes(actual, bytes, size, text, file, line);
}

/* The last line of every test, and its exit code. */
static inline int check_end(const char *name)
{
    if (check_failed > 0) {
        printf("%s: %lu checks FAILED, %lu passed\n", name, check_failed, check_passed);
        return 1;
    }
    printf("%s: %lu checks passed\n", name, check_passed);
    return 0;
}

/* ---- The three methods ------------------------------------------------------------------------------------------- */

enum { CHECK_METHODS = 3 };

/* Those that the library has: CHECK_FIRST and on, before CHECK_END. All, but where it was told of one only. */
#if defined(TPOST_ONLY_MD5)
enum { CHECK_FIRST = 0, CHECK_END = 1 };
#define CHECK_ONLY (&tpost_hmacmd5)
#elif defined(TPOST_ONLY_SHA1)
enum { CHECK_FIRST = 1, CHECK_END = 2 };
#define CHECK_ONLY (&tpost_hmacsha1)
#elif defined(TPOST_ONLY_SHA256)
enum { CHECK_FIRST = 2, CHECK_END = 3 };
#define CHECK_ONLY (&tpost_hmacsha256)
#else
enum { CHECK_FIRST = 0, CHECK_END = CHECK_METHODS };
#endif

/* NULL where the library does not have it */
static inline const tpost_method *check_method(int i)
{
#ifdef CHECK_ONLY
    return i == CHECK_FIRST ? CHECK_ONLY : NULL;
#else
    return i == 0 ? &tpost_hmacmd5 : (i == 1 ? &tpost_hmacsha1 : &tpost_hmacsha256);
#endif
}

static inline const char *check_method_name(int i)
{
    return i == 0 ? "hmacmd5" : (i == 1 ? "hmacsha1" : "hmacsha256");
}

/* Bytes that differ from their neighbours and from a counter: 17, 148, 23, 154, ... */
static inline void check_fill(unsigned char *bytes, size_t size)
{
    size_t i;

    for (i = 0; i < size; i++) {
        bytes[i] = (unsigned char)(i * 131 + 17);
    }
}

#endif
