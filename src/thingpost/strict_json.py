"""JSON read strictly: what Python's reader lets pass is refused (a key twice, NaN, numbers of any length)."""

from __future__ import annotations

import json
from typing import Any, Final, NoReturn

_MAX_DIGITS: Final = 100


def parse(text: str) -> Any:
    """Read a JSON document.

    Raises:
        json.JSONDecodeError: it breaks the grammar.
        ValueError: a key stands twice, or a number is none or has more than 100 digits.
        RecursionError: it is nested too deeply.
    """
    return _DECODER.decode(text)


def _no_repeated_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a key stands twice")
    return members


def _integer(digits: str) -> int:
    if len(digits) > _MAX_DIGITS:  # older Pythons would convert any number of them
        raise ValueError("a number of too many digits")
    return int(digits)


def _no_constant(_text: str) -> NoReturn:
    raise ValueError("NaN and Infinity are not JSON")


_DECODER: Final = json.JSONDecoder(object_pairs_hook=_no_repeated_keys, parse_int=_integer, parse_constant=_no_constant)
