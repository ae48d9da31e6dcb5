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
    "name_fault",
    "read_claim",
    "read_fields",
    "signature_matches",
    "topic_fault",
    "type_fault",
    "type_found",
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
_MAX_DIGITS: Final = 100
"""Digits of an integer in JSON. Python's own bound (4,300 digits) is missing before 3.10.7."""
_MEDIA_TYPE: Final = re.compile(rb"[a-z]{1,20}/[a-z0-9.+-]{1,40}", re.IGNORECASE)
_FIELD: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,23}")
"""Names of fields that a reason quotes. A token or a secret in their place is longer or no name."""
_FAR_AWAY: Final = 10**18
"""A time stamp of more digits than this (in ms: 30 million years) is as wrong as this one."""


class RefusedError(Exception):
    """A request gets an error code instead of what it asked for.

    Args:
        code: what the client is told.
        reason: what the person at the emulator is told. It quotes nothing of the request that may be a secret, a
            token or a signature.
        status: of the HTTP answer.
        headers: further headers of the answer.
    """

    def __init__(self, code: int, reason: str, *, status: int = 200, headers: tuple[tuple[str, str], ...] = ()) -> None:
        super().__init__(code, reason)
        self.code = code
        self.reason = reason
        self.status = status
        self.headers = headers


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


def topic_fault(topic: str) -> str | None:
    """Say how a topic breaks the grammar, or give None where it does not."""
    if not topic.startswith("/"):
        return "the topic is empty"
    if len(topic) > MAX_TOPIC:
        return f"the topic has {len(topic):,} characters; allowed are {MAX_TOPIC}"
    levels = topic[1:].split("/")
    if len(levels) > MAX_LEVELS:
        return f"the topic has {len(levels):,} levels; allowed are {MAX_LEVELS}"
    for number, level in enumerate(levels, 1):
        if not level:
            return f"level {number} of the topic is empty"
        if not _LEVEL.fullmatch(level) or level in {".", ".."}:
            return f"level {number} of the topic is not allowed: ASCII letters, digits and - _ . : @ * $ are, '.' and '..' are not"
    return None


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
    method: str
    """`hmacmd5`, `hmacsha1` or `hmacsha256`."""
    timestamp: int | None
    """UNIX milliseconds, or None where the device sent none."""
    params: tuple[tuple[str, str], ...] = field(repr=False)
    """What was signed, in the order of signing, values as text."""
    sign: str = field(repr=False)

    @property
    def content(self) -> bytes:
        """The text that was signed, in UTF-8: names and values without a separator."""
        return "".join(name + value for name, value in self.params).encode()


def type_fault(values: list[bytes]) -> str | None:
    """Say why a request's Content-Type is not `application/json`, alone or with a charset; None where it is."""
    if len(values) == 1 and _JSON_TYPE.fullmatch(values[0]):
        return None
    return f"Content-Type must be application/json, alone or with a charset; {type_found(values)}"


def type_found(values: list[bytes]) -> str:
    """Name the Content-Type that a request has."""
    if len(values) != 1:
        return "it is there more than once" if values else "it is missing"
    media_type = _MEDIA_TYPE.match(values[0])
    return f"it begins with {media_type[0].decode()}" if media_type else "it is no media type"


def read_fields(body: bytes) -> dict[str, Any]:
    """Read the body of /auth as a JSON object.

    Raises:
        RefusedError: 10001, it is none, or is too large.
    """
    if len(body) > MAX_AUTH_BODY:
        raise RefusedError(10001, f"the body is larger than {MAX_AUTH_BODY:,} bytes")
    try:
        value = json.loads(
            body.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_refuse_constant, parse_int=_integer
        )
    except UnicodeDecodeError as error:
        raise RefusedError(10001, f"the body is not UTF-8 text, at byte {error.start:,}") from None
    except json.JSONDecodeError as error:
        raise RefusedError(10001, f"the body is not JSON, at character {error.pos:,}: {error.msg}") from None
    except RecursionError:
        raise RefusedError(10001, "the body is nested too deep") from None
    if not isinstance(value, dict):
        raise RefusedError(10001, f"the body must be a JSON object, not {_kind(value)}")
    return value


