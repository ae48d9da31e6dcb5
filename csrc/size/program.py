"""How much of a whole device program is ours: csrc/examples/posix_mbedtls.c, linked statically for this machine with -Os."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Final

from elftools.elf.constants import SH_FLAGS
from elftools.elf.elffile import ELFFile

from .machines import CSRC, SECTIONS

FLAGS: Final = ("-std=c99", "-D_POSIX_C_SOURCE=200809L", "-Os", "-static", "-Wl,--gc-sections", "-w")
LIBRARIES: Final = ("-lmbedtls", "-lmbedx509", "-lmbedcrypto")
NEEDS: Final = "a C compiler and libmbedtls-dev"


def share(folder: Path) -> str | None:
    """Build the program in a folder; say in one line what it is made of. None where what it `NEEDS` is not here."""
    compiler = shutil.which("cc")
    if compiler is None or not Path("/usr/include/mbedtls/ssl.h").exists():
        return None
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / "posix_mbedtls"
    sources = [CSRC / "examples" / "posix_mbedtls.c", *sorted((CSRC / "src").glob("*.c"))]
    command = [compiler, *FLAGS, *SECTIONS, f"-I{CSRC / 'include'}", *sources, *LIBRARIES, "-o", program]
    # glibc warns of static programs that look up hosts
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL)  # noqa: S603
    with program.open("rb") as file:
        elf = ELFFile(file)
        whole = sum(
            section["sh_size"]
            for section in elf.iter_sections()
            if section["sh_flags"] & SH_FLAGS.SHF_ALLOC and section["sh_type"] != "SHT_NOBITS"
        )
        symbols = {
            (symbol.name, symbol["st_value"]): symbol["st_size"]
            for symbol in elf.get_section_by_name(".symtab").iter_symbols()
        }
    ours, tls = (
        sum(size for (name, _), size in symbols.items() if name.startswith(of)) for of in ("tpost_", "mbedtls_")
    )
    return f"posix_mbedtls, whole: {whole:,} bytes, of which thingpost {ours:,} ({ours / whole:.1%}), Mbed TLS {tls:,}"
