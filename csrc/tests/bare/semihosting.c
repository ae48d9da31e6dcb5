/*
 * semihosting.c: run the program, print and end by semihosting.
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 */
#include "bare.h"
#include "semihosting.h"

#define SYS_WRITE0 0x04u
#define SYS_EXIT 0x18u
/* Reasons for SYS_EXIT. All but the first become exit code 1. */
#define APPLICATION_EXIT 0x20026u
#define RUN_TIME_ERROR 0x20023u

void bare_print(const char *text)
{
    semihosting(SYS_WRITE0, (uint32_t)(uintptr_t)text);
}

void semihosting_exit(int code)
{
    for (;;) {
        semihosting(SYS_EXIT, code == 0 ? APPLICATION_EXIT : RUN_TIME_ERROR);
    }
}

void semihosting_run(void)
{
    semihosting_exit(bare_main());
}

void semihosting_fault(void)
{
    bare_print("failed: the processor reported a fault\n");
    semihosting_exit(1);
}
