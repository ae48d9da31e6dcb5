/*
 * avr.c: an AVR that runs from one address to another, for avr.py, which calls this through ctypes. The work is simavr's.
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 */
#include <stddef.h>
#include <stdint.h>

#include <simavr/sim_avr.h>
#include <simavr/sim_core.h>

avr_t *tpost_avr_new(const char *name)
{
    avr_t *avr = avr_make_mcu_by_name(name);

    if (avr != NULL) {
        avr_init(avr);
    }
    return avr;
}

uint8_t *tpost_avr_flash(avr_t *avr)
{
    return avr->flash;
}

/* Registers, then input and output, then RAM, as programs see them */
uint8_t *tpost_avr_data(avr_t *avr)
{
    return avr->data;
}

/* Returns how many instructions were executed, `most` at most. *lowest receives the lowest value that the stack pointer had. */
unsigned long tpost_avr_run(avr_t *avr, uint32_t from, uint32_t to, unsigned long most, uint32_t *lowest)
{
    unsigned long count = 0;

    *lowest = UINT32_MAX;
    avr->pc = from;
    avr->state = cpu_Running;
    for (; avr->pc != to && count < most; count++) {
        uint32_t stack = avr->data[R_SPL] | (uint32_t)avr->data[R_SPH] << 8;

        if (stack < *lowest) {
            *lowest = stack;
        }
        avr->pc = avr_run_one(avr);
    }
    return count;
}
