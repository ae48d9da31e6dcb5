"""Measures, keeps the committed figures, and compares both."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Final, TypedDict

from . import calls, machines
from .rows import ROWS, Row

COMMITTED: Final = Path(__file__).with_name("figures.json")


class OfMachine(TypedDict):
    """What was measured for one machine, by row and measure."""

    compiler: str
    rows: dict[str, dict[str, int]]


Figures = dict[str, OfMachine]


def measure(wanted: list[machines.Machine], work: Path) -> Figures:
    """Build and run every row on these machines."""
    shutil.rmtree(work, ignore_errors=True)
    return {
        machine.name: {"compiler": machine.version, "rows": {row.name: _row(machine, row, work) for row in ROWS}}
        for machine in wanted
    }


def committed() -> Figures:
    """Give the committed figures."""
    return json.loads(COMMITTED.read_text(encoding="ascii")) if COMMITTED.exists() else {}


def commit(figures: Figures) -> None:
    """Write the figures, to be committed."""
    COMMITTED.write_text(json.dumps(figures, indent=1) + "\n", encoding="ascii")


def compare(now: Figures, then: Figures) -> tuple[list[str], list[str]]:
    """Give what is worse than what was committed or has no counterpart, and what is only to be told."""
    worse: list[str] = []
    told: list[str] = []
    for machine, measured in now.items():
        known = then.get(machine)
        if known is None:
            worse.append(f"{machine}: nothing is committed")
            continue
        is_same = measured["compiler"] == known["compiler"]
        if not is_same:
            told.append(f"{machine}: not judged: {measured['compiler']} here, {known['compiler']} committed")
        for name, before, value in _differing(measured, known):
            text = f"{machine}, {name}: {_text(value)}, committed {_text(before)}"
            if before is None or value is None:
                worse.append(text)  # rows and measures do not depend on the compiler
            else:
                (worse if is_same and value > before else told).append(f"{text} ({value - before:+,})")
    return worse, told


def _differing(now: OfMachine, then: OfMachine) -> list[tuple[str, int | None, int | None]]:
    flat = [
        {f"{row}, {measure}": value for row, measures in side["rows"].items() for measure, value in measures.items()}
        for side in (then, now)
    ]
    names = dict.fromkeys([*flat[0], *flat[1]])
    return [(name, flat[0].get(name), flat[1].get(name)) for name in names if flat[0].get(name) != flat[1].get(name)]


def _text(value: int | None) -> str:
    return "nothing" if value is None else f"{value:,}"


def _row(machine: machines.Machine, row: Row, work: Path) -> dict[str, int]:
    image = machines.build(machine, row, work)
    size = machines.size(image)
    run = calls.costs(row, machine.name, machines.build_whole(machine, row, work))
    return {"flash": size.flash, "ram": size.ram, **run}
