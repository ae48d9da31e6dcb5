"""What tests of the emulator as a whole need: fresh interpreters, and whether somebody listens."""

import os
import socket
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

import thingpost.emulator

SOURCE = str(Path(thingpost.emulator.__file__).parents[2])
posix = pytest.mark.skipif(os.name != "posix", reason="needs POSIX")


def python(code, *options, **environment):
    """Run code in a fresh interpreter, for what has to be seen from the beginning of a process."""
    values = {**os.environ, "PYTHONPATH": SOURCE, **environment}
    run = subprocess.run(
        [sys.executable, *options, "-c", code], check=False, capture_output=True, text=True, env=values, timeout=60
    )
    assert run.returncode == 0, run.stderr
    return run.stdout.strip()


def connects(emulator):
    address = urlsplit(emulator.url)
    try:
        socket.create_connection((address.hostname, address.port), timeout=2).close()
    except ConnectionRefusedError:
        return False
    return True
