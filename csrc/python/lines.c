/* See lines.h. SPDX-License-Identifier: MIT */
#include "lines.h"

#include <string.h>

#if defined(__SSE2__)

#include <emmintrin.h>

#define TPOST_STEP_BYTES 16

/* Bit i says whether byte i is '\n'. */
static unsigned long long tpost_line_ends(const char *text)
{
    __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)text);

    return (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('\n')));
}

#else

#define TPOST_STEP_BYTES 8

static unsigned long long tpost_line_ends(const char *text)
{
    unsigned long long bits = 0;
    unsigned i;

    for (i = 0; i < TPOST_STEP_BYTES; i++) {
        bits |= (unsigned long long)(text[i] == '\n') << i;
    }
    return bits;
}

#endif

/* Which bit is the lowest that is set? */
static unsigned tpost_lowest_bit(unsigned long long bits)
{
#if defined(__GNUC__) || defined(__clang__)
    return (unsigned)__builtin_ctzll(bits);
#else
    unsigned i = 0;

    while ((bits >> i & 1u) == 0) {
        i++;
    }
    return i;
#endif
}

int tpost_bridge_lines(tpost_column *column, const char *text, size_t size, uint32_t *offsets, size_t rows)
{
    size_t found = 0; /* line ends */
    size_t at;

    if (size >= UINT32_MAX) {
        return 0;
    }
    offsets[0] = 0;
    for (at = 0; at < size; at += TPOST_STEP_BYTES) {
        char last[TPOST_STEP_BYTES] = {0};
        unsigned long long bits;

        if (size - at < TPOST_STEP_BYTES) {
            memcpy(last, text + at, size - at);
            bits = tpost_line_ends(last);
        } else {
            bits = tpost_line_ends(text + at);
        }
        for (; bits != 0; bits &= bits - 1) {
            if (++found == rows) {
                return 0;
            }
            offsets[found] = (uint32_t)(at + tpost_lowest_bit(bits) + 1);
        }
    }
    if (found + 1 != rows) {
        return 0;
    }
    offsets[rows] = (uint32_t)(size + 1); /* as if '\n' stood behind the last line too */
    column->data = text;
    column->data_len = size;
    column->offsets = offsets;
    column->type = TPOST_OFFSETS_U32;
    column->gap = 1;
    return 1;
}
