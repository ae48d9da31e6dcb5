"""Token caches, and single flight: at most one authentication is under way per device, however many threads want its token."""

from __future__ import annotations

import copy
import threading
import time
import weakref
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
    """Whose token: one identity at one endpoint. The secret is no part of it: who shares a cache shares the tokens."""

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

    Safe to use from threads, signal handlers, finalisers and forked children; a child starts with its parent's tokens.
    """

    def __init__(self) -> None:
        self._tokens: dict[TokenKey, Token] = {}
        self._lock = threading.RLock()  # re-entrant: a signal handler may publish, too
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
        self._lock = threading.RLock()


class _Flight:
    """One authentication under way in one thread, and what became of it.

    Waiting is in slices, and the leader's deadline is known: whatever an interruption breaks on the way, nobody waits
    for ever.
    """

    _SLICE: Final = 0.25  # seconds

    def __init__(self, deadline: float) -> None:
        self.thread = threading.get_ident()
        self.token: Token | None = None
        self.error: ThingpostError | None = None
        self._deadline = deadline
        self._landed = False
        self._latch = threading.Lock()
        self._latch.acquire()

    def land(self) -> None:
        """Wake those who wait."""
        if not self._landed:
            self._landed = True
            self._latch.release()

    def wait(self, deadline: float) -> None:
        """Wait until it has landed, or until its leader cannot be flying any more."""
        while not self._landed and time.monotonic() < self._deadline + 1.0:
            remaining = deadline - time.monotonic()
            if remaining <= 0:
                raise DeadlineExceeded("the deadline passed while another thread authenticated this device")
            if self._latch.acquire(timeout=min(remaining, self._SLICE)):
                self._latch.release()  # for the next who waits


class _Flights:
    """The flights of one token cache, by key. Dict operations are atomic, so no lock is needed."""

    def __init__(self) -> None:
        self.by_key: dict[TokenKey, _Flight] = {}
        forks.on_fork(self, _Flights._reset_after_fork)

    def remove(self, key: TokenKey, flight: _Flight) -> None:
        """Forget the flight, where it is still the one of its key."""
        if self.by_key.get(key) is flight:
            self.by_key.pop(key, None)

    def _reset_after_fork(self) -> None:
        self.by_key = {}  # none of the parent's threads runs in the child


_flights_of: weakref.WeakKeyDictionary[TokenCache, _Flights] = weakref.WeakKeyDictionary()


def _flights(cache: TokenCache) -> _Flights:
    """Give the flights of a cache: all its users share them."""
    try:
        return _flights_of.setdefault(cache, _Flights())
    except TypeError:  # it takes no weak references: one client alone can know it
        return _Flights()


class TokenSource:
    """Gives tokens from a cache, and authenticates where it has none: single flight per device among the cache's users.

    The first thread that finds no usable token leads; the others wait for its result, each up to its own deadline. An
    error of the leader is theirs too, unless only the leader's deadline ended its attempts: then the next one leads.
    """

    def __init__(self, cache: TokenCache) -> None:
        self._cache = cache
        self._flights = _flights(cache)

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
            still_valid = token if token is not None and now < token.expires_at else None
            mine = _Flight(deadline)
            try:
                flight = self._flights.by_key.setdefault(key, mine)
                if flight is mine:
                    return self._lead(key, mine, authenticate, still_valid)
            finally:
                self._flights.remove(key, mine)
                mine.land()
            if still_valid is not None:
                return still_valid
            if flight.thread == threading.get_ident():  # a signal handler or finaliser, inside of our own flight
                return self._authenticate(key, authenticate)
            flight.wait(deadline)
            self._flights.remove(key, flight)  # where its leader was interrupted before it could
            if flight.error is not None and not flight.error.out_of_time:
                raise copy.copy(flight.error)  # an exception belongs to the thread that raises it
            if flight.token is not None:
                return flight.token

    def reject(self, key: TokenKey, token: Token) -> None:
        """Drop a token that the platform refused, where it is still the cached one."""
        self._cache.drop(key, token.value)

    def _lead(
        self, key: TokenKey, flight: _Flight, authenticate: Callable[[], Token], still_valid: Token | None
    ) -> Token:
        try:
            token = self._cache.get(key)  # another thread may have landed between our look and our lead
            if token is None or time.time() >= token.refresh_at:
                token = self._authenticate(key, authenticate)
        except ThingpostError as error:
            cached = self._cache.get(key)
            if still_valid is None or cached is None or cached.value != still_valid.value:
                flight.error = copy.copy(error)
                raise
            token = still_valid  # nobody saw it refused: renewing can wait for better times
        flight.token = token
        return token

    def _authenticate(self, key: TokenKey, authenticate: Callable[[], Token]) -> Token:
        token = authenticate()
        self._cache.put(key, token)
        return token
