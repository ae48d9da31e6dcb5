"""Starting, stopping, state, arguments, and what test authors and the command line build upon."""

from __future__ import annotations

import json
import os
import shlex
import socket
import ssl
import stat
import statistics
import subprocess
import sys
import threading
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from emulator_wire import DN, PK, SECRET, Wire

import thingpost.emulator
from thingpost.emulator import Clock, EmulatedDevice, Emulator, load_devices
from thingpost.errors import InputError

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


# ---- Start and stop ----


def test_it_listens_inside_the_with_block_only():
    emulator = Emulator({(PK, DN): SECRET})
    with emulator as running:
        assert running is emulator
        assert connects(emulator)
        assert repr(emulator) == f"<Emulator {emulator.url}, devices: 1>"
    assert not connects(emulator)
    assert repr(emulator) == "<Emulator not started, devices: 1>"
    emulator.stop()


def test_before_the_start_there_is_no_address():
    emulator = Emulator()
    for name in ("url", "ca_file"):
        with pytest.raises(InputError, match=r"call start\(\)"):
            getattr(emulator, name)


def test_start_returns_the_emulator_for_use_in_a_with_block():
    with Emulator().start() as emulator:
        assert connects(emulator)
        with pytest.raises(InputError, match="runs already"):
            emulator.start()
    assert not connects(emulator)


def test_a_second_start_takes_the_same_port_and_goes_on_with_tokens_and_messages():
    """An outage: the platform goes away and comes back."""
    emulator = Emulator({(PK, DN): SECRET}).start()
    url = emulator.url
    with Wire(emulator) as wire:
        token = wire.token()
        wire.publish(token)
    emulator.stop()
    with emulator, Wire(emulator) as wire:
        assert emulator.url == url
        assert wire.publish(token).code == 0
        assert emulator.message_count == 2


def test_stop_ends_idle_and_half_read_connections_at_once_and_leaves_no_thread():
    before = threading.active_count()
    with Emulator({(PK, DN): SECRET}) as emulator, Wire(emulator) as idle, Wire(emulator) as half:
        idle.token()
        half.connection.putrequest("POST", "/auth")
        half.connection.putheader("Content-Length", "10")
        half.connection.endheaders(b"{")
        plain = socket.create_connection((half.address.hostname, half.address.port))  # never shakes hands
        emulator.stop()
        assert threading.active_count() == before
        plain.settimeout(1)
        assert plain.recv(1) == b"", "closed"
        plain.close()


def test_a_port_in_use_is_an_input_error_that_says_so():
    with Emulator() as first:
        port = urlsplit(first.url).port
        second = Emulator(port=port)
        with pytest.raises(InputError, match=f"port {port} of 127.0.0.1 is in use"):
            second.start()
        assert connects(first)
    with second:
        assert urlsplit(second.url).port == port


def test_two_emulators_run_at_once_and_know_nothing_of_each_other():
    with Emulator({(PK, DN): "one"}) as one, Emulator({(PK, DN): "two"}) as two:
        with Wire(one) as wire_one, Wire(two) as wire_two:
            token = wire_one.token(secret="one")
            assert wire_two.auth(secret="one").code == 20000
            assert wire_two.publish(token).code == 20003
            assert wire_one.publish(token).code == 0
        assert (one.message_count, two.message_count) == (1, 0)
        assert one.ca_file == two.ca_file, "a process makes one authority, since keys take time"


