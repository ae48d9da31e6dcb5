#!/bin/sh
# After a call that signs or verifies, no secret is left on the stack below the caller: csrc/tests/test_dead_stack.c with gcc and
# clang, at -O0 to -O3 and -Os and each unroll level, with and without link-time optimisation. One line for each compiler.
# Microcontrollers: python -m csrc.proofs.dead_stack
# usage: csrc/proofs/dead_stack.sh [build directory]     (default: csrc/build/dead_stack)
# Under CI=true a missing compiler is a failure; elsewhere it is skipped, and said so. Debian: gcc clang lld
set -u
csrc=$(cd "$(dirname "$0")/.." && pwd)
build=${1:-$csrc/build/dead_stack}
failed=0
. "$csrc/tests/skipped.sh"
mkdir -p "$build"

all_levels() { # compiler
    link=
    [ "$1" = clang ] && link=-fuse-ld=lld # GNU's linker cannot read what clang writes for link-time optimisation
    for optimise in -O0 -O1 -O2 -O3 -Os; do
        for lto in "" -flto; do
            for level in 0 1 2; do
                program=$build/$1$optimise$lto-$level
                # shellcheck disable=SC2086 # flags that may be none
                "$1" -std=c99 $optimise $lto $link -pthread -DTPOST_UNROLL=$level -I"$csrc/include" \
                    "$csrc/tests/test_dead_stack.c" "$csrc"/src/*.c -o "$program" >"$program.log" 2>&1 &&
                    "$program" >>"$program.log" 2>&1 || {
                    echo "FAILED:  $1 $optimise $lto, unroll $level:"
                    grep -v "bytes of stack" "$program.log" | head -n 40
                    return 1
                }
            done
        done
    done
    echo "passed:  $1, -O0 to -O3 and -Os, with and without -flto, unroll 0 to 2: no secret is left on the stack"
}

# The HMAC of one text and portable batches, of csrc/lanes; unoptimised code makes no promise there.
lanes() { # compiler
    link=
    [ "$1" = clang ] && link=-fuse-ld=lld
    sources=
    for unit in batch cpu keys plan portable rows select single text; do
        sources="$sources $csrc/lanes/$unit.c"
    done
    for optimise in -O2 -O3; do
        for lto in "" -flto; do
            program=$build/$1$optimise$lto-lanes
            # shellcheck disable=SC2086 # flags that may be none, and several files
            "$1" -std=c99 $optimise $lto $link -pthread -I"$csrc/include" -I"$csrc/src" -I"$csrc/lanes" \
                "$csrc/tests/test_batch_stack.c" $sources "$csrc"/src/*.c -o "$program" >"$program.log" 2>&1 &&
                "$program" >>"$program.log" 2>&1 || {
                echo "FAILED:  $1 $optimise $lto, csrc/lanes:"
                grep -v "bytes of stack" "$program.log" | head -n 40
                return 1
            }
        done
    done
    echo "passed:  $1, -O2 and -O3, with and without -flto, texts and batches: no secret is left on the stack"
}

for compiler in gcc clang; do
    if command -v "$compiler" >/dev/null && { [ "$compiler" = gcc ] || command -v ld.lld >/dev/null; }; then
        all_levels "$compiler" || failed=1
        lanes "$compiler" || failed=1
    else
        skipped "$compiler or its linker is not installed"
    fi
done
exit "$failed"
