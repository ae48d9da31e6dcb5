#!/bin/sh
# The C tests and the vectors of replies reach every line and branch of the library, and 95 % of the conditions that decide by
# themselves (MC/DC), at each unroll level.
# usage: csrc/proofs/coverage.sh [build directory, csrc/build/coverage]     Debian: clang-19 llvm-19 libclang-rt-19-dev
# The whole report lies in the build directory: lines that were not reached begin with a 0.
# Under CI=true a missing tool is a failure; elsewhere it is skipped, and said so.
set -u
csrc=$(cd "$(dirname "$0")/.." && pwd)
build=${1:-$csrc/build/coverage}
tests="hash hmac content sign verify device request reply small vectors"
version=19
failed=0
. "$csrc/tests/skipped.sh"

measure() { # unroll level
    dir=$build/$1
    rm -rf "$dir"
    mkdir -p "$dir"
    set --
    python3 "$csrc/tests/reply_cases.py" >"$dir/cases" || return 1
    for test in $tests; do
        source=$csrc/tests/test_$test.c
        [ "$test" != vectors ] || source=$csrc/tests/reply_text.c
        clang-$version -std=c99 -g -O0 -fprofile-instr-generate -fcoverage-mapping -fcoverage-mcdc -DTPOST_UNROLL="$level" \
            -I"$csrc/include" "$source" "$csrc"/src/*.c -o "$dir/$test" || return 1
        LLVM_PROFILE_FILE="$dir/$test.profraw" "$dir/$test" <"$dir/cases" >/dev/null || return 1
        set -- "$@" ${1:+-object} "$dir/$test" # the first one goes without
    done
    llvm-profdata-$version merge -o "$dir/all.profdata" "$dir"/*.profraw &&
        llvm-cov-$version report --show-mcdc-summary -instr-profile "$dir/all.profdata" "$@" -sources "$csrc"/src/*.c >"$dir/report" &&
        llvm-cov-$version show --show-mcdc --show-branches=count -instr-profile "$dir/all.profdata" "$@" -sources "$csrc"/src/*.c >"$dir/lines"
}

# The last line of the report: TOTAL, then number, missed and share of regions, functions, lines, branches, conditions.
enough() { # report
    awk '$1 == "TOTAL" { print "lines " $10 ", branches " $13 ", MC/DC " $16
                         exit !($10 == "100.00%" && $13 == "100.00%" && $16 == "100.00%") }' "$1"
}

for level in 0 1 2; do
    if ! command -v clang-$version >/dev/null || ! command -v llvm-cov-$version >/dev/null; then
        skipped "clang-$version or llvm-$version is not installed"
        break
    fi
    if measure "$level" && reached=$(enough "$build/$level/report"); then
        echo "passed:  unroll $level: $reached"
    else
        awk '$13 != "100.00%"' "$build/$level/report"
        echo "FAILED:  unroll $level: ${reached:-}; see $build/$level/lines"
        failed=1
    fi
done
exit "$failed"
