"""The compiled binding; see csrc/python/core.cdef for what `lib` holds."""

from typing import Any

import _cffi_backend

ffi: _cffi_backend.FFI
lib: Any
