"""What goes between a machine of `thingpost.protocol` and whoever drives it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Generic, NoReturn, TypeAlias, TypeVar

from thingpost.errors import ProtocolError

if TYPE_CHECKING:
    from thingpost.errors import ThingpostError
    from thingpost.identity import Request
    from thingpost.replies import Reply

MAX_VALUE: Final = 1_024
"""Characters that a token may have; the platform's have about 161 at most."""

_VALUE: Final = re.compile(rf"[\x21-\x7e]{{1,{MAX_VALUE}}}")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Now:
    """The time at which a machine is resumed, in seconds: `time.time()` and `time.monotonic()`."""

    wall: float
    monotonic: float


class Token:
    """What /auth gives: an opaque text that authorises reports for seven days.

    Attributes:
        value: the text; a secret. It is in no repr, and a Token cannot be pickled.
        issued_at: seconds since 1970.
        refresh_at: from then on a new token should be had, while this one still works.
        expires_at: from then on the platform refuses it.
    """

    __slots__ = ("expires_at", "issued_at", "refresh_at", "value")

    def __init__(self, value: str, *, issued_at: float, refresh_at: float, expires_at: float) -> None:
        if not _VALUE.fullmatch(value):  # an HTTP header must be able to carry it
            raise ProtocolError(f"a token is 1 to {MAX_VALUE:,} visible ASCII characters; this one is not")
        self.value = value
        self.issued_at = issued_at
        self.refresh_at = refresh_at
        self.expires_at = expires_at

    def __repr__(self) -> str:
        """Show when it expires."""
        return f"<Token, expires at {self.expires_at:.0f}>"

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled or copied."""
        raise TypeError("a Token is a secret and can be neither pickled nor copied; store its .value with care")


@dataclass(frozen=True, slots=True)
class Receipt:
    """The platform took a message.

    Attributes:
        message_id: the platform's id of it, an unsigned 64-bit integer.
        topic: the topic with its leading slash.
        size: the payload's bytes.
        attempts: how often the message was sent for this.
    """

    message_id: int
    topic: str
    size: int
    attempts: int


@dataclass(frozen=True, slots=True)
class Send:
    """Send the request; resume with the Reply, or with the TransportError."""

    request: Request


@dataclass(frozen=True, slots=True)
class Wait:
    """Wait so many seconds, then resume."""

    seconds: float


@dataclass(frozen=True, slots=True)
class NeedToken:
    """Get the device's token, by authentication where none is cached; resume with it, or with the error."""


@dataclass(frozen=True, slots=True)
class Reject:
    """The platform refused this token: drop it where it is still the cached one, then resume."""

    token: Token


@dataclass(frozen=True, slots=True)
class Done(Generic[T]):
    """The work is done."""

    result: T


Step: TypeAlias = "Send | Wait | NeedToken | Reject | Done[Any]"
Outcome: TypeAlias = "Reply | Token | ThingpostError | None"
