"""Batches of so few rows that one call a row takes less time than to prepare a batch."""

from __future__ import annotations

from itertools import repeat
from typing import TYPE_CHECKING, Any, Final

from thingpost.errors import InputError
from thingpost.signing import SigningKey, sign, verify

if TYPE_CHECKING:
    from collections.abc import Sequence

FEW_DICTS: Final = 64
FEW_IN_COLUMNS: Final = 24
"""Rows up to which this was measured to be faster; columns have to be made dicts first."""


def sign_few(secrets: Any, params: Any, method: str) -> list[str] | None:
    """Sign the rows one by one; None where that is not the way, or where anything is wrong with any row."""
    try:
        if type(secrets) is type(params) is list and len(secrets) == len(params) == 1 and type(params[0]) is dict:
            return [sign(secrets[0], params[0], method)]
        rows = _rows(params)
        if rows is None:
            return None
        if type(secrets) is list or type(secrets) is tuple:
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
            return [verify(*row, method) for row in zip(secrets, rows, signs, strict=True)]
        key = _key(secrets, method)
        return None if key is None else [key.verify(*row) for row in zip(rows, signs, strict=True)]
    except (InputError, ValueError):
        return None


def _key(secrets: Any, method: str) -> SigningKey | None:
    if isinstance(secrets, (str, bytes)):
        return SigningKey(secrets, method)
    return secrets if isinstance(secrets, SigningKey) and secrets.method == method else None


def _rows(params: Any) -> Sequence[Any] | None:
    """Give the rows as `sign` takes them; None where there are many, or where they are packed."""
    if type(params) is list or type(params) is tuple:
        # Dicts only: they can be read again if it turns out that this is not the way.
        return params if len(params) <= FEW_DICTS and set(map(type, params)) == {dict} else None
    return _from_columns(params) if type(params) is dict else None


def _from_columns(params: dict[Any, Any]) -> list[dict[Any, Any]] | None:
    rows = -1
    columns: list[Any] = []
    for column in params.values():
        if type(column) is list or type(column) is tuple:
            if rows < 0:
                rows = len(column)
            if len(column) != rows or rows > FEW_IN_COLUMNS:
                return None
            columns.append(column)
        elif type(column) is str or type(column) is int:
            columns.append(repeat(column))
        else:
            return None
    return None if rows <= 0 else [dict(zip(params, row)) for row in zip(*columns)]  # noqa: B905 (repeat() has no end)
