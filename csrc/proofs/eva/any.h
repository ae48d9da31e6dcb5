/*
 * any.h: values that can be anything, for Frama-C's EVA.
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 */
#ifndef TPOST_PROOFS_EVA_ANY_H
#define TPOST_PROOFS_EVA_ANY_H

#include "thingpost.h"

#include "__fc_builtin.h"

#define ANY_MOST 1024 /* bytes of a text; every length up to that is looked at */

/* Fill memory with bytes that can each be anything. */
static void any_bytes(void *memory, size_t size)
{
    Frama_C_make_unknown((char *)memory, size);
}

/* A number from least to most, both included */
static size_t any_size(size_t least, size_t most)
{
    return Frama_C_size_t_interval(least, most);
}

static const tpost_method *any_method(void)
{
    return Frama_C_nondet(0, 1) ? &tpost_hmacmd5 : (Frama_C_nondet(0, 1) ? &tpost_hmacsha1 : &tpost_hmacsha256);
}

static char any_names[8][ANY_MOST];
static char any_values[8][ANY_MOST];
static tpost_param any_params[8];

/* 0 to 8 parameters with any names and values */
static size_t any_parameters(void)
{
    unsigned i;

    any_bytes(any_names, sizeof any_names);
    any_bytes(any_values, sizeof any_values);
    for (i = 0; i < 8; i++) {
        any_params[i].name = any_names[i];
        any_params[i].name_len = any_size(0, ANY_MOST);
        any_params[i].value = any_values[i];
        any_params[i].value_len = any_size(0, ANY_MOST);
    }
    return any_size(0, 8);
}

#endif
