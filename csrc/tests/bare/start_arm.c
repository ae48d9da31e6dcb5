/*
 * start_arm.c: the start of a Cortex-M image. The processor loads the stack pointer from the vector table by itself.
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 */
#include "semihosting.h"

extern char stack_top[]; /* from arm.ld */

typedef struct vector_table {
    const void *stack;
    void (*reset)(void);
    void (*faults[14])(void); /* and the system's interrupts, which nothing here enables */
} vector_table;

extern const vector_table vectors; /* arm.ld puts it at address 0 */

__attribute__((section(".vectors"), used)) const vector_table vectors = {
    stack_top,
    semihosting_run,
    {semihosting_fault, semihosting_fault, semihosting_fault, semihosting_fault, semihosting_fault, semihosting_fault,
     semihosting_fault, semihosting_fault, semihosting_fault, semihosting_fault, semihosting_fault, semihosting_fault,
     semihosting_fault, semihosting_fault},
};

void semihosting(uint32_t operation, uint32_t argument)
{
    register uint32_t r0 __asm__("r0") = operation;
    register uint32_t r1 __asm__("r1") = argument;

    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
}
