"""Which lanes batches are computed with: what this machine can run, and what THINGPOST_LANES asks for."""

from __future__ import annotations

import functools
import os
from typing import Any, Final, NamedTuple

from thingpost._core import ffi, lib
from thingpost.errors import InputError

NAMES: Final = ("portable", "sse2", "neon", "avx2", "avx512")
"""All that exist, the narrowest first."""

VARIABLE: Final = "THINGPOST_LANES"


class Lanes(NamedTuple):
    """How `sign_batch` and `verify_batch` compute: so many signatures side by side, one in each lane of a register."""

    name: str
    """One of "portable", "sse2", "neon", "avx2", "avx512"."""
    width: int
    """Signatures in a vector register: 1, 4, 8 or 16."""
    reason: str
    """Why these, for people."""
    available: tuple[str, ...]
    """What this machine can run, the narrowest first."""


def lanes() -> Lanes:
    """Tell which lanes batches use, and why.

    The environment variable THINGPOST_LANES forces one of those that the machine can run; `portable` also makes single
    signatures use plain C. It is read when thingpost first signs.

    Raises:
        InputError: THINGPOST_LANES names something else.
    """
    forced = _forced()
    pointer = find(None)
    name = _name(pointer)
    reason = f"{VARIABLE} asks for it" if forced else "the widest that this CPU and this build of thingpost have"
    return Lanes(name, lib.tpost_lanes_width(pointer), reason, available())


@functools.cache
def available() -> tuple[str, ...]:
    """Name what this machine can run, the narrowest first."""
    return tuple(name for name in NAMES if lib.tpost_lanes_by_name(name.encode(), len(name)) != ffi.NULL)


def find(name: str | None) -> Any:
    """Give the C object of these lanes; None means the default.

    Raises:
        InputError: there are no such lanes, or this machine cannot run them.
    """
    if name is None:
        return default()
    if not isinstance(name, str):
        raise InputError(f"lanes must be str or None, not {type(name).__name__}")
    return _find(name, f"lanes={name!r}")


@functools.cache
def default() -> Any:
    """Give the C object of what the environment asks for, or of the widest lanes.

    Raises:
        InputError: the environment asks for what is not there.
    """
    return _find(_forced(), f"{VARIABLE}={_forced()}") if _forced() else lib.tpost_lanes_best()


def _find(name: str, asked: str) -> Any:
    if name not in available():
        known = "this CPU or this build of thingpost lacks them" if name in NAMES else "there are no such lanes"
        raise InputError(f"{asked}: {known}; this machine can run {', '.join(available())}")
    return lib.tpost_lanes_by_name(name.encode(), len(name))


@functools.cache
def _forced() -> str:
    """Give what the environment asks for. It is read once, so that nothing changes in the middle of a program."""
    return os.environ.get(VARIABLE, "").strip().lower()


def _name(pointer: Any) -> str:
    name: Any = ffi.string(lib.tpost_lanes_name(pointer))
    return str(name, "ascii")
