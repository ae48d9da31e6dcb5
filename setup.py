"""The C extension; everything else about the package stands in pyproject.toml."""

import os
import sysconfig
import tempfile
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.errors import CompileError

# One abi3 wheel a platform serves every CPython from 3.10 on; free-threaded builds have an ABI of their own.
limited_api = not sysconfig.get_config_var("Py_GIL_DISABLED")

# Units of csrc/lanes that need flags of their own: what the others are told that they have, and the flags.
X86_UNITS = {
    "sse2": ("TPOST_HAVE_SSE2", ["-msse2"]),
    "avx2": ("TPOST_HAVE_AVX2", ["-mavx2"]),
    "avx512": ("TPOST_HAVE_AVX512", ["-mavx512f", "-mavx512bw", "-mavx512dq", "-mavx512vl"]),
    "sha_x86": ("TPOST_HAVE_SHA_X86", ["-msha", "-mssse3", "-msse4.1"]),
}
ARM_UNITS = {
    "neon": ("TPOST_HAVE_NEON", []),
    "sha_arm": ("TPOST_HAVE_SHA_ARM", ["-march=armv8-a+crypto"]),
}
# With the 8 registers that 32-bit code has, the schedule of a keyed block would be spilled to the stack.
X86_32_UNITS = {name: unit for name, unit in X86_UNITS.items() if name != "sha_x86"}
MACHINES = {
    "x86_64": X86_UNITS,
    "amd64": X86_UNITS,
    "i686": X86_32_UNITS,
    "i386": X86_32_UNITS,
    "aarch64": ARM_UNITS,
    "arm64": ARM_UNITS,
}


class BuildWithLanes(build_ext):
    """Compiles the units that need a CPU's special instructions, each with its own flags, where the compiler has them.

    setuptools has one set of flags for all sources of an extension. Without these units the portable C does their work.
    """

    def build_extension(self, ext: Extension) -> None:
        """Add the objects of the special units to the extension, then build it."""
        if self.compiler.compiler_type != "msvc":
            optimise = ["-O3", *(flag for flag in ("-fno-tree-reassoc",) if self._accepts([flag]))]
            machine = self.plat_name.rpartition("-")[2].lower()
            for name, (macro, flags) in MACHINES.get(machine, {}).items():
                if self._accepts(flags):
                    ext.extra_objects += self._compile(f"csrc/lanes/{name}.c", ext.include_dirs, optimise + flags)
                    ext.define_macros.append((macro, "1"))
            ext.extra_compile_args.append("-O3")
        super().build_extension(ext)

    def _compile(self, source: str, include_dirs: list[str], flags: list[str]) -> list[str]:
        return self.compiler.compile(
            [source], output_dir=self.build_temp, include_dirs=include_dirs, extra_postargs=flags
        )

    def _accepts(self, flags: list[str]) -> bool:
        """Tell whether the compiler takes the flags (for all architectures that it is asked to compile for)."""
        with tempfile.TemporaryDirectory() as folder:
            probe = Path(folder) / "probe.c"
            probe.write_text("int tpost_probe;\n", encoding="ascii")
            try:
                self.compiler.compile([os.fspath(probe)], output_dir=folder, extra_postargs=["-Werror", *flags])
            except CompileError:
                return False
        return True


setup(
    cffi_modules=["csrc/python/core_build.py:ffibuilder"],
    cmdclass={"build_ext": BuildWithLanes},
    options={"bdist_wheel": {"py_limited_api": "cp310"}} if limited_api else {},
)
