"""What a contender is: a name, and a function of records and method that gives its work, ready to run."""

from __future__ import annotations

import importlib.util
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from thingpost.bench.baseline import DIGESTS
from thingpost.bench.peers import MODULES, PEERS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from thingpost.bench.peers import Peer
    from thingpost.bench.records import Records


@dataclass(frozen=True)
class Work:
    """What is timed, and what it gives, to be compared with the standard library's."""

    run: Callable[[], object]
    outputs: Callable[[], list[Any]]


@dataclass(frozen=True)
class Contender:
    """A name, a way to make the work, and whom it is compared with."""

    name: str
    prepare: Callable[[Records, str], Work]
    against: tuple[str, ...]
    """The contenders whose fastest is the base of this one's ratios."""
    package: str | None = None
    """The package that it needs, by the name that pip knows."""

    def missing(self) -> str | None:
        """Say what to type where the package is not installed."""
        if self.package is None or importlib.util.find_spec(MODULES[self.package]) is not None:
            return None
        return f"not installed: pip install {self.package}"


def peers(name: str, prepare: Callable[[Peer, Records], Work], against: tuple[str, ...]) -> list[Contender]:
    """Make a contender of every package's HMAC; its name takes the package's place in `name`."""
    return [_peer(package, name.format(package), prepare, against) for package in PEERS]


def _peer(package: str, name: str, prepare: Callable[[Peer, Records], Work], against: tuple[str, ...]) -> Contender:
    return Contender(name, lambda records, method: prepare(PEERS[package](DIGESTS[method]), records), against, package)


def calls(function: Callable[..., Any], *columns: Iterable[Any]) -> Work:
    """Call a function for each row, from C: the loop itself costs next to nothing."""
    return Work(lambda: deque(map(function, *columns), maxlen=0), lambda: list(map(function, *columns)))


def whole(function: Callable[[], Any]) -> Work:
    """Call a function that does all rows."""
    return Work(function, lambda: list(function()))


def digits(function: Callable[[], Any], size: int) -> Work:
    """Call a function that gives all rows as one buffer of digits, which is cut only where it is compared."""

    def outputs() -> list[str]:
        text = bytes(function()).decode("ascii")
        return [text[start : start + size] for start in range(0, len(text), size)]

    return Work(function, outputs)
