"""Builds `thingpost._core`, the cffi binding of the C core. Run by setup.py; not a part of the wheel."""

from pathlib import Path

from cffi import FFI

# cffi would release the GIL around every call. One signature is shorter than handing the GIL over and waiting for it
# back, so this unit keeps it: with another thread busy that is the difference between millions and thousands a second.
# Only batches, which take long, release it. Nor is errno kept for Python around every call, since the core never sets it:
# that would cost a fifth of the time of a call.
PRELUDE = """
#include "bridge.h"
#include "lines.h"

#ifdef PYPY_VERSION /* there cffi releases the GIL around every call, and knows of no way to keep it */
#undef Py_BEGIN_ALLOW_THREADS
#undef Py_END_ALLOW_THREADS
#define Py_BEGIN_ALLOW_THREADS
#define Py_END_ALLOW_THREADS
#endif

static int tpost_bridge_sign_batch(const tpost_lanes *lanes, const tpost_batch *batch, char *out, size_t out_size,
                                   size_t out_step, uint8_t *mask, size_t *bad_row)
{
    int status;

    Py_BEGIN_ALLOW_THREADS
    status = (int)tpost_sign_batch(lanes, batch, out, out_size, out_step, mask, bad_row);
    Py_END_ALLOW_THREADS
    return status;
}

static int tpost_bridge_verify_batch(const tpost_lanes *lanes, const tpost_batch *batch, const tpost_column *signs,
                                     char *verdicts, uint8_t *mask, size_t *bad_row)
{
    int status;

    Py_BEGIN_ALLOW_THREADS
    status = (int)tpost_verify_batch(lanes, batch, signs, (uint8_t *)verdicts, mask, bad_row);
    Py_END_ALLOW_THREADS
    return status;
}

#undef Py_BEGIN_ALLOW_THREADS
#undef Py_END_ALLOW_THREADS
#define Py_BEGIN_ALLOW_THREADS
#define Py_END_ALLOW_THREADS

#undef _cffi_restore_errno
#undef _cffi_save_errno
#define _cffi_restore_errno() ((void)0)
#define _cffi_save_errno() ((void)0)
"""

# setuptools wants paths relative to the project's root, in an order that is the same everywhere
SOURCES = [
    *sorted(path.as_posix() for path in Path("csrc/src").glob("*.c")),
    *(
        f"csrc/lanes/{name}.c"
        for name in ("batch", "cpu", "keys", "plan", "portable", "rows", "select", "single", "text")
    ),
    "csrc/python/bridge.c",
    "csrc/python/lines.c",
]

ffibuilder = FFI()
for name in ("core", "batch"):
    ffibuilder.cdef(Path(f"csrc/python/{name}.cdef").read_text(encoding="ascii"))
ffibuilder.set_source(
    "thingpost._core",
    PRELUDE,
    sources=SOURCES,
    depends=sorted(path.as_posix() for path in Path("csrc").glob("**/*.h")),
    include_dirs=["csrc/include", "csrc/src", "csrc/lanes", "csrc/python"],
)
