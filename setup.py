"""The C extension and how it is compiled; everything else about the package stands in pyproject.toml."""

import gzip
import os
import platform
import sys
import sysconfig
import tarfile
import tempfile
import time
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.command.sdist import sdist
from setuptools.errors import CompileError, LinkError, OptionError

# Flags are tried, not assumed: what compilers and linkers know differs by version and by machine. Of alternatives, the first
# that is taken is used; where none is, all is left out.
OPTIMISE = [
    (["-O3"],),
    (["-fvisibility=hidden"],),  # nothing but what Python looks for is exported
]
HARDEN = [
    (["-fstack-protector-strong"],),
    (["-fstack-clash-protection"],),
    (["-fcf-protection=full"],),  # x86
    (["-mbranch-protection=standard"],),  # AArch64
    (["-U_FORTIFY_SOURCE", "-D_FORTIFY_SOURCE=3"], ["-U_FORTIFY_SOURCE", "-D_FORTIFY_SOURCE=2"]),
]
HARDEN_LINK = [(["-Wl,-z,relro,-z,now"],), (["-Wl,-z,noexecstack"],)]
# No path of the machine that built it stands in the extension.
REPRODUCIBLE = [([f"-ffile-prefix-map={Path.cwd()}=."],)]
LANES = [(["-fno-tree-reassoc"],)]  # makes GCC's vector MD5 faster
MSVC_COMPILE = ["/O2", "/guard:cf"]
MSVC_LINK = ["/guard:cf"]

# Units of csrc/lanes that need flags of their own: what the others are told that they have, and the flags.
X86_UNITS = {
    "sse2": ("TPOST_HAVE_SSE2", (["-msse2"],)),
    "avx2": ("TPOST_HAVE_AVX2", (["-mavx2"],)),
    "avx512": ("TPOST_HAVE_AVX512", (["-mavx512f", "-mavx512bw", "-mavx512dq", "-mavx512vl"],)),
    "sha_x86": ("TPOST_HAVE_SHA_X86", (["-msha", "-mssse3", "-msse4.1"],)),
}
# With the 8 registers that 32-bit code has, the schedule of a keyed block would be spilled to the stack.
X86_32_UNITS = {name: unit for name, unit in X86_UNITS.items() if name != "sha_x86"}
ARM_UNITS = {
    "neon": ("TPOST_HAVE_NEON", ([],)),
    # In GCC a -march in CFLAGS beats -mcpu, so that -march comes first; Zig's Clang takes only -mcpu.
    "sha_arm": ("TPOST_HAVE_SHA_ARM", (["-march=armv8-a+crypto"], ["-mcpu=generic+crypto"])),
}
# By the macro that a compiler defines for the machine that it compiles for. The platform's name would not do: a 32-bit Python on a
# 64-bit system calls itself by the system's, and macOS can compile for two machines at once.
MACHINES = {"__x86_64__": X86_UNITS, "__i386__": X86_32_UNITS, "__aarch64__": ARM_UNITS}

# The header is there because glibc warns in it of what it does not know of _FORTIFY_SOURCE.
PROBE = "#include <string.h>\nint tpost_probe;\n"


