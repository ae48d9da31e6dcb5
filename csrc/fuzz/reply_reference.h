/*
 * reply_reference.h: a second, slow reader of replies, to compare the library's with. It shares no line with it.
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 */
#ifndef TPOST_FUZZ_REPLY_REFERENCE_H
#define TPOST_FUZZ_REPLY_REFERENCE_H

#include "thingpost.h"

typedef struct reference {
    tpost_status result;
    unsigned status;
    long code;
    unsigned long retry_after;
    int reusable;
    uint64_t message_id;
    char token[TPOST_TOKEN_MAX + 1];
    size_t used;
} reference;

/* Read a reply from all that came before the peer closed. token_size is 0 for /topic. */
void reference_read(reference *read, const unsigned char *bytes, size_t len, size_t token_size);

#endif
