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

#if TPOST_UNROLL == 2
/* As tpost_hex() for the last four of len bytes. Compilers make one load and one store of the bytes. */
static void tpost_hex_four(const uint8_t *data, size_t len, char *out)
{
    const uint8_t *from = data + len - 4;
    char *to = out + 2 * len - 8;
    uint64_t digits = tpost_hex_digits((uint32_t)from[0] << 24 | (uint32_t)from[1] << 16 | (uint32_t)from[2] << 8 |
                                       (uint32_t)from[3]);

    to[0] = (char)(digits >> 56);
    to[1] = (char)(digits >> 48 & 0xffu);
    to[2] = (char)(digits >> 40 & 0xffu);
    to[3] = (char)(digits >> 32 & 0xffu);
    to[4] = (char)(digits >> 24 & 0xffu);
    to[5] = (char)(digits >> 16 & 0xffu);
    to[6] = (char)(digits >> 8 & 0xffu);
    to[7] = (char)(digits & 0xffu);
}
#endif

void tpost_hex(const uint8_t *data, size_t len, char *out)
{
    size_t i;

    /* From the end, so that it works in place. */
    out[2 * len] = '\0';
#if TPOST_UNROLL == 0
    i = 2 * len;
    while (i > 0) {
        unsigned byte;

        i--;
        byte = data[i / 2];
        if (i % 2 == 0) {
            byte >>= 4;
        }
        out[i] = tpost_hex_digit(byte & 15u);
    }
#else
#if TPOST_UNROLL == 2
    for (; len >= 4; len -= 4) {
        tpost_hex_four(data, len, out);
    }
#endif
    for (i = len; i > 0;) {
        unsigned byte;

        i--;
        byte = data[i];
        out[2 * i + 1] = tpost_hex_digit(byte & 15u);
        out[2 * i] = tpost_hex_digit(byte >> 4);
    }
#endif
}
