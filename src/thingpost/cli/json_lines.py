"""One message a line: {"topic": ..., "payload" | "json" | "base64": ...}."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from thingpost import checks, strict_json
from thingpost.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_LINE: Final = 1_048_576
"""Bytes of a line: the largest payload in its longest notation fits."""

_KINDS: Final = ("payload", "json", "base64")
_FORM: Final = 'a line is {"topic": "...", and one of "payload": "text", "json": any value, "base64": "..."}'


def read(source: BinaryIO) -> Iterator[bytes]:
    """Give the lines, none longer than `MAX_LINE` bytes."""
    while line := source.readline(MAX_LINE + 1):
        if len(line) > MAX_LINE:
            raise InputError(f"a line has more than {MAX_LINE:,} bytes; no message needs so many")
        yield line


def message(line: bytes, default_topic: str | None) -> tuple[str, bytes]:
    """Read a line's topic and payload.

    Raises:
        InputError: the line is not of the form.
    """
    try:
        members = strict_json.parse(line.decode())
    except RecursionError:
        raise InputError(f"it is nested too deeply; {_FORM}") from None
    except ValueError:
        raise InputError(f"it is not valid JSON in UTF-8; {_FORM}") from None
    if not isinstance(members, dict):
        raise InputError(f"it is not a JSON object; {_FORM}")
    kinds = [kind for kind in _KINDS if kind in members]
    if unknown := sorted(members.keys() - {"topic", *_KINDS}):
        raise InputError(f"it has the unknown member {unknown[0]!r}; {_FORM}")
    if len(kinds) != 1:
        raise InputError(f"it has {' and '.join(kinds) or 'no payload'}; {_FORM}")
    topic = members.get("topic", default_topic)
    if topic is None:
        raise InputError(f"it has no topic, and none is given for all lines; {_FORM}")
    return topic, _octets(kinds[0], members[kinds[0]])


def _octets(kind: str, value: Any) -> bytes:
    if kind == "json":
        return checks.json_bytes(value)
    if not isinstance(value, str):
        raise InputError(f"its {kind} is not a text; {_FORM}")
    if kind == "payload":
        return checks.payload_bytes(value)
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise InputError("its base64 is not base64 (RFC 4648, section 4)") from None
