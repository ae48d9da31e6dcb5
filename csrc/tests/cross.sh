#!/bin/sh
# Build and test for machines that this one is not, under qemu-user: big-endian (s390x, and ppc with 32 bits), AArch64 with
# NEON and the SHA instructions, and armhf. One line for each machine.
# usage: csrc/tests/cross.sh [build dir]     (default: csrc/build)
# Under CI=true a missing tool is a failure; elsewhere it is skipped, and said so. Debian: gcc-s390x-linux-gnu
# libc6-dev-s390x-cross gcc-aarch64-linux-gnu libc6-dev-arm64-cross gcc-powerpc-linux-gnu libc6-dev-powerpc-cross
# gcc-arm-linux-gnueabihf libc6-dev-armhf-cross qemu-user
set -u
csrc=$(cd "$(dirname "$0")/.." && pwd)
build=${1:-$csrc/build}
failed=0
. "$csrc/tests/skipped.sh"

cross() { # machine, compiler, emulator and its options with ; between them, flags, further options of CMake...
    machine=$1
    compiler=$2
    emulator=$3
    flags=$4
    shift 4
    for tool in "$compiler" "${emulator%%;*}" cmake; do
        if ! command -v "$tool" >/dev/null; then
            skipped "$machine: $tool is not installed"
            return
        fi
    done
    log=$build/cross-$machine.log
    # The installed copy is tested on the host, the C++ header too.
    if {
        cmake -S "$csrc" -B "$build/cross-$machine" -DCMAKE_SYSTEM_NAME=Linux -DCMAKE_SYSTEM_PROCESSOR="$machine" \
            -DCMAKE_C_COMPILER="$compiler" -DCMAKE_EXE_LINKER_FLAGS=-static -DTPOST_BUILD_TESTS=ON \
            -DCMAKE_CROSSCOMPILING_EMULATOR="$emulator" -DCMAKE_CXX_COMPILER=false \
            -DCMAKE_BUILD_TYPE=None -DCMAKE_C_FLAGS="$flags" "$@" &&
            cmake --build "$build/cross-$machine" --parallel 2 &&
            (cd "$build/cross-$machine" && ctest --output-on-failure --parallel 2 --timeout 600 -E 'install|cxx')
    } >"$log" 2>&1; then
        echo "passed:  $machine, under qemu-user$(sed -n 's/^[0-9]*% tests passed, .* out of \([0-9]*\)$/, \1 tests/p' "$log")"
    else
        tail -n 60 "$log" | cut -c 1-200
        echo "FAILED:  $machine (the whole log: $log)"
        failed=1
    fi
}

mkdir -p "$build"
# Without z13's vectors, or with more optimisation, the compiler takes minutes for 16 lanes.
cross s390x s390x-linux-gnu-gcc "qemu-s390x;-cpu;max" "-O1 -march=z13"
cross aarch64 aarch64-linux-gnu-gcc "qemu-aarch64;-cpu;max" -O2
# Batches are for servers; these two are here for the firmware's library.
cross ppc powerpc-linux-gnu-gcc qemu-ppc -O2 -DTPOST_BUILD_LANES=OFF
cross armhf arm-linux-gnueabihf-gcc "qemu-arm;-cpu;max" -O2 -DTPOST_BUILD_LANES=OFF
exit "$failed"
