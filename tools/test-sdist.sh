#!/usr/bin/env bash
# Builds the sdist, a wheel from the sdist, and runs the test suite against the installed wheel on every CPython >= 3.10 that
# this machine has: in a folder of its own, where src/ is out of the way. The oldest CPython gets the oldest dependencies that
# pyproject.toml allows, the others the newest.
set -euo pipefail
cd "$(dirname "$0")/.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

.venv/bin/python -m pip install -qq --disable-pip-version-check build
.venv/bin/python -m build --outdir "$work" . >"$work/build.log" 2>&1 || { cat "$work/build.log"; exit 1; } # wheel from sdist
wheel=$(echo "$work"/*.whl)
echo "built $(basename "$work"/*.tar.gz) and, from it, $(basename "$wheel")"
mkdir "$work/unpacked"
tar -xzf "$work"/*.tar.gz -C "$work/unpacked" --strip-components=1
rm -rf "$work/unpacked/src"

.venv/bin/python - >"$work/oldest.txt" <<'END'
import re
from importlib.metadata import requires

for requirement in requires("thingpost"):
    print(*re.findall(r"^([\w-]+)>=([\w.]+)", requirement)[0], sep="==")
END
: >"$work/newest.txt"
tools/interpreters.sh >"$work/interpreters.txt"
constraints=oldest.txt

while read -r version python; do
    echo
    echo "---- $("$python" --version), ${constraints%.txt} dependencies ----"
    "$python" -m venv "$work/venv-$version"
    "$work/venv-$version/bin/python" -m pip install -qq --disable-pip-version-check --upgrade 'pip>=25.1'
    (
        cd "$work/unpacked"
        "$work/venv-$version/bin/python" -m pip install -qq --disable-pip-version-check "$wheel[cli,emulator]" --group test -c "$work/$constraints"
        "$work/venv-$version/bin/python" -m pytest -q -p no:cacheprovider
    )
    constraints=newest.txt
done <"$work/interpreters.txt"
