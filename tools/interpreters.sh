#!/bin/sh
# Prints every CPython >= 3.10 of this machine, one a version, as "3.12 /path/to/python3".
set -eu
for folder in $(echo "$PATH" | tr ':' ' ') "${PYENV_ROOT:-$HOME/.pyenv}"/versions/*/bin; do
    for candidate in "$folder"/python3 "$folder"/python3.[0-9] "$folder"/python3.[0-9][0-9] "$folder"/python3.[0-9][0-9]t; do
        [ ! -x "$candidate" ] || "$candidate" -c '
import platform, sys, sysconfig
if sys.version_info >= (3, 10) and platform.python_implementation() == "CPython" and not sys.flags.debug and sys.prefix == sys.base_prefix:
    print("%d.%d%s" % (*sys.version_info[:2], "t" * bool(sysconfig.get_config_var("Py_GIL_DISABLED"))), sys.executable)
' 2>/dev/null || true
    done
done | sort -V | awk '!seen[$1]++'