def test_many_threads_start_emulators():
    started = []
    threads = [threading.Thread(target=lambda: started.append(Emulator().start())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({emulator.url for emulator in started}) == 8
    for emulator in started:
        emulator.stop()


@posix
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # fork in a process with threads: the point of the test
def test_a_forked_child_leaves_the_parents_emulator_and_ca_file_alone(emulator):
    child = os.fork()
    if child == 0:
        status = 1
        try:
            emulator.stop()
            with Emulator({(PK, DN): SECRET}) as own, Wire(own) as wire:
                status = 0 if wire.auth().code == 0 and own.ca_file != emulator.ca_file else 2
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert Path(emulator.ca_file).exists()
    with Wire(emulator) as wire:
        assert wire.auth().code == 0


@posix
def test_the_ca_file_goes_away_with_the_process_that_made_it_and_not_with_its_child():
    code = (
        "import os, sys\nfrom thingpost.emulator import Emulator\n"
        "e = Emulator().start()\n"
        "child = os.fork()\n"
        "if child == 0: sys.exit(0)\n"
        "os.waitpid(child, 0)\n"
        "assert os.path.exists(e.ca_file)\n"
        "e.stop()\nprint(e.ca_file)"
    )
    assert not Path(python(code)).exists()


def test_nothing_is_left_to_warn_about_after_a_stop():
    code = (
        "from thingpost.emulator import Emulator\nimport gc, socket\n"
        "with Emulator() as e:\n    s = socket.create_connection(('127.0.0.1', int(e.url.rsplit(':')[-1])))\n"
        "s.close(); gc.collect()"
    )
    run = subprocess.run(
        [sys.executable, "-X", "dev", "-W", "error", "-c", code],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": SOURCE},
        timeout=60,
    )
    assert run.stderr == ""


def test_a_second_start_is_quicker_than_the_first():
    code = (
        "import time; a = time.perf_counter()\nfrom thingpost.emulator import Emulator\n"
        "b = time.perf_counter(); e = Emulator().start(); c = time.perf_counter(); f = Emulator().start()\n"
        "d = time.perf_counter(); e.stop(); f.stop(); print(b - a, c - b, d - c)"
    )
    runs = [[float(value) for value in python(code).split()] for _ in range(3)]
    first_import, start, next_start = (statistics.median(column) for column in zip(*runs, strict=True))
    # Shown by pytest -s, or where the test fails.
    print(f"emulator: import {first_import:.3f} s, start {start:.3f} s, next start {next_start:.3f} s (medians)")  # noqa: T201
    assert next_start < start, "keys are made once a process"


# ---- Addresses ----


def test_the_certificate_stands_for_the_names_asked_for():
    with Emulator({(PK, DN): SECRET}, hostnames=["iot.test", "192.0.2.7", "*.boards.test"]) as emulator:
        port = urlsplit(emulator.url).port
        context = ssl.create_default_context(cafile=emulator.ca_file)
        for name in ("iot.test", "192.0.2.7", "a.boards.test", "127.0.0.1", "localhost"):
            with socket.create_connection(("127.0.0.1", port)) as plain:
                context.wrap_socket(plain, server_hostname=name).close()
        assert emulator.url == f"https://127.0.0.1:{port}"


def test_the_url_of_all_addresses_names_the_first_hostname_or_loopback():
    with Emulator(host="0.0.0.0", hostnames=["board-host.test", "192.0.2.7"]) as emulator:
        port = urlsplit(emulator.url).port
        assert emulator.url == f"https://board-host.test:{port}"
    with Emulator({(PK, DN): SECRET}, host="0.0.0.0") as emulator, Wire(emulator) as wire:
        assert urlsplit(emulator.url).hostname == "127.0.0.1"
        assert wire.auth().code == 0


@pytest.mark.skipif(not Path("/proc/net/if_inet6").exists(), reason="no IPv6 here")
def test_ipv6_addresses_are_written_in_brackets():
    for host in ("::1", "::"):
        with Emulator({(PK, DN): SECRET}, host=host) as emulator, Wire(emulator) as wire:
            assert emulator.url.startswith("https://[::1]:")
            assert wire.auth().code == 0


# ---- State ----


@posix
def test_authority_and_devices_live_on_in_the_state_directory(tmp_path):
    state = tmp_path / "deep" / "state"
    with Emulator({(PK, DN): None}, state=state) as emulator:
        secret = emulator.add_device(PK, "added")
        emulator.add_device(PK, "gone")
        emulator.remove_device(PK, "gone")
        first = emulator.device
        authority = Path(emulator.ca_file).read_bytes()
    assert stat.S_IMODE(state.stat().st_mode) == 0o700
    assert {p.name: stat.S_IMODE(p.stat().st_mode) for p in state.iterdir()} == {
        "ca.key": 0o600,
        "ca.pem": 0o600,
        "devices.json": 0o600,
    }
    with Emulator(state=state) as emulator, Wire(emulator) as wire:
        assert Path(emulator.ca_file).read_bytes() == authority
        assert emulator.ca_file == str(state / "ca.pem")
        assert emulator.devices == (first, EmulatedDevice(PK, "added", secret))
        assert wire.auth(secret=secret, deviceName="added").code == 0
    with Emulator({(PK, "new"): "n", (PK, "added"): None, (PK, DN): "other"}, state=state) as emulator:
        assert [d.credentials for d in emulator.devices] == [(PK, "new", "n"), (PK, "added", secret), (PK, DN, "other")]
        assert Path(emulator.ca_file).read_bytes() == authority
    assert list(Emulator(state=state).devices) == list(emulator.devices)


@posix
def test_a_directory_that_was_there_keeps_its_mode(tmp_path):
    tmp_path.chmod(0o755)
    Emulator(state=tmp_path)
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o755


def test_a_lost_ca_pem_is_written_again(tmp_path):
    with Emulator(state=tmp_path) as emulator:
        authority = Path(emulator.ca_file).read_bytes()
    (tmp_path / "ca.pem").unlink()
    with Emulator(state=tmp_path) as emulator:
        assert Path(emulator.ca_file).read_bytes() == authority


@pytest.mark.parametrize("damage", [b"", b"rubbish", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_damaged_state_is_an_input_error_and_is_left_as_it_is(tmp_path, damage):
    (tmp_path / "ca.key").write_bytes(damage)
    with pytest.raises(InputError, match="damaged; remove it"):
        Emulator(state=tmp_path).start()
    assert (tmp_path / "ca.key").read_bytes() == damage
    (tmp_path / "devices.json").write_bytes(damage)
    with pytest.raises(InputError, match=r"devices\.json"):
        Emulator(state=tmp_path)


def test_a_state_that_can_be_neither_read_nor_written_is_an_input_error(tmp_path):
    (tmp_path / "a" / "ca.key").mkdir(parents=True)
    with pytest.raises(InputError, match=r"cannot read .*ca\.key"):
        Emulator(state=tmp_path / "a").start()
    emulator = Emulator(state=tmp_path / "b")
    (tmp_path / "b" / "devices.json").unlink()
    (tmp_path / "b").rmdir()
    with pytest.raises(InputError, match=r"cannot write .*devices\.json"):
        emulator.add_device(PK, DN)
    (tmp_path / "c" / "ca.pem").mkdir(parents=True)
    with pytest.raises(InputError, match=r"ca\.pem"):
        Emulator(state=tmp_path / "c").start()


def test_a_server_that_cannot_start_says_why_and_leaves_the_port(monkeypatch):
    import thingpost.emulator.server as module  # noqa: PLC0415 (after the check that importing is light)

    def fail(*_):
        raise RuntimeError("no loop today")

    emulator = Emulator()
    with monkeypatch.context() as patch:
        patch.setattr(module, "_Server", fail)
        with pytest.raises(RuntimeError, match="no loop today"):
            emulator.start()
    with emulator:
        assert connects(emulator)


def test_a_file_in_the_place_of_the_state_directory_is_an_input_error(tmp_path):
    (tmp_path / "state").write_text("")
    with pytest.raises(InputError, match="state directory"):
        Emulator(state=tmp_path / "state")


# ---- Devices from files ----

FILES = {
    "d.json": json.dumps(
        {
            "devices": [
                {"product_key": PK, "device_name": DN, "device_secret": "é"},
                {"product_key": PK, "device_name": "x"},
            ]
        }
    ),
    "d.toml": f'[[devices]]\nproduct_key="{PK}"\ndevice_name="{DN}"\ndevice_secret="é"\n[[devices]]\nproduct_key="{PK}"\ndevice_name="x"\n',
}


@pytest.mark.parametrize("name", FILES)
def test_devices_are_read_from_a_file(tmp_path, name):
    if name.endswith(".toml") and sys.version_info < (3, 11):
        pytest.importorskip("tomli")
    path = tmp_path / name
    path.write_text(FILES[name], "utf-8")
    assert load_devices(path) == {(PK, DN): "é", (PK, "x"): None}
    for argument in (path, str(path)):
        devices = Emulator(argument).devices
        assert devices[0].credentials == (PK, DN, "é")
        assert len(devices[1].secret) == 32


def test_toml_without_a_reader_says_what_to_install(tmp_path, monkeypatch):
    path = tmp_path / "d.toml"
    path.write_text(FILES["d.toml"], "utf-8")
    monkeypatch.setitem(sys.modules, "tomllib", None)
    monkeypatch.setitem(sys.modules, "tomli", None)
    with pytest.raises(InputError, match="pip install tomli"):
        load_devices(path)


ENTRY = {"product_key": PK, "device_name": DN, "device_secret": "hush-hush"}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "not valid JSON"),
        ("[" * 100_000, "not valid JSON"),
        ("[]", "no list of devices"),
        ("{}", "no list of devices"),
        ('{"devices": {}}', "no list of devices"),
        ('{"devices": [1]}', "device 1"),
        (json.dumps({"devices": [{**ENTRY, "secret": "hush-hush"}]}), "unknown 'secret'"),
        (json.dumps({"devices": [{"product_key": PK}]}), "device name None is refused"),
        (json.dumps({"devices": [{**ENTRY, "device_name": "a b"}]}), "'a b' is refused"),
        (json.dumps({"devices": [{**ENTRY, "device_secret": ""}]}), "must not be empty"),
        (json.dumps({"devices": [{**ENTRY, "device_secret": 5}]}), "must be text"),
        (json.dumps({"devices": [ENTRY, ENTRY]}), "device 2 .* twice"),
        (json.dumps({"devices": [ENTRY]})[:-1] + ",", r"not valid JSON \(line 1\)"),
    ],
)
def test_a_file_that_holds_something_else_is_an_input_error_without_its_secrets(tmp_path, content, said):
    path = tmp_path / "d.json"
    path.write_text(content)
    with pytest.raises(InputError, match=said) as caught:
        Emulator(path)
    assert "hush" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_file_that_cannot_be_read_is_an_input_error(tmp_path):
    for path in (tmp_path, tmp_path / "missing.json"):
        with pytest.raises(InputError, match="cannot read devices"):
            Emulator(path)
    (tmp_path / "d.json").write_bytes(b"\xff")
    with pytest.raises(InputError, match="UTF-8"):
        Emulator(tmp_path / "d.json")


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
