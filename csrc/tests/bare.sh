#!/bin/sh
# Build images for processors without an operating system, and run them on emulators: published vectors, requests and
# replies. The library is linked with the few lines of start-up in bare/ and nothing else (AVR: with avr-libc's). One
# line for each machine and optimisation.
# usage: csrc/tests/bare.sh [build dir]     (default: csrc/build)
# Under CI=true a missing tool is a failure; elsewhere it is skipped, and said so. Debian: gcc-arm-none-eabi
# qemu-system-arm gcc-riscv64-unknown-elf qemu-system-misc gcc-avr avr-libc simavr
set -u
csrc=$(cd "$(dirname "$0")/.." && pwd)
bare=$csrc/tests/bare
build=${1:-$csrc/build}/bare
limit=60 # seconds; each takes less than two
failed=0
. "$csrc/tests/skipped.sh"

warnings="-Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Werror"
common="-std=c99 -ffreestanding -ffunction-sections -fdata-sections -Wl,--gc-sections -I$csrc/include $warnings"
arm="arm-none-eabi-gcc -mthumb -nostdlib -T $bare/arm.ld $bare/semihosting.c $bare/start_arm.c"
riscv="riscv64-unknown-elf-gcc -mabi=ilp32 -nostdlib -T $bare/riscv.ld $bare/semihosting.c $bare/start_riscv.c"
semihosting="-display none -monitor none -serial none -semihosting-config enable=on,target=native -kernel"

# Is every tool there? Say so where one is not.
have() { # what for, tools...
    what=$1
    shift
    for tool; do
        if ! command -v "$tool" >/dev/null; then
            skipped "$what: $tool is not installed"
            return 1
        fi
    done
}

# The verdict is QEMU's exit code; simavr's says nothing, so the image prints one.
emulate() { # command of the emulator...
    timeout -k 5 "$limit" "$@" </dev/null
    code=$?
    [ "$code" = 124 ] && echo "stopped after $limit seconds"
    return "$code"
}

image() { # machine, compile command, emulator command
    have "$1" "${2%% *}" "${3%% *}" || return
    for optimise in -Os -O2; do
        what="$1, $optimise"
        name=$build/$(printf %s "$what" | tr -cs '[:alnum:]' -)
        # shellcheck disable=SC2086 # commands and flags are several words
        if $2 $common $optimise "$csrc"/src/*.c "$bare"/vectors.c "$bare"/hmac.c "$bare"/sign.c "$bare"/protocol.c \
            -o "$name.elf" >"$name.log" 2>&1 && emulate $3 "$name.elf" >>"$name.log" 2>&1 &&
            passed=$(grep -ao '[0-9]* checks passed' "$name.log") && ! grep -aq 'exit code 1' "$name.log"; then
            echo "passed:  $what: $passed"
        else
            tail -n 20 "$name.log" | cut -c 1-200
            echo "FAILED:  $what (the whole log: $name.log)"
            failed=1
        fi
    done
}

mkdir -p "$build"
image "Cortex-M0 (micro:bit)" "$arm -mcpu=cortex-m0" "qemu-system-arm -M microbit $semihosting"
image "Cortex-M4 (MPS2)" "$arm -mcpu=cortex-m4" "qemu-system-arm -M mps2-an386 $semihosting"
image "RV32 (virt)" "$riscv -march=rv32imac" "qemu-system-riscv32 -M virt -bios none $semihosting"
image "AVR (ATmega1284P)" "avr-gcc -mmcu=atmega1284p $bare/start_avr.c" "simavr -m atmega1284p -f 16000000"
exit "$failed"
