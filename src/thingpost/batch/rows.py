"""The rows of a batch: how they are handed to C, and what is done about those that cannot be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from thingpost._core import ffi, lib
from thingpost.batch.columns import Call, Constant, Packed, Texts, chunk
from thingpost.errors import InputError
from thingpost.marshalling import ParamArray, name_bytes, read_pairs, utf8, value_bytes
from thingpost.signing import SigningKey, method_pointer, sign_bytes

if TYPE_CHECKING:
    from thingpost.batch.columns import Values

NO_SIGNS: Final = object()
"""In place of signatures: sign. Not None, which a caller may give by mistake where signatures are to be verified."""


class ColumnRows:
    """Rows given as a mapping from names to columns."""

    def __init__(self, columns: Mapping[str, Any]) -> None:
        self._columns = {name: _values(name, column) for name, column in columns.items()}
        self._names = [name_bytes(name) for name in self._columns]
        if b"" in self._names or len(set(self._names)) < len(self._names):
            raise InputError("a column's name is empty, or given more than once; give each column a name of its own")
        self.packed = all(not isinstance(values, Texts) for values in self._columns.values())
        self.lengths = {
            f"column {name!r}": len(values) for name, values in self._columns.items() if not values.constant
        }

    def fill(self, call: Call, start: int, stop: int) -> bool:
        """Point the C columns at the rows. False: these rows have to be converted one by one."""
        if len(self._names) > lib.TPOST_BATCH_MAX_COLUMNS:
            return False
        for index, (name, values) in enumerate(zip(self._names, self._columns.values(), strict=True)):
            column = call.columns + index
            column.name, column.name_len = call.pointer(name), len(name)
            if not values.fill(call, column, start, stop):
                return False
        call.batch.n_columns = len(self._names)
        return True

    def array(self, row: int) -> ParamArray:
        """Give a row's parameters as C takes them one row at a time."""
        fields = [
            (name, values[row] if isinstance(values, Packed) else value_bytes(name, values[row]))
            for name, values in self._columns.items()
        ]
        return ParamArray(fields, bytes_too=True)


class DictRows:
    """Rows given as a sequence of what `thingpost.sign` takes."""

    packed = False

    def __init__(self, rows: Sequence[Any]) -> None:
        self._rows = rows
        self._chunk: ColumnRows | None = None
        self.lengths = {"params": len(rows)}

    def fill(self, call: Call, start: int, stop: int) -> bool:
        """Turn rows that are dicts with the same names into columns. False: these are not."""
        rows = chunk(self._rows, start, stop)
        names = tuple(rows[0]) if type(rows[0]) is dict else ()
        if not 1 <= len(names) <= lib.TPOST_BATCH_MAX_COLUMNS or list(map(type, rows)).count(dict) < len(rows):
            return False
        if set(map(len, rows)) != {len(names)} or not all(type(name) is str and name and utf8(name) for name in names):
            return False
        try:
            columns = {name: [row[name] for row in rows] for name in names}
        except KeyError:
            return False
        self._chunk = ColumnRows(columns)  # alive until the next one
        return self._chunk.fill(call, 0, stop - start)

    def array(self, row: int) -> ParamArray:
        """Give a row's parameters as C takes them one row at a time."""
        return ParamArray(read_pairs(self._rows[row]))


