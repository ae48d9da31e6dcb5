"""Files that hold keys and secrets: readable by their owner only, and replaced whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from thingpost.errors import InputError

__all__ = ["open_state", "read_private", "write_private"]


def open_state(directory: str | os.PathLike[str]) -> Path:
    """Give a state directory, made with mode 0700 where there was none. One that exists keeps its mode.

    Raises:
        InputError: it cannot be made, or is no directory.
    """
    path = Path(directory).absolute()
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"cannot use {str(path)!r} as the state directory: {error.strerror}") from error
    return path


def read_private(path: Path) -> bytes | None:
    """Give a file's bytes, or None where there is no such file.

    Raises:
        InputError: it cannot be read.
    """
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise InputError(f"cannot read {str(path)!r}: {error.strerror}") from error


def write_private(path: Path, content: bytes) -> None:
    """Write a file with mode 0600: into a temporary file, to the disk, then renamed over the old one.

    Raises:
        InputError: it cannot be written.
    """
    temporary = None
    try:
        descriptor, temporary = tempfile.mkstemp(prefix=path.name, dir=path.parent)  # 0600
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except OSError as error:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)
        raise InputError(f"cannot write {str(path)!r}: {error.strerror}") from error
