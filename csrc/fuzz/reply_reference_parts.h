/*
 * reply_reference_parts.h: what the two files of the reference have of one another. One reply at a time: the state is global.
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 */
#ifndef TPOST_FUZZ_REPLY_REFERENCE_PARTS_H
#define TPOST_FUZZ_REPLY_REFERENCE_PARTS_H

#include "reply_reference.h"

enum { END = -1 };

extern reference *reference_out;    /* what is being found out */
extern size_t reference_token_room; /* 0: of /topic, which has none */

/* Reading ends here, with this result. Does not return. */
void reference_stop(tpost_status result);

/* Reading ends here, as malformed, where the condition does not hold. */
void reference_require(int good);

/* The next byte of the body, without its framing; END behind it. */
int reference_next(void);

/* reference_next() gives this once more. */
void reference_push_back(int c);

/* A letter of ASCII in lower case; anything else as it is. */
int reference_lower(int c);

/* Decimal digits as a number; 0 where it has more than 64 bits. */
int reference_u64(const char *digits, uint64_t *number);

/* Read the whole body. Does not return. */
void reference_read_body(void);

#endif
