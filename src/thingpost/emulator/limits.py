"""Reasons to refuse a request that is itself in order: too many requests, or a refusal that a test asked for."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Literal

from .checks import RefusedError

__all__ = ["Endpoint", "RateLimit", "Script"]

Endpoint = Literal["auth", "topic"]


class RateLimit:
    """A bucket that fills with `rate` requests a second and holds one second's worth, at least one request.

    For one thread: the one that answers.
    """

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._burst = max(1.0, rate)
        self._level = self._burst
        self._last: float | None = None

    def take(self, now: float) -> None:
        """Let one request pass.

        Raises:
            RefusedError: 40000, too many.
        """
        elapsed = 0.0 if self._last is None else max(0.0, now - self._last)  # a clock set back fills nothing
        self._last = now
        self._level = min(self._burst, self._level + elapsed * self._rate)
        if self._level < 1.0 - 1e-6:  # UNIX seconds in a float are good to 2e-7
            raise RefusedError(40000, f"more than the {self._rate:g} requests a second of rate_limit")
        self._level = max(0.0, self._level - 1.0)


@dataclass
class _Refusal:
    code: int
    count: int
    retry_after: int | None


class Script:
    """The refusals that a test has lined up for one endpoint. Any thread may `add`; one, which answers, plays."""

    def __init__(self) -> None:
        self._refusals: deque[_Refusal] = deque()

    def add(self, code: int, count: int, retry_after: int | None) -> None:
        """Line up `count` refusals behind those already waiting."""
        self._refusals.append(_Refusal(code, count, retry_after))

    def play(self) -> None:
        """Refuse the request where a refusal is waiting.

        Raises:
            RefusedError: the code that was asked for.
        """
        if not self._refusals:
            return
        refusal = self._refusals[0]
        refusal.count -= 1
        if refusal.count == 0:
            self._refusals.popleft()
        wait = refusal.retry_after
        headers = () if wait is None else (("Retry-After", str(wait)),)
        raise RefusedError(refusal.code, "it was to be refused, by refuse_next", headers=headers)
