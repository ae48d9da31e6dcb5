"""What arrived: kept up to a bound, counted, waited for, written down and reported."""

from __future__ import annotations

import base64
import json
import logging
import os
import stat
import sys
import threading
from pathlib import Path

import pytest
from emulator_wire import BYTES, DN, PK, SECRET, TOPIC, Wire

from thingpost.emulator import Emulator, Message
from thingpost.emulator.messages import MessageLog
from thingpost.errors import DeadlineExceeded, InputError


def publish(emulator, *payloads):
    """Publish without a socket; the server is tested elsewhere."""
    token = emulator._platform._tokens.issue(emulator.device, emulator.clock.now())
    headers = [(b"password", token.encode()), (b"Content-Type", BYTES["Content-Type"].encode())]
    for payload in payloads:
        emulator._inbox.deliver(emulator._platform.answer("POST", TOPIC, headers, payload).message)


def test_the_newest_10000_messages_are_kept_and_the_rest_counted():
    emulator = Emulator({(PK, DN): SECRET})
    publish(emulator, *(str(i).encode() for i in range(10_050)))
    assert (emulator.message_count, emulator.dropped_count, len(emulator.messages)) == (10_050, 50, 10_000)
    assert (emulator.messages[0].payload, emulator.messages[-1].payload) == (b"50", b"10049")


def test_the_bound_can_be_set_and_holds_on_the_wire():
    with Emulator({(PK, DN): SECRET}, max_messages=3) as emulator, Wire(emulator) as wire:
        token = wire.token()
        for i in range(5):
            wire.publish(token, payload=b"%d" % i)
        assert [m.payload for m in emulator.messages] == [b"2", b"3", b"4"]
        assert (emulator.message_count, emulator.dropped_count) == (5, 2)


def test_nothing_is_kept_where_nothing_is_to_be_kept():
    emulator = Emulator({(PK, DN): SECRET}, max_messages=0)
    publish(emulator, b"x")
    assert (emulator.messages, emulator.message_count, emulator.dropped_count) == ([], 1, 1)


def test_large_messages_are_bounded_by_their_bytes():
    log = MessageLog(1000, max_bytes=100)
    for i in range(10):
        log.add(Message("/t", bytes(40), "pk", "dn", i, 0.0))
    assert [m.message_id for m in log.snapshot()] == [8, 9]
    assert (log.total, log.dropped) == (10, 8)


@pytest.mark.parametrize("bound", [0, 3])
def test_nobody_ever_sees_more_messages_than_are_kept(bound):
    log = MessageLog(bound)
    seen = set()
    done = threading.Event()

    def look():
        while not done.is_set():
            seen.add((len(log.snapshot()) > bound, log.dropped > log.total))

    reader = threading.Thread(target=look)
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        reader.start()
        for number in range(10_000):
            log.add(Message("/t", b"x", "pk", "dn", number, 0.0))
    finally:
        done.set()
        reader.join()
        sys.setswitchinterval(interval)
    assert seen == {(False, False)}
    assert (log.total, log.dropped) == (10_000, 10_000 - bound)


def test_messages_is_a_list_of_the_callers_own(emulator, wire):
    wire.publish(wire.token())
    emulator.messages.clear()
    assert len(emulator.messages) == 1
    assert emulator.messages == emulator.messages


def test_waiting_ends_when_the_messages_are_there(emulator, wire):
    token = wire.token()
    sender = threading.Thread(target=lambda: [wire.publish(token, payload=b"%d" % i) for i in range(3)])
    sender.start()
    assert [m.payload for m in emulator.wait_for_messages(3, timeout=10)] == [b"0", b"1", b"2"]
    sender.join()
    assert len(emulator.wait_for_messages(2)) == 3


def test_waiting_in_vain_raises_an_error_that_counts(emulator, wire):
    wire.publish(wire.token())
    with pytest.raises(DeadlineExceeded, match=r"1 of 2 messages arrived within 0\.01 s"):
        emulator.wait_for_messages(2, timeout=0.01)
    with pytest.raises(TimeoutError):
        emulator.wait_for_messages(2, timeout=0.01)
    for count, timeout in [(-1, 1), ("2", 1), (1, 0), (1, None)]:
        with pytest.raises(InputError):
            emulator.wait_for_messages(count, timeout)


