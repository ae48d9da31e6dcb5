/*
 * vectors.c: published vectors on a machine without an operating system. Exit code 0: all are right; 1: one is not.
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 */
#include "bare.h"

size_t bare_length(const char *string)
{
    size_t len = 0;

    while (string[len] != '\0') {
        len++;
    }
    return len;
}

int bare_equal(const char *bytes, size_t len, const char *string)
{
    size_t i;

    if (len != bare_length(string)) {
        return 0;
    }
    for (i = 0; i < len; i++) {
        if (bytes[i] != string[i]) {
            return 0;
        }
    }
    return 1;
}

void bare_check(bare_counts *counts, int passed, const char *name)
{
    if (passed) {
        counts->passed++;
        return;
    }
    counts->failed++;
    bare_print("failed: ");
    bare_print(name);
    bare_print("\n");
}

static void print_count(unsigned count, const char *what)
{
    char digits[TPOST_U64_SIZE];

    tpost_u64_text(count, digits);
    bare_print(digits);
    bare_print(what);
}

int bare_main(void)
{
    bare_counts counts;

    counts.passed = 0;
    counts.failed = 0;
    bare_hmac(&counts);
    bare_sign(&counts);
    bare_protocol(&counts);
    if (counts.failed > 0) {
        print_count(counts.failed, " checks failed\n");
        return 1;
    }
    print_count(counts.passed, " checks passed\n");
    return 0;
}
