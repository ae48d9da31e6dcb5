"""Many signatures at a time: every form, width, and one or two threads."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import thingpost
from bench.conftest import METHODS, signatures
from thingpost.bench import many, records

if TYPE_CHECKING:
    from collections.abc import Callable

    from thingpost.bench.contenders import Contender

SIZES = (1, 1_000, 100_000)
RECORDS = {rows: records.make(rows) for rows in SIZES}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("rows", SIZES)
@pytest.mark.parametrize("contender", many.batch(), ids=lambda contender: contender.name)
def test_batch(compete: Callable[..., None], contender: Contender, rows: int, method: str) -> None:
    """`sign_batch` in each of its forms, beside loops."""
    if contender.package == "pycryptodome" and rows == SIZES[-1]:
        pytest.skip("takes too long")
    compete(contender, "batch", RECORDS[rows], method, signatures(RECORDS[rows], method))


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("contender", many.widths(thingpost.lanes().available), ids=lambda contender: contender.name)
def test_width(compete: Callable[..., None], contender: Contender, method: str) -> None:
    """Every width that this machine runs."""
    compete(contender, "widths", RECORDS[1_000], method, signatures(RECORDS[1_000], method))


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("contender", many.threads(), ids=lambda contender: contender.name)
def test_threads(compete: Callable[..., None], contender: Contender, method: str) -> None:
    """One thread against two."""
    compete(contender, "threads", RECORDS[100_000], method, signatures(RECORDS[100_000], method))
