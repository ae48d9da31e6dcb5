#!/usr/bin/env bash
# Builds the sdist and the wheel twice, in two folders and with two umasks: they must be the same byte for byte.
set -euo pipefail
cd "$(dirname "$0")/.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
.venv/bin/python -m pip install -qq --disable-pip-version-check build
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}

for mask in 022 077; do
    mkdir -p "$work/$mask/elsewhere-$mask"
    git ls-files -z --cached --others --exclude-standard | (umask $mask && xargs -0 cp --parents --no-preserve=mode -t "$work/$mask/elsewhere-$mask")
    (umask $mask && .venv/bin/python -m build --no-isolation --outdir "$work/$mask/dist" "$work/$mask/elsewhere-$mask") \
        >"$work/$mask.log" 2>&1 || { cat "$work/$mask.log"; exit 1; }
    sleep 2 # another time of day
done
cd "$work/022/dist"
for file in *; do
    cmp "$file" "$work/077/dist/$file"
    echo "the same twice: $file"
done
