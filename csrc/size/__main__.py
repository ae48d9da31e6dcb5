"""Prints what the library costs on microcontrollers.

Usage, from the project's root:

    python -m csrc.size [--update | --check]

Exit codes: 0 fine, or skipped with the reason; 1 a figure is worse than the committed one of the same compiler version,
or the table in the docs is not that of the committed figures; under CI=true a missing compiler is 1 too.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Final

from . import figures, machines, program, table

ROOT: Final = Path(__file__).resolve().parents[2]
DOCUMENT: Final = ROOT / "docs" / "firmware.md"
BEGIN: Final = "<!-- size table: begin -->\n"
END: Final = "<!-- size table: end -->\n"
UPDATE: Final = "make size UPDATE=1"


def main() -> int:
    """Measure; then print, write or compare."""
    parser = argparse.ArgumentParser(prog="python -m csrc.size", description=(__doc__ or "").partition("\n")[0])
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--update", action="store_true", help="write the committed figures, and the table in the docs")
    mode.add_argument("--check", action="store_true", help="compare with the committed figures")
    arguments = parser.parse_args()
    here = [machine for machine in machines.MACHINES if machine.missing is None]
    is_all = len(here) == len(machines.MACHINES)
    failed = not is_all and os.environ.get("CI") == "true"
    for machine in machines.MACHINES:
        if machine not in here:
            _say(f"{'FAILED' if failed else 'skipped'}: {machine.name}: {machine.missing} is not installed")
    if arguments.update and not is_all:
        _say("FAILED: not updated, because the committed figures are of all machines")
        return 1
    now = figures.measure(here, ROOT / "build" / "size")
    if now and arguments.check:
        failed |= _check(now)
    elif now:
        sys.stdout.write(table.render(now))
    program_is = program.share(ROOT / "build" / "size")
    if program_is is None:
        failed |= os.environ.get("CI") == "true"
        program_is = f"{'FAILED' if failed else 'skipped'}: the whole program: {program.NEEDS} is not installed"
    _say(program_is)
    if arguments.update:
        figures.commit(now)
        _write(now)
    return int(failed)


def _check(now: figures.Figures) -> bool:
    """Print what differs from the committed figures; is anything worse?"""
    then = figures.committed()
    worse, told = figures.compare(now, then)
    for line in told:
        _say(line)
    for line in worse:
        _say(f"WORSE: {line}")
    stale = not worse and table.render(then) not in _document()
    if stale:
        _say(f"{DOCUMENT.relative_to(ROOT)} does not show the committed figures")
    if worse or stale:
        _say(f"FAILED. If that is meant, commit what this writes: {UPDATE}")
    else:
        _say(f"no figure is worse than the committed one: {', '.join(now)}")
    return bool(worse) or stale


def _document() -> str:
    return DOCUMENT.read_text(encoding="utf-8") if DOCUMENT.exists() else f"# Firmware\n\n{BEGIN}{END}"


def _write(now: figures.Figures) -> None:
    """Put the table between the marks of the document."""
    text = _document()
    if BEGIN not in text or END not in text:
        raise SystemExit(f"size: {DOCUMENT} lacks the lines {BEGIN.strip()} and {END.strip()}")
    before, after = text.partition(BEGIN)[0], text.partition(END)[2]
    DOCUMENT.write_text(f"{before}{BEGIN}\n{table.render(now)}\n{END}{after}", encoding="utf-8")


def _say(line: str) -> None:
    sys.stdout.write(f"size: {line}\n")


if __name__ == "__main__":
    sys.exit(main())
