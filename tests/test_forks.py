"""A forked child gets fresh locks, connections and flights, and never hangs."""

import multiprocessing
import os
import signal
import threading
import time
import warnings

import pytest

import thingpost
from thingpost import connections, forks
from thingpost.tokens import MemoryTokenCache, TokenKey, TokenSource

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork"),
    # Python warns of forks in a process with threads; that these are safe is what is tested here.
    pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning"),
]


def in_child(work, seconds=20):
    """Run in a forked child; True where it returned in time."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            signal.alarm(seconds)  # a child that hangs is killed
            work()
            status = 0
        finally:
            os._exit(status)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status) == 0


def test_a_child_publishes_and_the_parents_connection_stays_good(device, emulator):
    device.publish("user/pub", b"parent")
    for _ in range(3):
        assert in_child(lambda: device.publish("user/pub", b"child"))
        assert device.publish("user/pub", b"parent").attempts == 1
    payloads = [message.payload for message in emulator.messages]
    assert payloads == [b"parent", *[b"child", b"parent"] * 3]
    assert emulator.auth_count == 1  # the token is known to the child


def test_a_child_forked_while_the_caches_lock_is_held_does_not_hang(emulator):
    cache = MemoryTokenCache()
    with thingpost.Client(emulator.url, ca_file=emulator.ca_file, token_cache=cache) as client:
        device = client.device("pk", "dn", "secret")
        device.publish("user/pub", b"")
        held, let_go = threading.Event(), threading.Event()

        def hold():
            with cache._lock:
                held.set()
                let_go.wait(20)

        thread = threading.Thread(target=hold)
        thread.start()
        held.wait(5)
        try:
            assert in_child(lambda: (cache.drop(next(iter(cache._tokens)), "x"), device.publish("user/pub", b"")))
        finally:
            let_go.set()
            thread.join()


def test_a_child_forked_during_an_authentication_signs_in_by_itself():
    source, key = TokenSource(MemoryTokenCache()), TokenKey("https://host", "pk", "dn")
    began, let_go = threading.Event(), threading.Event()

    def token():
        return thingpost.Token("t", issued_at=0, refresh_at=time.time() + 9, expires_at=time.time() + 9)

    def slow():
        began.set()
        let_go.wait(10)
        return token()

    thread = threading.Thread(target=lambda: source.get(key, slow, time.monotonic() + 10))
    thread.start()
    began.wait(5)
    try:
        assert in_child(lambda: source.get(key, token, time.monotonic() + 5), seconds=4)
    finally:
        let_go.set()
        thread.join()


def test_children_forked_while_threads_publish_do_not_hang(device, emulator):
    stop = threading.Event()

    def work():
        while not stop.is_set():
            device.publish("user/pub", b"thread")

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(10):
            assert in_child(lambda: device.publish("user/pub", b"child"))
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert sum(message.payload == b"child" for message in emulator.messages) == 10


def test_a_fork_waits_while_another_thread_sets_up_a_connection_and_no_longer_than_its_bound(monkeypatch):
    """OpenSSL's locks are the process's: a child that was forked while one is held would wait for it for ever."""
    inside, leave = threading.Event(), threading.Event()

    def set_up():
        with forks.put_off():
            inside.set()
            leave.wait(20)

    thread = threading.Thread(target=set_up)
    thread.start()
    inside.wait(5)
    threading.Timer(0.2, leave.set).start()
    start = time.monotonic()
    assert in_child(lambda: None)
    assert leave.is_set()
    thread.join()
    with forks.put_off():  # one's own is not waited for
        assert in_child(lambda: None)
    monkeypatch.setattr(forks, "MOST_WAIT", 0.1)
    leave.clear()
    inside.clear()
    thread = threading.Thread(target=set_up)
    thread.start()
    inside.wait(5)
    assert in_child(lambda: None)
    leave.set()
    thread.join()
    assert time.monotonic() - start < 15


def test_a_handshake_puts_a_fork_off(emulator, monkeypatch):
    seen = []
    wrap = connections.urllib3.connection.HTTPSConnection.connect

    def connect(self):
        wrap(self)
        seen.append(len(forks._in_openssl))

    monkeypatch.setattr(connections.urllib3.connection.HTTPSConnection, "connect", connect)
    with thingpost.Device("pk", "dn", "secret", endpoint=emulator.url, ca_file=emulator.ca_file) as device:
        device.publish("user/pub", b"")
    assert seen == [1]
    assert not forks._in_openssl


def publish_in_process(device):
    return device.publish("user/pub", b"child").attempts


@pytest.mark.parametrize("method", ["fork"])
def test_multiprocessing_children_publish(device, method):
    device.publish("user/pub", b"parent")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        process = multiprocessing.get_context(method).Process(target=publish_in_process, args=(device,))
        process.start()
    process.join(20)
    assert process.exitcode == 0


def test_parent_and_child_do_not_draw_the_same_random_numbers(device):
    read, write = os.pipe()
    assert in_child(lambda: os.write(write, repr([device.client._random() for _ in range(4)]).encode()))
    assert os.read(read, 1000).decode() != repr([device.client._random() for _ in range(4)])
    os.close(read)
    os.close(write)
