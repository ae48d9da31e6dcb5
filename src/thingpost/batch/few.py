"""Batches of so few rows that one call a row takes less time than to prepare a batch."""

from __future__ import annotations

from itertools import repeat
from typing import TYPE_CHECKING, Any, Final

from thingpost import signing
from thingpost.errors import InputError
from thingpost.signing import SigningKey

if TYPE_CHECKING:
    from collections.abc import Iterable

FEW_DICTS: Final = 64
FEW_IN_COLUMNS: Final = 24
"""Rows up to which this was measured to be faster; columns have to be made dicts first."""


def sign_few(secrets: Any, params: Any, method: str) -> list[str] | None:
    """Sign the rows one by one; None where that is not the way, or where anything is wrong with any row."""
    rows = _rows(params)
    if rows is None:
        return None
    try:
        if type(secrets) in (list, tuple):
            sign = signing.sign
            return [sign(secret, row, method) for secret, row in zip(secrets, rows, strict=True)]
        key = _key(secrets, method)
        return None if key is None else [key.sign(row) for row in rows]
    except (InputError, ValueError):  # a ValueError: not as many secrets as rows
        return None


def verify_few(secrets: Any, params: Any, signs: Any, method: str) -> list[bool] | None:
    """Verify the rows one by one; None as for `sign_few`."""
    rows = _rows(params)
    if rows is None or type(signs) not in (list, tuple):
        return None
    try:
        if type(secrets) in (list, tuple):
            verify = signing.verify
            return [verify(*row, method) for row in zip(secrets, rows, signs, strict=True)]
        key = _key(secrets, method)
        return None if key is None else [key.verify(*row) for row in zip(rows, signs, strict=True)]
    except (InputError, ValueError):
        return None


def _key(secrets: Any, method: str) -> SigningKey | None:
    if isinstance(secrets, (str, bytes)):
        return SigningKey(secrets, method)
    return secrets if isinstance(secrets, SigningKey) and secrets.method == method else None


def _rows(params: Any) -> Iterable[Any] | None:
    """Give the rows as `sign` takes them; None where there are many, or where they are packed."""
    if type(params) is list or type(params) is tuple:
        # Dicts only: they can be read again if it turns out that this is not the way.
        return params if len(params) <= FEW_DICTS and set(map(type, params)) == {dict} else None
    if type(params) is not dict:
        return None
    lengths = {len(column) for column in params.values() if type(column) in (list, tuple)}
    if len(lengths) != 1 or max(lengths) > FEW_IN_COLUMNS:
        return None
    if not all(type(column) in (list, tuple, str, int) for column in params.values()):
        return None
    columns = [column if type(column) in (list, tuple) else repeat(column) for column in params.values()]
    names = tuple(params)
    return [dict(zip(names, row, strict=True)) for row in zip(*columns)]  # noqa: B905 (repeat() has no end)
