"""Sign in devices to Alibaba Cloud IoT Platform and post their data over HTTPS.

    import thingpost

    with thingpost.Device("a1GFjLP", "device123", secret) as device:
        receipt = device.publish("user/pub", json={"t": 21.5})
        print(receipt.message_id)

`import thingpost` is light: what a name needs is loaded when the name is first used (PEP 562).
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from thingpost import errors
from thingpost._version import __version__ as __version__
from thingpost.errors import *  # noqa: F403 (every error can be caught by its name here)

if TYPE_CHECKING:
    from thingpost import emulator as emulator
    from thingpost.batch import sign_batch as sign_batch
    from thingpost.batch import verify_batch as verify_batch
    from thingpost.batch.columns import Packed as Packed
    from thingpost.batch.lanes import lanes as lanes
    from thingpost.client import Client as Client
    from thingpost.client import Device as Device
    from thingpost.protocol import Retry as Retry
    from thingpost.signing import METHODS as METHODS
    from thingpost.signing import BoundKey as BoundKey
    from thingpost.signing import SigningKey as SigningKey
    from thingpost.signing import content as content
    from thingpost.signing import sign as sign
    from thingpost.signing import verify as verify
    from thingpost.steps import Receipt as Receipt
    from thingpost.steps import Token as Token
    from thingpost.tokens import MemoryTokenCache as MemoryTokenCache
    from thingpost.tokens import TokenCache as TokenCache

_HOME = {
    "BoundKey": "signing",
    "Client": "client",
    "Device": "client",
    "METHODS": "signing",
    "MemoryTokenCache": "tokens",
    "Packed": "batch.columns",
    "Receipt": "steps",
    "Retry": "protocol",
    "SigningKey": "signing",
    "Token": "steps",
    "TokenCache": "tokens",
    "content": "signing",
    "lanes": "batch.lanes",
    "sign": "signing",
    "sign_batch": "batch",
    "verify": "signing",
    "verify_batch": "batch",
}
"""The module that each name is loaded from, when it is first used."""

_MODULES = frozenset({"emulator"})

__all__ = ["__version__", *errors.__all__, *_HOME]  # noqa: PLE0604 (they are strings)


def __getattr__(name: str) -> Any:
    if name in _HOME:
        value = getattr(import_module(f"thingpost.{_HOME[name]}"), name)
    elif name in _MODULES:
        value = import_module(f"thingpost.{name}")
    else:
        raise AttributeError(f"module 'thingpost' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*__all__, *_MODULES})
