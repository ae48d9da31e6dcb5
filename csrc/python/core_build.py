"""Builds `thingpost._core`, the cffi binding of the C core. Run by setup.py; not a part of the wheel."""

from pathlib import Path

from cffi import FFI

# cffi would release the GIL around every call. One signature is shorter than handing the GIL over and waiting for it
# back, so this unit keeps it: with another thread busy that is the difference between millions and thousands a second.
PRELUDE = """
#undef Py_BEGIN_ALLOW_THREADS
#undef Py_END_ALLOW_THREADS
#define Py_BEGIN_ALLOW_THREADS
#define Py_END_ALLOW_THREADS
#include "bridge.h"
"""

ffibuilder = FFI()
ffibuilder.cdef(Path("csrc/python/core.cdef").read_text(encoding="ascii"))
ffibuilder.set_source(
    "thingpost._core",
    PRELUDE,
    # setuptools wants paths relative to the project's root, in an order that is the same everywhere
    sources=[*sorted(path.as_posix() for path in Path("csrc/src").glob("*.c")), "csrc/python/bridge.c"],
    depends=sorted(path.as_posix() for path in Path("csrc").glob("**/*.h")),
    include_dirs=["csrc/include", "csrc/src", "csrc/python"],
)
