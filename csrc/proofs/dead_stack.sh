#!/bin/sh
# After a call that signs or verifies, no secret is left on the stack below the caller, with gcc and clang, with and without
# link-time optimisation: csrc/tests/test_dead_stack.c at -O0 to -O3 and -Os and each unroll level, test_batch_stack.c and
# test_bridge_stack.c at -O2 and -O3. One line for each compiler.
# Microcontrollers: python -m csrc.proofs.dead_stack
# usage: csrc/proofs/dead_stack.sh [build directory]     (default: csrc/build/dead_stack)
# Under CI=true a missing compiler is a failure; elsewhere it is skipped, and said so. Debian: gcc clang lld
set -u
csrc=$(cd "$(dirname "$0")/.." && pwd)
build=${1:-$csrc/build/dead_stack}
failed=0
. "$csrc/tests/skipped.sh"
mkdir -p "$build"

# Compile a test and run it: what it is, compiler, options, sources...
search() {
    what=$1
    compiler=$2
    options=$3
    shift 3
    link=
    [ "$compiler" = clang ] && link=-fuse-ld=lld # GNU's linker cannot read what clang writes for link-time optimisation
    program=$build/search-$compiler
    # shellcheck disable=SC2086 # flags that may be several or none
    "$compiler" -std=c99 $options $link -pthread -I"$csrc/include" -I"$csrc/src" -I"$csrc/lanes" -I"$csrc/python" "$@" \
        "$csrc"/src/*.c -o "$program" >"$program.log" 2>&1 && "$program" >>"$program.log" 2>&1 || {
        echo "FAILED:  $compiler $options, $what:"
        grep -B 5 -E '[Ff]ailed|FAILED|rror' "$program.log" | head -n 40
        return 1
    }
}

all_levels() { # compiler
    for optimise in -O0 -O1 -O2 -O3 -Os; do
        for lto in "" -flto; do
            for level in 0 1 2; do
                search "signatures" "$1" "$optimise $lto -DTPOST_UNROLL=$level" "$csrc/tests/test_dead_stack.c" || return 1
            done
        done
    done
    echo "passed:  $1, -O0 to -O3 and -Os, with and without -flto, unroll 0 to 2: no secret is left on the stack"
}

# Portable batches, of csrc/lanes, and what Python calls; unoptimised code makes no promise there.
hosts() { # compiler
    lanes=
    for unit in batch cpu keys plan portable rows select single text; do
        lanes="$lanes $csrc/lanes/$unit.c"
    done
    for optimise in -O2 -O3; do
        for lto in "" -flto; do
            # shellcheck disable=SC2086 # several files
            search "batches" "$1" "$optimise $lto" "$csrc/tests/test_batch_stack.c" $lanes &&
                search "Python's calls" "$1" "$optimise $lto" "$csrc/tests/test_bridge_stack.c" "$csrc/python/bridge.c" $lanes ||
                return 1
        done
    done
    echo "passed:  $1, -O2 and -O3, with and without -flto, batches and Python's calls: no secret is left on the stack"
}

for compiler in gcc clang; do
    if command -v "$compiler" >/dev/null && { [ "$compiler" = gcc ] || command -v ld.lld >/dev/null; }; then
        all_levels "$compiler" || failed=1
        hosts "$compiler" || failed=1
    else
        skipped "$compiler or its linker is not installed"
    fi
done
exit "$failed"
