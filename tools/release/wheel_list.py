#!/usr/bin/env python3
"""Checks that a folder holds one sdist, the wheels of a list, and nothing else. usage: wheel_list.py FOLDER LIST.

The list has cibuildwheel's identifiers, one a line (cp310-manylinux_x86_64): for each there must be one wheel that fits it.
"""

import re
import sys
from pathlib import Path

# The Python and ABI tags of the wheel that each kind of Python builds; setup.py says which.
TAGS = {
    r"cp3\d+": r"cp310-abi3",
    r"cp314t": r"cp314-cp314t",
    r"cp315t": r"cp315-abi3\.abi3t",
    r"(pp3\d+)": r"{0}-pypy3\d+_pp\d+",
}
# The platform tag: cibuildwheel's name of the platform, with versions in it and, for Linux, perhaps several of them.
PLATFORMS = {
    r"(manylinux|musllinux)_(\w+)": r"{0}\w*_{1}(?:\.{0}\w*_{1})*",
    r"macosx_(\w+)": r"macosx_\d+_\d+_{0}",
    r"(win\w+)": r"{0}",
    r"ios_(\w+)": r"ios_\d+_\d+_{0}",
}


def translated(text: str, rules: dict[str, str]) -> str:
    """Give the pattern of the rule that the text fits, filled in.

    Raises:
        SystemExit: it fits none.
    """
    for pattern, template in rules.items():
        match = re.fullmatch(pattern, text)
        if match:
            return template.format(*match.groups())
    raise SystemExit(f"{text}: no rule says how its wheel is named")


def pattern_of(identifier: str) -> re.Pattern[str]:
    """Give what the file name of an identifier's wheel looks like."""
    python, platform = identifier.split("-")
    return re.compile(rf"thingpost-[\w.]+-{translated(python, TAGS)}-{translated(platform, PLATFORMS)}\.whl")


def problems(names: list[str], identifiers: list[str]) -> list[str]:
    """Say what is missing, is there twice, or is too much; nothing where all is right."""
    found = []
    left = list(names)
    for what, pattern in [
        ("the sdist", re.compile(r"thingpost-[\w.]+\.tar\.gz")),
        *((identifier, pattern_of(identifier)) for identifier in identifiers),
    ]:
        fitting = [name for name in names if pattern.fullmatch(name)]
        if len(fitting) != 1:
            found.append(f"{what}: {len(fitting)} files, {fitting}")
        left = [name for name in left if name not in fitting]
    found += [f"{name}: not asked for" for name in left]
    versions = {re.split(r"-|\.tar\.gz$", name)[1] for name in names if name.startswith("thingpost-")}
    return found if len(versions) <= 1 else [*found, f"several versions: {sorted(versions)}"]


def main(folder: str, path: str) -> None:
    """Print what is wrong, and exit with 1; else print how many there are."""
    names = sorted(entry.name for entry in Path(folder).iterdir())
    found = problems(names, Path(path).read_text(encoding="utf-8").split())
    sys.stdout.write("".join(f"{line}\n" for line in found or [f"all there: {len(names)} files"]))
    raise SystemExit(bool(found))


if __name__ == "__main__":
    if len(sys.argv) != 3:  # noqa: PLR2004
        raise SystemExit(__doc__)
    main(*sys.argv[1:])
