#!/bin/sh
# A program builds against an installed copy, by find_package and by pkg-config, also after the copy was moved.
# usage: test_install.sh <cmake> <build dir> <consumer's sources> <C compiler> <version>
set -eu
cmake=$1 build=$2 consumer=$3 cc=$4 version=$5
expected=FAFD82A3D602B37FB0FA8B7892F24A477F851A14
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

check() { # what, actual, expected
    if [ "$2" != "$3" ]; then
        echo "test_install: $1: is '$2', should be '$3'"
        exit 1
    fi
}

"$cmake" --install "$build" --prefix "$work/first" >"$work/log" || { cat "$work/log"; exit 1; }
mkdir "$work/a place"
mv "$work/first" "$work/a place/moved"
prefix="$work/a place/moved"

{
    "$cmake" -S "$consumer" -B "$work/cmake" -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_C_COMPILER="$cc" \
        -DWANTED_VERSION="${version%.*}" && "$cmake" --build "$work/cmake"
} >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
check "by find_package" "$("$work/cmake/consumer")" "$expected"
if [ -e "$prefix/include/thingpost_lanes.h" ]; then
    check "batches by find_package" "$("$work/cmake/batch")" "$expected"
fi

if ! command -v pkg-config >/dev/null; then
    echo "test_install: by find_package: passed; by pkg-config: skipped: pkg-config is not installed"
    [ "${CI:-}" = true ] && exit 1
    exit 77
fi
# Moved once more: pkg-config 0.29 does not quote a blank in the place that it finds itself in.
mv "$prefix" "$work/moved"
PKG_CONFIG_PATH=$(dirname "$(find "$work/moved" -name thingpost.pc)")
export PKG_CONFIG_PATH
check "pkg-config's version" "$(pkg-config --modversion thingpost)" "$version"
cp "$consumer/main.c" "$work/main.c"
# shellcheck disable=SC2046 # several words are meant
"$cc" "$work/main.c" $(pkg-config --cflags --libs thingpost) -o "$work/by_pkg_config"
check "by pkg-config" "$("$work/by_pkg_config")" "$expected"
echo "test_install: by find_package and by pkg-config: passed"
