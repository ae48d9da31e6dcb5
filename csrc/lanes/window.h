/*
 * window.h: put a row's bytes into its window.
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 *
 * Rows are short, and a call of memcpy with a length that is not known costs more than the hash of a row costs a lane. So
 * texts are copied 32 bytes at once where both sides have them, and zeros are written 16 at once. What is written too
 * much lies behind the row's own bytes: in its window, or, row by row, in the beginning of the next one's, which is filled
 * later. Column by column the other windows are not empty: there it must lie in the row's own (see tpost_read_columns()).
 */
#ifndef TPOST_WINDOW_H
#define TPOST_WINDOW_H

#include "lanes.h"

/* to = the len bytes at from, which may be read up to readable_end; spoils 32 bytes behind. */
TPOST_INLINE void tpost_put(uint8_t *to, const char *from, size_t len, const char *readable_end)
{
    if (len <= 32 && (size_t)(readable_end - from) >= 32) {
        memcpy(to, from, 32);
    } else if (len > 0) {
        memcpy(to, from, len);
    }
}

/* Zero to[from] ... to[end - 1], which are 64 bytes at most; spoils 16 bytes behind. */
TPOST_INLINE void tpost_zero_tail(uint8_t *to, size_t from, size_t end)
{
    memset(to + from, 0, 16);
    memset(to + (from + 16 < end ? from + 16 : end), 0, 16);
    memset(to + (from + 32 < end ? from + 32 : end), 0, 16);
    memset(to + (from + 48 < end ? from + 48 : end), 0, 16);
}

/*
 * Pad a content of len bytes, which goes through a hash after a block of key (RFC 1321 3.1 and 3.2, FIPS 180-4 5.1.1).
 * Returns how many blocks it makes.
 */
TPOST_INLINE uint32_t tpost_pad(uint8_t *window, size_t len, unsigned order)
{
    static const uint8_t first[16] = {0x80};
    size_t blocks = (len + 9 + TPOST_BLOCK_SIZE - 1) / TPOST_BLOCK_SIZE;
    size_t end = blocks * TPOST_BLOCK_SIZE;
    unsigned bits = 8 * (unsigned)(TPOST_BLOCK_SIZE + len); /* below 65,536 */

    /* 9 to 72 bytes: these, and those after them. The block may end within these: what is behind it is spoilt anyway. */
    memcpy(window + len, first, sizeof first);
    tpost_zero_tail(window, len + sizeof first < end ? len + sizeof first : end, end);
    if (order == 0) {
        window[end - 8] = (uint8_t)bits;
        window[end - 7] = (uint8_t)(bits >> 8);
    } else {
        window[end - 1] = (uint8_t)bits;
        window[end - 2] = (uint8_t)(bits >> 8);
    }
    return (uint32_t)blocks;
}

#endif