def test_clear_messages_counts_from_0_again(emulator, wire):
    wire.publish(wire.token())
    emulator.clear_messages()
    assert (emulator.messages, emulator.message_count, emulator.dropped_count) == ([], 0, 0)


def test_the_record_holds_each_message_as_a_line_of_json(tmp_path):
    path = tmp_path / "messages.jsonl"
    payloads = [b"21.5", b"\xff\x00", "größe\u2028\n".encode(), b""]
    for _ in range(2):
        with Emulator({(PK, DN): SECRET}, record=path) as emulator, Wire(emulator) as wire:
            token = wire.token()
            for payload in payloads:
                wire.publish(token, payload=payload)
            lines = [json.loads(line) for line in path.read_text("utf-8").split("\n")[:-1]]
            assert [base64.b64decode(line["base64"]) for line in lines][-4:] == payloads, "there before the answer is"
            assert [line["message_id"] for line in lines][-4:] == [m.message_id for m in emulator.messages]
    assert len(lines) == 8, "appended to"
    assert [line.get("text") for line in lines[:4]] == ["21.5", None, "größe\u2028\n", ""]
    assert lines[0]["topic"] == f"/{PK}/{DN}/user/pub"
    assert (lines[0]["product_key"], lines[0]["device_name"], lines[0]["size"]) == (PK, DN, 4)
    if os.name == "posix":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_record_that_cannot_be_opened_is_an_input_error_and_nothing_listens(tmp_path):
    emulator = Emulator(record=tmp_path / "missing" / "file")
    with pytest.raises(InputError, match="cannot record"):
        emulator.start()
    assert "not started" in repr(emulator)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_record_that_fails_is_logged_and_the_message_counts(caplog):
    with Emulator({(PK, DN): SECRET}, record="/dev/full") as emulator, Wire(emulator) as wire:
        assert wire.publish(wire.token()).code == 0
        assert emulator.message_count == 1
    assert "could not be recorded" in caplog.text


def test_on_message_sees_each_message_before_its_device_is_answered():
    seen = []
    with Emulator({(PK, DN): SECRET}, on_message=seen.append) as emulator, Wire(emulator) as wire:
        token = wire.token()
        for i in range(3):
            answer = wire.publish(token, payload=b"%d" % i)
            assert seen[-1].message_id == answer.json["info"]["messageId"]
        assert seen == emulator.messages


def test_on_message_may_call_the_emulator_and_may_fail(caplog):
    def on_message(message):
        assert emulator.messages[-1] is message
        emulator.add_device(PK, "from-callback")
        emulator.refuse_next(40000)
        raise RuntimeError("user's fault")

    with Emulator({(PK, DN): SECRET}, on_message=on_message) as emulator, Wire(emulator) as wire:
        token = wire.token()
        assert wire.publish(token).code == 0
        assert wire.publish(token).code == 40000
    assert "on_message has failed" in caplog.text


def test_on_message_may_stop_the_emulator():
    emulator = Emulator({(PK, DN): SECRET}, on_message=lambda _: emulator.stop()).start()
    with Wire(emulator) as wire:
        assert wire.publish(wire.token()).code == 0
    assert "not started" in repr(emulator)


def test_neither_secret_nor_token_nor_signature_stands_in_a_log_or_repr(caplog, tmp_path):
    caplog.set_level(logging.DEBUG)
    with Emulator({(PK, DN): SECRET}, record=tmp_path / "r") as emulator, Wire(emulator) as wire:
        token = wire.token()
        wire.publish(token)
        wire.publish(token, f"/topic/{token}")
        wire.send(f"{token}", f"/{token}?{token}", {"password": token, token: token})
        wire.send("POST", "/auth", {"password": f"{token}"}, SECRET.encode())
        shown = caplog.text + repr(emulator) + repr(emulator.devices) + repr(emulator.device) + repr(vars(emulator))
        assert "HTTP 200, code 0" in caplog.text, "there is a log"
        for text in (shown, str(emulator), (tmp_path / "r").read_text()):
            assert token not in text
            assert SECRET not in text
