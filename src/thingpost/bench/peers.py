"""The same work with other packages, where they are installed."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from thingpost.bench.baseline import content

if TYPE_CHECKING:
    from collections.abc import Callable

    from thingpost.bench.records import Records

MODULES = {"cryptography": "cryptography", "pycryptodome": "Crypto"}
"""The module that each package installs."""


class Peer:
    """Another package's HMAC, in the form that its documentation shows."""

    def new(self, secret: bytes, message: bytes = b"") -> Any:
        """Start an HMAC that has hashed the message."""
        raise NotImplementedError

    def finish(self, mac: Any) -> str:
        """Give the digits of an HMAC."""
        raise NotImplementedError

    def matches(self, mac: Any, sign: str) -> bool:
        """Compare in constant time; raise where the signature is not the right one."""
        raise NotImplementedError

    def sign(self, secret: bytes, params: dict[str, str]) -> str:
        """Sign once."""
        return self.finish(self.new(secret, content(params)))

    def verify(self, secret: bytes, params: dict[str, str], sign: str) -> bool:
        """Verify once."""
        return self.matches(self.new(secret, content(params)), sign)

    def bound(self, secret: bytes, params: dict[str, str]) -> Callable[[str], str]:
        """Keep the state after the constant fields, and copy it for each signature."""
        constant = {name: value for name, value in params.items() if name != "timestamp"}
        state = self.new(secret, content(constant) + b"timestamp")

        def sign(timestamp: str) -> str:
            mac = state.copy()
            mac.update(timestamp.encode())
            return self.finish(mac)

        return sign

    def loop(self, records: Records) -> list[str]:
        """Sign columns of str in a loop that knows the parameters' names and order beforehand."""
        columns = records.columns
        return [
            self.finish(
                self.new(secret, f"clientId{client}deviceName{device}productKey{product}timestamp{time}".encode())
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


class Cryptography(Peer):
    """cryptography.hazmat.primitives.hmac."""

    def __init__(self, digest: str) -> None:
        module: Any = importlib.import_module("cryptography.hazmat.primitives.hmac")
        hashes: Any = importlib.import_module("cryptography.hazmat.primitives.hashes")
        self._hmac = module.HMAC
        self._hash = getattr(hashes, digest.upper())()

    def new(self, secret: bytes, message: bytes = b"") -> Any:
        """Start an HMAC that has hashed the message."""
        mac = self._hmac(secret, self._hash)
        mac.update(message)
        return mac

    def finish(self, mac: Any) -> str:
        """Give the digits of an HMAC."""
        octets: bytes = mac.finalize()
        return octets.hex().upper()

    def matches(self, mac: Any, sign: str) -> bool:
        """Compare in constant time; raise where the signature is not the right one."""
        mac.verify(bytes.fromhex(sign))
        return True


class Pycryptodome(Peer):
    """Crypto.Hash.HMAC."""

    def __init__(self, digest: str) -> None:
        module: Any = importlib.import_module("Crypto.Hash.HMAC")
        self._new = module.new
        self._hash = importlib.import_module(f"Crypto.Hash.{digest.upper()}")

    def new(self, secret: bytes, message: bytes = b"") -> Any:
        """Start an HMAC that has hashed the message."""
        return self._new(secret, message, self._hash)

    def finish(self, mac: Any) -> str:
        """Give the digits of an HMAC."""
        digits: str = mac.hexdigest()
        return digits.upper()

    def matches(self, mac: Any, sign: str) -> bool:
        """Compare in constant time; raise where the signature is not the right one."""
        mac.hexverify(sign)
        return True


PEERS: dict[str, Callable[[str], Peer]] = {"cryptography": Cryptography, "pycryptodome": Pycryptodome}
"""The packages, by the name that pip knows."""
