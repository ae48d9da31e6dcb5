"""The C extension; everything else about the package stands in pyproject.toml."""

import sysconfig

from setuptools import setup

# One abi3 wheel a platform serves every CPython from 3.10 on; free-threaded builds have an ABI of their own.
limited_api = not sysconfig.get_config_var("Py_GIL_DISABLED")

setup(
    cffi_modules=["csrc/python/core_build.py:ffibuilder"],
    options={"bdist_wheel": {"py_limited_api": "cp310"}} if limited_api else {},
)
