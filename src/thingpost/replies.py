"""Reads what the platform answered: strictly, in bounded time, tolerating the one slip of its own documentation.

Source: "Establish connections over HTTP". Its sample reply to a report has a comma after the last member; that is
tolerated. Nothing of a reply's text enters an error but the platform's own `message`, cleaned and cut.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import timezone
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Final

from thingpost import strict_json
from thingpost.errors import ProtocolError

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_MESSAGE: Final = 200
MAX_NESTING: Final = 31
"""Objects and arrays in one another; the platform's answers have two."""

_SECRET_LIKE: Final = re.compile(r"[^ ]{32,}")  # tokens and signatures have 32 characters or more, words have not
_MESSAGE_ID_LIMIT: Final = 1 << 64
_LARGEST_CODE: Final = (1 << 31) - 1
_LONGEST_WAIT: Final = 1e9
_HTTP_OK: Final = 200
# A string (also an unfinished one, so that the search stays linear), a comma after nothing, or one before a closing bracket.
_STRING_OR_TRAILING_COMMA: Final = re.compile(r'("(?:[^"\\]|\\.)*"?|[{\[][ \t\r\n]*,)|,(?=[ \t\r\n]*[}\]])', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP reply: status, headers (names in lower case) and the body's bytes. Its repr shows no content."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def __repr__(self) -> str:
        """Show status and size: the body may hold a token."""
        return f"<Reply {self.status}, {len(self.body)} bytes>"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the platform's JSON says: its code, its message, and `info` (an empty dict where it has none)."""

    code: int
    message: str
    info: dict[str, Any]

    def __repr__(self) -> str:
        """Show the code: `info` may hold a token."""
        return f"<Answer {self.code}>"

    def token(self) -> str:
        """Give `info.token`."""
        token = self.info.get("token")
        if not isinstance(token, str):
            raise ProtocolError("the reply has no text as its token")
        return token

    def message_id(self) -> int:
        """Give `info.messageId`: an unsigned 64-bit integer, exact."""
        message_id = self.info.get("messageId")
        if type(message_id) is not int or not 0 <= message_id < _MESSAGE_ID_LIMIT:
            raise ProtocolError("the reply's messageId is not an unsigned 64-bit integer")
        return message_id


def read_answer(reply: Reply) -> Answer:
    """Read the platform's JSON.

    Raises:
        ProtocolError: the reply is not the platform's: no JSON object with an integer `code`, a repeated key, nested
            too deeply, compressed, a redirect, or a success with an HTTP status other than 200.
    """
    if 300 <= reply.status < 400:  # noqa: PLR2004
        raise ProtocolError(f"the reply is a redirect (HTTP {reply.status}); redirects are not followed")
    if reply.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise ProtocolError("the reply is compressed, which was not asked for")
    where = f"the reply (HTTP {reply.status}, {len(reply.body)} bytes)"
    try:
        document = _parse(reply.body.decode("utf-8"))
    except RecursionError:
        raise ProtocolError(f"{where} is nested too deeply") from None
    except ValueError:
        raise ProtocolError(f"{where} is not valid JSON") from None
    if not isinstance(document, dict):
        raise ProtocolError(f"{where} is not a JSON object")
    if _nesting(document) > MAX_NESTING:
        raise ProtocolError(f"{where} is nested too deeply")
    code, message, info = document.get("code"), document.get("message", ""), document.get("info")
    if type(code) is not int or abs(code) > _LARGEST_CODE:
        raise ProtocolError(f"{where} has no integer code")
    if code == 0 and reply.status != _HTTP_OK:
        raise ProtocolError(f"{where} says success with a status other than 200")
    return Answer(code, _clean(message), info if isinstance(info, dict) else {})


def retry_after(reply: Reply, wall: float) -> float | None:
    """Give the seconds that `Retry-After` asks for (RFC 9110 10.2.3: a number or a date), or None."""
    value = reply.headers.get("retry-after", "").strip()
    if re.fullmatch("[0-9]+", value):
        return min(float(value), _LONGEST_WAIT)
    date = _http_date(value)
    if date is None:
        return None
    now = server_time(reply)
    return max(0.0, date - (wall if now is None else now))


def server_time(reply: Reply) -> float | None:
    """Give the `Date` header as seconds since 1970, or None."""
    return _http_date(reply.headers.get("date", ""))


def _http_date(text: str) -> float | None:
    try:
        date = parsedate_to_datetime(text)
        return date.replace(tzinfo=date.tzinfo or timezone.utc).timestamp()  # HTTP's dates are UTC (RFC 9110 5.6.7)
    except (TypeError, ValueError, OverflowError, IndexError):
        return None


def _parse(text: str) -> Any:
    try:
        return strict_json.parse(text)
    except json.JSONDecodeError:  # of the grammar; what is refused for another reason stays refused
        return strict_json.parse(_STRING_OR_TRAILING_COMMA.sub(r"\1", text))


def _nesting(value: Any) -> int:
    """Count the objects and arrays in one another. The parser has bounded them already."""
    if not isinstance(value, dict | list):
        return 0
    return 1 + max(map(_nesting, value.values() if isinstance(value, dict) else value), default=0)


def _clean(message: object) -> str:
    """Make the platform's message fit for an error or a log line: one line, printable, short, no token or signature."""
    if not isinstance(message, str):
        return ""
    text = "".join(character if character.isprintable() else " " for character in message)
    return _SECRET_LIKE.sub("***", text)[:MAX_MESSAGE]
