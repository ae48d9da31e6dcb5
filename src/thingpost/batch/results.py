"""Where the results of a batch go: into a list, or into a buffer of the caller's."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from thingpost._core import ffi, lib
from thingpost.batch.columns import CHUNK, as_bytes
from thingpost.errors import InputError

if TYPE_CHECKING:
    from thingpost.batch.columns import Call

DIGITS: Final = {"hmacmd5": 32, "hmacsha1": 40, "hmacsha256": 64}
"""Of a signature, by method."""


class Result:
    """Takes the results of all rows, in their order.

    Args:
        memory: what C writes to.
    """

    in_callers_memory = False

    def __init__(self, memory: bytearray | memoryview) -> None:
        self._memory = memory
        self._pointer: Any = ffi.from_buffer("char[]", memory, require_writable=True)

    def compute(self, call: Call, lanes: Any, start: int, mask: Any) -> int:
        """Let C compute the rows that the call points at, the first of which is `start`. Returns C's status."""
        raise NotImplementedError

    def take(self, start: int, stop: int, mask: bytearray | None) -> None:
        """Take what was computed for these rows."""

    def put(self, row: int, value: str | bool | None) -> None:
        """Take one row's result; None where there is none."""
        raise NotImplementedError

    def wipe(self) -> None:
        """Forget everything: a row was refused."""
        raise NotImplementedError

    def release(self) -> None:
        """Let go of the memory; see `Call.release`."""
        ffi.release(self._pointer)

    def value(self, mask: bytearray | None) -> Any:
        """Give what the caller gets."""
        raise NotImplementedError


# ---- Lists ----


class _List(Result):
    def __init__(self, memory: bytearray) -> None:
        super().__init__(memory)
        self._list: list[str | bool | None] = []

    def _read(self, rows: int) -> list[Any]:
        """Give the results of so many rows that C has written."""
        raise NotImplementedError

    def take(self, start: int, stop: int, mask: bytearray | None) -> None:
        """Take what was computed for these rows."""
        values = self._read(stop - start)
        masked = -1 if mask is None else mask.find(0, start, stop)
        while masked >= 0 and mask is not None:
            values[masked - start] = None
            masked = mask.find(0, masked + 1, stop)
        self._list += values

    def put(self, row: int, value: str | bool | None) -> None:  # noqa: ARG002 (rows come in their order)
        """Take one row's result; None where there is none."""
        self._list.append(value)

    def wipe(self) -> None:
        """Forget everything: a row was refused."""
        self._list.clear()

    def value(self, mask: bytearray | None) -> list[str | bool | None]:  # noqa: ARG002 (the list says it)
        """Give the list."""
        return self._list


class Signatures(_List):
    """A list of str. C writes the signatures of a chunk as lines, which Python takes apart in one call."""

    def __init__(self, method: str, rows: int) -> None:
        self._digits = DIGITS[method]
        super().__init__(bytearray((b"0" * self._digits + b"\n") * min(rows, CHUNK)))

    def compute(self, call: Call, lanes: Any, start: int, mask: Any) -> int:  # noqa: ARG002 (each chunk in its turn)
        """Sign the rows."""
        size, step = len(self._memory), self._digits + 1
        return int(lib.tpost_bridge_sign_batch(lanes, call.batch, self._pointer, size, step, mask, call.bad_row))

    def _read(self, rows: int) -> list[Any]:
        return str(memoryview(self._memory)[: rows * (self._digits + 1) - 1], "ascii").split("\n")


class Verdicts(_List):
    """A list of bool."""

    def __init__(self, rows: int) -> None:
        super().__init__(bytearray(min(rows, CHUNK)))

    def compute(self, call: Call, lanes: Any, start: int, mask: Any) -> int:  # noqa: ARG002 (each chunk in its turn)
        """Verify the rows."""
        return int(lib.tpost_bridge_verify_batch(lanes, call.batch, call.signs, self._pointer, mask, call.bad_row))

    def _read(self, rows: int) -> list[Any]:
        return list(map(bool, self._memory[:rows]))


# ---- The caller's memory ----


class _Buffer(Result):
    """So many bytes a row, one row after the other. C writes them, and zeros for masked rows."""

    in_callers_memory = True

    def __init__(self, out: Any, rows: int, size: int, what: str) -> None:
        super().__init__(_writable(out, rows * size, f"{rows:,} {what}"))
        self._rows = rows
        self._size = size

    def release(self) -> None:
        """Let go of the memory; see `Call.release`."""
        super().release()
        if isinstance(self._memory, memoryview):
            with suppress(BufferError):  # a thread holds it that two interruptions, one in the other, left behind
                self._memory.release()

    def wipe(self) -> None:
        """Forget everything: a row was refused."""
        self._memory[: self._rows * self._size] = bytes(self._rows * self._size)

    def value(self, mask: bytearray | None) -> bytearray:
        """Give a byte a row: was it computed?"""
        return bytearray(b"\1") * self._rows if mask is None else mask


class SignatureBuffer(_Buffer):
    """The digits of all signatures one after the other."""

    def __init__(self, method: str, out: Any, rows: int) -> None:
        super().__init__(out, rows, DIGITS[method], f"rows of {DIGITS[method]} digits")

    def compute(self, call: Call, lanes: Any, start: int, mask: Any) -> int:
        """Sign the rows."""
        at, room = call.pointer(self._memory) + start * self._size, (self._rows - start) * self._size
        return int(lib.tpost_bridge_sign_batch(lanes, call.batch, at, room, self._size, mask, call.bad_row))

    def put(self, row: int, value: str | bool | None) -> None:
        """Write one row's signature."""
        digits = value.encode("ascii") if isinstance(value, str) else bytes(self._size)
        self._memory[row * self._size : (row + 1) * self._size] = digits


class VerdictBuffer(_Buffer):
    """A byte a row."""

    def __init__(self, out: Any, rows: int) -> None:
        super().__init__(out, rows, 1, "verdicts")

    def compute(self, call: Call, lanes: Any, start: int, mask: Any) -> int:
        """Verify the rows."""
        at = call.pointer(self._memory) + start
        return int(lib.tpost_bridge_verify_batch(lanes, call.batch, call.signs, at, mask, call.bad_row))

    def put(self, row: int, value: str | bool | None) -> None:
        """Write one row's verdict."""
        self._memory[row] = int(value is True)


def _writable(out: Any, size: int, what: str) -> memoryview:
    """Check the caller's buffer and give it as bytes."""
    try:
        view = memoryview(out)
    except (TypeError, ValueError):  # a ValueError: it was released, or has a format that has no name
        raise InputError(f"out must be a writable buffer such as a bytearray, not {type(out).__name__}") from None
    if view.readonly or not view.c_contiguous:
        wrong = "read-only" if view.readonly else "not contiguous in memory"
        raise InputError(f"out is {wrong}; give a writable contiguous buffer such as a bytearray")
    if view.nbytes < size:
        raise InputError(f"out has {view.nbytes:,} bytes; {what} need {size:,}")
    return as_bytes(view)
