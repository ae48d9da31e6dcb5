/*
 * hex.c: bytes to hexadecimal digits, in constant time.
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 */
#include "internal.h"

/* 9 - value borrows from the higher bits only for 10 to 15, which are 7 further on: 'A' is '0' + 10 + 7. */
static char tpost_hex_digit(unsigned value)
{
    return (char)(value + '0' + (((9u - value) >> 8) & 7u));
}

void tpost_hex(const uint8_t *data, size_t len, char *out)
{
    size_t i;

    /* From the end, so that it works in place. */
    out[2 * len] = '\0';
    for (i = len; i > 0; i--) {
        unsigned byte = data[i - 1];

        out[2 * i - 1] = tpost_hex_digit(byte & 15u);
        out[2 * i - 2] = tpost_hex_digit(byte >> 4);
    }
}
