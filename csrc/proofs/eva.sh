#!/bin/sh
# No run-time error (C99 undefined behaviour: an access out of bounds, an overflow, a value never set) for any input: Frama-C's EVA
# on a 32-bit machine, a big-endian one and one whose int has 16 bits. A line for each driver in eva/, machine and method.
# usage: csrc/proofs/eva.sh [full]     Debian: frama-c-base
# Replies, requests and content: any bytes, all lengths up to 1,024 at once. Block functions: any state and block. Signatures,
# around any block function: any bytes, a few lengths. With "full", which takes an hour or two: every length to 130 through every
# function by every method, and every longer one up to 1,024 through some functions by one method on each machine. All that is
# proven of small code (TPOST_UNROLL=0); of fast code block functions and signatures are, at a few lengths.
# Under CI=true a missing tool is a failure; elsewhere it is skipped, and said so.
set -u
proofs=$(cd "$(dirname "$0")" && pwd)
src=$proofs/../src
failed=0
. "$(dirname "$proofs")/tests/skipped.sh"

prove() { # what it is, driver, machine, options of EVA, unroll level, options of the preprocessor
    log=$(mktemp)
    # A volatile object stands for anything to EVA. Here the word only keeps compilers from removing what is written.
    # shellcheck disable=SC2086 # several words are meant
    frama-c -eva -machdep "$3" $4 -cpp-extra-args="-I$proofs/../include -I$src -DTPOST_UNROLL=$5 -Dvolatile= $6" \
        "$proofs/eva/$2" "$src"/*.c >"$log" 2>&1
    if grep -q '^  0 alarms generated' "$log" && grep -q 'No errors or warnings raised' "$log"; then
        echo "passed:  $1 on $3: 0 alarms"
    else
        grep -A 1 -E '^\[eva:alarm\]|[Ee]rror' "$log" | head -n 40
        echo "FAILED:  $1 on $3"
        failed=1
    fi
    rm -f "$log"
}

if ! command -v frama-c >/dev/null; then
    skipped "frama-c is not installed"
    exit "$failed"
fi

# Everything on one machine; methods in the order in which they get the long lengths.
prove_all() { # full or not, machine, unroll level of its fast code, methods...
    full=$1
    machine=$2
    fast=$3
    shift 3
    prove "any reply of /auth" reply.c "$machine" "-main auth -eva-precision 1 -eva-auto-loop-unroll 140" 0 ""
    prove "any reply of /topic" reply.c "$machine" "-main topic -eva-precision 1 -eva-auto-loop-unroll 140" 0 ""
    # A template ends with a NUL, so EVA is told how many steps to keep apart.
    prove "any request and content" request.c "$machine" \
        "-eva-precision 2 -eva-auto-loop-unroll 140 -eva-slevel-function tpost_put_template:400" 0 ""
    for method in "$@"; do
        prove "$method, any block" blocks.c "$machine" "-eva-precision 3" 0 "-DANY_METHOD=$method"
        prove "$method, unroll $fast, any block" blocks.c "$machine" "-eva-precision 3" "$fast" "-DANY_METHOD=$method"
    done
    if [ "$full" = full ]; then
        for method in "$@"; do
            prove "$method, 0 to 130 bytes" sign.c "$machine" "$bytes" 0 \
                "-DANY_METHOD=$method -DCALLS=sign_all -DMOST=130"
        done
        # Longer ones only have more blocks of the same kind.
        prove "$1, 131 to 1,024 bytes" sign.c "$machine" "$bytes" 0 \
            "-DANY_METHOD=$1 -DCALLS=sign_some -DLEAST=131"
    else
        prove "$1, 0 to 9 bytes" sign.c "$machine" "$bytes" 0 "-DANY_METHOD=$1 -DCALLS=sign_all -DMOST=9"
        prove "$2, 55 to 65 bytes" sign.c "$machine" "$bytes" 0 \
            "-DANY_METHOD=$2 -DCALLS=sign_all -DLEAST=55 -DMOST=65"
    fi
    prove "$3, unroll $fast, 62 to 67 bytes" sign.c "$machine" "$bytes" "$fast" \
        "-DANY_METHOD=$3 -DCALLS=sign_all -DLEAST=62 -DMOST=67"
    return "$failed"
}

# Of bytes nothing need be known but where they are. Padding is done in loops that end at any of 64 places: these are kept apart.
bytes="-eva-precision 1 -eva-slevel 100 -eva-auto-loop-unroll 2000"
# Side by side: the machines have nothing to do with each other.
prove_all "${1:-}" gcc_x86_32 2 tpost_hmacmd5 tpost_hmacsha1 tpost_hmacsha256 &
little=$!
prove_all "${1:-}" ppc_32 1 tpost_hmacsha1 tpost_hmacsha256 tpost_hmacmd5 &
big=$!
prove_all "${1:-}" gcc_x86_16 1 tpost_hmacsha256 tpost_hmacmd5 tpost_hmacsha1 || failed=1
wait "$little" || failed=1
wait "$big" || failed=1
exit "$failed"
