/*
 * start_riscv.c: the start of an RV32 image.
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 */
#include "semihosting.h"

/* riscv.ld puts it at the first address, where the processor begins. mtvec takes addresses that are multiples of 4. */
__asm__(".section .start, \"ax\"\n"
        ".option push\n"
        ".option arch, +zicsr\n"
        ".globl start\n"
        "start:\n"
        "    la sp, stack_top\n"
        "    la t0, fault\n"
        "    csrw mtvec, t0\n"
        "    j semihosting_run\n"
        ".balign 4\n"
        "fault:\n"
        "    j semihosting_fault\n"
        ".option pop\n"
        ".text\n");

/* The three instructions mean a request only together, uncompressed, and within one page. */
void semihosting(uint32_t operation, uint32_t argument)
{
    register uint32_t a0 __asm__("a0") = operation;
    register uint32_t a1 __asm__("a1") = argument;

    __asm__ volatile(".option push\n"
                     ".option norvc\n"
                     ".balign 16\n"
                     "slli zero, zero, 0x1f\n"
                     "ebreak\n"
                     "srai zero, zero, 7\n"
                     ".option pop"
                     : "+r"(a0)
                     : "r"(a1)
                     : "memory");
}
