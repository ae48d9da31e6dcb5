#!/bin/sh
# The sources keep to what Microsoft's C compiler takes, where GNU extensions, special instructions and C99's variable arrays are not
# to be had: Clang reads them for Windows, without any of its own extensions. Nothing is linked or run. One line.
# usage: csrc/tests/msvc.sh [build directory]     (default: csrc/build/msvc)
# Under CI=true a missing tool is a failure; elsewhere it is skipped, and said so. Debian: clang
set -u
csrc=$(dirname "$(cd "$(dirname "$0")" && pwd)")
build=${1:-$csrc/build/msvc}
failed=0
. "$csrc/tests/skipped.sh"

if ! command -v clang >/dev/null; then
    skipped "as Microsoft's compiler reads them: clang is not installed"
    exit "$failed"
fi
mkdir -p "$build"
build=$(cd "$build" && pwd)
cat >"$build/string.h" <<'END'
/* What the sources use of Windows' string.h; clang has the headers without a C library of its own. */
#include <stddef.h>
int memcmp(const void *, const void *, size_t);
void *memchr(const void *, int, size_t);
void *memcpy(void *, const void *, size_t);
void *memmove(void *, const void *, size_t);
void *memset(void *, int, size_t);
size_t strlen(const char *);
END
cd "$csrc" || exit 1
portable="batch cpu keys plan portable rows select single text" # as in csrc/python/core_build.py
for source in src/*.c $(for name in $portable; do echo "lanes/$name.c"; done) python/*.c; do
    for machine in x86_64 i686 aarch64; do
        clang --target=$machine-pc-windows-msvc -fms-compatibility-version=19.40 -ffreestanding -fsyntax-only -std=c99 -Werror -Wall \
            -Wextra -Wpedantic -Wvla -U__GNUC__ -U__clang__ -U__SSE2__ -U__ARM_NEON -D__attribute__=tpost_no_attributes \
            -D__asm__=tpost_no_assembly -I"$build" -Iinclude -Isrc -Ilanes -Ipython "$source" || failed=1
    done
done
[ "$failed" = 1 ] && echo "FAILED:  as Microsoft's compiler reads them" || echo "passed:  as Microsoft's compiler reads them"
exit "$failed"
