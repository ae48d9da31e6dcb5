#!/bin/sh
# Writes the .txt files anew. Needs uv (pip install uv). usage: compile.sh [--upgrade]
set -eu
cd "$(dirname "$0")"
compile() { # file, oldest Python, sources and options
    name=$1
    oldest=$2
    shift 2
    uv pip compile --quiet --universal --generate-hashes --custom-compile-command tools/requirements/compile.sh \
        --python-version "$oldest" $upgrade --output-file "$name.txt" "$@"
}
upgrade=${1:-}
compile setuptools 3.10 setuptools.in
compile build 3.10 build.in
compile wheels 3.11 wheels.in
compile quick 3.10 ../../pyproject.toml quick.in
compile emulator 3.10 ../../pyproject.toml quick.in --extra cli --extra emulator
compile sbom 3.11 sbom.in
