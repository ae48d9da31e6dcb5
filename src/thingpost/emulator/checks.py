"""What the platform accepts: the grammar of names and topics, the fields of /auth, and the signature.

All of it is written from the protocol's text with the standard library alone, sharing nothing with the client's
code: it is the second opinion that finds a fault which client and core have in common.
"""

from __future__ import annotations

import hmac
import json
import re
from dataclasses import dataclass, field
from typing import Any, Final, NoReturn

__all__ = [
    "MAX_AUTH_BODY",
    "MAX_PAYLOAD",
    "MESSAGES",
    "Claim",
    "RefusedError",
    "allowed_topic",
    "is_json_type",
    "name_fault",
    "read_claim",
    "signature_matches",
    "valid_topic",
]

MAX_AUTH_BODY: Final = 8 * 1024
"""Bytes that the body of /auth may have."""

MAX_PAYLOAD: Final = 128 * 1024
"""Bytes that one report may carry."""

MAX_CLIENT_ID: Final = 64
"""Characters (not bytes) of a clientId."""

MAX_NAME: Final = 64
MAX_TOPIC: Final = 128
MAX_LEVELS: Final = 7

MESSAGES: Final = {
    10000: "common error",
    10001: "param error",
    20000: "auth check error",
    20001: "token is expired",
    20002: "token is null",
    20003: "check token error",
    20004: "update session error",
    30001: "publish message error",
    40000: "request too many",
}
"""The platform's words for its codes."""

_DIGESTS: Final = {"hmacmd5": "md5", "hmacsha1": "sha1", "hmacsha256": "sha256"}
_UNSIGNED: Final = frozenset({"version", "sign", "signmethod"})
_NAME: Final = re.compile(r"[A-Za-z0-9_.:@*-]+")
_LEVEL: Final = re.compile(r"[A-Za-z0-9_.:@*$-]+")
_DIGITS: Final = re.compile(r"[0-9]+")
_JSON_TYPE: Final = re.compile(
    rb'application/json[ \t]*(;[ \t]*charset=("[!-!#-~]+"|[!#$%&\'*+.^_`|~0-9a-z-]+))?', re.IGNORECASE
)
_FAR_AWAY: Final = 10**18
"""A time stamp of more digits than this (in ms: 30 million years) is as wrong as this one."""


