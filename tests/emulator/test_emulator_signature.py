"""The emulator's own check of a signature, against the formula written another way and against known vectors."""

from __future__ import annotations

import hashlib
import json
import statistics
import time

import pytest
from emulator_wire import DN, JSON, PK, SECRET, TOPIC, claim, sign
from hypothesis import given, settings
from hypothesis import strategies as st

from thingpost.emulator.checks import (
    RefusedError,
    allowed_topic,
    read_claim,
    read_fields,
    signature_matches,
    topic_fault,
)
from thingpost.emulator.clock import Clock
from thingpost.emulator.platform import Platform

METHODS = {"hmacmd5": hashlib.md5, "hmacsha1": hashlib.sha1, "hmacsha256": hashlib.sha256}
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
FIELDS = st.dictionaries(TEXT.filter(bool), TEXT | st.integers(-(10**30), 10**30), max_size=8)
RESERVED = {"version", "sign", "signmethod", "timestamp", "productKey", "deviceName", "clientId"}


def formula(secret, fields, method):
    """RFC 2104 by hand, over names in the order of their UTF-8 bytes (UTF-32 order is the same)."""
    names = sorted(fields, key=lambda name: [ord(c) for c in name])
    content = b"".join(
        (name + str(fields[name])).encode() for name in names if name not in ("version", "sign", "signmethod")
    )
    hash_ = METHODS[method]
    key = secret.encode()
    key = (hash_(key).digest() if len(key) > 64 else key).ljust(64, b"\0")
    inner = hash_(bytes(b ^ 0x36 for b in key) + content).digest()
    return hash_(bytes(b ^ 0x5C for b in key) + inner).hexdigest()


def platform(devices=None, **settings):
    return Platform(devices or {(PK, DN): SECRET}, clock=Clock(), token_lifetime=10.0, **settings)


JSON_BYTES = [(b"Content-Type", b"application/json")]


@settings(max_examples=300, deadline=None)
@given(FIELDS, TEXT.filter(bool), st.sampled_from(sorted(METHODS)), st.randoms(use_true_random=False), st.booleans())
def test_a_signature_made_by_the_formula_is_accepted_whatever_the_fields(extra, secret, method, random, ascii_only):
    fields = {k: v for k, v in extra.items() if k not in RESERVED}
    fields |= {"productKey": PK, "deviceName": DN, "clientId": "c", "signmethod": method}
    signature = formula(secret, fields, method)
    fields["sign"] = "".join(random.choice([c.upper(), c]) for c in signature)
    items = list(fields.items())
    random.shuffle(items)
    body = json.dumps(dict(items), ensure_ascii=ascii_only).encode()
    reply = platform({(PK, DN): secret}).answer("POST", "/auth", JSON_BYTES, body)
    assert reply.code == (0 if len(body) <= 8192 else 10001)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_a_signature_with_any_one_character_changed_is_refused(data):
    fields = claim()
    place = data.draw(st.integers(0, len(fields["sign"]) - 1))
    other = data.draw(st.sampled_from([c for c in "0123456789ABCDEFG" if c != fields["sign"][place]]))
    fields["sign"] = fields["sign"][:place] + other + fields["sign"][place + 1 :]
    assert platform().answer("POST", "/auth", JSON_BYTES, json.dumps(fields).encode()).code == 20000


@settings(max_examples=300, deadline=None)
@given(
    st.binary(max_size=200)
    | st.recursive(st.none() | st.booleans() | st.floats() | TEXT, st.lists).map(json.dumps).map(str.encode)
)
def test_no_body_makes_the_reader_fail_in_another_way(body):
    with pytest.raises(RefusedError) as caught:
        read_claim(read_fields(body))
    assert caught.value.code == 10001


@pytest.mark.parametrize(
    ("method", "signature"),
    [
        ("hmacsha1", "FAFD82A3D602B37FB0FA8B7892F24A477F851A14"),
        ("hmacmd5", "14B198324FE55E1D3C88F2E705E201EE"),
        ("hmacsha256", "6074A46A91B1EBB2CC4EA42790AD0E80202C9843859FC292E57C4EB19FAD9E57"),
    ],
)
def test_the_vendors_vector_is_accepted(method, signature):
    fields = {"productKey": "pk", "deviceName": "device", "clientId": "12345", "timestamp": "789", "signmethod": method}
    found = read_claim(read_fields(json.dumps({**fields, "sign": signature}).encode()))
    assert found.content == b"clientId12345deviceNamedeviceproductKeypktimestamp789"
    assert found.timestamp == 789
    assert signature_matches(b"secret", found)
    assert not signature_matches(b"Secret", found)
    assert sign("secret", fields, method) == signature


def test_the_seeds_byte_array_is_read_in_either_case():
    seed = bytes(b % 256 for b in [60, 68, -67, -7, -17, 99, 30, 69, 117, -54, -58, -58, 103, -23, 113, 71])
    assert seed.hex() == "3c44bdf9ef631e4575cac6c667e97147"