class BuildWithLanes(build_ext):
    """Compiles the units that need a CPU's special instructions, each with its own flags, where the compiler has them.

    setuptools has one set of flags for all sources of an extension. Without these units the portable C does their work;
    so it does where MSVC compiles, which has other flags and intrinsics.
    """

    def build_extension(self, ext: Extension) -> None:
        """Choose the flags, add the objects of the special units to the extension, then build it."""
        if self.compiler.compiler_type == "msvc":
            ext.extra_compile_args += MSVC_COMPILE
            ext.extra_link_args += MSVC_LINK
        else:
            flags = self._accepted(OPTIMISE + HARDEN + REPRODUCIBLE)
            self._add_units(ext, flags + self._accepted(LANES))
            ext.extra_compile_args += flags
            ext.extra_link_args += self._accepted(HARDEN_LINK, link=True)
        super().build_extension(ext)

    def _add_units(self, ext: Extension, flags: list[str]) -> None:
        """Compile the special units of the machine that is compiled for."""
        for machine, units in MACHINES.items():
            if self._takes([], source=f"#ifndef {machine}\n#error another machine\n#endif\n{PROBE}"):
                for name, (macro, alternatives) in units.items():
                    chosen = self._first(alternatives)
                    if chosen is not None:
                        ext.extra_objects += self._compile(f"csrc/lanes/{name}.c", ext.include_dirs, flags + chosen)
                        ext.define_macros.append((macro, "1"))

    def _compile(self, source: str, include_dirs: list[str], flags: list[str]) -> list[str]:
        return self.compiler.compile(
            [source], output_dir=self.build_temp, include_dirs=include_dirs, extra_postargs=flags
        )

    def _accepted(self, wanted: list[tuple[list[str], ...]], *, link: bool = False) -> list[str]:
        """Give those flags that are taken."""
        return [flag for alternatives in wanted for flag in self._first(alternatives, link=link) or []]

    def _first(self, alternatives: tuple[list[str], ...], *, link: bool = False) -> list[str] | None:
        """Give the first of the alternatives that is taken; None where none is."""
        return next((flags for flags in alternatives if self._takes(flags, link=link)), None)

    def _takes(self, flags: list[str], *, source: str = PROBE, link: bool = False) -> bool:
        """Tell whether the compiler, or the linker, takes the flags (for all machines that it is told to make code for)."""
        with tempfile.TemporaryDirectory() as folder:
            probe = Path(folder) / "probe.c"
            probe.write_text(source, encoding="ascii")
            try:
                objects = self.compiler.compile(
                    [os.fspath(probe)], output_dir=folder, extra_postargs=["-O2", "-Werror", *([] if link else flags)]
                )
                if link:
                    self.compiler.link_shared_object(
                        objects, os.fspath(Path(folder) / "probe.so"), extra_postargs=flags
                    )
            except (CompileError, LinkError):
                return False
        return True


class ReproducibleSdist(sdist):
    """Writes the same bytes for the same files: in one order, of nobody, and all of one time, SOURCE_DATE_EPOCH or now."""

    def finalize_options(self) -> None:
        """Refuse other formats."""
        super().finalize_options()
        if self.formats != ["gztar"]:
            raise OptionError(f"sdists are made as gztar, the format that PEP 625 allows, not as {self.formats}")

    def make_archive(self, base_name: str, *_: object, base_dir: str, **__: object) -> str:
        """Write the tar.gz."""
        when = int(os.environ.get("SOURCE_DATE_EPOCH") or time.time())

        def of_nobody(member: tarfile.TarInfo) -> tarfile.TarInfo:
            member.mode = 0o755 if member.mode & 0o100 else 0o644
            member.mtime, member.uid, member.gid, member.uname, member.gname = when, 0, 0, "", ""
            return member

        path = f"{base_name}.tar.gz"
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        with (
            Path(path).open("wb") as file,
            gzip.GzipFile("", "wb", fileobj=file, mtime=when) as packed,
            tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive,
        ):
            archive.add(base_dir, filter=of_nobody)  # sorts what it finds in a folder
        return path


def stable_abi() -> str | None:
    """Tell the oldest CPython whose stable ABI the extension is built for, so that one wheel serves it and all later ones.

    Free-threaded CPython has a stable ABI (abi3t, PEP 803) from 3.15 on. PyPy has none, and for debug builds cffi does
    not use it.
    """
    if platform.python_implementation() != "CPython" or hasattr(sys, "gettotalrefcount"):
        return None
    if not sysconfig.get_config_var("Py_GIL_DISABLED"):
        return "cp310"
    return "cp315" if sysconfig.get_python_version() not in {"3.13", "3.14"} else None


os.umask(0o022)  # the modes of files in a wheel are those of the build's; they must not differ by who builds
setup(
    cffi_modules=["csrc/python/core_build.py:ffibuilder"],
    cmdclass={"build_ext": BuildWithLanes, "sdist": ReproducibleSdist},
    options={"bdist_wheel": {"py_limited_api": stable_abi()}} if stable_abi() else {},
)
