"""Arguments, and what test authors and the command line build upon."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys

import pytest
from emulator_process import SOURCE, posix, python
from emulator_wire import DN, PK, SECRET

from thingpost.emulator import Clock, Emulator
from thingpost.errors import InputError

# ---- Arguments ----


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"devices": [("a", "b")]}, "devices must map"),
        ({"devices": {"pk": "secret"}}, "named by a pair"),
        ({"devices": {("a", "b", "c"): "s"}}, "named by a pair"),
        ({"devices": {("", "b"): "s"}}, "product key '' is refused"),
        ({"devices": {("a", "b/c"): "s"}}, "device name 'b/c' is refused"),
        ({"devices": {("a", ".."): "s"}}, "cannot stand in a topic"),
        ({"devices": {("a", "b" * 65): "s"}}, "1 to 64"),
        ({"devices": {("a", "b$"): "s"}}, "allowed are"),
        ({"devices": {("a", "b\n"): "s"}}, "allowed are"),
        ({"devices": {(1, "b"): "s"}}, "must be text"),
        ({"devices": {("a", "b"): ""}}, "must not be empty"),
        ({"devices": {("a", "b"): b"s"}}, "must be text"),
        ({"devices": {("a", "b"): "\ud800"}}, "surrogate"),
        ({"host": ""}, "host"),
        ({"host": None}, "host"),
        ({"port": -1}, "from 0 to 65535"),
        ({"port": 65_536}, "from 0 to 65535"),
        ({"port": "8443"}, "port must be an integer"),
        ({"port": True}, "port must be an integer"),
        ({"hostnames": "iot.test"}, r"give \['iot.test'\]"),
        ({"hostnames": [1]}, "hostname 1 is refused"),
        ({"hostnames": ["https://iot.test"]}, "without scheme"),
        ({"hostnames": 5}, "list of names"),
        ({"token_lifetime": 0}, "above 0"),
        ({"token_lifetime": -5}, "above 0"),
        ({"token_lifetime": float("nan")}, "above 0"),
        ({"rate_limit": 0}, "above 0"),
        ({"rate_limit": "3"}, "requests a second"),
        ({"clock": 5}, "Clock"),
        ({"max_messages": -1}, "0 or more"),
        ({"max_messages": 1.5}, "0 or more"),
        ({"on_message": "print"}, "on_message must be a function that takes a Message"),
        ({"on_answer": "print"}, "on_answer must be a function that takes an Answer"),
    ],
)
def test_a_wrong_argument_is_an_input_error_that_says_what_is_allowed(arguments, said):
    with pytest.raises(InputError, match=said):
        Emulator(**arguments)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"host": "192.0.2.1"}, "cannot listen on port 0 of 192.0.2.1"),
        ({"host": "no such host"}, "not an address of this machine"),
        ({"hostnames": ["a..b"]}, "no certificate"),
        ({"hostnames": ["x" * 70 + ".test"]}, "no certificate"),
    ],
)
def test_what_only_the_start_can_find_out_is_an_input_error_too(arguments, said):
    emulator = Emulator(**arguments)
    with pytest.raises(InputError, match=said):
        emulator.start()
    assert "not started" in repr(emulator)


def test_without_a_device_there_are_no_credentials():
    for name in ("device", "credentials"):
        with pytest.raises(InputError, match=r"add_device\(\)"):
            getattr(Emulator(), name)


def test_a_clock_may_be_shared():
    clock = Clock()
    assert Emulator(clock=clock).clock is clock


# ---- The block to paste ----


@posix
def test_the_export_lines_survive_a_shell():
    secret = 'it\'s $HOME `x` "é" \\'
    with Emulator({(PK, DN): SECRET, ("p*k", "d@x:y"): secret}) as emulator:
        lines = emulator.export_lines("p*k", "d@x:y")
        script = "\n".join(lines) + "\nenv"
        output = subprocess.run(["sh", "-c", script], check=True, capture_output=True, env={"PATH": os.environ["PATH"]})
        values = dict(line.split("=", 1) for line in output.stdout.decode().splitlines() if "THINGPOST" in line)
        assert values == {
            "THINGPOST_ENDPOINT": emulator.url,
            "THINGPOST_CA_FILE": emulator.ca_file,
            "THINGPOST_PRODUCT_KEY": "p*k",
            "THINGPOST_DEVICE_NAME": "d@x:y",
            "THINGPOST_DEVICE_SECRET": secret,
        }
        assert shlex.split(emulator.export_lines()[-1])[1] == f"THINGPOST_DEVICE_SECRET={SECRET}"
        with pytest.raises(InputError, match="no device"):
            emulator.export_lines(PK, "nobody")
        with pytest.raises(InputError):
            emulator.export_lines(PK)


# ---- Imports, and the pytest fixture ----


def test_importing_the_emulator_is_light():
    loaded = python("import sys, thingpost.emulator; print(*sys.modules)").split()
    assert not {"aiohttp", "trustme", "cryptography", "requests", "asyncio"} & set(loaded)


def test_the_emulator_uses_nothing_of_the_client():
    code = (
        "import sys\nfrom thingpost.emulator import Emulator\nwith Emulator(): pass\n"
        "print(*(m for m in sys.modules if m.startswith('thingpost.') and not m.startswith('thingpost.emulator')))"
    )
    assert set(python(code).split()) <= {"thingpost.errors", "thingpost._version"}


@pytest.mark.parametrize("missing", ["aiohttp", "trustme"])
def test_without_the_extra_the_import_says_what_to_type(missing):
    code = (
        f"import sys; sys.modules[{missing!r}] = None\n"
        "try:\n    import thingpost.emulator\nexcept ImportError as error:\n    print(error)"
    )
    assert 'pip install "thingpost[emulator]"' in python(code)


TEST_FILE = """
import sys

