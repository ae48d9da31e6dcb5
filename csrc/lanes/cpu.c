/*
 * cpu.c: see cpu.h.
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 */
#include "cpu.h"

#if defined(__GNUC__) && (defined(__x86_64__) || defined(__i386__))

#include <cpuid.h>

/* Intel's Software Developer's Manual, volume 2, CPUID: leaf 1, and leaf 7 subleaf 0 */
#define TPOST_LEAF1_EDX_SSE2 (1u << 26)
#define TPOST_LEAF1_ECX_SSSE3 (1u << 9)
#define TPOST_LEAF1_ECX_SSE41 (1u << 19)
#define TPOST_LEAF1_ECX_OSXSAVE (1u << 27)
#define TPOST_LEAF7_EBX_AVX2 (1u << 5)
#define TPOST_LEAF7_EBX_SHA (1u << 29)
#define TPOST_LEAF7_EBX_AVX512 (1u << 16 | 1u << 17 | 1u << 30 | 1u << 31) /* F, DQ, BW, VL */

/* The same, volume 1, 13.1: the registers that the system saves. AVX-512 has three kinds beside XMM and YMM. */
#define TPOST_XCR0_YMM 0x06u
#define TPOST_XCR0_ZMM 0xe6u

/* XCR0's low half. In assembly, because compilers have it as a function only with -mxsave. Needs OSXSAVE. */
static unsigned tpost_xcr0(void)
{
    unsigned low;
    unsigned high;

    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    (void)high;
    return low;
}

unsigned tpost_cpu_features(void)
{
    const unsigned ssse3_sse41 = TPOST_LEAF1_ECX_SSSE3 | TPOST_LEAF1_ECX_SSE41;
    unsigned eax, ebx, ecx, edx;
    unsigned ebx7 = 0;
    unsigned saved = 0;
    unsigned features = 0;

    if (__get_cpuid(1, &eax, &ebx, &ecx, &edx) == 0) {
        return 0;
    }
    if ((edx & TPOST_LEAF1_EDX_SSE2) != 0) {
        features |= TPOST_CPU_SSE2;
    }
    if ((ecx & TPOST_LEAF1_ECX_OSXSAVE) != 0) {
        saved = tpost_xcr0();
    }
    {
        unsigned ecx7, edx7;

        if (__get_cpuid_count(7, 0, &eax, &ebx7, &ecx7, &edx7) == 0) {
            return features;
        }
    }
    if ((ebx7 & TPOST_LEAF7_EBX_SHA) != 0 && (ecx & ssse3_sse41) == ssse3_sse41) {
        features |= TPOST_CPU_SHA;
    }
    if ((ebx7 & TPOST_LEAF7_EBX_AVX2) != 0 && (saved & TPOST_XCR0_YMM) == TPOST_XCR0_YMM) {
        features |= TPOST_CPU_AVX2;
    }
    if ((ebx7 & TPOST_LEAF7_EBX_AVX512) == TPOST_LEAF7_EBX_AVX512 && (saved & TPOST_XCR0_ZMM) == TPOST_XCR0_ZMM) {
        features |= TPOST_CPU_AVX512;
    }
    return features;
}

#elif defined(__aarch64__) && defined(__linux__)

#include <asm/hwcap.h>
#include <sys/auxv.h>

unsigned tpost_cpu_features(void)
{
    unsigned long hwcap = getauxval(AT_HWCAP);
    unsigned features = 0;

    if ((hwcap & HWCAP_ASIMD) != 0) {
        features |= TPOST_CPU_NEON;
    }
    if ((hwcap & HWCAP_SHA1) != 0) {
        features |= TPOST_CPU_ARM_SHA1;
    }
    if ((hwcap & HWCAP_SHA2) != 0) {
        features |= TPOST_CPU_ARM_SHA2;
    }
    return features;
}

#elif defined(__aarch64__) && defined(__APPLE__)

unsigned tpost_cpu_features(void)
{
    /* Every 64-bit CPU of Apple's has them, and its compilers use them without asking. */
    return TPOST_CPU_NEON | TPOST_CPU_ARM_SHA1 | TPOST_CPU_ARM_SHA2;
}

#else

unsigned tpost_cpu_features(void)
{
    return 0;
}

#endif
