"""Work that is done in parts, a thread each."""

from __future__ import annotations

import _thread
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class Part:
    """One part's work: what it raised, and whether it is over.

    Made of steps that a signal handler which raises can come between, but not into. Those of `threading` are not: an Event
    that is interrupted may stay locked.
    """

    def __init__(self, work: Callable[[int, int], None], start: int, stop: int) -> None:
        self._work = work
        self._bounds = start, stop
        self._fate: dict[None, str] = {}  # decided by who comes first
        self._working = _thread.allocate_lock()
        self._working.acquire()
        self._over = False
        self.failure: BaseException | None = None

    def run(self) -> None:
        """Do the work, in whichever thread, unless it was cancelled."""
        if self._fate.setdefault(None, "runs") != "runs":
            return
        try:
            self._work(*self._bounds)
        except BaseException as error:  # noqa: BLE001 (raised in the caller's thread)
            self.failure = error
        finally:
            self._over = True
            self._working.release()

    def cancel(self) -> None:
        """See to it that the work does not begin, if it has not yet."""
        if self._fate.setdefault(None, "cancelled") == "cancelled":
            self._over = True

    def wait(self) -> None:
        """Wait until the part is over. May be called again, wherever an exception came in between."""
        while not self._over:
            self._working.acquire()


def run_parts(work: Callable[[int, int], None], bounds: Sequence[int]) -> None:
    """Call `work(start, stop)` for each two neighbours among the bounds: the first here, the others in threads.

    When this returns or raises, nobody works any more: not after a thread that could not start, nor after a signal handler
    that raised.

    The threads are the interpreter's bare ones. To start one of `threading` takes until it is seen to run, on an idle
    processor as long as to sign some thousand rows.

    Raises:
        BaseException: what the first part raised that failed.
    """
    first, *others = (Part(work, start, stop) for start, stop in pairwise(bounds))
    failure: BaseException | None = None
    over = False
    while not over:  # again after a failure; all in one function, since one may come wherever a function begins
        try:
            if failure is None:
                for part in others:
                    _thread.start_new_thread(part.run, ())
                first.run()
            for part in others:
                if failure is not None:
                    part.cancel()
                part.wait()
            over = True
        except BaseException as error:  # noqa: BLE001, PERF203 (raised below, when all are over)
            failure = failure or error
    if failure is not None:
        raise failure
    for part in (first, *others):
        if part.failure is not None:
            raise part.failure
