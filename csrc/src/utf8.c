/*
 * utf8.c: UTF-8, checked byte by byte (RFC 3629 4): the shortest form only, no surrogate, nothing above U+10FFFF.
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 */
#include "internal.h"

int tpost_utf8_step(tpost_utf8 *state, unsigned byte)
{
    unsigned low = state->low;
    unsigned high = state->high;

    state->low = 0x80;
    state->high = 0xbf;
    if (state->more > 0) {
        state->more--;
        return byte >= low && byte <= high;
    }
    if (byte < 0x80) {
        return 1;
    }
    /* The first byte says how many follow, and what the second may be. */
    state->more = (uint8_t)(1u + (byte >= 0xe0) + (byte >= 0xf0));
    if (byte == 0xe0) {
        state->low = 0xa0;
    }
    if (byte == 0xed) {
        state->high = 0x9f;
    }
    if (byte == 0xf0) {
        state->low = 0x90;
    }
    if (byte == 0xf4) {
        state->high = 0x8f;
    }
    return byte >= 0xc2 && byte <= 0xf4;
}
