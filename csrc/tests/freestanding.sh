#!/bin/sh
# The library's objects, linked together, need nothing from anywhere: no memcpy, no memset, no helper of the compiler's.
# At -O0, -Os, -O2 and -O3 and at each unroll level, with all warnings as errors.
# usage: freestanding.sh <C compiler and flags>
set -eu
sources=$(cd "$(dirname "$0")/../src" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# Some systems' compilers (Ubuntu's gcc) add a stack protector unasked, which needs __stack_chk_fail: theirs, not ours.
host="-fno-stack-protector"
warnings="-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Werror"

cd "$work"
for level in 0 1 2; do
    for optimise in -O0 -Os -O2 -O3; do
        # shellcheck disable=SC2086
        $1 -std=c99 $host $warnings $optimise -DTPOST_UNROLL=$level -I"$sources/../include" -c "$sources"/*.c
        ld -r ./*.o -o all
        undefined=$(nm -u all)
        if [ -n "$undefined" ]; then
            echo "$1 $optimise TPOST_UNROLL=$level: needs $undefined"
            exit 1
        fi
        rm -f ./*.o all
    done
done
