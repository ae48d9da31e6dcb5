"""The tables: a line a method or batch size, a column a contender."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from thingpost.bench.results import Figure, Result

TITLES: Final = {
    "single": "One signature, nothing kept",
    "context": "One device signs again and again, key or constant fields prepared",
    "busy": "With another Python thread busy: share of the quiet rate",
    "batch": "Batches",
    "widths": "Batches at each width",
    "threads": "Batches on two threads",
    "verify": "One verification",
    "verify_batch": "Batches of verifications",
}
"""The sections in the order in which they are shown."""

LEGEND: Final = (
    "x: times the rate of the base, which shows its own rate (the faster of the standard library's ways; on two threads, "
    "one thread). Median of the rounds' ratios, ± half the distance between their quartiles."
)


@dataclass(frozen=True)
class Table:
    """Text, ready to be printed or written."""

    title: str
    columns: tuple[str, ...]
    rows: list[tuple[str, ...]]

    def width(self) -> int:
        """Give the characters that a line takes, with a frame."""
        return sum(max(map(len, column)) + 3 for column in zip(self.columns, *self.rows, strict=True)) + 1

    def transposed(self) -> Table:
        """Give the table with a line a contender, which is narrower where there are few others."""
        columns, *rows = zip(self.columns, *self.rows, strict=True)
        return Table(self.title, columns, rows)


def tables(result: Result) -> list[Table]:
    """Make the tables of a run: one a section, of batches one a method."""
    made = []
    for section, title in TITLES.items():
        figures = [figure for figure in result.figures if figure.section == section]
        methods = list(dict.fromkeys(figure.method for figure in figures))
        if section == "batch":
            made += [
                _table(f"{title}, {method}", "rows", [f for f in figures if f.method == method]) for method in methods
            ]
        elif figures:
            made.append(_table(title + _size(figures), "method", figures))
    return made


def _size(figures: list[Figure]) -> str:
    sections = {figure.section for figure in figures}
    return f", {figures[0].rows:,} rows" if sections & {"widths", "threads", "verify_batch"} else ""


def _table(title: str, first: str, figures: list[Figure]) -> Table:
    shown = [figure for figure in figures if figure.section != "busy" or figure.against is not None]
    contenders = tuple(dict.fromkeys(figure.contender for figure in shown))
    lines = list(dict.fromkeys((figure.method, figure.rows) for figure in shown))
    cells = {(figure.method, figure.rows, figure.contender): cell(figure) for figure in shown}
    return Table(
        title,
        (first, *contenders),
        [
            (
                method if first == "method" else f"{rows:,}",
                *(cells.get((method, rows, name), "-") for name in contenders),
            )
            for method, rows in lines
        ],
    )


def cell(figure: Figure) -> str:
    """Give a ratio and its spread; a base shows its rate."""
    if figure.ratio is None or figure.against == figure.contender:
        return rate(figure.rate.median)
    if figure.section == "busy":
        return f"{figure.ratio.median:.0%} ({rate(figure.rate.median)})"
    spread = (figure.ratio.high - figure.ratio.low) / 2 / figure.ratio.median
    return f"{figure.ratio.median:.{2 if figure.ratio.median < 10 else 1}f}x ±{spread:.0%}"  # noqa: PLR2004


def rate(signatures: float) -> str:
    """Give signatures a second in three digits."""
    for unit, name in ((1e6, "M/s"), (1e3, "k/s")):
        if signatures >= unit:
            return f"{signatures / unit:.3g} {name}"
    return f"{signatures:.3g} /s"


def about(result: Result) -> dict[str, object]:
    """Give what the figures were taken on, for `print_fields`."""
    machine = result.machine
    lanes = machine["lanes"]
    return {
        "machine": f"{machine['cpu']} ({machine['architecture']}), {machine['cores']} cores, {machine['system']}",
        "versions": ", ".join(
            (
                f"thingpost {machine['thingpost']}",
                machine["python"] + ("" if machine["gil"] else " without GIL"),
                machine["openssl"],
                *(f"{name} {version}" for name, version in machine["peers"].items()),
            )
        ),
        "lanes": f"{lanes['name']}: {lanes['reason']}; available: {', '.join(lanes['available'])}",
        "run": result.settings["bounds"],
        **{f"left out: {name}": reason for name, reason in result.missing.items()},
    }