def test_a_claim_does_not_show_its_proof():
    found = read_claim(read_fields(json.dumps(claim()).encode()))
    assert claim()["sign"] not in repr(found)
    assert "clientId" not in repr(found)


def test_the_three_reasons_for_20000_take_the_same_time():
    """Medians of interleaved runs; what is compared is a factor, wide enough for a busy machine."""
    bodies = {
        "wrong": json.dumps(claim(secret="wrong")).encode(),
        "unknown": json.dumps(claim(deviceName="nobody99")).encode(),
        "late": json.dumps(claim(timestamp="1501668289957")).encode(),
    }
    judge = platform()
    times = {name: [] for name in bodies}
    for _ in range(600):
        for name, body in bodies.items():
            start = time.perf_counter_ns()
            assert judge.answer("POST", "/auth", JSON_BYTES, body).code == 20000
            times[name].append(time.perf_counter_ns() - start)
    medians = [statistics.median(values) for values in times.values()]
    assert max(medians) < 1.5 * min(medians)


def test_exactly_15_minutes_are_in_time_and_a_millisecond_more_is_not():
    now = 1_700_000_000_000
    judge = Platform({(PK, DN): SECRET}, clock=Clock(lambda: now / 1000), token_lifetime=10.0)
    for offset, code in [(0, 0), (900_000, 0), (-900_000, 0), (900_001, 20000), (-900_001, 20000)]:
        body = json.dumps(claim(timestamp=now + offset)).encode()
        assert judge.answer("POST", "/auth", JSON_BYTES, body).code == code


LEVEL = st.text("aZ09_.:@*$-", min_size=1, max_size=20).filter(lambda level: level not in {".", ".."})


@settings(max_examples=200, deadline=None)
@given(st.lists(LEVEL, min_size=1, max_size=9))
def test_topics_of_good_levels_are_valid_up_to_seven_levels_and_128_bytes(levels):
    topic = "/" + "/".join(levels)
    assert (topic_fault(topic) is None) == (len(levels) <= 7 and len(topic) <= 128)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=12), st.text(max_size=12))
def test_a_topic_with_any_other_character_is_not_valid(before, after):
    assert topic_fault(f"/{PK}/{before}\u00e9{after}")
    assert topic_fault(f"/{PK}/{before} {after}")
    assert topic_fault(f"/{PK}/{before}\n")


def test_no_topic_is_allowed_to_two_devices_except_those_below_ext():
    for topic in (f"/{PK}/{DN}/x", f"/sys/{PK}/{DN}/x", f"/ota/x/{PK}/{DN}", f"/shadow/update/{PK}/{DN}"):
        assert allowed_topic(topic, PK, DN)
        assert not allowed_topic(topic, PK, "other")
        assert not allowed_topic(topic, "other", DN)
    assert allowed_topic("/ext/x", PK, "other")


def test_the_first_thing_wrong_decides(shared, shared_wire):
    token = shared_wire.token()
    shared.refuse_next(10000, endpoint="auth")
    assert shared_wire.send("GET", "/auth?", JSON).status == 405
    assert shared_wire.send("POST", "/auth?", JSON).code == 10001
    assert shared_wire.send("POST", "/auth", {}, b"").code == 10000
    assert shared_wire.send("POST", TOPIC, {"Content-Type": "text/plain"}).code == 10001
    assert shared_wire.send("POST", "/topic/..", {"Content-Type": "application/octet-stream"}).code == 20002
    assert shared_wire.publish("unknown", "/topic/..").code == 20003
    assert shared_wire.publish(token, "/topic/someone/else/..").code == 10001


def test_no_secret_at_all_signs_for_a_device_that_does_not_exist():
    judge = platform()
    for secret in (judge._decoy.secret, ""):
        body = json.dumps(claim(secret=secret, deviceName="nobody")).encode()
        assert judge.answer("POST", "/auth", JSON_BYTES, body).code == 20000


def test_a_time_stamp_too_long_to_be_one_is_off_also_for_a_clock_at_1970():
    judge = Platform({(PK, DN): SECRET}, clock=Clock(lambda: 0.0), token_lifetime=10.0)
    for timestamp, code in [("0" * 50, 0), ("9" * 18, 20000), ("9" * 19, 20000), ("9" * 50, 20000)]:
        body = json.dumps(claim(timestamp=timestamp)).encode()
        assert judge.answer("POST", "/auth", JSON_BYTES, body).code == code


def test_a_repeated_content_type_is_a_param_error():
    """On the wire aiohttp's parser refuses it before (400); the rule stands without it too."""
    judge = platform()
    auth = json.dumps(claim()).encode()
    token = json.loads(judge.answer("POST", "/auth", JSON_BYTES, auth).body)["info"]["token"]
    assert judge.answer("POST", "/auth", JSON_BYTES * 2, auth).code == 10001
    headers = [(b"content-TYPE", b"application/octet-stream"), (b"password", token.encode())]
    assert judge.answer("POST", TOPIC, headers, b"").code == 0
    assert judge.answer("POST", TOPIC, headers + headers[:1], b"").code == 10001
