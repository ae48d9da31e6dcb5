"""Who signs in, and the two requests that exist, exactly as "Establish connections over HTTP" gives them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from thingpost import checks
from thingpost._version import __version__
from thingpost.signing import SigningKey

if TYPE_CHECKING:
    from collections.abc import Mapping

_COMMON_HEADERS: Final = (("Accept-Encoding", "identity"), ("User-Agent", f"thingpost/{__version__}"))


@dataclass(frozen=True, slots=True)
class Request:
    """An HTTP request to send: always POST, over TLS, to the configured endpoint."""

    path: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def __repr__(self) -> str:
        """Show path and size: headers hold the token, the body of /auth the signature."""
        return f"<Request POST {self.path}, {len(self.body)} bytes>"


class Identity:
    """A device's credentials, checked, with the signing key ready.

    Args:
        product_key: the productKey.
        device_name: the deviceName.
        secret: the deviceSecret; not kept.
        client_id: 1 to 64 characters; `productKey.deviceName`, cut to 64, where none is given.
        sign_method: one of `thingpost.METHODS`.
        send_timestamp: False for a device without a clock.
        extra_params: further fields to report; they are signed too.

    Raises:
        InputError: something here cannot work.
    """

    def __init__(
        self,
        product_key: str,
        device_name: str,
        secret: str | bytes,
        *,
        client_id: str | None = None,
        sign_method: str = "hmacsha1",
        send_timestamp: bool = True,
        extra_params: Mapping[str, str | int] | None = None,
    ) -> None:
        self.product_key = checks.check_name("product_key", product_key)
        self.device_name = checks.check_name("device_name", device_name)
        default_client_id = f"{product_key}.{device_name}"[: checks.MAX_CLIENT_ID]
        self.client_id = checks.check_client_id(default_client_id if client_id is None else client_id)
        self.sign_method = sign_method
        self.send_timestamp = send_timestamp
        self._params: dict[str, str | int] = {
            "productKey": self.product_key,
            "deviceName": self.device_name,
            "clientId": self.client_id,
            **checks.check_extra_params(extra_params),
        }
        self._key = SigningKey(secret, sign_method)
        self._bound = self._key.bind(self._params)

    def auth_request(self, timestamp: str | int | None) -> Request:
        """Build POST /auth; `timestamp` in UNIX milliseconds, or None to leave it out."""
        fields: dict[str, str | int] = {"version": "default", "signmethod": self.sign_method, **self._params}
        if timestamp is None:
            fields["sign"] = self._key.sign(self._params)
        else:
            digits = checks.check_timestamp(timestamp)
            fields["sign"] = self._bound.sign(digits)
            fields["timestamp"] = digits
        # An int is signed as its decimal text and sent as that text, so that no reader can see another number in it.
        texts = {name: value if isinstance(value, str) else int.__repr__(value) for name, value in fields.items()}
        body = json.dumps(texts, separators=(",", ":")).encode()
        return Request("/auth", (("Content-Type", "application/json"), *_COMMON_HEADERS), body)

    def __repr__(self) -> str:
        """Show who it is; never the secret."""
        return f"<Identity {self.product_key}/{self.device_name}>"


def publish_request(topic: str, token: str, payload: bytes) -> Request:
    """Build POST /topic/...; the topic has its leading slash."""
    headers = (("password", token), ("Content-Type", "application/octet-stream"), *_COMMON_HEADERS)
    return Request(f"/topic{topic}", headers, payload)
