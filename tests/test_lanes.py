"""lanes() and THINGPOST_LANES."""

import hashlib
import hmac
import os
import subprocess
import sys

import pytest
from batch_rows import LANES, every_width

import thingpost

# ---- lanes() and THINGPOST_LANES ----


def lanes_of(setting):
    code = "import thingpost; found = thingpost.lanes(); print(found.name, found.width, found.reason, sep='|')"
    environment = {**os.environ, "THINGPOST_LANES": setting}
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, env=environment)


def test_lanes_says_what_is_in_use_and_why():
    found = thingpost.lanes()
    assert found.name in found.available
    assert found.available[0] == "portable"
    assert found.width == {"portable": 1, "sse2": 4, "neon": 4, "avx2": 8, "avx512": 16}[found.name]
    assert found.reason


@every_width
def test_the_environment_forces_lanes(lanes):
    result = lanes_of(lanes)
    assert result.stdout.startswith(f"{lanes}|")
    assert "THINGPOST_LANES asks for it" in result.stdout


@pytest.mark.parametrize("setting", ["mmx", "neon" if "sse2" in LANES else "sse2"])
@pytest.mark.parametrize("call", ["thingpost.lanes()", "thingpost.sign_batch('s', {'a': ['1']})"])
def test_the_environment_cannot_force_what_is_not_there(setting, call):
    environment = {**os.environ, "THINGPOST_LANES": setting}
    code = f"import thingpost; {call}"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, env=environment)
    assert result.returncode != 0
    assert f"InputError: THINGPOST_LANES={setting}: " in result.stderr


def test_the_environment_forces_the_portable_c_for_single_signatures_too():
    code = "import thingpost; print(thingpost.sign('secret', {'a': 'b'}, 'hmacsha256'))"
    environment = {**os.environ, "THINGPOST_LANES": "portable"}
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert result.stdout.strip() == hmac.new(b"secret", b"ab", hashlib.sha256).hexdigest().upper()
