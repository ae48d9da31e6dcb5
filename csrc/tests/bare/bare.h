/*
 * bare.h: what the parts of the bare-metal program share. It has no C library and no variable that outlives a function,
 * so that a start-up has nothing to prepare but the stack.
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 */
#ifndef TPOST_TESTS_BARE_H
#define TPOST_TESTS_BARE_H

#include "thingpost.h"

/* ---- From the machine's own file --------------------------------------------------------------------------------- */

/* Show text to whoever runs the image. */
void bare_print(const char *text);

/* ---- From vectors.c ---------------------------------------------------------------------------------------------- */

typedef struct bare_counts {
    unsigned passed;
    unsigned failed;
} bare_counts;

/* The whole program: prints what failed and how many checks passed, returns the exit code. */
int bare_main(void);

/* Count the check; print its name where it failed. */
void bare_check(bare_counts *counts, int passed, const char *name);

/* Do the bytes equal this string? */
int bare_equal(const char *bytes, size_t len, const char *string);

size_t bare_length(const char *string);

/* ---- The parts --------------------------------------------------------------------------------------------------- */

void bare_hmac(bare_counts *counts);     /* the RFCs' vectors */
void bare_sign(bare_counts *counts);     /* the platform's signatures */
void bare_protocol(bare_counts *counts); /* requests and replies */

#endif
