#!/bin/sh
# Prints every CPython >= 3.10 of this machine that an abi3 wheel serves, one a version, as "3.12 /path/to/python3".
set -eu
found=$(
    IFS=: # a folder on the PATH may have blanks
    for folder in $PATH "${PYENV_ROOT:-${HOME:-}/.pyenv}"/versions/*/bin; do
        for candidate in "$folder"/python3 "$folder"/python3.[0-9] "$folder"/python3.[0-9][0-9]; do
            [ ! -x "$candidate" ] || "$candidate" -c '
import platform, sys, sysconfig
suits = platform.python_implementation() == "CPython" and sys.version_info >= (3, 10) and sys.prefix == sys.base_prefix
if suits and not hasattr(sys, "gettotalrefcount") and not sysconfig.get_config_var("Py_GIL_DISABLED"):
    print("%d.%d" % sys.version_info[:2], sys.executable)
' 2>/dev/null || true
        done
    done | sort -V | awk '!seen[$1]++'
)
if [ -z "$found" ]; then
    echo "thingpost: no CPython 3.10 or newer is on the PATH or under pyenv" >&2
    exit 1
fi
printf '%s\n' "$found"
