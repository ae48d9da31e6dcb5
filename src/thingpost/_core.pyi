"""The compiled binding; see csrc/python/core.cdef for what `lib` holds."""

from typing import Any

import cffi

ffi: cffi.FFI
lib: Any
