/*
 * u64_text.c: decimal digits of a 64-bit number, without dividing: that would need a helper of the compiler's.
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 */
#include "internal.h"

/* out[0..19] = twice that number, plus bit. The digits are held as their values, the highest first. */
static void tpost_double_digits(char *out, unsigned bit)
{
    unsigned i;

    for (i = TPOST_U64_SIZE - 1; i > 0; i--) {
        unsigned digit = 2 * (unsigned)out[i - 1] + bit;

        bit = digit >= 10 ? 1 : 0;
        out[i - 1] = (char)(digit - 10 * bit);
    }
}

size_t tpost_u64_text(uint64_t number, char *out)
{
    volatile char *to = out; /* volatile: no call of memset or memmove */
    size_t len = 0;
    size_t i;

    for (i = 0; i < TPOST_U64_SIZE; i++) {
        to[i] = 0;
    }
    for (i = 0; i < 64; i++) {
        tpost_double_digits(out, (unsigned)(number >> 63));
        number <<= 1;
    }
    for (i = 0; i < TPOST_U64_SIZE - 1; i++) {
        if (len > 0 || to[i] != 0 || i == TPOST_U64_SIZE - 2) { /* not the zeros in front, but a single one */
            to[len] = (char)(to[i] + '0');
            len++;
        }
    }
    to[len] = '\0';
    return len;
}
