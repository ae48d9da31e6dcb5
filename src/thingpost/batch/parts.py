"""Work that is done in parts, a thread each."""

from __future__ import annotations

import threading
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class Part(threading.Thread):
    """One part's work: what it raised, and whether it is done."""

    def __init__(self, work: Callable[[int, int], None], start: int, stop: int) -> None:
        super().__init__(daemon=True)
        self._work = work
        self._bounds = start, stop
        self.failure: BaseException | None = None
        self.done = threading.Event()

    def run(self) -> None:
        """Do the work, in whichever thread."""
        try:
            self._work(*self._bounds)
        except BaseException as error:  # noqa: BLE001 (raised in the caller's thread)
            self.failure = error
        finally:
            self.done.set()


def run_parts(work: Callable[[int, int], None], bounds: Sequence[int]) -> None:
    """Call `work(start, stop)` for each two neighbours among the bounds: the first here, the others in threads.

    When this returns or raises, nobody works any more, whatever happened: a thread that could not start, a signal handler
    that raised.

    Raises:
        BaseException: what the first part raised that failed.
    """
    first, *others = (Part(work, start, stop) for start, stop in pairwise(bounds))
    started = []
    try:
        for part in others:
            part.start()
            started.append(part)
        first.run()
    except BaseException as error:  # noqa: BLE001 (raised below, when all are done)
        first.failure = error
    for part in started:
        first.failure = _wait(part) or first.failure
    for part in (first, *others):
        if part.failure is not None:
            raise part.failure


def _wait(part: Part) -> BaseException | None:
    """Wait for the part's end, and give what was raised here meanwhile.

    Not by join(): one that a signal interrupts takes the thread for finished (CPython 3.11).
    """
    failure = None
    while not part.done.is_set():
        try:
            part.done.wait()
        except BaseException as error:  # noqa: BLE001, PERF203 (raised by the caller)
            failure = error
    return failure
