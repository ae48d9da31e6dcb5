/*
 * text.h: the HMAC of one text, as hosts compute it: what firmware's tpost_sign() does, with more code and less time.
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 *
 * Between its compressions the core takes bytes one by one from any number of pieces. Here the text lies in one piece and
 * is padded where it stands. And the two midstates of a key do not depend on each other: where a compression waits for
 * itself most of the time, as MD5's and those by SHA instructions do, both are computed at once.
 *
 * None of them wipes the stack that it used: tpost_text_forget() does so for all, called last and from the same function. They are
 * not inlined, by link-time optimisation either: what they keep would then lie above what is wiped.
 */
#ifndef TPOST_LANES_TEXT_H
#define TPOST_LANES_TEXT_H

#include "internal.h"

/* How many bytes behind a text must be writable: the padding (RFC 1321 3.1, FIPS 180-4 5.1.1). */
#define TPOST_TEXT_ROOM (TPOST_BLOCK_SIZE + 8)

/* As tpost_key_init(); secret_len is not 0. */
TPOST_NOINLINE void tpost_text_key(tpost_key *key, const tpost_method *method, const char *secret, size_t secret_len);

/* Sign: write the digits, without a NUL. The text is padded in place. */
TPOST_NOINLINE void tpost_text_sign(const tpost_key *key, char *text, size_t len, char *sign);

/* Bytes of a timestamp in milliseconds until the year 2286 */
#define TPOST_TEXT_TIMESTAMP 13

/* A device, and the rest of its content padded, all but such a timestamp. */
typedef struct tpost_text_device {
    tpost_device device;
    size_t at; /* where the timestamp goes */
    size_t blocks;
    uint8_t text[2 * TPOST_BLOCK_SIZE];
} tpost_text_device;

/* The device is ready: tpost_device_init() has returned TPOST_OK. */
void tpost_text_device_init(tpost_text_device *ready, const tpost_device *device);

/* As tpost_device_sign() for a timestamp of TPOST_TEXT_TIMESTAMP bytes: write the digits, without a NUL. */
TPOST_NOINLINE void tpost_text_device_sign(const tpost_text_device *ready, const char *timestamp, char *sign);

/* Verify a received signature; returns 1 or 0. As tpost_key_verify(); the text is padded in place. */
TPOST_NOINLINE int tpost_text_verify(const tpost_key *key, char *text, size_t len, const char *sign, size_t sign_len);

/* Wipe the stack below the caller, where the functions above kept their variables. */
void tpost_text_forget(void);

#endif
