"""Signing from many places at once: threads, signal handlers, finalisers."""

import gc
import hashlib
import hmac
import signal
import sys
import threading
import time

import pytest
from signing_peer import VECTOR, VECTORS, python_content, python_sign

import thingpost


def test_threads_share_a_key_without_a_lock():
    key = thingpost.SigningKey("secret")
    bound = key.bind({"productKey": "pk", "deviceName": "dn"})
    wrong = []

    def work(number):
        for index in range(2_000):
            params = {"deviceName": "dn", "productKey": "pk", "timestamp": f"{number}{index}"}
            expected = hmac.new(b"secret", python_content(params), hashlib.sha1).hexdigest().upper()
            if not expected == key.sign(params) == bound.sign(f"{number}{index}"):
                wrong.append(params)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="this system has no interval timer to raise signals with")
def test_signing_inside_a_signal_handler_while_signing():
    """The handler runs between any two steps of the signature that it interrupts, and neither disturbs the other."""
    key = thingpost.SigningKey("secret")
    inside = []

    def handler(_signal, _frame):
        inside.append((thingpost.sign("other", {"a": "\0"}), key.sign(VECTOR)))

    expected_inside = (python_sign("other", {"a": "\0"}, "hmacsha1"), VECTORS["hmacsha1"])
    previous = signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, 0.0005, 0.0005)
    try:
        while len(inside) < 200:
            assert key.sign(VECTOR) == VECTORS["hmacsha1"]
            assert thingpost.sign("secret", VECTOR, "hmacmd5") == VECTORS["hmacmd5"]
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
    assert set(inside) == {expected_inside}


def test_signing_inside_a_finaliser_while_signing():
    """A value whose conversion drops garbage makes a finaliser run in the middle of a signature."""
    inside = []

    class Garbage:
        def __init__(self):
            self.itself = self

        def __del__(self):
            inside.append(thingpost.sign("secret", VECTOR))

    class Params(dict):
        def items(self):
            for pair in super().items():
                Garbage()
                gc.collect()
                yield pair

    assert thingpost.sign("secret", list(Params(VECTOR).items()), "hmacmd5") == VECTORS["hmacmd5"]
    key = thingpost.SigningKey("secret")
    assert key.sign(Params(VECTOR)) == VECTORS["hmacsha1"]
    assert len(inside) >= 2 * len(VECTOR)
    assert set(inside) == {VECTORS["hmacsha1"]}


def test_signing_whenever_python_collects_garbage_while_signing():
    inside = []
    key = thingpost.SigningKey("secret")
    bound = key.bind({"a": "b"})
    expected = python_sign("secret", {"a": "b", "timestamp": "1"}, "hmacsha1")

    def collecting(_phase, _info):
        gc.disable()
        inside.append((key.sign(VECTOR), bound.sign("1"), thingpost.sign("secret", VECTOR)))
        gc.enable()

    threshold = gc.get_threshold()
    gc.callbacks.append(collecting)
    gc.set_threshold(1)
    try:
        for number in range(2_000):
            params = {"a": "b", "timestamp": str(number)}
            signatures = {key.sign(params), bound.sign(number), thingpost.sign("secret", params)}
            assert signatures == {python_sign("secret", params, "hmacsha1")}
    finally:
        gc.set_threshold(*threshold)
        gc.callbacks.remove(collecting)
    assert set(inside) == {(VECTORS["hmacsha1"], expected, VECTORS["hmacsha1"])}


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="this system has no interval timer to raise signals with")
def test_an_interrupted_signature_leaves_nothing_wrong():
    key = thingpost.SigningKey("secret")
    bound = key.bind({"a": "b"})
    other = {"a": "b", "timestamp": "1"}
    expected = python_sign("secret", other, "hmacsha1")
    interrupted = 0

    def handler(_signal, _frame):
        raise KeyboardInterrupt

    previous = signal.signal(signal.SIGALRM, handler)
    try:
        while interrupted < 200:
            try:
                signal.setitimer(signal.ITIMER_REAL, 0.0002 + interrupted * 1e-6)
                while True:
                    assert key.sign(VECTOR) == VECTORS["hmacsha1"]
                    assert key.verify(VECTOR, VECTORS["hmacsha1"])
                    assert bound.sign("1") == expected
                    assert thingpost.sign("secret", other) == expected
            except KeyboardInterrupt:  # noqa: PERF203
                interrupted += 1
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
    assert (key.sign(VECTOR), bound.sign("1")) == (VECTORS["hmacsha1"], expected)


def test_threads_sign_and_verify_with_other_names_and_methods_at_once():
    wrong = []
    started = threading.Barrier(8)

    def work(number):
        method = thingpost.METHODS[number % 3]
        started.wait()
        for index in range(1_000):
            params = {f"name{number + index % 3}": str(index), "timestamp": index}
            secret = f"secret{number}"
            expected = python_sign(secret, params, method)
            if thingpost.sign(secret, params, method) != expected or not thingpost.verify(
                secret, params, expected, method
            ):
                wrong.append(params)

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert not wrong


def test_a_single_signature_keeps_the_gil():
    """Else another busy thread would cost each signature its turn: some 50 signatures a second in place of thousands.

    With a switch interval of 50 ms, a call that gave up the GIL to the busy thread would wait that long to get it back.
    """
    if not getattr(sys, "_is_gil_enabled", lambda: True)():
        pytest.skip("this Python has no GIL")
    stop = threading.Event()
    started = threading.Event()

    def spin():
        started.set()
        while not stop.is_set():
            pass

    signed = 0
    thread = threading.Thread(target=spin)
    interval = sys.getswitchinterval()
    thread.start()
    started.wait()
    try:
        sys.setswitchinterval(0.05)
        key = thingpost.SigningKey("secret")
        end = time.monotonic() + 1
        while time.monotonic() < end:
            key.sign(VECTOR)
            signed += 1
    finally:
        stop.set()
        sys.setswitchinterval(interval)
        thread.join()
    # Half of the second is ours, in slices of 50 ms. A call that released the GIL would get 20 of them, one a signature.
    assert signed > 1_000


def test_a_secret_in_the_place_of_the_method_is_not_shown():
    with pytest.raises(thingpost.InputError, match="unknown signature method; use one of") as caught:
        thingpost.SigningKey("hmacsha1", "hush123")
    assert "hush" not in str(caught.value)
    assert caught.value.__context__ is None
