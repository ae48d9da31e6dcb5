"""The records that every contender signs: random, but the same ones in every run."""

from __future__ import annotations

import random
import string
from array import array
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

T = TypeVar("T")

SEED: Final = 3
SECRET_LENGTH: Final = 32
NAMES: Final = ("clientId", "deviceName", "productKey", "timestamp")  # in canonical order
DISTINCT: Final = 100_000
"""Rows beyond these repeat the same objects: a million distinct rows would measure the allocator's locality as much."""

_ALPHABET: Final = string.ascii_letters + string.digits
_LENGTHS: Final = (16, 12, 11)  # with the names and a timestamp of 13 digits: a content of 89 bytes
_FIRST_TIMESTAMP: Final = 1_700_000_000_000


@dataclass(frozen=True)
class Records:
    """What is to be signed, as columns: row i is one device's secret, and its parameters at a time."""

    secrets: list[str]
    columns: dict[str, list[str]]

    def __len__(self) -> int:
        """Give the number of rows."""
        return len(self.secrets)

    @cached_property
    def dicts(self) -> list[dict[str, str]]:
        """The rows as dicts of parameters."""
        columns = [column[:DISTINCT] for column in self.columns.values()]
        return _repeated([dict(zip(self.columns, row, strict=True)) for row in zip(*columns, strict=True)], len(self))

    @cached_property
    def secret_octets(self) -> list[bytes]:
        """The secrets as a user keeps them who signs with hmac, which takes no str."""
        return _encoded(self.secrets)

    @cached_property
    def octets(self) -> dict[str, list[bytes]]:
        """The columns as lists of bytes."""
        return {name: _encoded(column) for name, column in self.columns.items()}

    def head(self, rows: int) -> Records:
        """Give the first rows."""
        return Records(self.secrets[:rows], {name: column[:rows] for name, column in self.columns.items()})

    def one_device(self) -> Records:
        """Give as many rows of the first device alone: only the timestamps differ."""
        rows = len(self)
        columns = {name: column if name == "timestamp" else column[:1] * rows for name, column in self.columns.items()}
        return Records(self.secrets[:1] * rows, columns)


def make(rows: int) -> Records:
    """Make records with secrets of 32 bytes and a content of 89 bytes."""
    source = random.Random(SEED)  # noqa: S311 (repeatable on purpose; nothing is protected by it)
    distinct = min(rows, DISTINCT)

    def texts(length: int) -> list[str]:
        text = "".join(source.choices(_ALPHABET, k=length * distinct))
        return _repeated([text[start : start + length] for start in range(0, length * distinct, length)], rows)

    values = [texts(length) for length in _LENGTHS]
    values.append(_repeated([str(_FIRST_TIMESTAMP + row) for row in range(distinct)], rows))
    return Records(texts(SECRET_LENGTH), dict(zip(NAMES, values, strict=True)))


def packed(column: Sequence[str]) -> tuple[bytes, array[int]]:
    """Lay a column out as Arrow does: the values' bytes one after the other, and where each begins and ends."""
    offsets = array("i", [0])
    end = 0
    for value in column:
        end += len(value)
        offsets.append(end)
    return "".join(column).encode("ascii"), offsets


def _encoded(column: list[str]) -> list[bytes]:
    return _repeated([value.encode() for value in column[:DISTINCT]], len(column))


def _repeated(values: list[T], rows: int) -> list[T]:
    return (values * -(-rows // len(values)))[:rows]
