"""Starting and stopping, and the addresses that an emulator has."""

from __future__ import annotations

import os
import socket
import ssl
import statistics
import subprocess
import sys
import threading
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from emulator_process import SOURCE, connects, posix, python
from emulator_wire import DN, PK, SECRET, Wire

from thingpost.emulator import Emulator
from thingpost.errors import InputError

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
