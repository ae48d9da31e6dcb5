"""Makes a benchmark of each contender: a group a method and section, so that a table shows ours beside the others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import thingpost
from thingpost.bench import baseline, records

if TYPE_CHECKING:
    from collections.abc import Callable

    from thingpost.bench.contenders import Contender

METHODS = thingpost.METHODS


@pytest.fixture
def compete(benchmark: Any) -> Callable[..., None]:
    """Check a contender's output, then measure it. The table shows the time of one run, which is of all the rows."""

    def compete(contender: Contender, group: str, rows: records.Records, method: str, expected: list[Any]) -> None:
        reason = contender.missing()
        if reason is not None:
            pytest.skip(f"{contender.name} is {reason}")
        work = contender.prepare(rows, method)
        if work.outputs() != expected:
            pytest.fail(f"{contender.name} gives another result than the standard library")
        benchmark.group = f"{group}: {len(rows):,} rows, {method}"
        benchmark.extra_info["signatures"] = len(rows)
        benchmark(work.run)

    return compete


def signatures(rows: records.Records, method: str) -> list[str]:
    """Give what the standard library signs."""
    return baseline.loop(rows, baseline.DIGESTS[method])
