"""Who runs against whom, on how many records: the sections of the benchmark, and their run."""

from __future__ import annotations

import contextlib
import dataclasses
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import thingpost
from thingpost.bench import baseline, machine, many, one, records, runner
from thingpost.bench.results import Figure, Result

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from thingpost.bench.contenders import Contender
    from thingpost.bench.records import Records

_ONE_BY_ONE: Final = ("single", "context", "busy", "verify")
_FIXED: Final = ("widths", "threads", "verify_batch")

ROWS: Final = 100
"""Records of the sections that sign one at a time: they stay in the cache, as one device's do."""

BUSY_ROWS: Final = 20
"""Records beside a busy thread: who gives the interpreter up for every signature makes 200 a second."""

BUSY_MINIMUM: Final = 0.05
"""Seconds of a measurement beside a busy thread: the interpreter changes threads only every 5 ms."""


@dataclass(frozen=True)
class Bounds:
    """How much is measured."""

    name: str
    limits: runner.Limits
    sizes: tuple[int, ...]
    """Rows of a batch, ascending."""
    fixed: int
    """Rows where widths are compared, and where batches are verified."""
    threaded: int
    """Rows where threads are compared."""
    longest: float
    """Seconds: a peer whose one run would take longer, by what it did on fewer rows, is left out."""


FULL: Final = Bounds(
    "full", runner.Limits(0.02, 15, 2.0), (1, 10, 100, 1_000, 10_000, 100_000, 1_000_000), 10_000, 100_000, 0.5
)
QUICK: Final = Bounds("quick", runner.Limits(0.002, 5, 0.1), (1, 10, 100, 1_000), 1_000, 20_000, 0.02)


@dataclass(frozen=True)
class Block:
    """Contenders that are measured in the same rounds."""

    section: str
    method: str
    records: Records
    expected: list[str] | list[bool]
    contenders: list[Contender]


def count(methods: Sequence[str], bounds: Bounds) -> int:
    """Give the number of blocks that `run` measures."""
    return len(methods) * (len(_ONE_BY_ONE) + len(bounds.sizes) + len(_FIXED))


def run(methods: Sequence[str], bounds: Bounds, progress: Callable[[int], None] = lambda _: None) -> Result:
    """Run the whole benchmark. `progress` is told how many blocks are done."""
    settings = {
        "bounds": bounds.name,
        "methods": list(methods),
        "minimum_seconds": bounds.limits.minimum,
        "most_rounds": bounds.limits.rounds,
    }
    found = Result(machine.describe(), settings)
    for done, block in enumerate(_blocks(methods, bounds), start=1):
        measure(block, bounds, found)
        progress(done)
    return found


def _blocks(methods: Sequence[str], bounds: Bounds) -> Iterator[Block]:
    """Make the blocks when they are needed: a million records need some memory."""
    some = records.make(ROWS)
    device = some.one_device()
    for method in methods:
        yield _signing("single", method, some, one.single())
        yield _signing("context", method, device, one.context())
        yield _signing("busy", method, device.head(BUSY_ROWS), one.busy())
        yield _verifying("verify", method, device, one.verify)
    all_rows = records.make(max(*bounds.sizes, bounds.fixed, bounds.threaded))
    for method in methods:
        for size in bounds.sizes:
            yield _signing("batch", method, all_rows.head(size), many.batch())
        fixed = all_rows.head(bounds.fixed)
        yield _signing("widths", method, fixed, many.widths(thingpost.lanes().available))
        yield _signing("threads", method, all_rows.head(bounds.threaded), many.threads())
        yield _verifying("verify_batch", method, fixed, many.verify_batch)


def _signing(section: str, method: str, rows: Records, who: list[Contender]) -> Block:
    return Block(section, method, rows, baseline.loop(rows, baseline.DIGESTS[method]), who)


def _verifying(section: str, method: str, rows: Records, who: Callable[[list[str]], list[Contender]]) -> Block:
    signs = baseline.loop(rows, baseline.DIGESTS[method])
    return Block(section, method, rows, [True] * len(rows), who(signs))


def measure(block: Block, bounds: Bounds, found: Result) -> None:
    """Check and time the contenders of a block; add their figures to the result."""
    jobs = []
    for contender in block.contenders:
        if (reason := contender.missing()) is not None:
            found.missing[contender.name] = reason
        elif not _takes_too_long(contender, block, bounds, found):
            jobs.append(_job(contender, block))
    if block.section == "busy":
        jobs = [variant for job in jobs for variant in _quiet_and_busy(job)]
    for timing in runner.measure(jobs, bounds.limits):
        found.figures.append(
            Figure(
                section=block.section,
                method=block.method,
                rows=len(block.records),
                contender=timing.job.contender,
                rate=runner.quartiles(timing.rates),
                against=timing.against,
                ratio=runner.quartiles(timing.ratios) if timing.ratios else None,
                rounds=len(timing.rates),
            )
        )


def _takes_too_long(contender: Contender, block: Block, bounds: Bounds, found: Result) -> bool:
    """Tell whether another package's loop is slow enough to be left out, going by its last figure."""
    if contender.package is None:
        return False
    rates = [
        figure.rate.median
        for figure in found.figures
        if (figure.section, figure.method, figure.contender) == (block.section, block.method, contender.name)
    ]
    return bool(rates) and len(block.records) / rates[-1] > bounds.longest


def _job(contender: Contender, block: Block) -> runner.Job:
    work = contender.prepare(block.records, block.method)
    if work.outputs() != block.expected:
        raise AssertionError(f"{contender.name} ({block.method}) gives another result than the standard library")
    return runner.Job(contender.name, len(block.records), work.run, contender.against)


def _quiet_and_busy(job: runner.Job) -> tuple[runner.Job, runner.Job]:
    busy = dataclasses.replace(
        job, contender=f"{job.contender}, busy", against=(job.contender,), around=busy_thread, minimum=BUSY_MINIMUM
    )
    return dataclasses.replace(job, against=()), busy


@contextlib.contextmanager
def busy_thread() -> Iterator[None]:
    """Run another Python thread that computes and never waits."""
    stop = False

    def spin() -> None:
        while not stop:
            pass

    thread = threading.Thread(target=spin, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop = True
        thread.join()
