#!/bin/sh
# The library drops into other build systems: each builds a program with it and runs that. One line for each.
# usage: csrc/tests/ports.sh [build directory]     (default: csrc/build/ports)     Debian: cmake meson ninja-build
# ESP-IDF and Zephyr are not needed: functions that stand in for theirs read the same files. Under CI=true a missing tool is a
# failure; elsewhere it is skipped, and said so. find_package and pkg-config: see test_install.sh.
set -u
tests=$(cd "$(dirname "$0")" && pwd)
csrc=$(dirname "$tests")
build=${1:-$csrc/build/ports}
failed=0
. "$tests/skipped.sh"

port() { # name, tool, function
    rm -rf "${build:?}/$1"
    mkdir -p "$build/$1"
    if ! command -v "$2" >/dev/null; then
        skipped "$1: $2 is not installed"
    elif (cd "$build/$1" && "$3" "$1") >"$build/$1.log" 2>&1; then
        echo "passed:  $1"
    else
        tail -n 30 "$build/$1.log"
        echo "FAILED:  $1"
        failed=1
    fi
}

with_meson() {
    cp "$tests/ports/program.c" .
    mkdir subprojects
    ln -s "$csrc" subprojects/thingpost
    cat >meson.build <<'END'
project('program', 'c')
executable('program', 'program.c', dependencies: dependency('thingpost', fallback: ['thingpost', 'thingpost_dep']))
END
    meson setup out && ninja -C out && out/program || return 1
    meson setup -Dthingpost:only=SHA1 one && ninja -C one && one/program &&
        nm one/subprojects/thingpost/libthingpost.a >symbols && ! grep -Eq 'tpost_(md5|sha256)_compress' symbols || return 1
    # Every source is in the list.
    [ "$(grep -c "src/.*\.c'" "$csrc/meson.build")" = "$(find "$csrc/src" -name '*.c' | wc -l)" ] && out/program
}

with_fetch_content() {
    cat >CMakeLists.txt <<END
cmake_minimum_required(VERSION 3.16)
project(program C)
include(FetchContent)
FetchContent_Declare(thingpost GIT_REPOSITORY not-used)
FetchContent_MakeAvailable(thingpost)
add_executable(program "$tests/ports/program.c")
target_link_libraries(program PRIVATE thingpost::thingpost)
END
    cmake -DFETCHCONTENT_SOURCE_DIR_THINGPOST="$csrc" -B out && cmake --build out && out/program &&
        cmake -DFETCHCONTENT_SOURCE_DIR_THINGPOST="$csrc" -DTPOST_ONLY=SHA1 -B one && cmake --build one && one/program &&
        nm one/_deps/thingpost-build/libthingpost.a >symbols && grep -q tpost_sha1_compress symbols &&
        ! grep -Eq 'tpost_(md5|sha256)_compress' symbols
}

with_stand_in() { # esp-idf or zephyr
    cmake -DCSRC="$csrc" -DPORT="$1" -P "$tests/ports/stand_in.cmake" && ./program &&
        cmake -DCSRC="$csrc" -DPORT="$1" -DTPOST_ONLY=SHA1 -P "$tests/ports/stand_in.cmake" && ./program
}

# PlatformIO compiles src/ with the header's directory, and nothing else.
with_platformio() {
    python3 -c '
import json, sys
manifest = json.load(open(sys.argv[1], encoding="utf-8"))
print(manifest["build"]["srcDir"], manifest["build"]["includeDir"], manifest["headers"])' "$csrc/library.json" >told &&
        read -r source include header <told && [ -f "$csrc/$include/$header" ] &&
        cc -std=c99 -I"$csrc/$include" "$tests/ports/program.c" "$csrc/$source"/*.c -o program && ./program
}

# The sketch, with the library as `make arduino` packs it.
with_arduino() {
    "$csrc/../tools/amalgamate.py" src &&
        g++ -std=c++11 -Wall -Wextra -Werror -fsyntax-only -Isrc -I"$tests/ports/arduino" -x c++ \
            -include "$tests/ports/arduino/Arduino.h" "$csrc/ports/arduino/examples/SignIn/SignIn.ino"
}

# By the tools of PlatformIO, ESP-IDF and others, from PyPI, in an environment of their own.
with_their_tools() {
    python3 -m venv environment && environment/bin/python -m pip install -q --disable-pip-version-check 'pip>=25.1' &&
        environment/bin/python -m pip install -q --disable-pip-version-check --group "$csrc/../pyproject.toml:ports" &&
        environment/bin/python "$tests/ports/manifests.py" "$csrc"
}

port meson meson with_meson
port fetch-content cmake with_fetch_content
port esp-idf cmake with_stand_in
port zephyr cmake with_stand_in
port platformio python3 with_platformio
port arduino g++ with_arduino
port manifests python3 with_their_tools
exit "$failed"
