"""The emulator's clock: it can be set, and everything the emulator dates or ages follows it."""

from __future__ import annotations

import math
import threading
import time
from typing import TYPE_CHECKING, Final

from thingpost.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Clock"]

_LATEST: Final = 253_402_300_799.0
"""9999-12-31T23:59:59Z: the last second that a `Date` header can name."""


class Clock:
    """A clock in UNIX seconds (float) that runs on after it was set. Safe to use from any thread.

    Args:
        source: what it runs on: a function giving UNIX seconds. The default is the machine's clock;
            `Clock(lambda: 1_700_000_000.0)` stands still until `set` or `advance` moves it.
    """

    def __init__(self, source: Callable[[], float] = time.time) -> None:
        if not callable(source):
            raise InputError(f"source must be a function that gives UNIX seconds, not {type(source).__name__}")
        self._source = source
        self._offset = 0.0
        # Of those who move the clock. Who reads it takes none: the server must not wait for a thread that a signal
        # handler interrupted in here, and that waits for the server (see Platform). A handler that moves the clock while
        # its own thread is doing so is overridden by that.
        self._moving = threading.RLock()

    def now(self) -> float:
        """Give the clock's time: UNIX seconds."""
        return self._source() + self._offset

    def set(self, seconds: float) -> None:
        """Set the clock to UNIX seconds between 0 (1970) and the year 9999.

        Raises:
            InputError: the time is not a number in that range.
        """
        with self._moving:
            self._move_to(_number(seconds))

    def advance(self, seconds: float) -> None:
        """Move the clock forward, or back where `seconds` is negative.

        Raises:
            InputError: not a number, or the clock would leave the years 1970 to 9999.
        """
        with self._moving:
            self._move_to(self._source() + self._offset + _number(seconds))

    def reset(self) -> None:
        """Follow the source again, as if the clock had never been set."""
        with self._moving:
            self._offset = 0.0

    def _move_to(self, moment: float) -> None:
        if not 0.0 <= moment <= _LATEST:
            raise InputError(f"the clock cannot be set to {moment:g}: allowed are UNIX seconds from 0 to {_LATEST:.0f}")
        self._offset = moment - self._source()

    def __repr__(self) -> str:
        """Show the time."""
        return f"<Clock at {self.now():.3f}>"


def _number(seconds: float) -> float:
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or not math.isfinite(seconds):
        raise InputError(f"seconds must be a finite number, not {seconds!r}")
    return float(seconds)
