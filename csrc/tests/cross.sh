#!/bin/sh
# Build and test for machines that this one is not, under qemu-user: big-endian (s390x), and AArch64 with NEON and the SHA
# instructions. One line for each machine.
# usage: csrc/tests/cross.sh [build dir]     (default: csrc/build)
# Under CI=true a missing tool is a failure; elsewhere it is skipped, and said so. Debian: gcc-s390x-linux-gnu
# libc6-dev-s390x-cross gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user
set -u
csrc=$(cd "$(dirname "$0")/.." && pwd)
build=${1:-$csrc/build}
failed=0

cross() { # machine, flags
    compiler=$1-linux-gnu-gcc
    emulator=qemu-$1
    for tool in "$compiler" "$emulator" cmake; do
        if ! command -v "$tool" >/dev/null; then
            if [ "${CI:-}" = true ]; then
                echo "FAILED:  $1: $tool is not installed"
                failed=1
            else
                echo "skipped: $1: $tool is not installed"
            fi
            return
        fi
    done
    log=$build/cross-$1.log
    # The installed copy is tested on the host, the C++ header too.
    if {
        cmake -S "$csrc" -B "$build/cross-$1" -DCMAKE_SYSTEM_NAME=Linux -DCMAKE_SYSTEM_PROCESSOR="$1" \
            -DCMAKE_C_COMPILER="$compiler" -DCMAKE_EXE_LINKER_FLAGS=-static -DTPOST_BUILD_TESTS=ON \
            -DCMAKE_CROSSCOMPILING_EMULATOR="$emulator;-cpu;max" -DCMAKE_CXX_COMPILER=false \
            -DCMAKE_BUILD_TYPE=None -DCMAKE_C_FLAGS="$2" &&
            cmake --build "$build/cross-$1" --parallel 2 &&
            (cd "$build/cross-$1" && ctest --output-on-failure --parallel 2 --timeout 600 -E 'install|cxx')
    } >"$log" 2>&1; then
        echo "passed:  $1, under qemu-user$(sed -n 's/^[0-9]*% tests passed, .* out of \([0-9]*\)$/, \1 tests/p' "$log")"
    else
        tail -n 60 "$log" | cut -c 1-200
        echo "FAILED:  $1 (the whole log: $log)"
        failed=1
    fi
}

mkdir -p "$build"
# Without z13's vectors, or with more optimisation, the compiler takes minutes for 16 lanes.
cross s390x "-O1 -march=z13"
cross aarch64 -O2
exit "$failed"
