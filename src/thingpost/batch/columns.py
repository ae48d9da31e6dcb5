"""What batches are made of: columns of values, given as sequences, as one value for all rows, or packed in a buffer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias

from thingpost._core import ffi, lib
from thingpost.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from typing_extensions import Buffer

__all__ = ["Packed"]

CHUNK: Final = 2048
"""Rows that go to C at once: their texts stay in the processor's cache."""

_SEPARATOR: Final = "\n"  # see csrc/python/lines.h
_MAX_DIGITS: Final = 1_233  # of an int; signing refuses longer ones
_OFFSET_TYPES: Final = {
    ("i", 4): lib.TPOST_OFFSETS_I32,
    ("l", 4): lib.TPOST_OFFSETS_I32,
    ("I", 4): lib.TPOST_OFFSETS_U32,
    ("L", 4): lib.TPOST_OFFSETS_U32,
    ("l", 8): lib.TPOST_OFFSETS_I64,
    ("q", 8): lib.TPOST_OFFSETS_I64,
}


class Packed:
    """A column in one buffer: value `i` is `data[offsets[i]:offsets[i + 1]]`. This is how Arrow keeps text.

    Nothing is copied, here or later, and the memory may change between calls: offsets are checked when they are used.

    Args:
        data: the values' bytes one after the other, UTF-8: any contiguous buffer (bytes, memoryview, a numpy array).
        offsets: one more than there are values: a contiguous buffer of one dimension of 32-bit integers, signed or not,
            or of signed 64-bit ones (array.array, a numpy array, an Arrow buffer cast to its type:
            `memoryview(buffer).cast("i")`), in the machine's byte order.

    Raises:
        InputError: one of them is no such buffer.
    """

    __slots__ = ("_data", "_offsets", "_type")
    constant = False

    def __init__(self, data: Buffer, offsets: Buffer) -> None:
        self._data = as_bytes(_view("data", data))
        self._offsets = _view("offsets", offsets)
        kind = self._offsets.format.lstrip("@=")
        if (kind, self._offsets.itemsize) not in _OFFSET_TYPES or self._offsets.ndim != 1:
            raise InputError(
                f"offsets are a buffer of {self._offsets.ndim} dimension(s) with the format {self._offsets.format!r}; "
                "give one dimension of int32, uint32 or int64, for example memoryview(buffer).cast('i')"
            )
        if len(self._offsets) == 0:
            raise InputError("offsets are empty; give one more than there are values")
        self._type = _OFFSET_TYPES[kind, self._offsets.itemsize]
        with ffi.from_buffer(self._offsets) as pointer:
            if int(ffi.cast("uintptr_t", pointer)) % self._offsets.itemsize:
                raise InputError("offsets are not aligned in memory for their type; copy the array first")

    def __len__(self) -> int:
        """Count the values."""
        return len(self._offsets) - 1

    def __getitem__(self, row: int) -> bytes:
        """Give one value.

        Raises:
            InputError: its offsets are out of order or beyond the data.
        """
        start, end = self._offsets[row], self._offsets[row + 1]
        if not 0 <= start <= end <= len(self._data):
            raise InputError(
                f"its offsets are {start} and {end}; they must not decrease, nor exceed the {len(self._data):,} bytes of data"
            )
        return bytes(self._data[start:end])

    def fill(self, call: Call, column: Any, start: int, _stop: int) -> bool:
        """Point a C column at the values from row `start` on; see `Values.fill`."""
        column.data, column.data_len = call.pointer(self._data), len(self._data)
        column.offsets = call.pointer(self._offsets) + start * self._offsets.itemsize
        column.type, column.gap = self._type, 0
        return True

    def __repr__(self) -> str:
        """Show the sizes; never the values, which may be secrets."""
        return f"<Packed {len(self)} values>"


Column: TypeAlias = "str | int | Sequence[str | int] | Packed"
"""One value for all rows, or a value a row."""


def _view(name: str, buffer: Any) -> memoryview:
    try:
        view = memoryview(buffer)
    except (TypeError, ValueError):  # a ValueError: it was released, or has a format that has no name
        raise InputError(
            f"{name} must be a buffer such as bytes or a numpy array of numbers, not {type(buffer).__name__}"
        ) from None
    if not view.c_contiguous:
        raise InputError(f"{name} must be contiguous in memory; copy the array first")
    return view


