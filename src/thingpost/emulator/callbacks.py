"""The user's functions, which are called in the server's thread."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["logged"]

_log = logging.getLogger("thingpost.emulator")
_T = TypeVar("_T")


def logged(name: str, function: Callable[[_T], None] | None) -> Callable[[_T], None]:
    """Make a function that calls the user's, where there is one, and logs an exception out of it."""

    def call(what: _T) -> None:
        if function is None:
            return
        try:
            function(what)
        except Exception:  # noqa: BLE001 (the user's function may raise anything)
            _log.exception("%s has failed", name)

    return call
