"""The checks of the emulator's arguments. Each gives the value back, or raises InputError that says what is allowed."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, TypeVar

from thingpost.errors import InputError

from .clock import Clock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = [
    "checked_callback",
    "checked_clock",
    "checked_count",
    "checked_host",
    "checked_hostnames",
    "checked_positive",
]


_T = TypeVar("_T")


def checked_host(host: object) -> str:
    """Check an address to listen on."""
    if not isinstance(host, str) or not host:
        raise InputError(f"host must be an address or a name such as '127.0.0.1' or '0.0.0.0', not {host!r}")
    return host


def checked_hostnames(hostnames: Iterable[str]) -> tuple[str, ...]:
    """Check the names for the certificate."""
    if isinstance(hostnames, (str, bytes)):
        raise InputError(f"hostnames must be a list of names; give [{hostnames!r}]")
    try:
        names = tuple(hostnames)
    except TypeError:
        raise InputError(f"hostnames must be a list of names, not {type(hostnames).__name__}") from None
    for name in names:
        if not isinstance(name, str) or not name or set(name) & set("/@ "):
            raise InputError(f"hostname {name!r} is refused: give a host name or an IP address, without scheme or port")
    return names


def checked_count(value: object, name: str, low: int, high: int | None) -> int:
    """Check an integer between bounds; `high` None means no upper one."""
    if isinstance(value, bool) or not isinstance(value, int) or value < low or (high is not None and value > high):
        allowed = f"{low} or more" if high is None else f"from {low} to {high}"
        raise InputError(f"{name} must be an integer, {allowed}; not {value!r}")
    return value


def checked_positive(value: object, name: str, unit: str) -> float:
    """Check a finite number above 0."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value) or value <= 0:
        raise InputError(f"{name} must be a number of {unit} above 0, not {value!r}")
    return float(value)


def checked_clock(clock: Any) -> Clock:
    """Check a clock; None makes one."""
    if clock is None:
        return Clock()
    if not isinstance(clock, Clock):
        raise InputError(f"clock must be a thingpost.emulator.Clock, not {type(clock).__name__}")
    return clock


def checked_callback(callback: Callable[[_T], None] | None, name: str, takes: str) -> Callable[[_T], None] | None:
    """Check a function that is called with what happens."""
    if callback is not None and not callable(callback):
        raise InputError(f"{name} must be a function that takes {takes}, not {type(callback).__name__}")
    return callback
