#!/bin/sh
# No branch and no address depends on a secret: valgrind's memcheck watches the library while secrets count as undefined. With gcc
# and clang, at -Os -O2 -O3 and each unroll level; one line for each compiler.
# usage: csrc/proofs/constant_time.sh [build directory]     (default: csrc/build/constant_time)
# Under CI=true a missing tool is a failure; elsewhere it is skipped, and said so. Debian: valgrind gcc clang
set -u
proofs=$(cd "$(dirname "$0")" && pwd)
csrc=$(dirname "$proofs")
build=${1:-$csrc/build/constant_time}
failed=0
. "$csrc/tests/skipped.sh"
mkdir -p "$build"

watch() { # program, argument
    valgrind --quiet --error-exitcode=9 "$1" $2 >"$1.log" 2>&1
}

all_levels() { # compiler
    for level in 0 1 2; do
        for optimise in -Os -O2 -O3; do
            program=$build/$1$optimise-$level
            # valgrind 3.19 reads DWARF 4
            "$1" -std=c99 $optimise -gdwarf-4 -DTPOST_UNROLL=$level -include "$proofs/constant_time.h" -I"$csrc/include" \
                "$proofs/constant_time.c" "$csrc"/src/*.c -o "$program" >"$program.log" 2>&1 && watch "$program" "" || {
                echo "FAILED:  $1 $optimise, unroll $level:"
                head -n 40 "$program.log"
                return 1
            }
        done
    done
    # The check itself can fail.
    if watch "$program" leak; then
        echo "FAILED:  $1: a branch on a secret was not noticed"
        return 1
    fi
    echo "passed:  $1, -Os -O2 -O3, unroll 0 to 2: no branch and no address depends on a secret"
}

for compiler in gcc clang; do
    if ! command -v "$compiler" >/dev/null || ! command -v valgrind >/dev/null; then
        skipped "$compiler or valgrind is not installed"
    else
        all_levels "$compiler" || failed=1
    fi
done
exit "$failed"
