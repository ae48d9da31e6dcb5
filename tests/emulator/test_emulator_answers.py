"""What the person at the emulator gets to know of each answer, and that no secret, token or signature is in it."""

from __future__ import annotations

import json
import re
import statistics
import time

import pytest
from emulator_wire import BYTES, DN, JSON, PK, SECRET, TOPIC, Wire, claim, raw_exchange, sign
from test_emulator_http import MALFORMED

import thingpost
from thingpost.emulator import Answer, Clock, Emulator
from thingpost.emulator.answers import shown
from thingpost.emulator.platform import Platform

NOW = 1_700_000_000
JSON_BYTES = [(b"Content-Type", b"application/json")]


@pytest.fixture
def judge():
    """A platform at a fixed time, and a function that asks it for /auth."""
    platform = Platform({(PK, DN): SECRET}, clock=Clock(lambda: float(NOW)), token_lifetime=10.0)

    def auth(**changes):
        return platform.answer("POST", "/auth", JSON_BYTES, json.dumps(claim(**changes)).encode()).answer

    auth.platform = platform
    return auth


@pytest.fixture
def seen():
    return []


@pytest.fixture
def emulator(seen):
    with Emulator({(PK, DN): SECRET}, on_answer=seen.append) as running:
        yield running


@pytest.fixture
def watched(emulator):
    with Wire(emulator) as wire:
        yield wire


# ---- Sign-ins ----


