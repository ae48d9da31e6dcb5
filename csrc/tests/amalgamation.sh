#!/bin/sh
# The two files of tools/amalgamate.py do what the many do: the C tests pass with them, and the linker still leaves out the hashes that
# nothing names. One line for each compiler and optimisation.
# usage: csrc/tests/amalgamation.sh [build directory]     (default: csrc/build/amalgamation)
# Under CI=true a missing compiler is a failure; elsewhere it is skipped, and said so.
set -u
tests=$(cd "$(dirname "$0")" && pwd)
csrc=$(dirname "$tests")
build=${1:-$csrc/build/amalgamation}
warnings="-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Werror"
failed=0
. "$tests/skipped.sh"

report() { # what, command...
    what=$1
    shift
    if "$@" >"$build/log" 2>&1; then
        echo "passed:  $what"
    else
        tail -n 40 "$build/log"
        echo "FAILED:  $what"
        failed=1
    fi
}

run_tests() { # compiler, optimisation
    # shellcheck disable=SC2086 # several words are meant
    $1 -std=c99 $warnings $2 -c "$build/thingpost.c" -o "$build/thingpost.o" || return 1
    for test in hash hmac content sign verify device request reply; do
        $1 -std=c99 $2 -I"$build" "$tests/test_$test.c" "$build/thingpost.o" -o "$build/test" && "$build/test" || return 1
    done
}

# One hash, the requests and the replies, from the amalgamation and from an archive: no symbol of another hash.
one_hash() { # compiler
    cat >"$build/one.c" <<'END'
#include "thingpost.h"

int main(int argc, char **argv)
{
    static const tpost_param params[] = {TPOST_PARAM("productKey", "pk", 2), TPOST_PARAM("deviceName", "dn", 2),
                                         TPOST_PARAM("clientId", "id", 2)};
    char sign[TPOST_SIGN_SIZE], text[512];
    tpost_reply reply;
    int bad = (int)tpost_sign(&tpost_hmacsha1, "secret", 6, params, 3, sign, sizeof sign);

    bad |= (int)tpost_auth_request("host", 4, &tpost_hmacsha1, params, 3, sign, text, sizeof text, NULL);
    bad |= (int)tpost_topic_request("host", 4, "/pk/dn/user/pub", 15, "token", 5, 0, text, sizeof text, NULL);
    tpost_reply_begin(&reply, NULL, 0);
    return bad != 0 || tpost_reply_feed(&reply, argv[0], (size_t)argc, NULL) == TPOST_OK;
}
END
    $1 -std=c99 -O2 -ffunction-sections -fdata-sections -Wl,--gc-sections -I"$build" "$build/one.c" "$build/thingpost.c" \
        -o "$build/one" || return 1
    only_sha1 || return 1
    rm -rf "$build/archive"
    mkdir "$build/archive"
    (cd "$build/archive" && $1 -std=c99 -O2 -I"$csrc/include" -c "$csrc"/src/*.c && ar rc libthingpost.a ./*.o) || return 1
    $1 -std=c99 -O2 -I"$build" "$build/one.c" "$build/archive/libthingpost.a" -o "$build/one" && only_sha1
}

only_sha1() {
    "$build/one" && nm "$build/one" | grep -q sha1 && ! nm "$build/one" | grep -E 'md5|sha256'
}

mkdir -p "$build"
"$csrc/../tools/amalgamate.py" "$build" || exit 1
for compiler in gcc clang; do
    if ! command -v "$compiler" >/dev/null; then
        skipped "$compiler is not installed"
        continue
    fi
    for optimise in -O2 -Os; do
        report "the amalgamation with $compiler $optimise" run_tests "$compiler" "$optimise"
    done
    report "SHA-1 alone has no symbol of MD5 and SHA-256, $compiler" one_hash "$compiler"
done
exit "$failed"
