/*
 * text.h: the HMAC of one text, as hosts compute it: what firmware's tpost_sign() does, with more code and less time.
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 *
 * Between its compressions the core takes bytes one by one from any number of pieces. Here the text lies in one piece and
 * is padded where it stands. And the two midstates of a key do not depend on each other: where a compression waits for
 * itself most of the time, as MD5's and those by SHA instructions do, both are computed at once.
 *
 * None of them wipes the stack that it used: tpost_text_forget() does so for all, called last and from the same function.
 */
#ifndef TPOST_LANES_TEXT_H
#define TPOST_LANES_TEXT_H

#include "internal.h"

/* How many bytes behind a text must be writable: the padding (RFC 1321 3.1, FIPS 180-4 5.1.1). */
#define TPOST_TEXT_ROOM (TPOST_BLOCK_SIZE + 8)

/* As tpost_key_init(); secret_len is not 0. */
void tpost_text_key(tpost_key *key, const tpost_method *method, const char *secret, size_t secret_len);

/* Sign: write the digits and a NUL, TPOST_SIGN_SIZE bytes at most. The text is padded in place. */
void tpost_text_sign(const tpost_key *key, char *text, size_t len, char *sign);

/* Verify a received signature; returns 1 or 0. As tpost_key_verify(); the text is padded in place. */
int tpost_text_verify(const tpost_key *key, char *text, size_t len, const char *sign, size_t sign_len);

/* Wipe the stack below the caller, where the functions above kept their variables. */
void tpost_text_forget(void);

#endif
