"""Takes the time of several contenders in interleaved rounds, and compares them within each round.

A machine's speed drifts: other processes come and go, clocks go up and down. So every contender runs once a round, in an
order that moves on by one each round, and ratios are formed within a round, of measurements that are milliseconds apart.
"""

from __future__ import annotations

import contextlib
import gc
import statistics
import time
from dataclasses import dataclass
from itertools import repeat
from typing import TYPE_CHECKING, Final

from thingpost.bench.results import Quartiles

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager

LEAST_ROUNDS: Final = 3


@dataclass(frozen=True)
class Job:
    """One contender's work, ready to run."""

    contender: str
    signatures: int
    """That one run makes."""
    run: Callable[[], object]
    against: tuple[str, ...] = ()
    """The contenders whose fastest, over all rounds, is the base of this one's ratios."""
    around: Callable[[], AbstractContextManager[object]] = contextlib.nullcontext
    """Entered before each measurement."""
    minimum: float = 0.0
    """Seconds of one measurement at least, where that is more than the limits say."""


@dataclass(frozen=True)
class Limits:
    """How long to measure."""

    minimum: float
    """Seconds of one measurement at least: far above the clock's resolution and a call's jitter."""
    rounds: int
    """At most."""
    budget: float
    """Seconds after which no further round begins, once `LEAST_ROUNDS` are done."""


@dataclass(frozen=True)
class Timing:
    """What came out for one job: a rate, and where there is a base a ratio, for each round."""

    job: Job
    rates: tuple[float, ...]
    against: str | None
    ratios: tuple[float, ...]


def measure(jobs: Sequence[Job], limits: Limits, *, clock: Callable[[], float] = time.perf_counter) -> list[Timing]:
    """Run the jobs in interleaved rounds."""
    rates: list[list[float]] = [[] for _ in jobs]
    with _without_collector():
        repeats = [_repeats(job, max(limits.minimum, job.minimum), clock) for job in jobs]
        start = clock()
        for number in range(limits.rounds):
            if number >= LEAST_ROUNDS and clock() - start >= limits.budget:
                break
            gc.collect()  # what the last round left, now and not in the middle of a measurement
            for place in range(len(jobs)):
                index = (place + number) % len(jobs)
                job = jobs[index]
                rates[index].append(job.signatures * repeats[index] / _elapsed(job, repeats[index], clock))
    return compare(jobs, rates)


def compare(jobs: Sequence[Job], rates: Sequence[Sequence[float]]) -> list[Timing]:
    """Form each round's ratios."""
    by_name = {job.contender: tuple(own) for job, own in zip(jobs, rates, strict=True)}
    timings = []
    for job in jobs:
        bases = [name for name in job.against if name in by_name]
        base = max(bases, key=lambda name: statistics.median(by_name[name]), default=None)
        own = by_name[job.contender]
        ratios = () if base is None else tuple(a / b for a, b in zip(own, by_name[base], strict=True))
        timings.append(Timing(job, own, base, ratios))
    return timings


def quartiles(values: Sequence[float]) -> Quartiles:
    """Give the median, and the quartiles for the spread."""
    low, median, high = statistics.quantiles(values, n=4, method="inclusive")
    return Quartiles(low, median, high)


def _repeats(job: Job, minimum: float, clock: Callable[[], float]) -> int:
    """Find how many runs take the minimum; the first runs warm caches up too."""
    repeats = 1
    while True:
        elapsed = _elapsed(job, repeats, clock)
        if elapsed >= minimum:
            return repeats
        wanted = repeats * minimum * 1.2 / elapsed if elapsed > 0 else 0.0
        repeats = max(repeats * 2, min(int(wanted) + 1, repeats * 10))


def _elapsed(job: Job, repeats: int, clock: Callable[[], float]) -> float:
    run = job.run
    with job.around():
        start = clock()
        for _ in repeat(None, repeats):
            run()
        return clock() - start


@contextlib.contextmanager
def _without_collector() -> Iterator[None]:
    """Keep Python's garbage collector out: its passes would hit whichever contender allocates at that moment.

    As `timeit` does. No contender makes reference cycles, so none saves work by it.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
