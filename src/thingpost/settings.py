"""A device's settings from the environment: THINGPOST_PRODUCT_KEY and so on. Errors name the variable, never its value."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from thingpost.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

PREFIX: Final = "THINGPOST_"

_OF_DEVICE: Final = {"CLIENT_ID": "client_id", "SIGN_METHOD": "sign_method"}
_OF_CLIENT: Final = {"ENDPOINT": "endpoint", "CA_FILE": "ca_file"}
"""Variables that may be set, and the argument of Device that each stands for."""


class Environment:
    """What the environment says; an empty variable counts as not set."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._set = {
            name[len(PREFIX) :]: value for name, value in variables.items() if name.startswith(PREFIX) and value
        }

    def need(self, name: str) -> str:
        """Give a variable that must be set."""
        if name not in self._set:
            raise InputError(f"{PREFIX}{name} is not set; set it, or pass {name.lower()}=")
        return self._set[name]

    def secret(self) -> str | bytes:
        """Give the device secret: THINGPOST_DEVICE_SECRET, or what the file THINGPOST_SECRET_FILE holds."""
        secret, file = self._set.get("DEVICE_SECRET"), self._set.get("SECRET_FILE")
        if secret is not None and file is not None:
            raise InputError(f"{PREFIX}DEVICE_SECRET and {PREFIX}SECRET_FILE are both set; set one of the two")
        if file is not None:
            return read_secret_file(file)
        if secret is None:
            raise InputError(
                f"{PREFIX}DEVICE_SECRET is not set; set it, or {PREFIX}SECRET_FILE to the path of a file that holds it"
            )
        return secret

    def optional(self, *, of_client: bool) -> dict[str, str]:
        """Give the arguments that further variables stand for, with those that a client has or without."""
        arguments = {**_OF_DEVICE, **(_OF_CLIENT if of_client else {})}
        return {argument: self._set[name] for name, argument in arguments.items() if name in self._set}


def from_environment() -> Environment:
    """Read this process's environment."""
    return Environment(os.environ)


def read_secret_file(path: str | os.PathLike[str]) -> bytes:
    """Give what a secret file holds, without the line break that editors put at its end.

    Raises:
        InputError: the file cannot be read, or is empty.
    """
    try:
        secret = Path(path).read_bytes().rstrip(b"\r\n")
    except OSError as error:
        reason = error.strerror or type(error).__name__
    else:
        if secret:
            return secret
        reason = "it is empty"
    raise InputError(f"the secret file {str(path)!r} cannot be used: {reason}")
