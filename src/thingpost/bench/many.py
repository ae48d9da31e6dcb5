"""The contenders that sign or verify many records at a time: loops over the ways of `one`, and the batches."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

import thingpost
from thingpost.bench import baseline
from thingpost.bench.baseline import DIGESTS
from thingpost.bench.contenders import Contender, Work, digits, peers, whole
from thingpost.bench.records import packed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from thingpost.bench.records import Records

SIGN_DIGITS: Final = {"hmacmd5": 32, "hmacsha1": 40, "hmacsha256": 64}

LOOP: Final = ("hmac.digest loop",)
LOOP_OCTETS: Final = ("hmac.digest loop, bytes",)
VERIFY_LOOP: Final = ("hmac.digest, compare_digest loop",)


def batch() -> list[Contender]:
    """`sign_batch` in each of its forms, beside loops."""
    return [
        *_loops(),
        *peers("{} loop", lambda peer, records: whole(partial(peer.loop, records)), LOOP),
        Contender("thingpost.sign loop", lambda records, method: whole(partial(_sign_loop, records, method)), LOOP),
        Contender("sign_batch, dicts", _dicts, LOOP),
        _columns("sign_batch, columns", LOOP),
        _packed("sign_batch, packed", LOOP_OCTETS),
    ]


def widths(names: Iterable[str]) -> list[Contender]:
    """Give columns and packed buffers at each width that is named."""
    return [
        *_loops(),
        *(_columns(f"columns, {name}", LOOP, lanes=name) for name in names),
        *(_packed(f"packed, {name}", LOOP_OCTETS, lanes=name) for name in names),
    ]


def threads() -> list[Contender]:
    """One thread against two."""
    return [
        _columns("columns", ("columns",)),
        _columns("columns, 2 threads", ("columns",), threads=2),
        _packed("packed", ("packed",)),
        _packed("packed, 2 threads", ("packed",), threads=2),
    ]


def verify_batch(signs: list[str]) -> list[Contender]:
    """Many devices' signatures are verified at a time."""
    return [
        Contender(
            VERIFY_LOOP[0],
            lambda records, method: whole(partial(baseline.verify_loop, records, signs, DIGESTS[method])),
            VERIFY_LOOP,
        ),
        Contender("columns", lambda records, method: _verify_columns(records, signs, method, threads=1), VERIFY_LOOP),
        Contender(
            "columns, 2 threads",
            lambda records, method: _verify_columns(records, signs, method, threads=2),
            VERIFY_LOOP,
        ),
        Contender("packed", lambda records, method: _verify_packed(records, signs, method), VERIFY_LOOP),
    ]


def _loops() -> list[Contender]:
    return [
        Contender(LOOP[0], lambda records, method: whole(partial(baseline.loop, records, DIGESTS[method])), LOOP),
        Contender(
            LOOP_OCTETS[0],
            lambda records, method: digits(
                partial(baseline.loop_octets, records, DIGESTS[method]), SIGN_DIGITS[method]
            ),
            LOOP_OCTETS,
        ),
    ]


def _sign_loop(records: Records, method: str) -> list[str]:
    sign = thingpost.sign
    return [sign(secret, params, method) for secret, params in zip(records.secrets, records.dicts, strict=True)]


def _dicts(records: Records, method: str) -> Work:
    return whole(partial(thingpost.sign_batch, records.secrets, records.dicts, method))


def _columns(name: str, against: tuple[str, ...], **options: Any) -> Contender:
    """Columns of str in, list of str out."""
    return Contender(
        name,
        lambda records, method: whole(
            partial(thingpost.sign_batch, records.secrets, records.columns, method, **options)
        ),
        against,
    )


def _packed(name: str, against: tuple[str, ...], **options: Any) -> Contender:
    """Packed columns in, packed digits out."""

    def prepare(records: Records, method: str) -> Work:
        secrets, columns = _packed_records(records)
        out = bytearray(len(records) * SIGN_DIGITS[method])

        def run() -> bytearray:
            thingpost.sign_batch(secrets, columns, method, out=out, **options)
            return out

        return digits(run, SIGN_DIGITS[method])

    return Contender(name, prepare, against)


def _packed_records(records: Records) -> tuple[Any, dict[str, Any]]:
    columns = {name: thingpost.Packed(*packed(column)) for name, column in records.columns.items()}
    return thingpost.Packed(*packed(records.secrets)), columns


def _verify_columns(records: Records, signs: list[str], method: str, *, threads: int) -> Work:
    return whole(partial(thingpost.verify_batch, records.secrets, records.columns, signs, method, threads=threads))


def _verify_packed(records: Records, signs: list[str], method: str) -> Work:
    secrets, columns = _packed_records(records)
    return whole(partial(thingpost.verify_batch, secrets, columns, thingpost.Packed(*packed(signs)), method))
