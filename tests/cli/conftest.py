"""A local platform, and a way to run commands against it."""

import os
import subprocess

import pytest
from cli_process import SECRET, THINGPOST

import thingpost


@pytest.fixture
def emulator():
    """A running local platform that knows the device pk/dn, with a secret that stands out."""
    with thingpost.emulator.Emulator({("pk", "dn"): SECRET}) as running:
        yield running


@pytest.fixture
def environment(emulator):
    """The environment of a device of the running local platform, and nothing else of thingpost's."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("THINGPOST_")}
    own = {
        "PRODUCT_KEY": "pk",
        "DEVICE_NAME": "dn",
        "DEVICE_SECRET": SECRET,
        "ENDPOINT": emulator.url,
        "CA_FILE": emulator.ca_file,
    }
    return {**inherited, **{f"THINGPOST_{name}": value for name, value in own.items()}, "PYTHONUTF8": "1"}


@pytest.fixture
def run(environment):
    """Run `thingpost ...`; give the finished process."""

    def run(*arguments, stdin=b"", **changes):
        env = {name: value for name, value in {**environment, **changes}.items() if value is not None}
        result = subprocess.run([*THINGPOST, *arguments], input=stdin, env=env, capture_output=True, check=False)
        result.out, result.err = result.stdout.decode(), result.stderr.decode()
        assert "Traceback" not in result.err, result.err
        assert SECRET not in result.out + result.err
        return result

    return run
