"""The devices that the emulator knows: from an argument, a file, or the state directory of an earlier run."""

from __future__ import annotations

import importlib
import json
import secrets
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from thingpost.errors import InputError

from .checks import name_fault
from .state import read_private

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable

__all__ = [
    "DeviceKey",
    "Devices",
    "EmulatedDevice",
    "checked_devices",
    "checked_key",
    "checked_secret",
    "export_lines",
    "load_devices",
    "merge_stored",
    "new_secret",
    "save_devices",
]

DeviceKey = tuple[str, str]
"""(product key, device name)."""
Devices = dict[DeviceKey, str]
"""Device to secret."""

_KEYS: Final = frozenset({"product_key", "device_name", "device_secret"})
_EXAMPLE: Final = '{"devices": [{"product_key": "…", "device_name": "…", "device_secret": "…"}]}'


@dataclass(frozen=True)
class EmulatedDevice:
    """A device provisioned on the emulator. Its repr does not show the secret."""

    product_key: str
    device_name: str
    secret: str = field(repr=False)

    @property
    def key(self) -> DeviceKey:
        """(product key, device name)."""
        return self.product_key, self.device_name

    @property
    def credentials(self) -> tuple[str, str, str]:
        """(product key, device name, device secret), in the order that `thingpost.Device` takes them."""
        return self.product_key, self.device_name, self.secret


def new_secret() -> str:
    """Make a device secret: 32 hex characters from the operating system's random source."""
    return secrets.token_hex(16)


def checked_key(product_key: object, device_name: object) -> tuple[str, str]:
    """Give (product key, device name) where both can exist.

    Raises:
        InputError: one of them cannot, and why.
    """
    for what, value in (("product key", product_key), ("device name", device_name)):
        fault = name_fault(value)
        if fault:
            raise InputError(f"{what} {value!r} is refused: {fault}")
    return str(product_key), str(device_name)


def checked_secret(secret: object) -> str:
    """Give a device secret where it can be one: text that is not empty. Errors do not quote it.

    Raises:
        InputError: it cannot.
    """
    if not isinstance(secret, str):
        raise InputError(f"a device secret must be text, not {type(secret).__name__}")
    if not secret:
        raise InputError("a device secret must not be empty; give None to have one generated")
    try:
        secret.encode()
    except UnicodeEncodeError:
        raise InputError("a device secret must be text that UTF-8 can carry; it has half of a surrogate pair") from None
    return secret


def checked_devices(devices: object) -> dict[tuple[str, str], str | None]:
    """Check a mapping of (product key, device name) to secret, or to None where one is to be generated.

    Raises:
        InputError: it is something else, or has a name or secret that cannot be.
    """
    if not isinstance(devices, Mapping):
        raise InputError(
            'devices must map (product key, device name) to a secret, as {("pk", "device1"): "secret"}, '
            f"or be the path of a file; not {type(devices).__name__}",
        )
    checked: dict[tuple[str, str], str | None] = {}
    for key, secret in devices.items():
        if not isinstance(key, tuple) or len(key) != 2:  # noqa: PLR2004 (a pair)
            raise InputError(f'a device is named by a pair, ("product key", "device name"); {key!r} is not one')
        checked[checked_key(*key)] = None if secret is None else checked_secret(secret)
    return checked


def load_devices(path: str | os.PathLike[str]) -> dict[tuple[str, str], str | None]:
    """Read devices from a JSON or TOML file (told apart by the name's ending `.json` or `.toml`).

    The file holds `devices`: a list of objects with `product_key`, `device_name` and, unless the secret is to be
    generated, `device_secret`. TOML on Python 3.10 needs the package tomli.

    Returns:
        (product key, device name) to secret, or to None where the file gives none.

    Raises:
        InputError: the file cannot be read, or does not hold that.
    """
    path = Path(path)
    try:
        text = path.read_bytes().decode("utf-8")
    except OSError as error:
        raise InputError(f"cannot read devices from {str(path)!r}: {error.strerror}") from error
    except UnicodeDecodeError:
        raise InputError(f"{str(path)!r} is not UTF-8 text") from None
    try:
        content = _toml(text) if path.suffix.lower() == ".toml" else json.loads(text)
    except (ValueError, RecursionError) as error:
        if isinstance(error, InputError):
            raise
        # The parser's own message may quote the file, and the file holds secrets.
        position = f" (line {error.lineno})" if isinstance(error, json.JSONDecodeError) else ""
        kind = "TOML" if path.suffix.lower() == ".toml" else "JSON"
        raise InputError(f"{str(path)!r} is not valid {kind}{position}") from None
    return _entries(content, str(path))


def _entries(content: object, source: str) -> dict[tuple[str, str], str | None]:
    entries = content.get("devices") if isinstance(content, dict) else None
    if not isinstance(entries, list):
        raise InputError(f"{source!r} holds no list of devices; it should look like {_EXAMPLE}")
    devices: dict[tuple[str, str], str | None] = {}
    for number, entry in enumerate(entries, 1):
        if not isinstance(entry, dict):
            raise InputError(f"device {number} of {source!r} is not an object; the file should look like {_EXAMPLE}")
        unknown = sorted(set(entry) - _KEYS)
        if unknown:
            raise InputError(f"device {number} of {source!r} has unknown {unknown[0]!r}; allowed are {sorted(_KEYS)}")
        try:
            key = checked_key(entry.get("product_key"), entry.get("device_name"))
            secret = entry.get("device_secret")
            checked = None if secret is None else checked_secret(secret)
        except InputError as error:
            raise InputError(f"device {number} of {source!r}: {error}") from None
        if key in devices:
            raise InputError(f"device {number} of {source!r} is there twice: {key[0]}, {key[1]}")
        devices[key] = checked
    return devices


def save_devices(devices: Iterable[EmulatedDevice]) -> bytes:
    """Give the JSON text that `load_devices` reads."""
    entries = [
        {"product_key": device.product_key, "device_name": device.device_name, "device_secret": device.secret}
        for device in devices
    ]
    return (json.dumps({"devices": entries}, indent=2, ensure_ascii=False) + "\n").encode()


def _toml(text: str) -> Any:
    for name in ("tomllib", "tomli"):
        try:
            parser = importlib.import_module(name)
        except ImportError:
            continue
        return parser.loads(text)
    raise InputError("reading TOML on Python 3.10 needs tomli (pip install tomli); or give the devices as JSON")


def merge_stored(given: Mapping[tuple[str, str], str | None], state: Path | None) -> Devices:
    """Join the given devices with those of the state directory. A secret not given is found there, or made."""
    path = None if state is None else state / "devices.json"
    stored = {} if path is None or read_private(path) is None else load_devices(path)
    merged = {key: secret or stored.get(key) for key, secret in given.items()}
    merged.update({key: secret for key, secret in stored.items() if key not in merged})
    return {key: secret or new_secret() for key, secret in merged.items()}


def export_lines(device: EmulatedDevice, url: str, ca_file: str) -> list[str]:
    """Give the shell lines that tell `thingpost.Device.from_env()` of a device, its secret among them."""
    values = {
        "ENDPOINT": url,
        "CA_FILE": ca_file,
        "PRODUCT_KEY": device.product_key,
        "DEVICE_NAME": device.device_name,
        "DEVICE_SECRET": device.secret,
    }
    return [f"export THINGPOST_{name}={shlex.quote(value)}" for name, value in values.items()]
