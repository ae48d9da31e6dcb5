/*
 * u64_text.c: decimal digits of a 64-bit number, divided by hand, bit by bit: else that would need a helper of the compiler's.
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 */
#include "internal.h"

size_t tpost_u64_text(uint64_t number, char *out)
{
    volatile char *to = out; /* volatile: no call of memset or memmove */
    uint32_t high = (uint32_t)(number >> 32);
    uint32_t low = (uint32_t)number;
    size_t len = 0;
    size_t at;

    for (at = 0; at < TPOST_U64_SIZE; at++) {
        to[at] = '\0';
    }
    /* The digits are made from the lowest, from the end of `out`: what is left is divided by ten. */
    at = TPOST_U64_SIZE - 1;
    do {
        unsigned rest = 0;
        unsigned i;

        for (i = 0; i < 64; i++) {
            rest = rest << 1 | (unsigned)(high >> 31);
            high = high << 1 | low >> 31;
            low <<= 1;
            if (rest >= 10) {
                rest -= 10;
                low |= 1;
            }
        }
        at--;
        to[at] = (char)('0' + rest);
    } while (at > 0 && (high | low) != 0);
    /* Then they move to its beginning. */
    for (; at < TPOST_U64_SIZE - 1; at++) {
        to[len] = to[at];
        len++;
    }
    to[len] = '\0';
    return len;
}
