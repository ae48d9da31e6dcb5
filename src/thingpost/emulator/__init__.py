"""The platform's side of the protocol on this machine, for development and tests.

    with Emulator({("a1GFjLP", "device123"): "secret"}) as emulator:
        device = thingpost.Device(*emulator.credentials, endpoint=emulator.url, ca_file=emulator.ca_file)
        device.publish("user/pub", b"21.5")
        assert emulator.messages[0].payload == b"21.5"

Real HTTPS on a local port, every signature checked, errors as the platform gives them. It needs the extra:
`pip install "thingpost[emulator]"` (aiohttp serves, trustme makes the certificate).
"""

from __future__ import annotations

import importlib.util


def _require_extra() -> None:
    """Say how to install what is missing now, rather than in the middle of start()."""
    for name in ("aiohttp", "trustme"):
        try:
            found = importlib.util.find_spec(name) is not None
        except (ImportError, ValueError):
            found = False
        if not found:
            raise ImportError(
                f'the emulator needs {name}, which is not installed; type: pip install "thingpost[emulator]"',
                name=name,
            )


_require_extra()

from .answers import Answer  # noqa: E402
from .clock import Clock  # noqa: E402
from .devices import EmulatedDevice, load_devices  # noqa: E402
from .emulator import Emulator  # noqa: E402
from .messages import Message  # noqa: E402

__all__ = ["Answer", "Clock", "EmulatedDevice", "Emulator", "Message", "load_devices"]
