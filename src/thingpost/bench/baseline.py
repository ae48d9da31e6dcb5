"""The same work with the standard library alone, as a careful user writes it. The ratios are to these."""

from __future__ import annotations

import hmac
from binascii import hexlify
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from thingpost.bench.records import Records

DIGESTS = {"hmacmd5": "md5", "hmacsha1": "sha1", "hmacsha256": "sha256"}
"""hashlib's name of each method's hash."""


def content(params: dict[str, str]) -> bytes:
    """Join the sorted parameters. The fastest of the ways that were tried: no tuples, no generator."""
    return "".join([name + params[name] for name in sorted(params)]).encode()


# ---- One signature ----


def hmac_new(secret: bytes, params: dict[str, str], digest: str) -> str:
    """Sign with an HMAC object."""
    return hmac.new(secret, content(params), digest).hexdigest().upper()


def hmac_digest(secret: bytes, params: dict[str, str], digest: str) -> str:
    """Sign with hmac's fast path, which needs no object."""
    return hmac.digest(secret, content(params), digest).hex().upper()


def verify_new(secret: bytes, params: dict[str, str], sign: str, digest: str) -> bool:
    """Verify with an HMAC object."""
    return hmac.compare_digest(hmac.new(secret, content(params), digest).hexdigest(), sign.lower())


def verify_digest(secret: bytes, params: dict[str, str], sign: str, digest: str) -> bool:
    """Verify with hmac's fast path."""
    return hmac.compare_digest(hmac.digest(secret, content(params), digest).hex(), sign.lower())


def copy_key(secret: bytes, digest: str) -> Callable[[dict[str, str]], str]:
    """Keep the key schedule: an HMAC object that is copied for each signature."""
    key = hmac.new(secret, digestmod=digest)

    def sign(params: dict[str, str]) -> str:
        mac = key.copy()
        mac.update(content(params))
        return mac.hexdigest().upper()

    return sign


def copy_bound(secret: bytes, params: dict[str, str], digest: str) -> Callable[[str], str]:
    """Keep the state after the constant fields too: `timestamp` is the last of the content."""
    constant = {name: value for name, value in params.items() if name != "timestamp"}
    bound = hmac.new(secret, content(constant) + b"timestamp", digest)

    def sign(timestamp: str) -> str:
        mac = bound.copy()
        mac.update(timestamp.encode())
        return mac.hexdigest().upper()

    return sign


# ---- Many signatures ----


def loop(records: Records, digest: str) -> list[str]:
    """Sign columns of str in a loop that knows the parameters' names and order beforehand."""
    columns = records.columns
    return [
        hmac.digest(secret, f"clientId{client}deviceName{device}productKey{product}timestamp{time}".encode(), digest)
        .hex()
        .upper()
        for secret, client, device, product, time in zip(
            records.secret_octets,
            columns["clientId"],
            columns["deviceName"],
            columns["productKey"],
            columns["timestamp"],
            strict=True,
        )
    ]


def loop_octets(records: Records, digest: str) -> bytes:
    """Sign columns of bytes, with no str anywhere; give one buffer of digits."""
    columns = records.octets
    join = b"".join
    digests = [
        hmac.digest(
            secret,
            join((b"clientId", client, b"deviceName", device, b"productKey", product, b"timestamp", time)),
            digest,
        )
        for secret, client, device, product, time in zip(
            records.secret_octets,
            columns["clientId"],
            columns["deviceName"],
            columns["productKey"],
            columns["timestamp"],
            strict=True,
        )
    ]
    return hexlify(b"".join(digests)).upper()


def verify_loop(records: Records, signs: Sequence[str], digest: str) -> list[bool]:
    """Verify columns of str in a loop that knows the parameters' names and order beforehand."""
    columns = records.columns
    return [
        hmac.compare_digest(
            hmac.digest(
                secret, f"clientId{client}deviceName{device}productKey{product}timestamp{time}".encode(), digest
            ).hex(),
            sign.lower(),
        )
        for secret, client, device, product, time, sign in zip(
            records.secret_octets,
            columns["clientId"],
            columns["deviceName"],
            columns["productKey"],
            columns["timestamp"],
            signs,
            strict=True,
        )
    ]
