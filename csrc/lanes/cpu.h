/*
 * cpu.h: what the machine can do, for choosing at run time between units that were compiled for different instructions.
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 *
 * For hosts only: not a part of the firmware library.
 */
#ifndef TPOST_LANES_CPU_H
#define TPOST_LANES_CPU_H

/* Each says that the CPU has the instructions and that the system saves the registers that they use. */
#define TPOST_CPU_SSE2 0x01u
#define TPOST_CPU_AVX2 0x02u
#define TPOST_CPU_AVX512 0x04u   /* F, BW, DQ and VL */
#define TPOST_CPU_SHA 0x08u      /* x86: the SHA extensions, with SSSE3 and SSE4.1 */
#define TPOST_CPU_NEON 0x10u     /* AArch64: Advanced SIMD */
#define TPOST_CPU_ARM_SHA1 0x20u /* AArch64 */
#define TPOST_CPU_ARM_SHA2 0x40u /* AArch64: SHA-256 */

/*
 * The set of the above that this machine has; 0 where that is not known, as on other CPUs and with compilers that are
 * neither GCC nor Clang. Nothing is remembered, and virtual machines trap CPUID (microseconds): ask once, keep the answer.
 */
unsigned tpost_cpu_features(void);

#endif