def as_bytes(view: memoryview) -> memoryview:
    """Give a contiguous buffer as bytes, also one of no rows, which cannot be cast."""
    return view.cast("B") if view.nbytes else memoryview(bytearray())


class Call:
    """The C structs of one call at a time, and what keeps the memory alive that they point to."""

    def __init__(self) -> None:
        self.columns: Any = ffi.new("tpost_column[]", lib.TPOST_BATCH_MAX_COLUMNS)
        self.secrets: Any = ffi.new("tpost_column *")
        self.signs: Any = ffi.new("tpost_column *")
        self.batch: Any = ffi.new("tpost_batch *", {"columns": self.columns})
        self.bad_row: Any = ffi.new("size_t *")
        self._buffers: list[Any] = []

    def pointer(self, buffer: Any) -> Any:
        """Give the address of a buffer's memory, which stays there until `release`."""
        pointer = ffi.from_buffer(buffer)
        self._buffers.append(pointer)
        return pointer

    def release(self) -> None:
        """Let go of all memory.

        Not left to the garbage collector: if it finds a memoryview and a pointer to it in one cycle, such as an error's
        traceback makes, CPython 3.11 was seen to clear the view first, and to crash when the pointer went.
        """
        while self._buffers:
            ffi.release(self._buffers.pop())


class Values(Protocol):
    """A column, however it was given."""

    def fill(self, call: Call, column: Any, start: int, stop: int) -> bool:
        """Point a C column at the rows' values, until the call is released. False: they cannot be handed over so."""

    def __getitem__(self, row: int) -> Any:
        """Give one value as it was given, for the row's error or for converting it by itself."""

    def __len__(self) -> int:
        """Count the rows; 0 with `constant`."""

    constant: bool


class Constant:
    """One value for all rows."""

    constant = True

    def __init__(self, given: Any, encoded: bytes) -> None:
        self._given = given
        self._encoded = encoded

    def fill(self, call: Call, column: Any, _start: int, _stop: int) -> bool:
        """Point a C column at the value; see `Values.fill`."""
        column.data, column.data_len, column.offsets = call.pointer(self._encoded), len(self._encoded), ffi.NULL
        return True

    def __getitem__(self, _row: int) -> Any:
        return self._given

    def __len__(self) -> int:
        return 0


class Texts:
    """A sequence of Python values: joined into one text, which C takes apart again.

    Args:
        values: str; those of another kind are done one by one.
        other: int or bytes, where these are allowed too.
    """

    constant = False

    def __init__(self, values: Sequence[Any], other: type | None) -> None:
        self._values = values
        self._other = other
        self._offsets: Any = None

    def fill(self, call: Call, column: Any, start: int, stop: int) -> bool:
        """Join the values, and point a C column at them; see `Values.fill`."""
        data = self._joined(chunk(self._values, start, stop))
        if data is None:
            return False
        if self._offsets is None:  # the first chunk is the largest
            self._offsets = ffi.new("uint32_t[]", stop - start + 1)
        lines = lib.tpost_bridge_lines(column, call.pointer(data), len(data), self._offsets, stop - start)
        return bool(lines)

    def _joined(self, values: Sequence[Any]) -> bytes | None:
        try:
            return _SEPARATOR.join(values).encode()
        except (TypeError, UnicodeEncodeError):
            pass
        kinds = set(map(type, values))
        if self._other is int and kinds <= {int, str}:
            return _joined_numbers(values)
        if self._other is bytes and kinds == {bytes}:
            return _SEPARATOR.encode().join(values)
        return None

    def __getitem__(self, row: int) -> Any:
        return self._values[row]

    def __len__(self) -> int:
        return len(self._values)


def chunk(values: Sequence[Any], start: int, stop: int) -> Sequence[Any]:
    """Give these rows of a list or tuple.

    Raises:
        InputError: they are not all there any more: somebody changed the list during the call.
    """
    rows = values[start:stop]
    if len(rows) != stop - start:
        raise InputError("a list became shorter while its rows were computed; do not change it during the call")
    return rows


def _joined_numbers(values: Sequence[str | int]) -> bytes | None:
    try:
        texts = list(map(str, values))
        return _SEPARATOR.join(texts).encode() if max(map(len, texts)) <= _MAX_DIGITS else None
    except ValueError:  # a lone surrogate, or more digits than this Python converts
        return None
