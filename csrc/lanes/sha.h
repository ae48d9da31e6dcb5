/*
 * sha.h: the SHA methods by instructions that only some CPUs have. They give the bytes of tpost_hmacsha1 and
 * tpost_hmacsha256; tpost_method_fastest() chooses.
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 */
#ifndef TPOST_LANES_SHA_H
#define TPOST_LANES_SHA_H

#include "internal.h"

/* sha_x86.c; TPOST_CPU_SHA */
extern const tpost_method tpost_hmacsha1_x86;
extern const tpost_method tpost_hmacsha256_x86;

/* Mix n blocks into the state, straight from their bytes. */
void tpost_sha1_x86_blocks(uint32_t *state, const uint8_t *bytes, size_t n);
void tpost_sha256_x86_blocks(uint32_t *state, const uint8_t *bytes, size_t n);

/* Both midstates of a key at once, from its block in bytes, without a pad; inner and outer come as the initial state. */
void tpost_sha1_x86_midstates(uint32_t *inner, uint32_t *outer, const uint8_t *bytes);
void tpost_sha256_x86_midstates(uint32_t *inner, uint32_t *outer, const uint8_t *bytes);

/* state, an inner digest = the HMAC, after the outer midstate. */
void tpost_sha1_x86_outer(uint32_t *state, const uint32_t *outer);
void tpost_sha256_x86_outer(uint32_t *state, const uint32_t *outer);

/* sha_arm.c; TPOST_CPU_ARM_SHA1 and TPOST_CPU_ARM_SHA2 */
extern const tpost_method tpost_hmacsha1_arm;
extern const tpost_method tpost_hmacsha256_arm;

#endif
