/*
 * words.c: which of the words that mean something to us a text is, told byte by byte, so that nothing has to be kept.
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 */
#include "internal.h"

/* In the order of the TPOST_WORD_... bits; each ends with a NUL. Headers, whose case does not count, in lower case. */
static const char tpost_words[] TPOST_FLASH =
    "content-length\0transfer-encoding\0connection\0retry-after\0code\0info\0token\0messageId\0"
    "HTTP/1.1\0HTTP/1.0\0chunked\0close\0true\0false\0null\0productKey\0deviceName\0clientId\0timestamp\0"
    "version\0sign\0signmethod";

uint32_t tpost_word_step(uint32_t words, size_t position, unsigned c)
{
    uint32_t word = 1;
    uint32_t left = 0;
    size_t begin = 0;
    size_t i;

    for (i = 0; i < sizeof tpost_words; i++) {
        unsigned here = (unsigned char)TPOST_FLASH_BYTE(&tpost_words[i]);

        if (i - begin == position && here == c) {
            left |= words & word;
        }
        if (here == 0) {
            word <<= 1;
            begin = i + 1;
        }
    }
    return left;
}
