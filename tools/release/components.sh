#!/usr/bin/env bash
# Lists what the package depends on, with the extras cli and emulator, as CycloneDX: FOLDER/thingpost.cdx.json.
# usage: tools/release/components.sh VERSION FOLDER     (cyclonedx-py must be on the PATH: tools/requirements/sbom.txt)
set -euo pipefail
version=$1
mkdir -p "$2"
out=$(realpath "$2")
cd "$(dirname "$0")/../.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/environment"
"$work/environment/bin/python" -m pip install -qq --disable-pip-version-check --require-hashes --only-binary :all: \
    -r tools/requirements/emulator.txt
"$work/environment/bin/python" -m pip uninstall -qq --yes setuptools pip pytest iniconfig pluggy packaging
cyclonedx-py environment --output-reproducible --output-format JSON --mc-type library \
    --pyproject pyproject.toml --output-file "$work/components.json" "$work/environment"

# The version is not in pyproject.toml, where cyclonedx-py looks for it; and what attests wants a serial number.
python3 - "$version" "$work/components.json" >"$out/thingpost.cdx.json" <<'END'
import json
import sys
import uuid

version, path = sys.argv[1:]
with open(path, encoding="utf-8") as file:
    listed = json.load(file)
purl = f"pkg:pypi/thingpost@{version}"
listed["metadata"]["component"] |= {"version": version, "purl": purl}
listed["serialNumber"] = uuid.uuid5(uuid.NAMESPACE_URL, purl).urn
names = {component["name"] for component in listed["components"]}
missing = {"aiohttp", "cffi", "click", "cryptography", "requests", "rich", "trustme", "urllib3"} - names
if missing or not (listed["bomFormat"] and listed["specVersion"]):
    raise SystemExit(f"the list is not complete: {missing}")
json.dump(listed, sys.stdout, indent=2)
END
