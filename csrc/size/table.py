"""Writes the figures as Markdown, with the targets beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .rows import DIFFERENCES, METHODS, ROWS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .figures import Figures
    from .rows import Row

TITLES: Final = dict(zip(METHODS, ("MD5", "SHA-1", "SHA-256"), strict=True))


def render(figures: Figures) -> str:
    """Give all tables and what their rows mean."""
    versions = sorted({machine["compiler"] for machine in figures.values()})
    emulated = [name for name, machine in figures.items() if "stack" in machine["rows"][ROWS[0].name]]
    parts = [
        f"Measured by `make size` with {', '.join(versions)}.\nIn brackets the target: ≤ is reached, > is missed.",
        "Flash, in bytes: all that is linked, without libc and libgcc. RAM is .data and .bss, 0 where it is not told.",
        _table("linked", list(figures), [*_flash(figures), *_differences(figures)]),
        "Deepest stack of any of the calls, in bytes, below the caller's arguments:",
        _table("linked", emulated, _measure(figures, emulated, "stack")),
        "Instructions of one `tpost_sign`: a secret of 32 bytes, a content of 89 bytes, four parameters:",
        _table("linked", emulated, _instructions(figures, emulated)),
        "What is linked:",
        "\n".join(_meaning(row) for row in ROWS),
    ]
    return "\n\n".join(parts) + "\n"


def _flash(figures: Figures) -> Iterable[list[str]]:
    for row in ROWS:
        cells = []
        for name, machine in figures.items():
            measures = machine["rows"][row.name]
            ram = f", RAM {measures['ram']}" if measures["ram"] else ""
            cells.append(_cell(measures["flash"], row.targets.get((name, "flash"))) + ram)
        yield [row.name, *cells]


def _differences(figures: Figures) -> Iterable[list[str]]:
    for difference in DIFFERENCES:
        cells = []
        for name, machine in figures.items():
            more = machine["rows"][difference.row]["flash"] - machine["rows"][difference.without]["flash"]
            cells.append(_cell(more, difference.targets.get(name)))
        yield [difference.name, *cells]


def _measure(figures: Figures, names: list[str], measure: str) -> Iterable[list[str]]:
    for row in ROWS:
        values = [(name, figures[name]["rows"][row.name][measure]) for name in names]
        yield [row.name, *[_cell(value, row.targets.get((name, measure))) for name, value in values]]


def _instructions(figures: Figures, names: list[str]) -> Iterable[list[str]]:
    for row in ROWS:
        if row.counted:
            for method in row.methods:
                measure = f"instructions {method}"
                values = [(name, figures[name]["rows"][row.name][measure]) for name in names]
                cells = [_cell(value, row.targets.get((name, measure))) for name, value in values]
                yield [f"{row.name}: {TITLES[method]}", *cells]


def _cell(value: int, target: int | None) -> str:
    if target is None:
        return f"{value:,}"
    return f"{value:,} ({'≤' if value <= target else '>'} {target:,})"


def _meaning(row: Row) -> str:
    symbols = ", ".join(f"`{name}`" for name in (*row.calls, *row.methods))
    return f"- {row.name} (`{row.flags}`): {symbols}"


def _table(first: str, columns: list[str], rows: Iterable[list[str]]) -> str:
    """Align the columns, so that the same text reads well in a terminal."""
    lines = [[first, *columns], *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    texts = []
    for line in lines:
        cells = [
            line[0].ljust(widths[0]),
            *[cell.rjust(width) for cell, width in zip(line[1:], widths[1:], strict=True)],
        ]
        texts.append(f"| {' | '.join(cells)} |")
    texts.insert(1, f"| {'-' * widths[0]} | {' | '.join('-' * (width - 1) + ':' for width in widths[1:])} |")
    return "\n".join(texts)
