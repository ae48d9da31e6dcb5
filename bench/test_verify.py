"""Verification, one at a time and many at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bench.conftest import METHODS, signatures
from thingpost.bench import many, one, records
from thingpost.bench.suite import ROWS

if TYPE_CHECKING:
    from collections.abc import Callable

DEVICE = records.make(ROWS).one_device()
MANY = records.make(10_000)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", [contender.name for contender in one.verify([])])
def test_verify(compete: Callable[..., None], name: str, method: str) -> None:
    """One device's signatures, one at a time."""
    contenders = {contender.name: contender for contender in one.verify(signatures(DEVICE, method))}
    compete(contenders[name], "verify one by one", DEVICE, method, [True] * len(DEVICE))


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", [contender.name for contender in many.verify_batch([])])
def test_verify_batch(compete: Callable[..., None], name: str, method: str) -> None:
    """Many devices' signatures at a time."""
    contenders = {contender.name: contender for contender in many.verify_batch(signatures(MANY, method))}
    compete(contenders[name], "verify a batch", MANY, method, [True] * len(MANY))
