"""Ctrl-C, signal handlers, finalisers and the end of the process: nothing hangs, and the client stays good."""

import gc
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time

import pytest

alarms = pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="this system has no interval timer")


class Interruption(BaseException):
    """As KeyboardInterrupt is."""


@pytest.fixture
def alarm():
    """Have a handler called again and again while a function runs, each time so many seconds after it returned.

    At fixed times it would, on a busy machine, fill all the time there is, and the function would never end.
    """
    previous = signal.getsignal(signal.SIGALRM)
    state = {"working": False}

    def during(handler, seconds, work):
        def handle(signal_number, frame):
            try:
                handler(signal_number, frame)
            finally:
                if state["working"]:
                    signal.setitimer(signal.ITIMER_REAL, seconds)

        signal.signal(signal.SIGALRM, handle)
        state["working"] = True
        signal.setitimer(signal.ITIMER_REAL, seconds)
        try:
            return work()
        finally:
            state["working"] = False
            signal.setitimer(signal.ITIMER_REAL, 0)

    yield during
    state["working"] = False
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, previous)


@alarms
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # of what was interrupted
def test_after_a_thousand_interruptions_the_client_still_publishes(device, emulator, alarm):
    """Wherever the exception comes, no reply is taken for another message's, and nothing stays locked."""
    state = {"armed": False, "interruptions": 0}

    def interrupt(_signal, _frame):
        if state["armed"]:
            state["armed"] = False
            state["interruptions"] += 1
            raise Interruption

    def work():
        number = 0
        while state["interruptions"] < 1000:
            number += 1
            try:
                state["armed"] = True
                receipt = device.publish("user/pub", str(number))
                state["armed"] = False
            except Interruption:
                continue
            message = emulator.messages[-1]
            assert (receipt.message_id, message.payload) == (message.message_id, str(number).encode())
            if number % 50 == 0:
                emulator.revoke_tokens()

    alarm(interrupt, 0.0013, work)
    assert device.publish("user/pub", b"good", timeout=5).attempts <= 2


def test_an_interruption_between_plain_and_tls_socket_closes_nothing_twice(device, emulator, monkeypatch):
    """While the TLS socket is made, two socket objects could own one descriptor, and both would close it."""
    make = socket.socket.__init__
    interrupted = []

    def make_and_interrupt(self, *arguments, **named):
        make(self, *arguments, **named)
        if isinstance(self, ssl.SSLSocket) and not interrupted:
            interrupted.append(self)
            raise Interruption

    monkeypatch.setattr(socket.socket, "__init__", make_and_interrupt)
    with pytest.raises(Interruption):
        device.publish("user/pub", b"interrupted")

    gc.collect()  # the plain socket object is gone; had it closed the descriptor, the number could be anybody's by now
    assert interrupted[0].getpeername()[1] == int(emulator.url.rpartition(":")[2])
    interrupted[0].close()
    assert device.publish("user/pub", b"good", timeout=5).attempts == 1
    assert [message.payload for message in emulator.messages] == [b"good"]


@alarms
def test_publishing_inside_a_signal_handler_while_publishing(device, emulator, alarm):
    inside = []
    busy = []

    def handler(_signal, _frame):
        if not busy:
            busy.append(True)
            inside.append(device.publish("user/pub", b"inside", timeout=5))
            busy.clear()

    def work():
        for number in range(1000):
            device.publish("user/pub", b"outside", timeout=10)
            if number % 100 == 0:
                emulator.revoke_tokens()
            if len(inside) > 100:
                break

    alarm(handler, 0.003, work)
    assert inside


@alarms
@pytest.mark.parametrize(
    "ask",
    [
        lambda emulator: emulator.revoke_tokens(),
        lambda emulator: emulator.expire_tokens(),
        lambda emulator: emulator.messages,
        lambda emulator: emulator.message_count,
        lambda emulator: emulator.auth_count,
        lambda emulator: emulator.wait_for_messages(1),
        lambda emulator: emulator.clear_messages() or emulator.dropped_count,
        lambda emulator: emulator.devices,
        lambda emulator: emulator.add_device("pk", "another"),
        lambda emulator: emulator.clock.now(),
        lambda emulator: emulator.clock.set(time.time()),
    ],
    ids=["revoke", "expire", "messages", "count", "auth_count", "wait", "clear", "devices", "add_device", "now", "set"],
)
def test_publishing_inside_a_signal_handler_while_asking_the_emulator(device, emulator, alarm, ask):
    """In one process with it, the handler waits for the emulator's thread, which must not wait for the handler's."""
    inside = []

    def work():
        end = time.monotonic() + 60
        while len(inside) < 100 and time.monotonic() < end:
            device.publish("user/pub", b"outside", timeout=10)
            for _ in range(1000):
                ask(emulator)

    alarm(lambda _signal, _frame: inside.append(device.publish("user/pub", b"inside", timeout=5)), 0.002, work)
    assert len(inside) >= 100


def test_publishing_inside_a_finaliser_while_publishing(device, emulator):
    inside = []

    class Garbage:
        def __init__(self):
            self.itself = self

        def __del__(self):
            # The platform's thread collects garbage too; there it would wait for itself.
            if len(inside) < 50 and threading.current_thread() is threading.main_thread():
                inside.append(device.publish("user/pub", b"inside", timeout=5))

    thresholds = gc.get_threshold()
    gc.set_threshold(13, 2, 2)
    try:
        for number in range(100):
            Garbage()
            device.publish("user/pub", b"outside", timeout=10)
            if number % 10 == 0:
                emulator.revoke_tokens()
    finally:
        gc.set_threshold(*thresholds)
    assert inside


@pytest.mark.parametrize("registered", ["before", "after"])
def test_a_last_message_at_the_end_of_the_process(emulator, registered):
    code = f"""
import atexit, thingpost
def goodbye(): print(device.publish("user/pub", b"goodbye", timeout=5).size)
if {registered!r} == "before": atexit.register(goodbye)
device = thingpost.Device("pk", "dn", "secret", endpoint={emulator.url!r}, ca_file={emulator.ca_file!r})
device.publish("user/pub", b"hello")
if {registered!r} == "after": atexit.register(goodbye)
"""
    start = time.monotonic()
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert result.stdout == "7\n", result.stderr
    assert time.monotonic() - start < 20
    assert [message.payload for message in emulator.messages] == [b"hello", b"goodbye"]
