"""What a run found, as dataclasses and as JSON."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass, field
from typing import Any, Final

from thingpost.errors import InputError

FORMAT: Final = 1
"""Counts up when a saved run of an older version can no longer be read."""


@dataclass(frozen=True)
class Quartiles:
    """A median, and the quartiles as its spread."""

    low: float
    median: float
    high: float


@dataclass(frozen=True)
class Figure:
    """One contender in one place."""

    section: str
    method: str
    rows: int
    """Signatures that one call makes."""
    contender: str
    rate: Quartiles
    """Signatures a second."""
    against: str | None
    """The contender that the ratio is to."""
    ratio: Quartiles | None
    rounds: int


@dataclass(frozen=True)
class Result:
    """A whole run: on what machine, with what settings, and every figure."""

    machine: dict[str, Any]
    settings: dict[str, Any]
    figures: list[Figure] = field(default_factory=list)
    missing: dict[str, str] = field(default_factory=dict)
    """The contenders that were left out, and why or what to type."""

    def as_dict(self) -> dict[str, Any]:
        """Give what stands in the JSON."""
        return {"format": FORMAT, **dataclasses.asdict(self)}


def load(text: str) -> Result:
    """Read a saved run.

    Raises:
        InputError: it is not one.
    """
    try:
        value = json.loads(text)
        if value.pop("format") != FORMAT:
            raise InputError("the file was saved by another version of thingpost; run the benchmark anew")
        figures = [_figure(item) for item in value.pop("figures")]
        return Result(figures=figures, **value)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError("the file is not a run that `thingpost bench --save` wrote") from None


def _figure(item: dict[str, Any]) -> Figure:
    ratio = item.pop("ratio")
    return Figure(rate=Quartiles(**item.pop("rate")), ratio=None if ratio is None else Quartiles(**ratio), **item)
