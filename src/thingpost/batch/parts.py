"""Work that is done in parts, a thread each."""

from __future__ import annotations

import _thread
import threading
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class Part:
    """One part's work: what it raised, and whether it is over."""

    def __init__(self, work: Callable[[int, int], None], start: int, stop: int) -> None:
        self._work = work
        self._bounds = start, stop
        self._begun = threading.Lock()  # taken by who runs or cancels the part
        self.failure: BaseException | None = None
        self.over = threading.Event()

    def run(self) -> None:
        """Do the work, in whichever thread, unless it was cancelled."""
        if not self._begun.acquire(blocking=False):
            return
        try:
            self._work(*self._bounds)
        except BaseException as error:  # noqa: BLE001 (raised in the caller's thread)
            self.failure = error
        finally:
            self.over.set()

    def cancel(self) -> None:
        """See to it that the work does not begin, if it has not yet."""
        if self._begun.acquire(blocking=False):
            self.over.set()

    def wait(self) -> BaseException | None:
        """Wait until the part is over, and give what a signal handler raised here meanwhile."""
        failure = None
        while not self.over.is_set():
            try:
                self.over.wait()
            except BaseException as error:  # noqa: BLE001, PERF203 (raised by the caller)
                failure = error
        return failure


def run_parts(work: Callable[[int, int], None], bounds: Sequence[int]) -> None:
    """Call `work(start, stop)` for each two neighbours among the bounds: the first here, the others in threads.

    When this returns or raises, nobody works any more, whatever happened: a thread that could not start, a signal handler
    that raised.

    The threads are the interpreter's bare ones. To start one of `threading` takes until it is seen to run, on an idle
    processor as long as to sign some thousand rows.

    Raises:
        BaseException: what the first part raised that failed.
    """
    first, *others = (Part(work, start, stop) for start, stop in pairwise(bounds))
    try:
        for part in others:
            _thread.start_new_thread(part.run, ())
        first.run()
    except BaseException as error:  # noqa: BLE001 (raised below, when all are over)
        first.failure = error
        for part in others:
            part.cancel()
    for part in others:
        first.failure = part.wait() or first.failure
    for part in (first, *others):
        if part.failure is not None:
            raise part.failure
