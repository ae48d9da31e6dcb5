#!/bin/sh
# Functions do what their definitions say, whatever the input, and have no run-time error: CBMC proves what is asserted in cbmc/, for
# the bytewise hash of microcontrollers and for that of hosts. One line for each function and hash.
# usage: csrc/proofs/cbmc.sh [build directory]     (default: csrc/build/cbmc)
# Where no cbmc is installed, that of Debian 13 is unpacked into the build directory, with the C library that it needs.
# Under CI=true a missing tool is a failure; elsewhere it is skipped, and said so.
set -u
proofs=$(cd "$(dirname "$0")" && pwd)
csrc=$(dirname "$proofs")
build=${1:-$csrc/build/cbmc}
src=$csrc/src
failed=0
. "$csrc/tests/skipped.sh"
mkdir -p "$build"
build=$(cd "$build" && pwd)

if command -v cbmc >/dev/null; then
    cbmc=cbmc
else
    "$csrc/../tools/unpack-debian.sh" "$(dpkg --print-architecture)" "$build/debian" cbmc minisat >"$build/fetch.log" 2>&1
    lib=$(dirname "$(find "$build/debian/usr/lib" -name libc.so.6 2>/dev/null)")
    loader=$(echo "$lib"/ld-linux*.so.*)
    cbmc="$loader --library-path $lib:$build/debian/usr/lib $build/debian/usr/bin/cbmc"
fi
# shellcheck disable=SC2086 # the command is several words
if ! $cbmc --version >/dev/null 2>&1; then
    skipped "cbmc is neither installed nor could it be had: see $build/fetch.log"
    exit "$failed"
fi

run() { # file, function, unroll level, sources and options
    file=$1
    function=$2
    level=$3
    shift 3
    # shellcheck disable=SC2086
    (cd "$src" && timeout 1800 $cbmc -DTPOST_UNROLL="$level" -I../include -I. "$proofs/cbmc/$file" --function "$function" "$@") \
        >"$build/$function-$level.log" 2>&1
}

prove() { # as run()
    if run "$@" && grep -q '^VERIFICATION SUCCESSFUL' "$build/$2-$3.log"; then
        echo "passed:  $2 ($1), unroll $3"
    else
        grep -E 'FAILURE|rror' "$build/$2-$3.log" | head -n 20
        echo "FAILED:  $2 ($1), unroll $3 (the whole log: $build/$2-$3.log)"
        failed=1
    fi
}

hash="hash.c hash_bytes.c hash_words.c wipe.c"
methods="md5.c sha1.c sha256.c"
# shellcheck disable=SC2086
for level in 0 1 2; do
    prove hash.c padding $level $hash $methods --unwind 195
    prove hash.c key $level $hash $methods --unwind 70
    prove hash.c md5 $level $hash $methods --unwind 82
    prove hash.c sha1 $level $hash $methods --unwind 82
    prove hash.c sha256 $level $hash $methods --unwind 82
    prove verify.c verdict $level $hash $methods content.c key.c --unwind 66
    prove text.c hexadecimal $level hex.c --unwind 10
done
prove text.c decimal 0 u64_text.c --unwind 66
prove text.c utf8 0 utf8.c --unwind 8
# shellcheck disable=SC2086
prove text.c comparison 0 content.c $hash --unwind 10
# shellcheck disable=SC2086
prove text.c order 0 content.c $hash --unwind 5 --unwindset any_bytes.0:8
# The proof itself can fail.
# shellcheck disable=SC2086
if run text.c wrong 0 content.c $hash --unwind 10 || ! grep -q 'FAILURE' "$build/wrong-0.log"; then
    echo "FAILED:  what is wrong was not refused (the whole log: $build/wrong-0.log)"
    failed=1
fi
exit "$failed"
