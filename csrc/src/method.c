/*
 * method.c: methods by the platform's names. A unit of its own, because it links all three hashes.
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 */
#include "internal.h"

static int tpost_text_is(const char *text, size_t len, const char *literal, size_t literal_len)
{
    size_t i = 0;

    while (i < len && i < literal_len && text[i] == literal[i]) {
        i++;
    }
    return i == len && i == literal_len;
}

const tpost_method *tpost_method_by_name(const char *name, size_t name_len)
{
#ifdef TPOST_HAS_MD5
    if (tpost_text_is(name, name_len, "hmacmd5", 7)) {
        return &tpost_hmacmd5;
    }
#endif
#ifdef TPOST_HAS_SHA1
    if (tpost_text_is(name, name_len, "hmacsha1", 8)) {
        return &tpost_hmacsha1;
    }
#endif
#ifdef TPOST_HAS_SHA256
    if (tpost_text_is(name, name_len, "hmacsha256", 10)) {
        return &tpost_hmacsha256;
    }
#endif
    return NULL;
}
