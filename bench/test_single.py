"""One signature at a time: with nothing kept, and for one device with its key or constant fields prepared."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bench.conftest import METHODS, signatures
from thingpost.bench import one, records
from thingpost.bench.suite import ROWS

if TYPE_CHECKING:
    from collections.abc import Callable

    from thingpost.bench.contenders import Contender

SOME = records.make(ROWS)
DEVICE = SOME.one_device()


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("contender", one.single(), ids=lambda contender: contender.name)
def test_single(compete: Callable[..., None], contender: Contender, method: str) -> None:
    """Nothing is kept from one signature to the next."""
    compete(contender, "one by one", SOME, method, signatures(SOME, method))


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("contender", one.context(), ids=lambda contender: contender.name)
def test_context(compete: Callable[..., None], contender: Contender, method: str) -> None:
    """One device signs again and again."""
    compete(contender, "one device", DEVICE, method, signatures(DEVICE, method))
