/*
 * any.h: values that can be anything, for CBMC: a function whose name begins with nondet_ returns any value.
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 */
#ifndef TPOST_PROOFS_CBMC_ANY_H
#define TPOST_PROOFS_CBMC_ANY_H

#include "internal.h"

#include <assert.h>

uint8_t nondet_byte(void);
size_t nondet_number(void);
uint64_t nondet_number64(void);

static void any_bytes(void *memory, size_t n)
{
    size_t i;

    for (i = 0; i < n; i++) {
        ((uint8_t *)memory)[i] = nondet_byte();
    }
}

/* A number from 0 to most */
static size_t any_up_to(size_t most)
{
    size_t n = nondet_number();

    __CPROVER_assume(n <= most);
    return n;
}

#endif
