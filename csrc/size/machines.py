"""The machines that the library is built for, and what it takes of their flash and RAM."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from elftools.elf.constants import SH_FLAGS
from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection

from .rows import AVR, M0, M4, METHODS, RV32

if TYPE_CHECKING:
    from .rows import Row

CSRC: Final = Path(__file__).resolve().parents[1]
SECTIONS: Final = ("-ffunction-sections", "-fdata-sections")


@dataclass(frozen=True)
class Machine:
    """A processor and its compiler."""

    name: str
    compiler: str
    flags: tuple[str, ...]
    link: tuple[str, ...] = ()
    helpers: tuple[str, ...] = ()
    """How to link with the compiler's helpers, where `link` leaves them out."""
    header: str | None = None
    """Of the emulator, where it is no Python package."""

    @property
    def missing(self) -> str | None:
        """Name what is not installed."""
        if shutil.which(self.compiler) is None:
            return self.compiler
        return None if self.header is None or Path(self.header).exists() else f"{self.header} (libsimavr-dev)"

    @property
    def version(self) -> str:
        """Name the compiler and its version."""
        return f"{self.compiler} {_run([self.compiler, *self.flags, '-dumpversion']).strip()}"


_SCRIPT: Final = ("-T", str(Path(__file__).with_name("image.ld")))

# The compilers of Debian for RISC-V have no libc, so no header of one. AVR keeps its own linker script, which puts
# constants into RAM; its compiler calls helpers of libgcc, which are left unresolved so that they do not count.
MACHINES: Final = (
    Machine(M0, "arm-none-eabi-gcc", ("-mcpu=cortex-m0plus", "-mthumb"), _SCRIPT),
    Machine(M4, "arm-none-eabi-gcc", ("-mcpu=cortex-m4", "-mthumb"), _SCRIPT),
    Machine(RV32, "riscv64-unknown-elf-gcc", ("-march=rv32imac", "-mabi=ilp32", "-ffreestanding"), _SCRIPT),
    Machine(
        AVR,
        "avr-gcc",
        ("-mmcu=atmega1284p",),
        ("-Wl,--unresolved-symbols=ignore-all",),
        ("-lgcc", "-Wl,-Ttext=0x100"),  # not at 0, where NULL points: interrupt vectors stand there in a firmware
        "/usr/include/simavr/sim_avr.h",
    ),
)


@dataclass(frozen=True)
class Size:
    """Bytes that an image takes."""

    flash: int
    ram: int


def build(machine: Machine, row: Row, work: Path) -> Path:
    """Compile the library, and link of it what the row names. Give the image."""
    return _link(machine, row, work, machine.link, f"{row.name}.elf")


def build_whole(machine: Machine, row: Row, work: Path) -> Path:
    """Give the same image, or where the compiler's helpers are missing in that, one with them, which runs."""
    if not machine.helpers:
        return build(machine, row, work)
    return _link(machine, row, work, machine.helpers, f"{row.name}, whole.elf")


def _link(machine: Machine, row: Row, work: Path, link: tuple[str, ...], name: str) -> Path:
    objects = _compile(machine, row.flags, work / machine.name / row.flags.strip("-").replace(" ", ""))
    image = objects[0].parent / name
    roots = [f"-Wl,--undefined={symbol}" for symbol in (*row.calls, *row.methods)]
    # No libc, no libgcc, no start-up: a need for one of them fails here.
    flags = [*machine.flags, "-nostdlib", "-Wl,--gc-sections,--entry=0", *roots]
    _run([machine.compiler, *flags, *map(str, objects), *link, "-o", str(image)])
    _check_symbols(image, row)
    return image


def size(image: Path) -> Size:
    """Measure what is loaded: everything is in flash but .bss, everything that can be written to is in RAM."""
    flash = ram = 0
    with image.open("rb") as file:
        for section in ELFFile(file).iter_sections():
            if section["sh_flags"] & SH_FLAGS.SHF_ALLOC:
                flash += section["sh_size"] if section["sh_type"] != "SHT_NOBITS" else 0
                ram += section["sh_size"] if section["sh_flags"] & SH_FLAGS.SHF_WRITE else 0
    return Size(flash, ram)


def symbols(image: Path) -> dict[str, int]:
    """Give the image's symbols and their addresses."""
    with image.open("rb") as file:
        tables = [table for table in ELFFile(file).iter_sections() if isinstance(table, SymbolTableSection)]
        return {symbol.name: symbol["st_value"] for table in tables for symbol in table.iter_symbols()}


def _compile(machine: Machine, flags: str, folder: Path) -> list[Path]:
    sources = sorted((CSRC / "src").glob("*.c"))
    objects = [folder / source.with_suffix(".o").name for source in sources]
    if not folder.exists():  # the caller begins with an empty one
        folder.mkdir(parents=True)
        options = ["-std=c99", *machine.flags, *flags.split(), *SECTIONS, f"-I{CSRC / 'include'}"]
        _run([machine.compiler, *options, "-c", *map(str, sources)], folder)
    return objects


def _check_symbols(image: Path, row: Row) -> None:
    """Make sure that the linker left out the methods that the row does not name."""
    hashes = {method: method.replace("hmac", "") for method in METHODS if method not in row.methods}
    kept = [name for name in symbols(image) if name.startswith((*hashes, *hashes.values()))]
    if kept:
        raise SystemExit(f"size: {row.name}: linked without being named: {', '.join(kept)}")


def _run(command: list[str], folder: Path | None = None) -> str:
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)  # noqa: S603 (our own)
    if result.returncode:
        raise SystemExit(f"size: {' '.join(command)} failed:\n{result.stdout}{result.stderr}")
    return result.stdout
