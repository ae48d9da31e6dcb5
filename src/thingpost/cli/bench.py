"""thingpost bench: how fast this machine signs, beside what else Python has."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from thingpost.cli import options, output

if TYPE_CHECKING:
    from thingpost.bench import Result

PLOTS: Final = (".svg", ".png")


def _target(_context: click.Context, parameter: click.Parameter, value: Path | None) -> Path | None:
    """Refuse a file that could not be written after minutes of measuring."""
    if value is None:
        return None
    if parameter.name == "plot" and value.suffix not in PLOTS:
        raise click.BadParameter(f"the file's name must end in {' or '.join(PLOTS)}")
    if not value.parent.is_dir():
        raise click.BadParameter(f"there is no directory {str(value.parent)!r}")
    return value


@click.command()
@click.option("--quick", is_flag=True, help="Take seconds, not minutes: fewer sizes, fewer rounds, rougher figures.")
@click.option(
    "--method", "methods", multiple=True, type=click.Choice(options.METHODS), help="Repeatable.  [default: all]"
)
@click.option(
    "--plot",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    metavar="FILE.svg|png",
    callback=_target,
    help="Draw signatures a second against batch size.",
)
@click.option(
    "--save",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    metavar="FILE.json",
    callback=_target,
    help="Keep the figures.",
)
@click.option(
    "--from",
    "source",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE.json",
    help="Measure nothing; show a run that --save kept.",
)
@options.as_json
def bench(
    quick: bool, methods: tuple[str, ...], plot: Path | None, save: Path | None, source: Path | None, as_json: bool
) -> None:
    """Measure signatures a second on this machine, beside hmac, cryptography and pycryptodome.

    Takes some minutes, or with --quick about 15 seconds. pip install "thingpost[bench]" adds the peers and the plot.
    """
    from thingpost.bench import plot as plotting  # noqa: PLC0415 (--help stays light)

    if source is not None and (quick or methods or save is not None):
        raise click.UsageError("--from shows a saved run; it goes with --json and --plot only")
    if plot is not None:
        try:
            plotting.require()
        except ImportError as error:
            raise click.UsageError(str(error)) from None
    result = _measured(quick=quick, methods=methods) if source is None else _saved(source)
    if save is not None:
        save.write_text(json.dumps(result.as_dict(), indent=1) + "\n", encoding="utf-8")
    if plot is not None:
        plotting.draw(result, plot)
    if as_json:
        output.print_json(result.as_dict())
    else:
        _print(result)


def _measured(*, quick: bool, methods: tuple[str, ...]) -> Result:
    from thingpost import bench as measuring  # noqa: PLC0415

    bounds = measuring.QUICK if quick else measuring.FULL
    wanted = methods or options.METHODS
    with output.progress(measuring.count(wanted, bounds), "blocks measured") as progress:
        return measuring.run(wanted, bounds, lambda done: progress.update(done, done))


def _saved(source: Path) -> Result:
    from thingpost.bench import results  # noqa: PLC0415

    try:
        return results.load(source.read_text(encoding="utf-8"))
    except OSError as error:
        raise click.UsageError(f"cannot read {str(source)!r}: {error.strerror}") from None


def _print(result: Result) -> None:
    from thingpost.bench import report  # noqa: PLC0415

    output.print_fields(report.about(result))
    room = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    for table in report.tables(result):
        shown = table if room is None or table.width() <= room else table.transposed()
        output.print_table(shown.title, shown.columns, shown.rows)
    click.echo(f"\n{report.LEGEND}")
