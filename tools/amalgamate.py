#!/usr/bin/env python3
"""Writes the C core as two files to drop in: thingpost.c and thingpost.h. usage: amalgamate.py DIRECTORY.

Each unit stands under a heading of its own, and what it defines for itself (its macros) is undefined behind it, so that the
one file means what the many mean. Methods that a program does not name are left out by the linker with -ffunction-sections
-fdata-sections -Wl,--gc-sections.
"""

import re
import sys
from pathlib import Path

CSRC = Path(__file__).resolve().parents[1] / "csrc"
INCLUDE = re.compile(r'^#include "(?:internal|thingpost)\.h"\n', re.MULTILINE)
LICENCE = "Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT"


def heading(name: str) -> str:
    """Give the line above a unit."""
    return f"\n/* ==== {name} {'=' * (110 - len(name))} */\n\n"


def unit(path: Path) -> str:
    """Give a unit's text, without its includes and with its macros undefined at the end."""
    text = INCLUDE.sub("", path.read_text(encoding="utf-8"))
    macros = sorted(set(re.findall(r"^#define (\w+)", text, re.MULTILINE)))
    return heading(path.name) + text + "".join(f"#undef {macro}\n" for macro in macros)


def file_local_names(path: Path) -> set[str]:
    """Find what a unit declares for itself: with the names of all units in one file, no two may be the same."""
    text = path.read_text(encoding="utf-8")
    functions = re.findall(r"^static [^;=(]*?\b(\w+)\(", text, re.MULTILINE)
    tables = re.findall(r"^static [^;=(]*?\b(\w+)(?:\[[^]]*\])+ TPOST_FLASH", text, re.MULTILINE)
    constants = [
        name for body in re.findall(r"^enum \{(.*?)\};", text, re.MULTILINE | re.DOTALL)
        for name in re.findall(r"^\s*(TPOST_\w+)|(?<=[{,] )(TPOST_\w+)", body) for name in name if name
    ]  # fmt: skip
    return {*functions, *tables, *constants}


def refuse_clashes(paths: list[Path]) -> None:
    """End the program where two units declare the same name."""
    seen: dict[str, str] = {}
    for path in paths:
        for name in file_local_names(path):
            if name in seen:
                sys.exit(f"{name} is in {seen[name]} and in {path.name}; give one of them another name")
            seen[name] = path.name


def amalgamate(directory: Path) -> None:
    """Write the two files."""
    paths = sorted((CSRC / "src").glob("*.c"))
    refuse_clashes(paths)
    header = (CSRC / "include" / "thingpost.h").read_text(encoding="utf-8")
    version = re.search(r'#define TPOST_VERSION "(.*)"', header)
    if version is None:
        sys.exit("include/thingpost.h has no TPOST_VERSION")
    start = f"/*\n * thingpost.c: libthingpost {version[1]} in one file, made by tools/amalgamate.py.\n *\n * {LICENCE}\n */\n"
    internal = INCLUDE.sub("", (CSRC / "src" / "internal.h").read_text(encoding="utf-8"))
    text = start + '#include "thingpost.h"\n' + heading("internal.h") + internal + "".join(map(unit, paths))
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "thingpost.c").write_text(text, encoding="utf-8")
    (directory / "thingpost.h").write_text(header, encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) != 2:  # noqa: PLR2004
        sys.exit(__doc__)
    amalgamate(Path(sys.argv[1]))