def read_claim(fields: dict[str, Any]) -> Claim:
    """Read the fields of /auth.

    Raises:
        RefusedError: 10001, whatever is wrong with them.
    """
    product_key, device_name, client_id, sign = (
        _text(fields, name) for name in ("productKey", "deviceName", "clientId", "sign")
    )
    if len(client_id) > MAX_CLIENT_ID:
        raise RefusedError(10001, f"`clientId` has {len(client_id):,} characters; allowed are {MAX_CLIENT_ID}")
    method = fields.get("signmethod", "hmacmd5")
    if not isinstance(method, str) or method not in _DIGESTS:
        raise RefusedError(10001, f"`signmethod` must be one of {', '.join(_DIGESTS)}, spelled like that")
    params = _params(fields)
    try:
        "".join([sign, *(name + value for name, value in params)]).encode()
    except UnicodeEncodeError:  # text that no device can sign
        raise RefusedError(10001, "a text holds half of a surrogate pair, which UTF-8 cannot carry") from None
    return Claim(product_key, device_name, method, _timestamp(fields), params, sign)


def signature_matches(secret: bytes, claim: Claim) -> bool:
    """Compare the claim's signature, in either case, with HMAC(secret, content). Takes equal time either way."""
    expected = hmac.new(secret, claim.content, _DIGESTS[claim.method]).hexdigest().encode()
    # bytes.lower touches ASCII only; str.lower would let letters such as the Kelvin sign pass for others.
    return hmac.compare_digest(expected, claim.sign.encode().lower())


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Build an object, refusing a key that stands twice: JSON leaves open which of the two counts."""
    fields: dict[str, Any] = {}
    for name, value in pairs:
        if name in fields:
            raise RefusedError(10001, f"{_named(name)} stands twice in the JSON")
        fields[name] = value
    return fields


def _refuse_constant(constant: str) -> NoReturn:
    raise RefusedError(10001, f"the body is not JSON: it holds {constant}")  # Python reads it, JSON does not know it


def _integer(digits: str) -> int:
    if len(digits) > _MAX_DIGITS:
        raise RefusedError(10001, f"an integer has {len(digits):,} digits; allowed are {_MAX_DIGITS}")
    return int(digits)


def _named(name: str) -> str:
    """Name a field, unless its name may be anything."""
    return f"`{name}`" if _FIELD.fullmatch(name) else "a field"


def _kind(value: object) -> str:
    """Name a value's type as JSON calls it."""
    kinds = {dict: "an object", list: "an array", str: "text", bool: "true or false", type(None): "null"}
    return kinds.get(type(value), "a number")


def _text(fields: dict[str, Any], name: str) -> str:
    if name not in fields:
        raise RefusedError(10001, f"`{name}` is missing")
    value = fields[name]
    if not isinstance(value, str):
        raise RefusedError(10001, f"`{name}` must be text, not {_kind(value)}")
    if not value:
        raise RefusedError(10001, f"`{name}` is empty")
    return value


def _timestamp(fields: dict[str, Any]) -> int | None:
    """Read the optional time stamp: decimal digits as text, or a JSON integer that is not negative."""
    if "timestamp" not in fields:
        return None
    text = _signed_text("timestamp", fields["timestamp"])
    if not _DIGITS.fullmatch(text):
        raise RefusedError(10001, "`timestamp` must be decimal digits and nothing else: UNIX milliseconds")
    digits = text.lstrip("0") or "0"
    return int(digits) if len(digits) <= len(str(_FAR_AWAY)) else _FAR_AWAY


def _signed_text(name: str, value: object) -> str:
    """Give a value as it is signed: text as it is, an integer in decimal. Nothing else has one spelling."""
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise RefusedError(
        10001, f"{_named(name)} must be text or an integer, which have one spelling to sign; not {_kind(value)}"
    )


def _params(fields: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    """Give what is signed, in the byte order of the names, as the protocol says."""
    if "" in fields:
        raise RefusedError(10001, "a field has an empty name")
    signed = [(name, _signed_text(name, value)) for name, value in fields.items() if name not in _UNSIGNED]
    return tuple(sorted(signed, key=_bytes_of_name))


def _bytes_of_name(param: tuple[str, str]) -> bytes:
    return param[0].encode("utf-8", "surrogatepass")
