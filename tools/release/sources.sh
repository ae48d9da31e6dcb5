#!/usr/bin/env bash
# What a release has for firmware: the C core as two files, and the library for the Arduino IDE.
# usage: tools/release/sources.sh VERSION FOLDER
set -euo pipefail
version=$1
mkdir -p "$2"
out=$(realpath "$2")
cd "$(dirname "$0")/../.."

make -s amalgamation arduino
cp LICENSE build/amalgamation/
(cd build/amalgamation && python3 -m zipfile -c "$out/thingpost-c-$version.zip" LICENSE thingpost.c thingpost.h)
cp build/arduino/thingpost.zip "$out/thingpost-arduino-$version.zip"
