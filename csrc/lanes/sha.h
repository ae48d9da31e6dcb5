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

/* sha_arm.c; TPOST_CPU_ARM_SHA1 and TPOST_CPU_ARM_SHA2 */
extern const tpost_method tpost_hmacsha1_arm;
extern const tpost_method tpost_hmacsha256_arm;

#endif
