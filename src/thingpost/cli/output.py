"""What the subcommands print: JSON lines, aligned text, and progress (a bar on a terminal with rich, else plain lines)."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import sys
import time
from typing import TYPE_CHECKING, Any, Final, Protocol

import click

if TYPE_CHECKING:
    from collections.abc import Iterator

_PLAIN_INTERVAL: Final = 5.0  # seconds between two lines of plain progress


def print_json(value: dict[str, Any]) -> None:
    """Print one line of JSON."""
    click.echo(json.dumps(value, ensure_ascii=False))


def print_fields(fields: dict[str, object]) -> None:
    """Print names and values in two columns."""
    width = max(map(len, fields))
    for name, value in fields.items():
        click.echo(f"{name.ljust(width)}  {value}")


def print_table(title: str, columns: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    """Print a table: drawn on a terminal with rich, else in aligned plain text."""
    if sys.stdout.isatty() and importlib.util.find_spec("rich") is not None:
        _draw_table(title, columns, rows)
        return
    widths = [max(map(len, column)) for column in zip(columns, *rows, strict=True)]
    click.echo(f"\n{title}")
    for row in (columns, *rows):
        click.echo("  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _draw_table(title: str, columns: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    from rich.console import Console  # noqa: PLC0415 (an extra, and slow to import)
    from rich.markup import escape  # noqa: PLC0415
    from rich.table import Column, Table  # noqa: PLC0415

    # On a narrow terminal text is folded; rich would cut it.
    table = Table(*(Column(name, overflow="fold") for name in columns), title=title, title_justify="left")
    for row in rows:
        table.add_row(*map(escape, row))
    Console().print(table)


def masked(token: str) -> str:
    """Show that a token is there, and not what it is."""
    return f"{token[:4]}... ({len(token)} characters)"


class Progress(Protocol):
    """Is told how far a long work has got."""

    def update(self, done: int, count: int) -> None:
        """So much of the total is done; so many messages published, or what else the unit names."""


@contextlib.contextmanager
def progress(total: int | None, unit: str = "messages published") -> Iterator[Progress]:
    """Show progress on standard error; `total` is all there is to do (bytes of input, say), or None where it is not known."""
    if sys.stderr.isatty() and importlib.util.find_spec("rich") is not None:
        with _bar(total, unit) as bar:
            yield bar
    else:
        yield _PlainProgress(unit)


class _PlainProgress:
    def __init__(self, unit: str) -> None:
        self._unit = unit
        self._next = time.monotonic() + _PLAIN_INTERVAL

    def update(self, done: int, count: int) -> None:  # noqa: ARG002 (a bar needs it)
        if time.monotonic() >= self._next:
            click.echo(f"{count} {self._unit} so far", err=True)
            self._next = time.monotonic() + _PLAIN_INTERVAL


@contextlib.contextmanager
def _bar(total: int | None, unit: str) -> Iterator[Progress]:
    from rich.console import Console  # noqa: PLC0415 (an extra, and slow to import)
    from rich.progress import BarColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn  # noqa: PLC0415
    from rich.progress import Progress as RichProgress  # noqa: PLC0415

    columns = (
        TextColumn("{task.fields[count]} {task.description}"),
        BarColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with RichProgress(*columns, console=Console(stderr=True), transient=True) as shown:
        task = shown.add_task(unit, total=total, count=0)

        class Bar:
            def update(self, done: int, count: int) -> None:
                shown.update(task, completed=done, count=count)

        yield Bar()
