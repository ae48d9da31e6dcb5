"""Token caches, and single flight: at most one authentication is under way per device, however many threads want its token."""

from __future__ import annotations

import copy
import threading
import time
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from thingpost import forks
from thingpost.errors import DeadlineExceeded, ThingpostError
from thingpost.steps import Token

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["MemoryTokenCache", "Token", "TokenCache", "TokenKey", "TokenSource"]

MAX_TOKENS: Final = 262_144
"""Tokens that a MemoryTokenCache keeps; beyond that the oldest go, and their devices authenticate anew."""


class TokenKey(NamedTuple):
    """Whose token: one identity at one endpoint."""

    endpoint: str
    product_key: str
    device_name: str


class TokenCache(Protocol):
    """Where tokens are kept. Implementations are thread-safe."""

    def get(self, key: TokenKey) -> Token | None:
        """Give the token that was put last, or None."""

    def put(self, key: TokenKey, token: Token) -> None:
        """Keep the token in place of an older one."""

    def drop(self, key: TokenKey, value: str) -> None:
        """Forget the token if its value is still this one: another user may have put a newer one meanwhile."""


class MemoryTokenCache:
    """Keeps tokens in this process's memory.

    Thread-safe and fork-safe: a child process starts with the tokens that its parent had.
    """

    def __init__(self) -> None:
        self._tokens: dict[TokenKey, Token] = {}
        self._lock = threading.Lock()
        forks.on_fork(self, MemoryTokenCache._reset_after_fork)

    def get(self, key: TokenKey) -> Token | None:
        """Give the token that was put last, or None."""
        return self._tokens.get(key)  # one dict operation is atomic

    def put(self, key: TokenKey, token: Token) -> None:
        """Keep the token in place of an older one."""
        with self._lock:
            self._tokens.pop(key, None)
            while len(self._tokens) >= MAX_TOKENS:
                del self._tokens[next(iter(self._tokens))]
            self._tokens[key] = token

    def drop(self, key: TokenKey, value: str) -> None:
        """Forget the token if its value is still this one."""
        with self._lock:
            token = self._tokens.get(key)
            if token is not None and token.value == value:
                del self._tokens[key]

    def __repr__(self) -> str:
        """Show how many there are."""
        return f"<MemoryTokenCache, {len(self._tokens)} tokens>"

    def _reset_after_fork(self) -> None:
        self._lock = threading.Lock()


class _Flight:
    """One authentication under way, and what became of it."""

    def __init__(self) -> None:
        self.landed = threading.Event()
        self.token: Token | None = None
        self.error: ThingpostError | None = None


class TokenSource:
    """Gives tokens from a cache, and authenticates where it has none: single flight per device, among threads.

    The first thread that finds no usable token leads; the others wait for its result, each up to its own deadline. An
    error of the leader is theirs too, unless only the leader's deadline ended its attempts: then the next one leads.
    """

    def __init__(self, cache: TokenCache) -> None:
        self._cache = cache
        self._flights: dict[TokenKey, _Flight] = {}
        self._lock = threading.Lock()

    def get(self, key: TokenKey, authenticate: Callable[[], Token], deadline: float) -> Token:
        """Give a usable token before `deadline` (monotonic clock, seconds).

        Args:
            key: whose token.
            authenticate: signs the device in; called in this thread where it leads.
            deadline: when to give up waiting for another thread.

        Raises:
            ThingpostError: what `authenticate` raised, here or in the thread that led.
            DeadlineExceeded: another thread's authentication took longer than the deadline.
        """
        while True:
            token = self._cache.get(key)
            now = time.time()
            if token is not None and now < token.refresh_at:
                return token
            with self._lock:
                flight = self._flights.get(key)
                leads = flight is None
                if flight is None:
                    flight = self._flights[key] = _Flight()
            still_valid = token if token is not None and now < token.expires_at else None
            if leads:
                return self._lead(key, flight, authenticate, still_valid)
            if still_valid is not None:
                return still_valid
            if (result := _wait(flight, deadline)) is not None:
                return result

    def reject(self, key: TokenKey, token: Token) -> None:
        """Drop a token that the platform refused, where it is still the cached one."""
        self._cache.drop(key, token.value)

    def _lead(
        self, key: TokenKey, flight: _Flight, authenticate: Callable[[], Token], still_valid: Token | None
    ) -> Token:
        try:
            token = self._cache.get(key)  # another thread may have landed between our look and our lead
            if token is None or time.time() >= token.refresh_at:
                token = authenticate()
                self._cache.put(key, token)
            flight.token = token
        except ThingpostError as error:
            cached = self._cache.get(key)
            if still_valid is not None and cached is not None and cached.value == still_valid.value:
                flight.token = still_valid  # nobody saw it refused: refreshing can wait for better times
                return still_valid
            flight.error = error
            raise
        else:
            return token
        finally:
            with self._lock:
                if self._flights.get(key) is flight:  # a child forked in mid-flight has none
                    del self._flights[key]
            flight.landed.set()

    def reset_after_fork(self) -> None:
        """Forget the parent's threads: none of them runs in the child."""
        self._flights = {}
        self._lock = threading.Lock()


def _wait(flight: _Flight, deadline: float) -> Token | None:
    """Wait for the leader's result; None: it gave up for reasons of its own."""
    if not flight.landed.wait(max(0.0, deadline - time.monotonic())):
        raise DeadlineExceeded("the deadline passed while another thread authenticated this device")
    if flight.error is not None and not flight.error.out_of_time:
        raise copy.copy(flight.error)  # an exception belongs to the thread that raises it
    return flight.token
