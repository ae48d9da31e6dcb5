"""Every exception that thingpost raises, and the platform's error codes.

Nothing here holds a secret, a token or a signature: not in a message, not in a repr, not in a pickle.
"""

from __future__ import annotations

from typing import Any, Final

__all__ = [
    "PLATFORM_ERRORS",
    "AuthError",
    "CertificateError",
    "CommonError",
    "ConnectError",
    "DeadlineExceeded",
    "DeliveryUnknown",
    "InputError",
    "InvalidTopic",
    "OutboxError",
    "ParamError",
    "PayloadTooLarge",
    "PlatformError",
    "ProtocolError",
    "PublishError",
    "SessionUpdateError",
    "ThingpostError",
    "Throttled",
    "TokenExpired",
    "TokenInvalid",
    "TokenMissing",
    "TransportError",
]


class ThingpostError(Exception):
    """The root of all errors raised by thingpost.

    Errors survive pickling and copying, together with a cause that is itself a ThingpostError.
    """

    may_have_arrived: bool = False
    """Whether the message that was being published may have reached the platform. False: it certainly did not."""

    out_of_time: bool = False
    """Whether the deadline, rather than the number of attempts, put an end to the retries."""

    def __reduce__(self) -> tuple[Any, ...]:
        """Rebuild from class, arguments and attributes, since keyword arguments are not in `args`."""
        cause = self.__cause__ if isinstance(self.__cause__, ThingpostError) else None
        return _rebuild, (type(self), self.args, dict(self.__dict__), cause)


def _rebuild(
    cls: type[ThingpostError],
    args: tuple[Any, ...],
    attributes: dict[str, Any],
    cause: ThingpostError | None,
) -> ThingpostError:
    error = cls.__new__(cls, *args)
    error.args = args
    error.__dict__.update(attributes)
    error.__cause__ = cause
    return error


# ---- What the caller gave: refused before any network traffic ----


class InputError(ThingpostError, ValueError):
    """An argument was refused; nothing was signed, sent or stored. The text says what is allowed."""


class InvalidTopic(InputError):
    """The topic cannot exist on the platform, or is ambiguous."""


class PayloadTooLarge(InputError):
    """The payload has more bytes than one report may carry (131,072 unless configured)."""


# ---- What the platform answered ----


class PlatformError(ThingpostError):
    """The platform answered with an error code.

    Args:
        message: the platform's own text for the code.
        code: the platform's code, for example 20000.
        retry_after: seconds the platform asked to wait (`Retry-After`), or None.
    """

    meaning = "the platform refused the request"
    """What the code means and what to do about it, for the error's text."""

    def __init__(self, message: str, *, code: int, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.retry_after = retry_after

    def __str__(self) -> str:
        """Give the code, the platform's words and what they mean."""
        wait = "" if self.retry_after is None else f"; asked to wait {self.retry_after:g} s"
        return f"platform error {self.code} ({self.message}): {self.meaning}{wait}"


class CommonError(PlatformError):
    """10000: the platform failed in a way that it does not name."""

    meaning = "an unknown error on the platform; try again later"


class ParamError(PlatformError):
    """10001: the platform did not accept the request's parameters."""

    meaning = "a request parameter is invalid; the same request will fail again"


class AuthError(PlatformError):
    """20000: the device could not be authenticated."""

    meaning = "authentication failed; check product key, device name, device secret and the clock of this machine"


class TokenExpired(PlatformError):
    """20001: the token is older than its life, and a new one was refused too."""

    meaning = "the token has expired"


class TokenMissing(PlatformError):
    """20002: the platform saw no token in the request."""

    meaning = "the platform saw no token; does a proxy strip the `password` header?"


class TokenInvalid(PlatformError):
    """20003: the platform does not know the token, and a new one was refused too."""

    meaning = "the platform does not know the token; do two clients use one device's identity?"


class SessionUpdateError(PlatformError):
    """20004: the platform could not update the device's session."""

    meaning = "the platform could not update the device's session; try again later"


class PublishError(PlatformError):
    """30001: the platform did not accept the message; it was not delivered."""

    meaning = "the message was not delivered; may this device publish to this topic?"


class Throttled(PlatformError):
    """40000: too many requests; the message was not delivered. See `retry_after` (seconds, or None)."""

    meaning = "too many requests; slow down"


PLATFORM_ERRORS: Final[dict[int, type[PlatformError]]] = {
    10000: CommonError,
    10001: ParamError,
    20000: AuthError,
    20001: TokenExpired,
    20002: TokenMissing,
    20003: TokenInvalid,
    20004: SessionUpdateError,
    30001: PublishError,
    40000: Throttled,
}
"""The platform's documented codes (the seed's two tables). Any other code is a plain `PlatformError`."""


def platform_error(code: int, message: str, retry_after: float | None = None) -> PlatformError:
    """Make the error that stands for a platform code."""
    return PLATFORM_ERRORS.get(code, PlatformError)(message, code=code, retry_after=retry_after)


# ---- What happened on the way ----


class TransportError(ThingpostError):
    """No usable reply was had from the platform."""


class ConnectError(TransportError, ConnectionError):
    """No connection, or no trusted one: name resolution, TCP, TLS or a proxy failed, or it broke during /auth."""


class CertificateError(ConnectError):
    """The server's certificate is not trusted, or no certificate authority is known. Not retried."""


class DeadlineExceeded(TransportError, TimeoutError):
    """The time allowed for the whole call (`timeout=`, seconds) ran out."""

    out_of_time = True


class ProtocolError(TransportError):
    """The reply is not the platform's: not its JSON, cut short, too large, a redirect or compressed."""


class DeliveryUnknown(TransportError):
    """The message was handed to the network and no reply says whether it arrived. Never sent again by itself.

    The particular error is `__cause__`. A report has no idempotency key, so only the caller can decide
    whether to send it again.
    """

    may_have_arrived = True


# ---- What happened on the disk ----


class OutboxError(ThingpostError):
    """The durable queue could not do what was asked."""
