"""Signatures a second, beside what else Python has: what `thingpost bench` runs, and what the suite in bench/ measures.

`records` makes the input; `baseline` and `peers` do the work on it that `one` and `many` let thingpost do too; `suite` lists
who runs against whom, `runner` takes the time in interleaved rounds, `results` holds what came out, `report` and `plot`
show it.
"""

from thingpost.bench.results import Result
from thingpost.bench.suite import FULL, QUICK, Bounds, count, run

__all__ = ["FULL", "QUICK", "Bounds", "Result", "count", "run"]