class RefusedError(Exception):
    """A request gets an error code instead of what it asked for."""

    def __init__(self, code: int, retry_after: int | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.retry_after = retry_after


# ---- Names and topics ----


def name_fault(name: object) -> str | None:
    """Say why this cannot be a product key or a device name, or give None where it can."""
    if not isinstance(name, str):
        return f"it must be text, not {type(name).__name__}"
    if not 1 <= len(name) <= MAX_NAME:
        return f"it has {len(name)} characters; allowed are 1 to {MAX_NAME}"
    if not _NAME.fullmatch(name):
        return "allowed are ASCII letters, digits and - _ . : @ *"
    if name in {".", ".."}:
        return "'.' and '..' cannot stand in a topic"
    return None


def valid_topic(topic: str) -> bool:
    """Tell whether a topic, with its leading slash, keeps to the grammar."""
    if len(topic) > MAX_TOPIC or not topic.startswith("/"):
        return False
    levels = topic[1:].split("/")
    return len(levels) <= MAX_LEVELS and all(_LEVEL.fullmatch(level) and level not in {".", ".."} for level in levels)


def allowed_topic(topic: str, product_key: str, device_name: str) -> bool:
    """Tell whether this device may publish to this (valid) topic: its own, or a system topic of its own."""
    own = [product_key, device_name]
    levels = topic[1:].split("/")
    depth = len(levels)
    return (
        (levels[:2] == own and depth > 2)  # noqa: PLR2004 (/{pk}/{dn}/…)
        or (levels[0] == "sys" and levels[1:3] == own and depth > 3)  # noqa: PLR2004 (/sys/{pk}/{dn}/…)
        or (levels[0] == "ota" and levels[-2:] == own and depth > 3)  # noqa: PLR2004 (/ota/…/{pk}/{dn})
        or levels == ["shadow", "update", *own]
        or (levels[0] == "ext" and depth > 1)
    )


# ---- The body of /auth ----


@dataclass(frozen=True)
class Claim:
    """Who a device says it is, and the proof. The proof is kept out of the repr."""

    product_key: str
    device_name: str
    digest: str
    """The hash's name, as hashlib spells it."""
    timestamp: int | None
    """UNIX milliseconds, or None where the device sent none."""
    content: bytes = field(repr=False)
    """The text that was signed, in UTF-8."""
    sign: bytes = field(repr=False)


def is_json_type(value: bytes) -> bool:
    """Tell whether a Content-Type is `application/json`, alone or with a charset."""
    return _JSON_TYPE.fullmatch(value) is not None


def read_claim(body: bytes) -> Claim:
    """Read the body of /auth.

    Raises:
        RefusedError: 10001, whatever is wrong with it.
    """
    if len(body) > MAX_AUTH_BODY:
        raise RefusedError(10001)
    fields = _json_object(body)
    product_key, device_name, client_id, sign = (
        _text(fields, name) for name in ("productKey", "deviceName", "clientId", "sign")
    )
    method = fields.get("signmethod", "hmacmd5")
    if len(client_id) > MAX_CLIENT_ID or not isinstance(method, str) or method not in _DIGESTS:
        raise RefusedError(10001)
    try:
        content = _content(fields)
        sign_bytes = sign.encode()
    except UnicodeEncodeError:  # half of a surrogate pair: text that no device can sign
        raise RefusedError(10001) from None
    return Claim(product_key, device_name, _DIGESTS[method], _timestamp(fields), content, sign_bytes)


def signature_matches(secret: bytes, claim: Claim) -> bool:
    """Compare the claim's signature, in either case, with HMAC(secret, content). Takes equal time either way."""
    expected = hmac.new(secret, claim.content, claim.digest).hexdigest().encode()
    # bytes.lower touches ASCII only; str.lower would let letters such as the Kelvin sign pass for others.
    return hmac.compare_digest(expected, claim.sign.lower())


def _json_object(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_refuse)
    except (ValueError, RecursionError):  # not UTF-8, not JSON, an integer of thousands of digits, nested too deep
        raise RefusedError(10001) from None
    if not isinstance(value, dict):
        raise RefusedError(10001)
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Build an object, refusing a key that stands twice: JSON leaves open which of the two counts."""
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise RefusedError(10001)
    return fields


def _refuse(_constant: str) -> NoReturn:
    raise RefusedError(10001)  # NaN and Infinity, which Python reads but JSON does not know


def _text(fields: dict[str, Any], name: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str) or not value:
        raise RefusedError(10001)
    return value


def _timestamp(fields: dict[str, Any]) -> int | None:
    """Read the optional time stamp: decimal digits as text, or a JSON integer that is not negative."""
    if "timestamp" not in fields:
        return None
    text = _signed_text(fields["timestamp"])
    if not _DIGITS.fullmatch(text):
        raise RefusedError(10001)
    digits = text.lstrip("0") or "0"
    return int(digits) if len(digits) <= len(str(_FAR_AWAY)) else _FAR_AWAY


def _signed_text(value: object) -> str:
    """Give a value as it is signed: text as it is, an integer in decimal. Nothing else has one spelling."""
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise RefusedError(10001)


def _content(fields: dict[str, Any]) -> bytes:
    """Join names and values in the byte order of the names, as the protocol says, without a separator."""
    signed = [(name.encode(), _signed_text(value).encode()) for name, value in fields.items() if name not in _UNSIGNED]
    if any(not name for name, _ in signed):
        raise RefusedError(10001)  # a field without a name
    return b"".join(name + value for name, value in sorted(signed))
