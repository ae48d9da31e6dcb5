#!/bin/sh
# Gets what `make demo` and `make test` need to build and test: system packages, then a virtual environment in .venv with the
# tools. System packages are only named where they are missing; they are installed when root, else the one
# line to type is printed. Environment: PYTHON names the interpreter to use.
set -eu
cd "$(dirname "$0")/.."

say() { printf '%s\n' "thingpost: $*"; }
stop() { printf '%s\n' "thingpost: $*" >&2; exit 1; }

is_new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; }

find_python() { # the interpreter to use; nothing where there is none
    for candidate in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11 python3.10}; do
        if is_new_enough "$candidate"; then
            command -v "$candidate"
            return
        fi
    done
}

can_compile_for() { # is Python.h there?
    "$1" -c 'import os, sys, sysconfig; sys.exit(not os.path.exists(os.path.join(sysconfig.get_path("include"), "Python.h")))'
}

python=$(find_python)
if [ -z "$python" ] && command -v "${PYTHON:-python3}" >/dev/null 2>&1; then
    stop "Python 3.10 or newer is needed; ${PYTHON:-python3} is $("${PYTHON:-python3}" -V 2>&1). Install a newer one and add to make: PYTHON=/path/to/python3"
fi
[ -n "$python" ] || [ -z "${PYTHON:-}" ] || stop "there is no interpreter PYTHON=$PYTHON"

missing=""
if [ -z "$python" ]; then
    missing="python3 python3-venv python3-dev"
else
    "$python" -c 'import ensurepip, venv' 2>/dev/null || missing="python3-venv"
    can_compile_for "$python" || missing="$missing python3-dev"
fi
echo '#include <stdio.h>' | cc -E - >/dev/null 2>&1 || missing="$missing gcc libc6-dev"
[ -s /etc/ssl/certs/ca-certificates.crt ] || [ ! -e /etc/debian_version ] || missing="$missing ca-certificates"

if [ -n "$missing" ]; then
    missing=$(echo $missing) # one blank between the names
    say "missing system packages: $missing"
    command -v apt-get >/dev/null 2>&1 || stop "install them with your system's package manager (these are Debian's names)"
    [ "$(id -u)" = 0 ] || stop "install them with: sudo apt-get install -y $missing"
    say "installing them with apt-get"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive DEBCONF_NOWARNINGS=yes \
        apt-get install -y -qq --no-install-recommends $missing >/dev/null
    python=$(find_python)
    [ -n "$python" ] || stop "Python 3.10 or newer is needed; this system's packages have $(python3 -V)"
fi

# A virtual environment that was moved, interrupted or made by another Python is made anew.
version() { "$1" -c 'import sys; print(sys.version_info[:2])' 2>/dev/null; }
if [ "$(cat .venv/home 2>/dev/null)" != "$PWD" ] || [ "$(version .venv/bin/python)" != "$(version "$python")" ] ||
    ! .venv/bin/python -c 'import pip' 2>/dev/null; then
    say "creating the virtual environment .venv with $("$python" -V)"
    rm -rf .venv
    "$python" -m venv .venv
    pwd >.venv/home
fi
say "installing tools into .venv"
tools="--group build --group test"
command -v cmake >/dev/null 2>&1 || tools="$tools cmake" # for the C tests
.venv/bin/python -m pip install -qq --disable-pip-version-check --upgrade 'pip>=25.1'
.venv/bin/python -m pip install -qq --disable-pip-version-check $tools
touch .venv/tools
