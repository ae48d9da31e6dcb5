#!/usr/bin/env bash
# What a release has beside the sdist and the wheels: the C core as two files, the library for the Arduino IDE, and the list of
# components (CycloneDX) of an environment that has the wheel with all that it depends on.
# usage: tools/release_extras.sh VERSION WHEEL FOLDER     (cyclonedx-py must be on the PATH)
set -euo pipefail
version=$1
wheel=$(realpath "$2")
mkdir -p "$3"
out=$(realpath "$3")
cd "$(dirname "$0")/.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
make -s amalgamation arduino
cp LICENSE build/amalgamation/
(cd build/amalgamation && python3 -m zipfile -c "$out/thingpost-c-$version.zip" LICENSE thingpost.c thingpost.h)
cp build/arduino/thingpost.zip "$out/thingpost-arduino-$version.zip"

python3 -m venv --without-pip "$work/environment"
python3 -m pip --python "$work/environment/bin/python" install -qq "$wheel[cli,emulator]"
cyclonedx-py environment --output-reproducible --output-format JSON --mc-type library \
    --pyproject pyproject.toml --output-file "$work/components.json" "$work/environment"
# The version is not in pyproject.toml, where cyclonedx-py looks for it.
python3 - "$version" "$work/components.json" >"$out/thingpost.cdx.json" <<'END'
import json
import sys

version, path = sys.argv[1:]
with open(path, encoding="utf-8") as file:
    components = json.load(file)
components["metadata"]["component"] |= {"version": version, "purl": f"pkg:pypi/thingpost@{version}"}
json.dump(components, sys.stdout, indent=2)
END