def test_a_sign_in_is_reported_with_the_content_that_was_signed(watched, seen):
    fields = claim(timestamp=time.time_ns() // 10**6, zone=7, signmethod="hmacsha256")
    assert watched.auth(fields).code == 0
    (answer,) = seen
    assert (answer.endpoint, answer.status, answer.code, answer.reason) == ("auth", 200, 0, "")
    assert (answer.product_key, answer.device_name, answer.sign_method) == (PK, DN, "hmacsha256")
    assert answer.content == f"clientIdc-1deviceName{DN}productKey{PK}timestamp{fields['timestamp']}zone7"
    assert dict(answer.params) == {
        name: str(value) for name, value in fields.items() if name not in {"sign", "signmethod", "version"}
    }


def test_the_reported_params_are_what_sign_takes_to_make_the_devices_signature(judge):
    fields = claim(größe="\0", Zone=7)
    answer = judge(**fields)
    assert answer.code == 0
    assert thingpost.content(answer.params) == answer.content
    assert thingpost.sign(SECRET, answer.params, answer.sign_method) == fields["sign"]


def test_a_message_is_reported_after_it_was_delivered():
    order = []
    with (
        Emulator({(PK, DN): SECRET}, on_message=order.append, on_answer=order.append) as emulator,
        Wire(emulator) as wire,
    ):
        wire.publish(wire.token())
    assert order[1:] == [emulator.messages[0], Answer("topic", 200, 0, "", PK, DN, f"/{PK}/{DN}/user/pub")]


# ---- Refusals: a reason for each ----


def body(**changes):
    return json.dumps(claim(**changes)).encode()


def unsigned(**changes):
    return json.dumps({**claim(), **changes}).encode()


def without(name):
    return json.dumps({key: value for key, value in claim().items() if key != name}).encode()


AUTH_REASONS = {
    "Content-Type must be application/json, alone or with a charset; it is missing": ({}, body()),
    "Content-Type must be .*; it begins with application/x-www-form-urlencoded": (
        {"Content-Type": "application/x-www-form-urlencoded"},
        body(),
    ),
    "Content-Type must be .*; it begins with application/json": ({"Content-Type": "application/json; a=b"}, body()),
    "Content-Type must be .*; it is no media type": ({"Content-Type": "json"}, body()),
    "the body is larger than 8,192 bytes": (JSON, body().ljust(8193)),
    "the body is not UTF-8 text, at byte 2": (JSON, b'{"\xff'),
    r"the body is not JSON, at character 0: Expecting value": (JSON, b"productKey=a"),
    "the body is not JSON: it holds NaN": (JSON, b'{"x": NaN}'),
    "the body is nested too deep|the body is not JSON, .*": (JSON, b"[" * 4000),
    "the body must be a JSON object, not an array": (JSON, b"[]"),
    "the body must be a JSON object, not a number": (JSON, b"1.5"),
    "`clientId` stands twice in the JSON": (JSON, body()[:-1] + b', "clientId": "c-1"}'),
    "a field stands twice in the JSON": (JSON, b'{"0123": 1, "0123": 2}'),
    "an integer has 101 digits; allowed are 100": (JSON, b'{"x": ' + b"1" * 101 + b"}"),
    "a text holds half of a surrogate pair, which UTF-8 cannot carry": (JSON, unsigned(x="\ud800")),
    "`productKey` is missing": (JSON, without("productKey")),
    "`sign` is missing": (JSON, without("sign")),
    "`deviceName` is empty": (JSON, unsigned(deviceName="")),
    "`clientId` must be text, not a number": (JSON, unsigned(clientId=7)),
    "`sign` must be text, not null": (JSON, unsigned(sign=None)),
    "`clientId` has 65 characters; allowed are 64": (JSON, body(clientId="c" * 65)),
    "`signmethod` must be one of hmacmd5, hmacsha1, hmacsha256, spelled like that": (JSON, body(signmethod="HmacSHA1")),
    "`timestamp` must be decimal digits and nothing else: UNIX milliseconds": (JSON, body(timestamp="now")),
    "`timestamp` must be text or an integer, .*; not a number": (JSON, unsigned(timestamp=1.5)),
    "`x` must be text or an integer, .*; not true or false": (JSON, unsigned(x=True)),
    "a field has an empty name": (JSON, body(**{"": "x"})),
}


@pytest.mark.parametrize("reason", AUTH_REASONS)
def test_a_param_error_of_auth_says_what_is_wrong(judge, reason):
    headers, content = AUTH_REASONS[reason]
    pairs = [(name.encode(), value.encode()) for name, value in headers.items()]
    answer = judge.platform.answer("POST", "/auth", pairs, content).answer
    assert (answer.endpoint, answer.status, answer.code) == ("auth", 200, 10001)
    assert re.fullmatch(reason, answer.reason), answer.reason


def test_a_refused_sign_in_names_its_device_where_the_request_does(watched, seen):
    watched.auth(json.loads(without("sign")))
    watched.auth(json.loads(without("productKey")))
    watched.auth({"productKey": 5, "deviceName": "a\nb" + "x" * 200})
    assert [(answer.product_key, answer.device_name) for answer in seen[:2]] == [(PK, DN), (None, DN)]
    assert seen[2].product_key is None
    assert seen[2].device_name == "a\\nb" + "x" * 124 + "..."


def test_a_wrong_signature_is_told_with_the_content_that_should_have_been_signed(judge):
    answer = judge(secret="another", timestamp=NOW * 1000)
    assert answer.code == 20000
    assert answer.content == f"clientIdc-1deviceName{DN}productKey{PK}timestamp{NOW * 1000}"
    assert answer.reason == (
        f"the signature does not match; the content that should have been signed, with hmacsha1, is {answer.content}"
    )


@pytest.mark.parametrize(
    ("timestamp", "told"),
    [
        ((NOW - 3600) * 1000, "3,600 s behind"),
        ((NOW + 901) * 1000, "901 s ahead of"),
        (NOW, "1,698,300,000 s behind"),
        ("9" * 4000, "999,998,300,000,000 s ahead of"),
    ],
)
def test_a_time_stamp_too_far_off_is_told_with_how_far_it_is_off(judge, timestamp, told):
    answer = judge(timestamp=timestamp)
    assert answer.code == 20000
    assert answer.reason == (f"the timestamp, read as milliseconds, is {told} the platform's clock; allowed are 900 s")


def test_an_unknown_device_is_told_and_further_reasons_with_it(judge):
    answer = judge(deviceName="dn2")
    assert (answer.code, answer.product_key, answer.device_name, answer.reason) == (20000, PK, "dn2", "no such device")
    both = judge(deviceName="dn2", timestamp=1)
    assert both.reason.startswith("no such device; the timestamp, read as milliseconds, is ")
    other = judge(secret="another", timestamp=1)
    assert other.reason.startswith("the signature does not match; ")
    assert "; the timestamp, read as milliseconds, is " in other.reason


def test_refusals_of_topic_say_what_is_wrong(watched, seen):
    token = watched.token()
    other = f"/topic/{PK}/other/user/pub"
    for code, reason, send in [
        (10001, "Content-Type must be application/octet-stream and no more; it begins with text/plain",
         lambda: watched.publish(token, headers={"Content-Type": "text/plain"})),
        (20002, "the header `password`, which carries the token, is missing",
         lambda: watched.send("POST", TOPIC, BYTES)),
        (20002, "the header `password`, which carries the token, is empty", lambda: watched.publish("")),
        (20003, "the token is unknown: never given out, revoked, voided by a newer one, or of an earlier run",
         lambda: watched.publish("unknown")),
        (10001, "the payload is larger than 131,072 bytes", lambda: watched.publish(token, payload=b"x" * 131_073)),
        (10001, "the topic is empty", lambda: watched.publish(token, "/topic")),
        (10001, "the topic has 130 characters; allowed are 128", lambda: watched.publish(token, "/topic/" + "x" * 129)),
        (10001, "the topic has 8 levels; allowed are 7", lambda: watched.publish(token, "/topic" + "/x" * 8)),
        (10001, "level 3 of the topic is empty", lambda: watched.publish(token, f"/topic/{PK}/{DN}/")),
        (10001, "level 2 of the topic is not allowed: ASCII letters, digits and - _ . : @ * $ are, '.' and '..' are not",
         lambda: watched.publish(token, f"/topic/{PK}/+")),
        (30001, (f"the topic is not one of the token's device; its own are /{PK}/{DN}/..., /sys/{PK}/{DN}/... "
         "and their like"), lambda: watched.publish(token, other)),
        (10001, "'?' is not allowed: there is no query", lambda: watched.publish(token, TOPIC + "?")),
    ]:  # fmt: skip
        assert send().code == code
        assert (seen[-1].endpoint, seen[-1].status, seen[-1].code, seen[-1].reason) == ("topic", 200, code, reason)
        assert seen[-1].topic is not None
    assert (seen[-2].product_key, seen[-2].device_name, seen[-2].topic) == (PK, DN, other.removeprefix("/topic"))


def test_what_the_operator_asked_for_is_told(seen):
    emulator = Emulator({(PK, DN): SECRET}, on_answer=seen.append, rate_limit=1, clock=Clock(lambda: 1e9))
    with emulator, Wire(emulator) as wire:
        emulator.refuse_next(10000, endpoint="auth")
        wire.auth()
        token = wire.token()
        wire.auth()
        emulator.clock.advance(700_000)
        wire.publish(token)
        emulator.revoke_tokens()
        emulator.clock.advance(10)
        wire.publish(token)
        emulator.clock.advance(10)
        wire.send("POST", "/auth?_v=sdk-c-1.0")
    assert [(answer.code, answer.reason) for answer in seen] == [
        (10000, "it was to be refused, by refuse_next"),
        (0, ""),
        (40000, "more than the 1 requests a second of rate_limit"),
        (20001, f"the token of {PK}:{DN} has expired"),
        (20003, "the token is unknown: never given out, revoked, voided by a newer one, or of an earlier run"),
        (10001, "'?' is not allowed; /auth?_v=... is, in vendor_clients mode"),
    ]


def test_another_method_or_path_and_what_is_not_http_are_told_once_each(emulator, watched, seen):
    watched.send("GET", "/auth", JSON)
    watched.send("BREW", TOPIC, JSON)
    watched.send("POST", "/elsewhere", JSON)
    for request in (MALFORMED["no HTTP"], MALFORMED["HTTP/2 by hand"]):
        raw_exchange(emulator, request)
    head = f"POST {TOPIC} HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nshort"
    with Wire(emulator) as cut:
        cut.connection.connect()
        cut.connection.sock.sendall(head.encode())
    for _ in range(500):
        if len(seen) < 6:
            time.sleep(0.01)
    head = f"POST {TOPIC}/caf\u00e9 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    raw_exchange(emulator, head.encode())
    assert [(answer.endpoint, answer.status, answer.code, answer.reason) for answer in seen] == [
        ("auth", 405, 10001, "the method must be POST"),
        (None, 405, 10001, "the method must be POST"),
        (None, 404, 10001, "the path must be /auth, or /topic and the topic with its slash"),
        (None, 400, 10001, "the request is not well-formed HTTP, or its head is too large"),
        (None, 400, 10001, "the version of HTTP must be 1.1 or 1.0"),
        (None, 400, 10001, "the body is shorter than announced, or its chunks are malformed"),
        ("topic", 200, 10001, "the topic holds an octet that no topic may, such as a blank or 'é'"),
    ]


def test_a_fault_of_the_emulator_is_told_and_quotes_nothing(watched, seen, monkeypatch):
    def fail(*_):
        raise RuntimeError(f"about {SECRET}")

    monkeypatch.setattr(Platform, "_authenticate", fail)
    assert watched.auth().status == 500
    assert seen == [Answer(None, 500, 10000, "the emulator itself has failed; see its log")]


# ---- What must not happen ----


def test_the_client_is_told_nothing_of_the_reason(watched, seen):
    refused = [
        watched.auth(secret="another"),
        watched.auth(deviceName="nobody"),
        watched.auth(timestamp="1"),
        watched.auth({}),
        watched.publish("unknown"),
        watched.send("GET", "/nowhere"),
    ]
    words = {"auth check error": 20000, "param error": 10001, "check token error": 20003}
    assert len(seen) == len(refused)
    for answer, report in zip(refused, seen, strict=True):
        assert answer.json == {"code": report.code, "message": answer.json["message"]}
        assert words[answer.json["message"]] == report.code
        assert report.reason
        assert report.reason not in str(answer.headers)


def test_neither_secret_nor_token_nor_signature_stands_in_a_report_wherever_a_device_puts_it(emulator, watched, seen):
    token = watched.token()
    signature = sign(SECRET, claim(), "hmacsha1")
    own = f"/topic/{PK}/{DN}/{token}"
    phrase = "correct horse battery staple"
    emulator.add_device(PK, "phrased", phrase)
    for proof in (SECRET, token, signature, phrase):
        own_sign = {"sign": proof} if proof == signature else {}
        whose = {"deviceName": "phrased", "secret": phrase} if proof == phrase else {}
        watched.auth(clientId=proof, x=f"<{proof}>", **{f"a{proof}b": "1"}, **own_sign, **whose)
        watched.auth(**{"secret": "another", "clientId": proof, "sign": signature, **whose})
        watched.auth(deviceName=proof, productKey=proof, **own_sign)
        watched.auth(json.loads(unsigned(signmethod=proof, timestamp=proof)))
        watched.send("POST", "/auth", {"Content-Type": proof}, body())
        watched.send("POST", "/auth", JSON, f'{{"{proof}": 1, "{proof}": 2}}'.encode())
        watched.send("POST", "/auth", JSON, proof.encode())
    watched.auth(deviceName="phrased", secret=phrase, x=f"<{SECRET}>")
    for code, target, password in [(0, own, token), (20002, own, ""), (30001, f"/topic/{token}", token)]:
        assert watched.publish(password, target).code == code
    watched.publish("not-a-known-token", f"/topic/{PK}/not-a-known-token")
    watched.send("POST", f"/{token}", JSON)
    watched.send(token.upper(), f"/topic/{token}", {"password": token})
    assert {answer.code for answer in seen} == {0, 10001, 20000, 20002, 20003, 30001}
    report = "".join(f"{answer!r}{answer.content}{json.dumps(answer.as_dict())}" for answer in seen)
    assert report.count("***") > 10
    for proof in (SECRET, token, signature, phrase, "not-a-known-token"):
        assert proof not in report


def test_a_reason_is_one_printable_line_of_bounded_length(judge):
    answer = judge(secret="another", x="\x1b[31m\n\u202e" + "y" * 7000)
    assert answer.code == 20000
    assert answer.reason.isprintable()
    assert "\\x1b[31m\\n\\u202eyyy" in answer.reason
    assert len(answer.reason) < 1200
    assert answer.content.endswith("y" * 7000), "the content itself is whole"


@pytest.mark.parametrize("text", ["", "plain", "x" * 10, "x" * 11, "\0" * 10, "é" * 30, "\ud800\n"])
def test_a_text_is_shown_printable_and_bounded(text):
    line = shown(text, 10)
    assert line.isprintable()
    assert len(line) <= 13
    assert line == text or len(text) > 10 or not text.isprintable()


def test_the_reasons_for_20000_take_the_same_time_to_tell_also_where_the_content_is_hard_to_show(judge):
    """As in test_emulator_signature, with a content whose showing takes longer than the rest of the answer."""
    hard = {"x": "\x7f" * 2000}
    bodies = {
        "wrong": claim(secret="wrong", **hard),
        "unknown": claim(deviceName="nobody99", **hard),
        "late": claim(timestamp="1501668289957", **hard),
    }
    times = {name: [] for name in bodies}
    for _ in range(300):
        for name, fields in bodies.items():
            content = json.dumps(fields, ensure_ascii=False).encode()
            start = time.perf_counter_ns()
            assert judge.platform.answer("POST", "/auth", JSON_BYTES, content).code == 20000
            times[name].append(time.perf_counter_ns() - start)
    medians = [statistics.median(values) for values in times.values()]
    assert max(medians) < 1.5 * min(medians)


# ---- The function ----


def test_on_answer_has_been_called_when_the_client_reads_its_answer(watched, seen):
    for number in range(20):
        watched.publish("unknown")
        assert len(seen) == number + 1


def test_on_answer_may_fail_and_is_logged(caplog):
    def on_answer(_):
        raise RuntimeError("user's fault")

    with Emulator({(PK, DN): SECRET}, on_answer=on_answer) as emulator, Wire(emulator) as wire:
        assert wire.publish(wire.token()).code == 0
        assert wire.auth({}).code == 10001
    assert caplog.text.count("on_answer has failed") == 3
