"""The contenders that sign or verify one record at a time."""

from __future__ import annotations

from itertools import repeat
from typing import TYPE_CHECKING, Final

import thingpost
from thingpost.bench import baseline
from thingpost.bench.baseline import DIGESTS
from thingpost.bench.contenders import Contender, Work, calls, peers

if TYPE_CHECKING:
    from collections.abc import Callable

    from thingpost.bench.records import Records

ONE_SHOT: Final = ("hmac.new", "hmac.digest")
VERIFY: Final = ("hmac.new, compare_digest", "hmac.digest, compare_digest")


def single() -> list[Contender]:
    """Nothing is kept from one signature to the next."""
    return [
        _one_shot("hmac.new", baseline.hmac_new),
        _one_shot("hmac.digest", baseline.hmac_digest),
        *peers("{}", lambda peer, records: calls(peer.sign, records.secret_octets, records.dicts), ONE_SHOT),
        Contender(
            "thingpost.sign",
            lambda records, method: calls(thingpost.sign, records.secrets, records.dicts, repeat(method)),
            ONE_SHOT,
        ),
    ]


def _one_shot(name: str, function: Callable[..., str]) -> Contender:
    return Contender(
        name,
        lambda records, method: calls(function, records.secret_octets, records.dicts, repeat(DIGESTS[method])),
        ONE_SHOT,
    )


def context() -> list[Contender]:
    """One device signs again and again: the key, then the constant fields too, are prepared beforehand."""
    return [
        *single()[:2],
        Contender("HMAC.copy(), key", _copy_key, ONE_SHOT),
        Contender("HMAC.copy(), bound", _copy_bound, ONE_SHOT),
        *peers(
            "{} copy(), bound",
            lambda peer, records: calls(
                peer.bound(records.secret_octets[0], records.dicts[0]), records.columns["timestamp"]
            ),
            ONE_SHOT,
        ),
        Contender(
            "SigningKey.sign",
            lambda records, method: calls(thingpost.SigningKey(records.secrets[0], method).sign, records.dicts),
            ONE_SHOT,
        ),
        Contender("BoundKey.sign", _bound, ONE_SHOT),
    ]


def _copy_key(records: Records, method: str) -> Work:
    return calls(baseline.copy_key(records.secret_octets[0], DIGESTS[method]), records.dicts)


def _copy_bound(records: Records, method: str) -> Work:
    sign = baseline.copy_bound(records.secret_octets[0], records.dicts[0], DIGESTS[method])
    return calls(sign, records.columns["timestamp"])


def _bound(records: Records, method: str) -> Work:
    constant = {name: value for name, value in records.dicts[0].items() if name != "timestamp"}
    return calls(thingpost.SigningKey(records.secrets[0], method).bind(constant).sign, records.columns["timestamp"])


def busy() -> list[Contender]:
    """Those that are worth a look while another thread wants the interpreter."""
    names = (*ONE_SHOT, "thingpost.sign", "SigningKey.sign", "BoundKey.sign")
    by_name = {contender.name: contender for contender in (*single(), *context())}
    return [by_name[name] for name in names]


def verify(signs: list[str]) -> list[Contender]:
    """One device's signatures are verified one at a time."""
    return [
        _verify_one(VERIFY[0], baseline.verify_new, signs),
        _verify_one(VERIFY[1], baseline.verify_digest, signs),
        *peers("{}", lambda peer, records: calls(peer.verify, records.secret_octets, records.dicts, signs), VERIFY),
        Contender(
            "thingpost.verify",
            lambda records, method: calls(thingpost.verify, records.secrets, records.dicts, signs, repeat(method)),
            VERIFY,
        ),
        Contender(
            "SigningKey.verify",
            lambda records, method: calls(
                thingpost.SigningKey(records.secrets[0], method).verify, records.dicts, signs
            ),
            VERIFY,
        ),
    ]


def _verify_one(name: str, function: Callable[..., bool], signs: list[str]) -> Contender:
    return Contender(
        name,
        lambda records, method: calls(function, records.secret_octets, records.dicts, signs, repeat(DIGESTS[method])),
        VERIFY,
    )
