"""What a person at the emulator gets to know of an answer: far more than the client, who is told a code only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .limits import Endpoint

__all__ = ["Answer", "shown"]


@dataclass(frozen=True)
class Answer:
    """How the emulator answered a request, and why. It holds neither secret nor token nor signature.

    What the request gave away in the wrong place (the device's secret, a token, the signature) reads `***` here
    (a secret of less than 8 characters stands: it would be found everywhere).
    """

    endpoint: Endpoint | None
    """`"auth"` or `"topic"`; None where the request was for neither, or could not be read as HTTP."""
    status: int
    """The HTTP status."""
    code: int
    """The platform's code, 0 for success."""
    reason: str = ""
    """Why the request was refused: a sentence, or several with semicolons. Empty for success."""
    product_key: str | None = None
    """Whose request it was, as far as the request says so or its token stands for it."""
    device_name: str | None = None
    topic: str | None = None
    """With its leading slash; /topic only."""
    params: tuple[tuple[str, str], ...] | None = None
    """What the device had to sign, in the order of signing, values as text; `thingpost.sign` takes it. /auth only."""
    sign_method: str | None = None
    """`"hmacmd5"`, `"hmacsha1"` or `"hmacsha256"`; /auth only."""

    @property
    def content(self) -> str | None:
        """The text that the device had to sign, made of `params`."""
        return None if self.params is None else "".join(name + value for name, value in self.params)

    def as_dict(self) -> dict[str, Any]:
        """Give the answer as what JSON can carry."""
        return {
            "endpoint": self.endpoint,
            "status": self.status,
            "code": self.code,
            "reason": self.reason,
            "product_key": self.product_key,
            "device_name": self.device_name,
            "topic": self.topic,
            "content": self.content,
            "params": None if self.params is None else dict(self.params),
            "sign_method": self.sign_method,
        }


def shown(text: str, limit: int) -> str:
    """Give a text as one printable line of about `limit` characters at most."""
    line = text[:limit]
    if not line.isprintable():
        line = "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in line)[:limit]
    return line if len(text) <= limit else f"{line}..."
