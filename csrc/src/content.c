/*
 * content.c: the text that is signed, in canonical order.
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 *
 * The parameters are not sorted: the next one is found by looking at all of them. That takes n * n comparisons and no
 * memory, and leaves the caller's array as it is.
 */
#include "internal.h"

TPOST_NOINLINE int tpost_name_compare(const tpost_param *a, const tpost_param *b)
{
    const uint8_t *x = (const uint8_t *)a->name;
    const uint8_t *y = (const uint8_t *)b->name;
    size_t a_len = a->name_len;
    size_t b_len = b->name_len;
    size_t i;

    for (i = 0; i < b_len; i++) {
        if (i == a_len) {
            return -1;
        }
        if (x[i] != y[i]) {
            return (int)x[i] - (int)y[i];
        }
    }
    return i < a_len;
}

/* Is it "version", "sign" or "signmethod"? Those may be reported but are not signed. */
#if TPOST_UNROLL == 0
TPOST_INLINE
#else
static
#endif
int tpost_is_unsigned(const tpost_param *param)
{
    static const char names[] TPOST_FLASH = "versionsignmethod"; /* "sign" is in it, too */
    size_t len = param->name_len;
    size_t start = len == 7 ? 0 : 7;

    if (len != 4 && len != 7 && len != 10) {
        return 0;
    }
    for (; len > 0; len--) {
        if (param->name[len - 1] != (char)TPOST_FLASH_BYTE(&names[start + len - 1])) {
            return 0;
        }
    }
    return 1;
}

/* Is a's name above last's? Fast code does not compare a name with itself. */
TPOST_INLINE int tpost_is_behind(const tpost_param *a, const tpost_param *last)
{
#if TPOST_UNROLL > 0
    if (a == last) {
        return 0;
    }
#endif
    return tpost_name_compare(a, last) > 0;
}

/* The parameter with the smallest name above last's, whether it is signed or not. */
TPOST_INLINE const tpost_param *tpost_next_name(const tpost_param *params, size_t n, const tpost_param *last,
                                                tpost_status *status)
{
    const tpost_param *best = NULL;

    for (; n > 0; n--) {
        if (last == NULL || tpost_is_behind(params, last)) {
            int order = best == NULL ? -1 : tpost_name_compare(params, best);

            if (order == 0) {
                *status = TPOST_REPEATED_NAME;
            }
            if (order < 0) {
                best = params;
            }
        }
        params++;
    }
    /* An empty name is the smallest there can be, so the first search finds it. */
    if (best != NULL && best->name_len == 0) {
        *status = TPOST_EMPTY_NAME;
    }
    return best;
}

const tpost_param *tpost_content_next(const tpost_param *params, size_t n, const tpost_param *last,
                                      tpost_status *status)
{
    do {
        last = tpost_next_name(params, n, last, status);
    } while (*status == TPOST_OK && last != NULL && tpost_is_unsigned(last));
    return *status == TPOST_OK ? last : NULL;
}

tpost_status tpost_content_feed(const tpost_param *params, size_t n, tpost_hash *hash)
{
    tpost_status status = TPOST_OK;
    const tpost_param *param = NULL;

    while ((param = tpost_next_name(params, n, param, &status)) != NULL && status == TPOST_OK) {
        if (!tpost_is_unsigned(param)) {
            tpost_hash_update(hash, param->name, param->name_len);
            tpost_hash_update(hash, param->value, param->value_len);
        }
    }
    return status;
}

/* Append as much of the text as there is room for. Returns the length with all of it, or SIZE_MAX where that is no size_t. */
static size_t tpost_append(char *out, size_t out_size, size_t len, const char *text, size_t text_len)
{
    volatile char *to = out; /* volatile: no call of memcpy */
    size_t at = len;
    size_t i;

    if (text_len > SIZE_MAX - len) {
        return SIZE_MAX;
    }
    for (i = 0; i < text_len && at < out_size; i++) {
        to[at] = text[i];
        at++;
    }
    return len + text_len;
}

tpost_status tpost_content(const tpost_param *params, size_t n, char *out, size_t out_size, size_t *out_len)
{
    tpost_status status = TPOST_OK;
    const tpost_param *param = NULL;
    size_t len = 0;

    while ((param = tpost_content_next(params, n, param, &status)) != NULL) {
        len = tpost_append(out, out_size, len, param->name, param->name_len);
        len = tpost_append(out, out_size, len, param->value, param->value_len);
    }
    if (out_len != NULL) {
        *out_len = status == TPOST_OK ? len : 0;
    }
    if (status == TPOST_OK && len >= out_size) {
        status = TPOST_OUTPUT_TOO_SMALL;
    }
    if (out_size > 0) {
        out[status == TPOST_OK ? len : 0] = '\0';
    }
    return status;
}
