#!/bin/sh
# No run-time error (C99 undefined behaviour: an access out of bounds, an overflow, a value never set) for any input: Frama-C's EVA
# on a 32-bit machine, a big-endian one and one whose int has 16 bits. One line for each driver in eva/.
# usage: csrc/proofs/eva.sh [full]     Debian: frama-c-base
# Replies, requests and content: any bytes, all lengths up to 1,024 at once. Signatures: any bytes, a few lengths, or with "full" every
# length up to 130 and every 64th up to 1,024, which takes hours.
# Under CI=true a missing tool is a failure; elsewhere it is skipped, and said so.
set -u
proofs=$(cd "$(dirname "$0")" && pwd)
src=$proofs/../src
failed=0
. "$(dirname "$proofs")/tests/skipped.sh"

prove() { # what it is, driver, machine, options of EVA, options of the preprocessor
    log=$(mktemp)
    # A volatile object stands for anything to EVA. Here the word only keeps compilers from removing what is written.
    # shellcheck disable=SC2086 # several words are meant
    frama-c -eva -machdep "$3" $4 -cpp-extra-args="-I$proofs/../include -DTPOST_UNROLL=0 -Dvolatile= $5" \
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
for machine in gcc_x86_32 ppc_32 gcc_x86_16; do
    prove "any reply of /auth" reply.c $machine "-main auth -eva-precision 1 -eva-auto-loop-unroll 140" ""
    prove "any reply of /topic" reply.c $machine "-main topic -eva-precision 1 -eva-auto-loop-unroll 140" ""
    prove "any request and content" request.c $machine "-eva-precision 2 -eva-auto-loop-unroll 140" ""
done
sign="-eva-precision 5 -eva-auto-loop-unroll 2000"
if [ "${1:-}" = full ]; then
    for machine in gcc_x86_32 ppc_32 gcc_x86_16; do
        for method in tpost_hmacmd5 tpost_hmacsha1 tpost_hmacsha256; do
            prove "$method, 0 to 130 bytes" sign.c $machine "$sign" "-DANY_METHOD=$method -DMOST=130"
            prove "$method, 192 to 1,024 bytes" sign.c $machine "$sign" "-DANY_METHOD=$method -DLEAST=192 -DSTEP=64"
        done
    done
else
    prove "tpost_hmacmd5, 0 and 64 bytes" sign.c gcc_x86_32 "$sign" "-DANY_METHOD=tpost_hmacmd5 -DMOST=64 -DSTEP=64"
    prove "tpost_hmacsha1, 9 bytes" sign.c gcc_x86_16 "$sign" "-DANY_METHOD=tpost_hmacsha1 -DLEAST=9 -DMOST=9"
    prove "tpost_hmacsha1, 9 bytes" sign.c ppc_32 "$sign" "-DANY_METHOD=tpost_hmacsha1 -DLEAST=9 -DMOST=9"
fi
exit "$failed"
