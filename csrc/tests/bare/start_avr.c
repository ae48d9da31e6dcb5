/*
 * start_avr.c: the start of an AVR image, on avr-libc's. AVR has no semihosting: the text goes to the serial port,
 * which simavr shows, and sleep without interrupts ends simavr.
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 */
#include "bare.h"

#include <avr/interrupt.h>
#include <avr/io.h>
#include <avr/sleep.h>

void bare_print(const char *text)
{
    UCSR0B = 1 << TXEN0;
    for (; *text != '\0'; text++) {
        while ((UCSR0A & (1 << UDRE0)) == 0) {
        }
        UDR0 = (uint8_t)*text;
    }
}

int main(void)
{
    bare_print(bare_main() == 0 ? "exit code 0\n" : "exit code 1\n");
    cli();
    sleep_mode();
    return 0;
}
