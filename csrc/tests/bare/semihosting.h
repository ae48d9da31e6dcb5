/*
 * semihosting.h: how an image asks the emulator (or a debugger) to print and to end. See ARM's "Semihosting for AArch32
 * and AArch64" 6; RISC-V has the same operations.
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 */
#ifndef TPOST_TESTS_SEMIHOSTING_H
#define TPOST_TESTS_SEMIHOSTING_H

#include <stdint.h>

/* From the machine's own file: the instruction that makes a request. */
void semihosting(uint32_t operation, uint32_t argument);

/* End with this exit code, 0 or 1. */
void semihosting_exit(int code);

/* What a start-up calls once there is a stack, and what it calls when the processor reports a fault. */
void semihosting_run(void);
void semihosting_fault(void);

#endif
