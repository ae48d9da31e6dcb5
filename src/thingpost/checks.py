"""Local checks: what cannot work is refused before any network traffic, with what is allowed and what to do.

Sources: the platform's document "Establish connections over HTTP" (limits) and the grammars of the vendor's other documents.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from thingpost.errors import InputError, InvalidTopic, PayloadTooLarge

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT_ENDPOINT: Final = "https://iot-as-http.cn-shanghai.aliyuncs.com"
"""The public instance of the China (Shanghai) region."""

MAX_PAYLOAD: Final = 131_072
"""Bytes that one report may carry (128 KB)."""

MAX_SECONDS: Final = 31_536_000
"""Of any time-out or wait."""

MAX_TOPIC_BYTES: Final = 128
MAX_TOPIC_LEVELS: Final = 7
MAX_CLIENT_ID: Final = 64

_NAME: Final = re.compile(r"[A-Za-z0-9_.:@*-]{1,64}")
_LEVEL: Final = re.compile(r"[A-Za-z0-9_.:@*$-]+")
_DIGITS: Final = re.compile(r"[0-9]{1,20}")
_HOST: Final = re.compile(r"\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?\.?")
_AMBIGUOUS_FIRST_LEVELS: Final = ("sys", "ota", "ext", "shadow")
_RESERVED_PARAMS: Final = frozenset(
    {"productKey", "deviceName", "clientId", "timestamp", "version", "sign", "signmethod"}
)


def check_name(field: str, value: str) -> str:
    """Check a productKey or deviceName: `field` is its name, for the error's text."""
    if not isinstance(value, str):
        raise InputError(f"{field} must be str, not {type(value).__name__}")
    if not _NAME.fullmatch(value) or value in {".", ".."}:
        raise InputError(
            f"{field} {_shown(value)} cannot exist on the platform; allowed are 1 to 64 letters, digits and - _ . : @ *"
        )
    return value


def check_client_id(client_id: str) -> str:
    """Check a clientId: 1 to 64 characters of any text."""
    if not isinstance(client_id, str):
        raise InputError(f"client_id must be str, not {type(client_id).__name__}")
    if not 1 <= len(client_id) <= MAX_CLIENT_ID:
        raise InputError(f"client_id has {len(client_id)} characters; allowed are 1 to {MAX_CLIENT_ID}")
    encode_text("client_id", client_id)
    return client_id


def check_timestamp(timestamp: str | int) -> str:
    """Check a timestamp (UNIX milliseconds) and give its decimal digits."""
    digits = str(timestamp) if isinstance(timestamp, int) and not isinstance(timestamp, bool) else timestamp
    if not isinstance(digits, str) or not _DIGITS.fullmatch(digits):
        raise InputError(
            f"timestamp {_shown(timestamp)} is not a number of milliseconds; give 1 to 20 decimal digits, "
            "for example 1501668289957"
        )
    return digits


def check_extra_params(params: Mapping[str, str | int] | None) -> dict[str, str | int]:
    """Check further fields to report in /auth; signing checks their names and values."""
    extra = dict(params or {})
    if reserved := sorted(_RESERVED_PARAMS.intersection(extra)):
        raise InputError(f"extra_params may not contain {', '.join(reserved)}; thingpost sets these itself")
    return extra


def check_endpoint(endpoint: str) -> str:
    """Check an endpoint and give it as `https://host[:port]`."""
    if not isinstance(endpoint, str):
        raise InputError(f"endpoint must be str, not {type(endpoint).__name__}")
    text = endpoint if "://" in endpoint else f"https://{endpoint}"
    allowed = f"give https://host or https://host:port, for example {DEFAULT_ENDPOINT}"
    if not text.isprintable():  # urlsplit() drops line breaks
        raise InputError(f"endpoint holds a control character; {allowed}")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise InputError(f"endpoint is not a URL with a port of 1 to 65535; {allowed}") from None
    if parts.scheme.lower() != "https":
        raise InputError(
            f"endpoint scheme {_shown(parts.scheme)} is refused: credentials leave only over TLS; {allowed}"
        )
    host = parts.netloc if port is None else parts.netloc.rpartition(":")[0]
    if "@" in parts.netloc or port == 0 or not _HOST.fullmatch(host):
        raise InputError(f"endpoint has no plain host name or address; {allowed}")
    if parts.path not in {"", "/"} or "?" in text or "#" in text:
        raise InputError(f"endpoint has a path, query or fragment; {allowed}")
    return f"https://{host.lower()}" + ("" if port is None else f":{port}")


