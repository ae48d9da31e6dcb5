"""Where the results of a batch go: into a list, or into a buffer of the caller's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Protocol

from thingpost._core import ffi, lib
from thingpost.columns import CHUNK
from thingpost.errors import InputError

if TYPE_CHECKING:
    from thingpost.columns import Call

DIGITS: Final = {"hmacmd5": 32, "hmacsha1": 40, "hmacsha256": 64}
"""Of a signature, by method."""


class Result(Protocol):
    """Takes the results, in the order of the rows."""

    in_memory_of_caller: bool

    def compute(self, call: Call, lanes: Any, start: int, mask: Any) -> int:
        """Let C compute the rows that the call points at, the first of which is `start`. Returns C's status."""

    def take(self, start: int, stop: int, mask: bytearray | None) -> None:
        """Take what was computed for these rows."""

    def put(self, row: int, value: Any) -> None:
        """Take one row's result; None where there is none."""

    def wipe(self) -> None:
        """Forget everything: a row was refused."""

    def release(self) -> None:
        """Let go of memory that C wrote to; see `Call.release`."""

    def value(self, mask: bytearray | None) -> Any:
        """Give what the caller gets."""


class Signatures:
    """A list of str. C writes the signatures of a chunk as lines, which Python takes apart in one call."""

    in_memory_of_caller = False

    def __init__(self, method: str, rows: int) -> None:
        self._digits = DIGITS[method]
        self._lines = bytearray((b"0" * self._digits + b"\n") * min(rows, CHUNK))
        self._buffer = ffi.from_buffer("char[]", self._lines)
        self._list: list[str | None] = []

    def compute(self, call: Call, lanes: Any, _start: int, mask: Any) -> int:
        size, step = len(self._lines), self._digits + 1
        status: int = lib.tpost_bridge_sign_batch(lanes, call.batch, self._buffer, size, step, mask, call.bad_row)
        return status

    def take(self, start: int, stop: int, mask: bytearray | None) -> None:
        end = (stop - start) * (self._digits + 1) - 1
        texts: list[str | None] = list(str(memoryview(self._lines)[:end], "ascii").split("\n"))
        if mask is not None:
            for row in _zeros(mask, start, stop):
                texts[row - start] = None
        self._list += texts

    def put(self, _row: int, value: str | None) -> None:
        self._list.append(value)

    def wipe(self) -> None:
        self._list.clear()

    def release(self) -> None:
        ffi.release(self._buffer)

    def value(self, _mask: bytearray | None) -> list[str | None]:
        return self._list


class SignatureBuffer:
    """The digits of all signatures one after the other, in a buffer of the caller's."""

    in_memory_of_caller = True

    def __init__(self, method: str, out: Any, rows: int) -> None:
        self._digits = DIGITS[method]
        self._size = rows * self._digits
        self._out = _writable(out, self._size, f"{rows:,} rows of {self._digits} digits")
        self._buffer = ffi.from_buffer("char[]", self._out, require_writable=True)

    def compute(self, call: Call, lanes: Any, start: int, mask: Any) -> int:
        at = start * self._digits
        status: int = lib.tpost_bridge_sign_batch(
            lanes, call.batch, self._buffer + at, self._size - at, self._digits, mask, call.bad_row
        )
        return status

    def take(self, start: int, stop: int, mask: bytearray | None) -> None:
        """C has written the digits, and zeros for masked rows."""

    def put(self, row: int, value: str | None) -> None:
        at = row * self._digits
        self._out[at : at + self._digits] = bytes(self._digits) if value is None else value.encode("ascii")

    def wipe(self) -> None:
        self._out[: self._size] = bytes(self._size)

    def release(self) -> None:
        ffi.release(self._buffer)

    def value(self, mask: bytearray | None) -> bytearray:
        return bytearray(b"\1") * (self._size // self._digits) if mask is None else mask


class Verdicts:
    """A list of bool."""

    in_memory_of_caller = False

    def __init__(self, rows: int) -> None:
        self._verdicts = bytearray(min(rows, CHUNK))
        self._buffer = ffi.from_buffer("uint8_t[]", self._verdicts)
        self._list: list[bool | None] = []

    def compute(self, call: Call, lanes: Any, _start: int, mask: Any) -> int:
        status: int = lib.tpost_bridge_verify_batch(lanes, call.batch, call.signs, self._buffer, mask, call.bad_row)
        return status

    def take(self, start: int, stop: int, mask: bytearray | None) -> None:
        verdicts: list[bool | None] = list(map(bool, self._verdicts[: stop - start]))
        if mask is not None:
            for row in _zeros(mask, start, stop):
                verdicts[row - start] = None
        self._list += verdicts

    def put(self, _row: int, value: bool | None) -> None:
        self._list.append(value)

    def wipe(self) -> None:
        self._list.clear()

    def release(self) -> None:
        ffi.release(self._buffer)

    def value(self, _mask: bytearray | None) -> list[bool | None]:
        return self._list


class VerdictBuffer:
    """A byte a row, in a buffer of the caller's."""

    in_memory_of_caller = True

    def __init__(self, out: Any, rows: int) -> None:
        self._rows = rows
        self._out = _writable(out, rows, f"{rows:,} verdicts")
        self._buffer = ffi.from_buffer("uint8_t[]", self._out, require_writable=True)

    def compute(self, call: Call, lanes: Any, start: int, mask: Any) -> int:
        status: int = lib.tpost_bridge_verify_batch(
            lanes, call.batch, call.signs, self._buffer + start, mask, call.bad_row
        )
        return status

    def take(self, start: int, stop: int, mask: bytearray | None) -> None:
        """C has written the verdicts, and zeros for masked rows."""

    def put(self, row: int, value: bool | None) -> None:
        self._out[row] = int(value or False)

    def wipe(self) -> None:
        self._out[: self._rows] = bytes(self._rows)

    def release(self) -> None:
        ffi.release(self._buffer)

    def value(self, mask: bytearray | None) -> bytearray:
        return bytearray(b"\1") * self._rows if mask is None else mask


def _zeros(mask: bytearray, start: int, stop: int) -> list[int]:
    """Find the rows that are masked."""
    found = []
    at = mask.find(0, start, stop)
    while at >= 0:
        found.append(at)
        at = mask.find(0, at + 1, stop)
    return found


def _writable(out: Any, size: int, what: str) -> memoryview:
    """Check the caller's buffer and give it as bytes."""
    try:
        view = memoryview(out)
    except TypeError:
        raise InputError(f"out must be a writable buffer such as a bytearray, not {type(out).__name__}") from None
    if view.readonly or not view.c_contiguous:
        wrong = "read-only" if view.readonly else "not contiguous in memory"
        raise InputError(f"out is {wrong}; give a writable contiguous buffer such as a bytearray")
    if view.nbytes < size:
        raise InputError(f"out has {view.nbytes:,} bytes; {what} need {size:,}")
    return view.cast("B")
