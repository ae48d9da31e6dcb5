#!/bin/sh
# Fuzz for a while: signatures against OpenSSL, the reader of replies against a slow reference; libFuzzer and AFL++ in turn, under
# the address and undefined-behaviour sanitizers. One line for each; what was found stays in the build directory.
# usage: csrc/fuzz/run.sh [seconds for each, 30] [build directory, csrc/build/fuzz]
# Under CI=true a missing tool is a failure; elsewhere it is skipped, and said so. Debian: clang libclang-rt-dev afl++ libssl-dev
set -u
fuzz=$(cd "$(dirname "$0")" && pwd)
csrc=$(dirname "$fuzz")
seconds=${1:-30}
build=${2:-$csrc/build/fuzz}
failed=0
. "$csrc/tests/skipped.sh"
export AFL_NO_UI=1 AFL_SKIP_CPUFREQ=1 AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 AFL_NO_AFFINITY=1

sources() { # target
    case $1 in
    fuzz_sign) echo "$fuzz/fuzz_sign.c" ;;
    fuzz_reply) echo "$fuzz/fuzz_reply.c $fuzz/reply_reference.c $fuzz/reply_reference_json.c" ;;
    esac
}

compile() { # compiler, target, program
    # shellcheck disable=SC2046 # several words are meant
    $1 -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -I"$csrc/include" \
        $(sources "$2") "$csrc"/src/*.c -lcrypto -o "$3"
}

with_libfuzzer() { # target
    mkdir -p "$build/corpus/$1"
    compile clang "$1" "$build/$1" &&
        (cd "$build" && "./$1" -max_total_time="$seconds" -max_len=4096 -print_final_stats=1 "corpus/$1" "seeds/$1")
}

with_afl() { # target
    rm -rf "$build/afl/$1"
    mkdir -p "$build/afl"
    compile afl-clang-fast "$1" "$build/$1-afl" &&
        afl-fuzz -V "$seconds" -i "$build/seeds/$1" -o "$build/afl/$1" -- "$build/$1-afl" &&
        [ -z "$(find "$build/afl/$1/default/crashes" "$build/afl/$1/default/hangs" -type f -name 'id*')" ]
}

report() { # tool, runner, target
    log=$build/$3-$2.log
    if ! command -v "$1" >/dev/null; then
        skipped "$3 with $1: it is not installed"
    elif "$2" "$3" >"$log" 2>&1; then
        runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
        [ -n "$runs" ] || runs=$(sed -n 's/^execs_done *: *//p' "$build/afl/$3/default/fuzzer_stats")
        echo "passed:  $3 with $1, $runs runs"
    else
        tail -n 40 "$log" | cut -c 1-200
        echo "FAILED:  $3 with $1 (the whole log: $log)"
        failed=1
    fi
}

mkdir -p "$build/seeds/fuzz_sign"
python3 "$fuzz/seeds.py" "$build/seeds/fuzz_reply" || exit 1
printf '\001\006secret\012\000\002productKeypk\012\000\006deviceNamedevice\010\000\00512345clientId' >"$build/seeds/fuzz_sign/device"
for target in fuzz_sign fuzz_reply; do
    report clang with_libfuzzer "$target"
    report afl-clang-fast with_afl "$target"
done
exit "$failed"
