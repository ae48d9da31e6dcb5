#!/bin/sh
# Gets everything that `make demo` and `make test` need: system packages, then a virtual environment in .venv with thingpost
# and its tools. System packages are only named where they are missing; they are installed when root, else the one line to
# type is printed. Environment: PYTHON names the interpreter to use.
set -eu
cd "$(dirname "$0")/.."

say() { printf '%s\n' "thingpost: $*"; }
stop() { printf '%s\n' "thingpost: $*" >&2; exit 1; }

find_python() { # the first interpreter that is new enough; nothing where there is none
    for candidate in "${PYTHON:-python3}" python3 python3.14 python3.13 python3.12 python3.11 python3.10; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; then
            command -v "$candidate"
            return
        fi
    done
}

has_header() { # has_header INTERPRETER: can an extension be compiled for it?
    "$1" -c 'import os, sys, sysconfig; sys.exit(not os.path.exists(os.path.join(sysconfig.get_path("include"), "Python.h")))'
}

python=$(find_python)
if [ -z "$python" ] && command -v python3 >/dev/null 2>&1; then
    stop "Python 3.10 or newer is needed; $(command -v python3) is $(python3 -c 'import platform; print(platform.python_version())'). Install a newer one and run: make PYTHON=/path/to/it $*"
fi

missing=""
if [ -z "$python" ]; then
    missing="python3 python3-venv python3-dev"
else
    "$python" -c 'import ensurepip, venv' 2>/dev/null || missing="python3-venv"
    has_header "$python" || missing="$missing python3-dev"
fi
echo '#include <stdio.h>' | cc -E - >/dev/null 2>&1 || missing="$missing gcc libc6-dev"
[ -s /etc/ssl/certs/ca-certificates.crt ] || [ "$(uname -s)" != Linux ] || [ ! -e /etc/debian_version ] || missing="$missing ca-certificates"

if [ -n "$missing" ]; then
    missing=$(echo $missing) # one blank between the names
    say "missing system packages: $missing"
    command -v apt-get >/dev/null 2>&1 || stop "install them with your system's package manager (these are Debian's names)"
    [ "$(id -u)" = 0 ] || stop "install them with: sudo apt-get install -y $missing"
    say "installing them with apt-get"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
    python=$(find_python)
    [ -n "$python" ] || stop "Python 3.10 or newer is needed; this system's packages have $(python3 --version)"
fi

if ! .venv/bin/python -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; then
    say "creating the virtual environment .venv with $("$python" --version)"
    rm -rf .venv
    "$python" -m venv .venv
fi
say "building thingpost into .venv"
tools="--group test"
command -v cmake >/dev/null 2>&1 || tools="$tools cmake" # for the C tests
.venv/bin/python -m pip install -qq --disable-pip-version-check --upgrade 'pip>=25.1'
.venv/bin/python -m pip install -qq --disable-pip-version-check --editable '.[cli,emulator]' $tools
touch .venv/ready
