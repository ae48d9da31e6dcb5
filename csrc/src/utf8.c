/*
 * utf8.c: UTF-8, checked byte by byte (RFC 3629 4): the shortest form only, no surrogate, nothing above U+10FFFF.
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 */
#include "internal.h"

/* The first byte of a character that is not ASCII says how many follow, and what the second may be. */
static int tpost_utf8_first(tpost_utf8 *state, unsigned byte)
{
    if (byte < 0xc2 || byte > 0xf4) {
        return 0;
    }
    state->more = (uint8_t)(1u + (byte >= 0xe0) + (byte >= 0xf0));
    state->low = byte == 0xe0 ? 0xa0 : (byte == 0xf0 ? 0x90 : 0x80);
    state->high = byte == 0xed ? 0x9f : (byte == 0xf4 ? 0x8f : 0xbf);
    return 1;
}

int tpost_utf8_step(tpost_utf8 *state, unsigned byte)
{
    if (state->more == 0) {
        return byte < 0x80 || tpost_utf8_first(state, byte);
    }
    if (byte < state->low || byte > state->high) {
        return 0;
    }
    state->more--;
    state->low = 0x80;
    state->high = 0xbf;
    return 1;
}