class Batch:
    """Secrets, rows and (to verify) signatures.

    Args:
        secrets: see `thingpost.sign_batch`.
        params: see `thingpost.sign_batch`.
        signs: see `thingpost.verify_batch`; `NO_SIGNS` to sign.
        method: one of `METHODS`.
        portable: without the CPU's special instructions, as far as the rows have secrets of their own.
    """

    def __init__(self, secrets: Any, params: Any, signs: Any, method: str, *, portable: bool) -> None:
        self._method = method
        self._method_pointer = method_pointer(method)
        self._key = _one_key(secrets, method)
        self._key_pointer = None if self._key is None else self._key.pointer  # kept, whatever becomes of the key
        self._secrets = None if self._key is not None else _secret_values(secrets)
        if portable and self._key is None:
            self._method_pointer = method_pointer(method, portable=True)
        self._signs = None if signs is NO_SIGNS else _sign_values(signs)
        self._rows = _rows(params)
        self.count = self._count_rows()
        self.packed = self._rows.packed and not isinstance(self._secrets, Texts) and not isinstance(self._signs, Texts)

    def _count_rows(self) -> int:
        lengths = dict(self._rows.lengths)
        if self._secrets is not None:
            lengths["secrets"] = len(self._secrets)
        if self._signs is not None:
            lengths["signs"] = len(self._signs)
        if not lengths:
            raise InputError("nothing says how many rows there are: give at least one column with a value a row")
        if len(set(lengths.values())) > 1:
            listed = ", ".join(f"{name} has {length:,}" for name, length in lengths.items())
            raise InputError(f"all columns must have as many rows: {listed}")
        return next(iter(lengths.values()))

    def fill(self, call: Call, start: int, stop: int) -> bool:
        """Point the C structs at rows `start` to `stop`. False: these rows have to be done one by one."""
        call.batch.method, call.batch.rows = self._method_pointer, stop - start
        if self._key is not None:
            call.batch.keys, call.batch.n_keys = self._key_pointer, 1
        else:
            call.batch.keys, call.batch.secrets = ffi.NULL, call.secrets
        for values, column in ((self._secrets, call.secrets), (self._signs, call.signs)):
            if values is not None and not values.fill(call, column, start, stop):
                return False
        return self._rows.fill(call, start, stop)

    def one(self, row: int) -> str | bool:
        """Sign or verify one row by itself. Its error says which row it was."""
        try:
            key = self._key or SigningKey(self._secrets[row], self._method)  # type: ignore[index]
            array = self._rows.array(row)
            if self._signs is None:
                return key.sign_array(array)
            sign = self._signs[row]
            return key.verify_array(array, sign if isinstance(self._signs, Packed) else sign_bytes(sign))
        except InputError as error:
            raise InputError(f"row {row}: {error}") from None


# ---- From what the caller gave to columns ----


def _one_key(secrets: Any, method: str) -> SigningKey | None:
    if isinstance(secrets, (str, bytes)):
        return SigningKey(secrets, method)
    if isinstance(secrets, SigningKey) and secrets.method != method:
        raise InputError(f"the SigningKey signs by {secrets.method}; give method={secrets.method!r}")
    return secrets if isinstance(secrets, SigningKey) else None


def _rows(params: Any) -> ColumnRows | DictRows:
    if type(params) is dict or isinstance(params, Mapping):
        return ColumnRows(params)
    if type(params) is list or (isinstance(params, Sequence) and not isinstance(params, (str, bytes))):
        return DictRows(params if type(params) in {list, tuple} else list(params))
    raise InputError(
        f"params must be a mapping of names to columns, or a sequence of a dict a row; got {type(params).__name__}"
    )


def _values(name: str, column: Any) -> Values:
    if isinstance(column, Packed):
        return column
    if isinstance(column, (str, int)) and not isinstance(column, bool):
        return Constant(column, value_bytes(name, column))
    return Texts(_sequence(f"column {name!r}", column, "str or int, one str or int for all rows"), int)


def _secret_values(secrets: Any) -> Values:
    return secrets if isinstance(secrets, Packed) else Texts(_sequence("secrets", secrets, "str or bytes"), bytes)


def _sign_values(signs: Any) -> Values:
    return signs if isinstance(signs, Packed) else Texts(_sequence("signs", signs, "str"), None)


def _sequence(what: str, values: Any, kinds: str) -> Sequence[Any]:
    """Refuse what has no order or no length. An array's rows become Python's own values."""
    if type(values) is list or type(values) is tuple:  # asking an abstract class takes ten times as long
        return values
    given = type(values).__name__
    if hasattr(values, "tolist") and not isinstance(values, memoryview):
        values = values.tolist()
    if isinstance(values, (str, bytes, bytearray, memoryview)) or not isinstance(values, Sequence):
        raise InputError(f"{what} must be a sequence of {kinds}, or Packed; got {given}")
    return values if type(values) in {list, tuple} else list(values)  # read once: some cannot be sliced
