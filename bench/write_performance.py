"""Writes docs/performance.md from what `thingpost bench --save` and thingpost_bench --save kept. See `make bench`.

    python -m bench.write_performance build/bench/python.json build/bench/c.json docs/performance.md

Every number in the page comes from the two files; what is typed here is only what they mean.
"""

from __future__ import annotations

import json
import sys
import textwrap
from pathlib import Path
from typing import Any, Final

from thingpost.bench import report, results

USAGE: Final = "usage: python -m bench.write_performance PYTHON.json C.json PAGE.md"

HEAD: Final = """\
# Performance

<!-- Written by bench/write_performance.py from measurements; `make bench` makes it anew. -->

How fast thingpost signs and verifies, beside what else does the same work in the same run: record after record with a
secret of {secret_bytes} bytes and a content of {content_bytes} bytes. Rates belong to the machine below. Ratios carry over
better: each is formed within a round, between measurements that follow one another at once. The spread says how quiet the
machine was.

"""

PYTHON: Final = """
## From Python

Dicts or columns of `str` go in, upper-case digits come out. Each way that keeps something from one signature to the next
stands in a table of its own. {legend} Contenders that loop over many rows are left out where one run would take too long.
Python's garbage collector is off while the time is taken. Every output was compared with the standard library's.
"""

PLOT: Final = """
![Signatures a second against batch size](performance.svg)
"""

C: Final = """
## From C

Core {unit} a signature: fields put together and digits written, a secret a row. Median of {rounds} interleaved rounds, and
the quartiles. {compiler}, {libcrypto}. In brackets the limit and how near the median is to it: the limit counts the
operations of the compressions and divides them by what this CPU does of them a cycle, measured in the same rounds
({ports}). See [ports.c](../csrc/bench/ports.c) for the count. Quartiles far apart mean that somebody else used the core
at times, be it by its second hardware thread.

"""

LIMIT: Final = """
## What the limit is

Nanoseconds a signature in batches of {rows:,} rows on one thread, and what the C library alone takes with the same lanes
({lanes}). Python's and C's stem from two runs, so a share has the spread of both.

"""

REMAINS: Final = """
The first two differ from the third by what is no hashing: Python's strings are joined, found again in C, and made anew for
the answer; packed columns save most of that. The third differs from the fourth by what is no arithmetic: fields are put
together and transposed into lanes, digits are written, and operations wait for one another. So where the C library has a
small share, marshalling is the limit, and a faster hash would gain little; where it has a large one, hashing is, and the
ports' share of that says how much a better kernel could still gain.
"""

AGAIN: Final = """
## How to measure again

```sh
make bench                               # all of this, and this page, in a clone; some minutes
pip install "thingpost[bench]"           # with the wheel alone:
thingpost bench --plot speed.svg         # the tables and the plot; --quick takes seconds
cmake -S csrc -B build/c -DTPOST_BUILD_BENCH=ON && cmake --build build/c --target bench   # the table of C
make instructions                        # counts that do not depend on what else the machine does
```
"""


_TIMES: Final = ("columns of str", "packed columns", "C library alone", "ports' limit")
_SHARES: Final = ("C library's share of columns", "of packed columns", "ports' share of the C library")


def main() -> None:
    """Write the page."""
    if len(sys.argv) != 4:  # noqa: PLR2004
        sys.exit(USAGE)
    python = results.load(Path(sys.argv[1]).read_text(encoding="utf-8"))
    core = json.loads(Path(sys.argv[2]).read_text(encoding="utf-8"))
    text = "\n\n".join(part.strip("\n") for part in page(python, core))
    Path(sys.argv[3]).write_text(text + "\n", encoding="utf-8")


def page(python: results.Result, core: dict[str, Any]) -> list[str]:
    """Give the page's blocks, which blank lines part."""
    about = [(name, str(value)) for name, value in report.about(python).items()]
    parts = [_filled(HEAD.format(**core)), table(("", "measured on"), about)]
    parts.append(_filled(PYTHON.format(legend=report.LEGEND)))
    for each in report.tables(python):
        parts += [f"### {each.title}", table(each.columns, each.rows)]
    parts += [PLOT, _filled(C.format(ports=_ports(core), **core)), cycles(core)]
    return [*parts, _filled(LIMIT.format(**_place(python))), *limits(python, core), AGAIN]


def _filled(text: str) -> str:
    """Break the lines of paragraphs anew, once their numbers are in."""
    return "\n\n".join(textwrap.fill(each, 120, break_on_hyphens=False) for each in text.strip().split("\n\n"))


def table(columns: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """Give a Markdown table; the first column is text, the others are aligned to the right."""
    lines = [columns, ("---", *("--:" for _ in columns[1:])), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def cycles(core: dict[str, Any]) -> str:
    """Give the table of C: a line a way, a column a method."""
    figures = [figure for figure in core["figures"] if "method" in figure]
    methods = list(dict.fromkeys(figure["method"] for figure in figures))
    ways = list(dict.fromkeys((figure["what"], figure.get("lanes", "")) for figure in figures))
    cells = {(figure["what"], figure.get("lanes", ""), figure["method"]): _cycles(figure) for figure in figures}
    ways.sort(key=lambda way: (not way[1], way[0] != "batch, secrets" if way[1] else 0))
    return table(
        ("", "lanes", *methods),
        [(what, lanes, *(cells.get((what, lanes, method), "-") for method in methods)) for what, lanes in ways],
    )


def _cycles(figure: dict[str, Any]) -> str:
    shown = f"{figure['median']:,.0f} ({figure['low']:,.0f} - {figure['high']:,.0f})"
    return shown + (f" [{figure['limit']:,.0f}, {figure['limit'] / figure['median']:.0%}]" if "limit" in figure else "")


def _ports(core: dict[str, Any]) -> str:
    ports = [figure for figure in core["figures"] if "method" not in figure]
    return "; ".join(f"{port['lanes']}: {1 / port['median']:.2f} {port['what']} a cycle" for port in ports)


def _place(python: results.Result) -> dict[str, Any]:
    """Give the largest batch that is not about the memory's speed, and the lanes."""
    sizes = {figure.rows for figure in python.figures if figure.section == "batch"}
    return {"rows": max(size for size in sizes if size <= 10_000), "lanes": python.machine["lanes"]["name"]}  # noqa: PLR2004


def limits(python: results.Result, core: dict[str, Any]) -> list[str]:
    """Give the nanoseconds of a signature as Python and as C take them, and at least, and what follows from them."""
    place = _place(python)
    rates = {
        (figure.method, figure.contender): figure.rate.median
        for figure in python.figures
        if figure.section == "batch" and figure.rows == place["rows"]
    }
    rows = []
    for method in dict.fromkeys(method for method, _ in rates):
        columns, packed = (1e9 / rates[method, f"sign_batch, {form}"] for form in ("columns", "packed"))
        in_c = next(
            figure
            for figure in core["figures"]
            if (figure.get("method"), figure["what"], figure.get("lanes")) == (method, "batch, secrets", place["lanes"])
        )
        alone, least = (in_c.get(key, 0.0) * core["nanoseconds"] for key in ("median", "limit"))
        times = (f"{nanoseconds:.0f}" for nanoseconds in (columns, packed, alone, least))
        shares = (f"{share:.0%}" for share in (alone / columns, alone / packed, least / alone))
        rows.append((method, *times, *shares))
    return [table(("method", *_TIMES, *_SHARES), rows), REMAINS]


if __name__ == "__main__":
    main()