def test_nothing_is_loaded_before_the_fixture_is_used():
    assert not {"thingpost.emulator", "aiohttp", "trustme"} & set(sys.modules)

def test_the_fixture_runs_with_a_device(iot_emulator):
    product_key, device_name, secret = iot_emulator.credentials
    assert iot_emulator.device.credentials == iot_emulator.credentials
    assert secret not in repr(iot_emulator.device)
    assert iot_emulator.url.startswith("https://127.0.0.1:")
    assert iot_emulator.messages == []
    iot_emulator.clock.set(0)

def test_every_test_gets_its_own(iot_emulator):
    assert iot_emulator.clock.now() > 1_000_000_000
"""


def run_pytest(tmp_path, text, *options):
    (tmp_path / "test_user.py").write_text(text)
    values = {**os.environ, "PYTHONPATH": SOURCE, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "thingpost.pytest_plugin",
        "-p",
        "no:cacheprovider",
        "-q",
        *options,
    ]
    return subprocess.run(command, check=False, capture_output=True, text=True, cwd=tmp_path, env=values, timeout=60)


def test_the_fixture_gives_a_running_emulator_with_a_device(tmp_path):
    run = run_pytest(tmp_path, TEST_FILE)
    assert "3 passed" in run.stdout, run.stdout + run.stderr


def test_the_fixture_without_the_extra_fails_with_the_line_to_type(tmp_path):
    (tmp_path / "conftest.py").write_text("import sys; sys.modules['trustme'] = None")
    run = run_pytest(tmp_path, "def test_x(iot_emulator): pass")
    assert run.returncode == 1
    assert 'pip install "thingpost[emulator]"' in run.stdout
    assert "Traceback" not in run.stdout
    assert "another exception" not in run.stdout
    assert run.stdout.partition("short test summary")[0].count("pip install") == 1


def test_the_fixture_documents_itself(tmp_path):
    assert "one device provisioned" in run_pytest(tmp_path, "", "--fixtures").stdout
