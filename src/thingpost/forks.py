"""What must be made anew in a child process, and when a fork should wait a moment.

A child has one thread. A lock that another thread of the parent held stays held in it for ever: so ours are made anew. OpenSSL's
own cannot be; it takes them while it sets up a connection, so a fork waits until no thread of ours does that, for a second at most.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
import weakref
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MOST_WAIT: Final = 1.0
"""Seconds that a fork waits at most."""

_resets: weakref.WeakKeyDictionary[Any, Callable[[Any], None]] = weakref.WeakKeyDictionary()
_in_openssl: dict[object, int] = {}  # the threads that are setting up a connection


def on_fork(owner: Any, reset: Callable[[Any], None]) -> None:
    """Have `reset(owner)` called in each forked child, for as long as the owner lives."""
    _resets[owner] = reset


@contextlib.contextmanager
def put_off() -> Iterator[None]:
    """Let forks by other threads wait until the with block ends."""
    key = object()
    _in_openssl[key] = threading.get_ident()
    try:
        yield
    finally:
        _in_openssl.pop(key, None)


def _wait() -> None:
    own, end = threading.get_ident(), time.monotonic() + MOST_WAIT
    while any(thread != own for thread in list(_in_openssl.values())) and time.monotonic() < end:
        time.sleep(0.0005)


def _reset_all() -> None:
    _in_openssl.clear()
    for owner, reset in list(_resets.items()):
        reset(owner)


if hasattr(os, "register_at_fork"):  # not on Windows, which does not fork
    os.register_at_fork(before=_wait, after_in_child=_reset_all)
