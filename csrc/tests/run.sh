#!/bin/sh
# Build and test with every compiler that is here, and with the sanitizers. One line for each configuration.
# usage: csrc/tests/run.sh [build dir]     (default: csrc/build)
# Under CI=true a missing tool is a failure; elsewhere it is skipped, and said so.
set -u
here=$(cd "$(dirname "$0")" && pwd)
csrc=$(dirname "$here")
build=${1:-$csrc/build}
warnings="-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Werror"
failed=0
. "$csrc/tests/skipped.sh"

missing() { # tool
    skipped "$1 is not installed"
}

# The end of a log: of a run of ctest only its own part, without the tests that passed. The whole can be 200 KB.
show() { # log
    if grep -q '^Test project ' "$1"; then
        sed -e '1,/^Test project /d' -e '/^ *Start  *[0-9]*: /d' -e '/^ *[0-9]*\/[0-9]* Test .* Passed /d' "$1"
    else
        cat "$1"
    fi | tail -n 200 | cut -c 1-200
}

# Run the rest of the arguments; show the end of their output only where they fail. Each keeps a log of its own.
report() { # what, command...
    what=$1
    shift
    log=$build/$(printf %s "$what" | tr -cs '[:alnum:]' -).log
    if "$@" >"$log" 2>&1; then
        counts=$(sed -n 's/^[0-9]*% tests passed, .* out of \([0-9]*\)$/, \1 tests/p' "$log")
        echo "passed:  $what$counts"
    else
        show "$log"
        echo "FAILED:  $what (the whole log: $log)"
        failed=1
    fi
}

configure_build_test() { # directory, compiler, further options...
    dir=$build/$1
    compiler=$2
    shift 2
    cmake -S "$csrc" -B "$dir" -DCMAKE_C_COMPILER="$compiler" -DCMAKE_C_FLAGS="$warnings" -DTPOST_BUILD_TESTS=ON "$@" &&
        cmake --build "$dir" --parallel 2 &&
        (cd "$dir" && ctest --output-on-failure --parallel 2 --timeout 60)
}

mkdir -p "$build"
command -v pkg-config >/dev/null || missing pkg-config
for compiler in gcc clang; do
    if ! command -v "$compiler" >/dev/null; then
        missing "$compiler"
        continue
    fi
    report "$compiler, no undefined symbol at -O0 -Os -O2 -O3" sh "$here/freestanding.sh" "$compiler"
    if ! command -v cmake >/dev/null; then
        missing cmake
        continue
    fi
    report "$compiler, Release" configure_build_test "$compiler" "$compiler" -DCMAKE_BUILD_TYPE=Release
    report "$compiler, MinSizeRel" configure_build_test "$compiler-size" "$compiler" -DCMAKE_BUILD_TYPE=MinSizeRel
    # At the level that no default selects here: the library of batches must do with each.
    report "$compiler, address and undefined-behaviour sanitizers, unroll 1" configure_build_test "$compiler-sanitize" \
        "$compiler" -DCMAKE_BUILD_TYPE=Debug -DTPOST_SANITIZE=ON -DTPOST_UNROLL=1
done
exit "$failed"
