/*
 * single.c: methods by the CPU's SHA instructions. The build defines TPOST_HAVE_SHA_X86 or TPOST_HAVE_SHA_ARM where it
 * compiles sha_x86.c or sha_arm.c.
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 */
#include "thingpost_lanes.h"

#include "cpu.h"
#include "sha.h"

const tpost_method *tpost_method_fastest(const tpost_method *method)
{
    unsigned features = tpost_cpu_features();

    (void)features; /* not used where neither is built */
#if defined(TPOST_HAVE_SHA_X86)
    if (method == &tpost_hmacsha1 && (features & TPOST_CPU_SHA) != 0) {
        return &tpost_hmacsha1_x86;
    }
    if (method == &tpost_hmacsha256 && (features & TPOST_CPU_SHA) != 0) {
        return &tpost_hmacsha256_x86;
    }
#endif
#if defined(TPOST_HAVE_SHA_ARM)
    if (method == &tpost_hmacsha1 && (features & TPOST_CPU_ARM_SHA1) != 0) {
        return &tpost_hmacsha1_arm;
    }
    if (method == &tpost_hmacsha256 && (features & TPOST_CPU_ARM_SHA2) != 0) {
        return &tpost_hmacsha256_arm;
    }
#endif
    return method;
}
