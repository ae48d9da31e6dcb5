#!/bin/sh
# Linters, formatters and type checkers. With --fix the formatters change the files.
set -eu
cd "$(dirname "$0")/.."
.venv/bin/python -m pip install -qq --disable-pip-version-check --group check
c_files=$(git ls-files 'csrc/*.c' 'csrc/*.h' 'csrc/*.cpp')

if [ "${1:-}" = --fix ]; then
    .venv/bin/ruff check --fix
    .venv/bin/ruff format
    .venv/bin/clang-format -i $c_files
    exit
fi
.venv/bin/ruff check
.venv/bin/ruff format --check
for platform in linux darwin win32; do # what one system lacks, another is not asked for
    .venv/bin/mypy --platform $platform
done
.venv/bin/stubtest thingpost._core --concise
.venv/bin/clang-format --dry-run -Werror $c_files
