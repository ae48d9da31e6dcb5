"""What stands in a wheel: its tags, and that its extension is for that machine and asks for nothing that is not everywhere."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING

from elftools.elf.elffile import ELFFile

from tools.crosswheels.build import run, tool

if TYPE_CHECKING:
    from pathlib import Path

    from tools.crosswheels.targets import Target

MACHINES = {
    "x86_64": ("EM_X86_64", 64, True),
    "aarch64": ("EM_AARCH64", 64, True),
    "armv7l": ("EM_ARM", 32, True),
    "i686": ("EM_386", 32, True),
    "riscv64": ("EM_RISCV", 64, True),
    "s390x": ("EM_S390", 64, False),
    "ppc64le": ("EM_PPC64", 64, True),
}
"""ELF's name of the processor, the width of its addresses in bits, whether it is little-endian."""

EXPORTED = {"PyInit__core"}
FORBIDDEN = ("csrc/", "setup.py", "tests/", "bench/test", ".c", ".h", ".cdef", "core_build")
"""What must not lie in a wheel: names that begin or end so."""


def check(target: Target, path: Path) -> str:
    """Check the wheel of a target; return one line on it.

    Raises:
        SystemExit: something is not as it must be; what and where is printed.
    """
    run(tool("abi3audit"), "--strict", path)
    run(tool("check-wheel-contents"), path)
    run(tool("twine"), "check", "--strict", path)
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        (name,) = (name for name in names if name.startswith("thingpost/_core.") and name.endswith(".so"))
        extension = ELFFile(io.BytesIO(archive.read(name)))
    _must(not any(name.startswith(FORBIDDEN) or name.endswith(FORBIDDEN) for name in names), f"{path}: sources in it")
    _must("thingpost/py.typed" in names and "thingpost/_core.pyi" in names, f"{path}: without type hints")
    _check_tags(target, path)
    needed = _check_extension(target, extension)
    return f"{path.name}: {name}, {path.stat().st_size // 1024} KB, needs {', '.join(needed)}"


def _check_tags(target: Target, path: Path) -> None:
    python, abi, platforms = path.stem.split("-")[-3:]
    _must((python, abi) == ("cp310", "abi3"), f"{path}: tagged {python}-{abi}, not cp310-abi3")
    kind = "musllinux_" if target.is_musl else "manylinux"
    for platform in platforms.split("."):
        right = platform.startswith(kind) and platform.endswith(f"_{target.machine}")
        _must(right, f"{path}: tagged {platform}, not {kind}*_{target.machine}")


def _check_extension(target: Target, extension: ELFFile) -> list[str]:
    """Return the libraries that it needs."""
    found = (extension["e_machine"], extension.elfclass, extension.little_endian)
    _must(found == MACHINES[target.machine], f"{target.name}: the extension is for {found}")
    exported = {
        symbol.name
        for symbol in extension.get_section_by_name(".dynsym").iter_symbols()
        if symbol["st_shndx"] != "SHN_UNDEF" and symbol["st_info"]["bind"] != "STB_LOCAL"
    }
    _must(exported == EXPORTED, f"{target.name}: exported are {sorted(exported)}, not {sorted(EXPORTED)}")
    segments = {segment["p_type"]: segment for segment in extension.iter_segments()}
    _must("PT_GNU_RELRO" in segments, f"{target.name}: relocations stay writable")
    _must(not segments["PT_GNU_STACK"]["p_flags"] & 1, f"{target.name}: the stack is executable")
    tags = list(extension.get_section_by_name(".dynamic").iter_tags())
    _must(any(tag.entry.d_tag == "DT_FLAGS" and tag.entry.d_val & 8 for tag in tags), f"{target.name}: bound late")
    return [tag.needed for tag in tags if tag.entry.d_tag == "DT_NEEDED"]


def _must(holds: bool, else_say: str) -> None:
    if not holds:
        raise SystemExit(f"thingpost: {else_say}")