def check_topic(topic: str, product_key: str, device_name: str) -> str:
    """Check a topic and give it with its leading slash; one without is below /productKey/deviceName/."""
    if not isinstance(topic, str):
        raise InvalidTopic(f"topic must be str, not {type(topic).__name__}")
    if not topic.startswith("/"):
        if topic.partition("/")[0] in (product_key, *_AMBIGUOUS_FIRST_LEVELS):
            raise InvalidTopic(f"topic {_shown(topic)} has no leading slash; did you mean {_shown('/' + topic)}?")
        topic = f"/{product_key}/{device_name}/{topic}"
    levels = topic[1:].split("/")
    for level in levels:
        if not _LEVEL.fullmatch(level) or level in {".", ".."}:
            raise InvalidTopic(
                f"topic {_shown(topic)} has the level {_shown(level)}; a level is one or more letters, digits and "
                "- _ . : @ * $, and neither . nor .. (no wildcards, blanks, empty levels or query)"
            )
    if len(levels) > MAX_TOPIC_LEVELS:
        raise InvalidTopic(f"topic {_shown(topic)} has {len(levels)} levels; at most {MAX_TOPIC_LEVELS} are allowed")
    if len(topic) > MAX_TOPIC_BYTES:
        raise InvalidTopic(f"topic {_shown(topic)} has {len(topic)} bytes; at most {MAX_TOPIC_BYTES} are allowed")
    return topic


def payload_bytes(payload: bytes | bytearray | memoryview | str) -> bytes:
    """Give a payload's bytes; a str stands for its UTF-8."""
    if isinstance(payload, str):
        return encode_text("payload", payload)
    if isinstance(payload, (bytes, bytearray, memoryview)):
        return bytes(payload)
    hint = (
        "; to send JSON, use json=" if isinstance(payload, (dict, list, tuple, int, float)) or payload is None else ""
    )
    raise TypeError(f"payload must be bytes, bytearray, memoryview or str, not {type(payload).__name__}{hint}")


def json_bytes(value: Any) -> bytes:
    """Give a JSON value's compact UTF-8 text."""
    reason = ""
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    except UnicodeEncodeError:
        reason = "it contains a lone surrogate, which UTF-8 cannot encode"
    except RecursionError:
        reason = "it is nested too deeply"
    except (TypeError, ValueError) as error:  # their texts name types, never values
        reason = str(error)
    raise InputError(f"json= takes a JSON value (None, bool, int, finite float, str, list, dict): {reason}")


def check_payload_size(payload: bytes, max_payload: int) -> bytes:
    """Check that one report can carry the payload."""
    if len(payload) > max_payload:
        raise PayloadTooLarge(
            f"the payload has {len(payload):,} bytes; a report carries at most {max_payload:,}: split or compress it"
        )
    return payload


def check_seconds(field: str, value: float, *, zero: bool = False) -> float:
    """Check a duration in seconds: a finite number above zero (or zero, where that has a meaning)."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise InputError(f"{field} must be a number of seconds, not {type(value).__name__}")
    if not 0 <= value <= MAX_SECONDS or (value == 0 and not zero):
        bound = "from 0" if zero else "above 0 and"
        raise InputError(f"{field} is {_shown(value)}; give a number of seconds {bound} up to {MAX_SECONDS:,} (a year)")
    return float(value)


def check_count(field: str, value: int) -> int:
    """Check a count: an int of 1 or more."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise InputError(f"{field} is {_shown(value)}; give an int of 1 or more")
    return value


def encode_text(field: str, text: str) -> bytes:
    """Give the UTF-8 of a text, without the text in the error."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise InputError(f"{field} contains a lone surrogate, which UTF-8 cannot encode") from None


def _shown(value: object) -> str:
    """Show a value in an error: quoted, and cut where it is long."""
    text = ascii(value)
    return text if len(text) <= 160 else f"{text[:150]}... ({len(text)} characters)"  # noqa: PLR2004
