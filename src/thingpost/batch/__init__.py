"""Sign and verify many rows at a time, side by side in the lanes of the processor's vector registers.

The signatures are those of `thingpost.sign`, byte for byte. Everything here is thread-safe, and releases the GIL while it
computes; results do not depend on which lanes or how many threads compute them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias, overload

from thingpost.batch.few import sign_few, verify_few
from thingpost.batch.lanes import default
from thingpost.batch.results import SignatureBuffer, Signatures, VerdictBuffer, Verdicts
from thingpost.batch.rows import NO_SIGNS, Batch
from thingpost.batch.runner import check_options, run

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from typing_extensions import Buffer

    from thingpost import signing
    from thingpost.batch.columns import Column, Packed
    from thingpost.batch.results import Result
    from thingpost.signing import SigningKey

    Secrets: TypeAlias = str | bytes | SigningKey | Sequence[str | bytes] | Packed
    Rows: TypeAlias = Mapping[str, Column] | Sequence[signing.Params]
    Signs: TypeAlias = Sequence[str] | Packed

__all__ = ["sign_batch", "verify_batch"]

_ERRORS = frozenset(("raise", "mask"))


@overload
def sign_batch(
    secrets: Secrets,
    params: Rows,
    method: str = ...,
    *,
    errors: Literal["raise"] = ...,
    threads: int = ...,
    lanes: str | None = ...,
) -> list[str]: ...
@overload
def sign_batch(
    secrets: Secrets,
    params: Rows,
    method: str = ...,
    *,
    errors: Literal["mask"],
    threads: int = ...,
    lanes: str | None = ...,
) -> list[str | None]: ...
@overload
def sign_batch(
    secrets: Secrets,
    params: Rows,
    method: str = ...,
    *,
    out: Buffer,
    errors: Literal["raise", "mask"] = ...,
    threads: int = ...,
    lanes: str | None = ...,
) -> bytearray: ...
def sign_batch(
    secrets: Secrets,
    params: Rows,
    method: str = "hmacsha1",
    *,
    out: Buffer | None = None,
    errors: Literal["raise", "mask"] = "raise",
    threads: int = 1,
    lanes: str | None = None,
) -> list[str] | list[str | None] | bytearray:
    """Return the signatures of many rows, each what `thingpost.sign(secret, params, method)` gives for the row.

    Args:
        secrets: a sequence of device secrets (str or bytes, one a row), or a `Packed` column of them; or one secret or
            `SigningKey` for all rows.
        params: the rows, in one of two forms. Columns: a mapping from a parameter's name to its column, which is a
            sequence of str or int (one a row; a numpy array too), a `Packed` column, or one str or int for all rows. Or a sequence of what
            `thingpost.sign` takes, a dict a row.
        method: one of `METHODS`.
        out: where to write the signatures, instead of returning them: a writable contiguous buffer. Row i's digits
            (ASCII, upper case, no separator) are written from byte `i * digits` on, 32 of them for hmacmd5, 40 for
            hmacsha1, 64 for hmacsha256; what lies behind the last row stays as it is.
        errors: what a row with bad input does. "raise": the call raises an error that names the first such row (counted
            from 0), and signs nothing: `out` is then zeroed, as far as the rows go. "mask": there is None in place of
            its signature, or zero bytes in `out`; the other rows are signed.
        threads: how many threads may compute. More than one are used where that is faster: with `out=` and columns that
            are packed or single values, for tens of thousands of rows.
        lanes: for measuring and testing: compute with these, see `thingpost.lanes`.

    Returns:
        A list of str; with errors="mask" of str or None. With `out=` a bytearray with a byte a row: 1 where the row was
        signed, 0 where it was masked.

    Raises:
        InputError: a row has bad input (see `thingpost.sign`, and `Packed` for offsets); or columns have different
            lengths, a name or an argument is not what is allowed, `out` is too small or cannot be written, this machine
            lacks the lanes that are asked for. For all but the rows, `out` is left as it is.
    """
    usual = type(errors) is str and errors in _ERRORS and type(threads) is int and threads > 0
    if usual and out is None and lanes is None:
        default()
        signs = sign_few(secrets, params, method)
        if signs is not None:
            return signs
    check_options(errors, threads, lanes)
    batch = Batch(secrets, params, NO_SIGNS, method, portable=lanes == "portable")
    result: Result = Signatures(method, batch.count) if out is None else SignatureBuffer(method, out, batch.count)
    value: list[str] | bytearray = run(batch, result, errors=errors, threads=threads, lanes=lanes)
    return value


@overload
def verify_batch(
    secrets: Secrets,
    params: Rows,
    signs: Signs,
    method: str = ...,
    *,
    errors: Literal["raise"] = ...,
    threads: int = ...,
    lanes: str | None = ...,
) -> list[bool]: ...
@overload
def verify_batch(
    secrets: Secrets,
    params: Rows,
    signs: Signs,
    method: str = ...,
    *,
    errors: Literal["mask"],
    threads: int = ...,
    lanes: str | None = ...,
) -> list[bool | None]: ...
@overload
def verify_batch(
    secrets: Secrets,
    params: Rows,
    signs: Signs,
    method: str = ...,
    *,
    out: Buffer,
    errors: Literal["raise", "mask"] = ...,
    threads: int = ...,
    lanes: str | None = ...,
) -> bytearray: ...
def verify_batch(
    secrets: Secrets,
    params: Rows,
    signs: Signs,
    method: str = "hmacsha1",
    *,
    out: Buffer | None = None,
    errors: Literal["raise", "mask"] = "raise",
    threads: int = 1,
    lanes: str | None = None,
) -> list[bool] | list[bool | None] | bytearray:
    """Tell for many rows whether a signature (hexadecimal, either case) is the right one, in constant time.

    Args:
        secrets: as in `sign_batch`.
        params: as in `sign_batch`.
        signs: a sequence of str, one a row, or a `Packed` column. A signature of the wrong length, or with characters
            that are not hexadecimal digits, is simply not the right one.
        method: one of `METHODS`.
        out: where to write the verdicts, instead of returning them: a writable contiguous buffer, a byte a row, 1 where
            the signature is the right one, else 0.
        errors: as in `sign_batch`; with "mask" the verdict of a row with bad input is None, or 0 in `out`.
        threads: as in `sign_batch`.
        lanes: as in `sign_batch`.

    Returns:
        A list of bool; with errors="mask" of bool or None. With `out=` a bytearray with a byte a row: 1 where there is a
        verdict, 0 where the row was masked.

    Raises:
        InputError: as `sign_batch`; also where `signs` has another length, or holds something else than str.
    """
    usual = type(errors) is str and errors in _ERRORS and type(threads) is int and threads > 0
    if usual and out is None and lanes is None:
        default()
        verdicts = verify_few(secrets, params, signs, method)
        if verdicts is not None:
            return verdicts
    check_options(errors, threads, lanes)
    batch = Batch(secrets, params, signs, method, portable=lanes == "portable")
    result: Result = Verdicts(batch.count) if out is None else VerdictBuffer(out, batch.count)
    value: list[bool] | bytearray = run(batch, result, errors=errors, threads=threads, lanes=lanes)
    return value
