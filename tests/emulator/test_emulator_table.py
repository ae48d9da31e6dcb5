"""Every row of the protocol's table, over real TLS: the answer, and that nothing was published and no token made."""

from __future__ import annotations

import json
import time

import pytest
from emulator_wire import BYTES, DN, JSON, PK, SECRET, TOPIC, claim, sign

MINUTE = 60_000


def body(**changes):
    return json.dumps(claim(**changes)).encode()


def without(name):
    return body(**{name: None})


def unsigned(**changes):
    """A claim whose signature was made before the change, for values that have no text to sign."""
    return json.dumps({**claim(), **changes}).encode()


def padded(size):
    """A good claim, blanks added until it has `size` bytes."""
    return body().ljust(size)


AUTH_10001 = {
    "content type missing": ({}, body()),
    "content type of a form": ({"Content-Type": "application/x-www-form-urlencoded"}, body()),
    "content type text/json": ({"Content-Type": "text/json"}, body()),
    "content type with another parameter": ({"Content-Type": "application/json; boundary=x"}, body()),
    "content type of bytes": (BYTES, body()),
    "empty body": (JSON, b""),
    "not JSON": (JSON, b"productKey=a&deviceName=b"),
    "JSON cut short": (JSON, body()[:-1]),
    "JSON and more": (JSON, body() + b"{}"),
    "trailing comma": (JSON, body()[:-1] + b",}"),
    "an array": (JSON, b"[" + body() + b"]"),
    "a string": (JSON, json.dumps(body().decode()).encode()),
    "null": (JSON, b"null"),
    "over 8 KB": (JSON, padded(8193)),
    "a key twice": (JSON, body()[:-1] + b', "clientId": "c-1"}'),
    "nested 1,500 deep": (JSON, body()[:-1] + b', "x": ' + b"[" * 1500 + b"]" * 1500 + b"}"),
    "nested 4,000 deep": (JSON, b"[" * 4000),
    "NaN": (JSON, body()[:-1] + b', "x": NaN}'),
    "NaN where no value counts": (JSON, without("version")[:-1] + b', "version": NaN}'),
    "Infinity": (JSON, body()[:-1] + b', "x": -Infinity}'),
    "integer of 5,000 digits": (JSON, body()[:-1] + b', "timestamp": ' + b"1" * 5000 + b"}"),
    "integer of 101 digits": (JSON, body(x=10**100)),
    "negative integer of 101 digits": (JSON, body(x=-(10**100))),
    "not UTF-8": (JSON, body()[:-1] + b', "x": "\xff"}'),
    "UTF-16": (JSON, body().decode().encode("utf-16")),
    "byte order mark": (JSON, b"\xef\xbb\xbf" + body()),
    "half of a surrogate pair": (JSON, body()[:-1] + b', "x": "\\ud800"}'),
    "half of a surrogate pair in a name": (JSON, body()[:-1] + b', "\\udc00": "x"}'),
    "half of a surrogate pair in the sign": (JSON, unsigned(sign="\ud800")),
    "raw control character in text": (JSON, body().replace(b"c-1", b"c\n1")),
    **{f"{name} missing": (JSON, without(name)) for name in ("productKey", "deviceName", "clientId")},
    "sign missing": (JSON, json.dumps({k: v for k, v in claim().items() if k != "sign"}).encode()),
    **{f"{name} empty": (JSON, unsigned(**{name: ""})) for name in ("productKey", "deviceName", "clientId", "sign")},
    **{f"{name} a number": (JSON, unsigned(**{name: 7})) for name in ("productKey", "deviceName", "clientId", "sign")},
    **{f"{name} null": (JSON, unsigned(**{name: None})) for name in ("productKey", "deviceName", "clientId", "sign")},
    "clientId an array": (JSON, unsigned(clientId=["c-1"])),
    "clientId of 65 characters": (JSON, body(clientId="c" * 65)),
    "signmethod unknown": (JSON, body(signmethod="hmacsha512")),
    "signmethod empty": (JSON, body(signmethod="")),
    "signmethod in upper case": (JSON, body(signmethod="HMACSHA1")),
    "signmethod in the vendor's other spelling": (JSON, body(signmethod="HmacSHA1")),
    "signmethod null": (JSON, unsigned(signmethod=None)),
    "signmethod an array": (JSON, unsigned(signmethod=["hmacsha1"])),
    "timestamp empty": (JSON, body(timestamp="")),
    "timestamp of letters": (JSON, body(timestamp="now")),
    "timestamp negative": (JSON, body(timestamp="-1")),
    "timestamp a negative number": (JSON, body(timestamp=-1)),
    "timestamp signed": (JSON, body(timestamp=f"+{time.time_ns() // 10**6}")),
    "timestamp with a blank": (JSON, body(timestamp=f"{time.time_ns() // 10**6} ")),
    "timestamp in Arabic digits": (JSON, body(timestamp="١٥٠١٦٦٨٢٨٩٩٥٧")),
    "timestamp hexadecimal": (JSON, body(timestamp="0x15d")),
    "timestamp a float": (JSON, unsigned(timestamp=float(time.time_ns() // 10**6))),
    "timestamp with exponent": (JSON, body()[:-1] + b', "timestamp": 1e12}'),
    "timestamp true": (JSON, unsigned(timestamp=True)),
    "timestamp null": (JSON, unsigned(timestamp=None)),
    "further field true": (JSON, unsigned(x=True)),
    "further field null": (JSON, unsigned(x=None)),
    "further field a float": (JSON, unsigned(x=1.5)),
    "further field an object": (JSON, unsigned(x={})),
    "further field an array": (JSON, unsigned(x=[])),
    "further field without a name": (JSON, body(**{"": "x"})),
}


@pytest.mark.parametrize("case", AUTH_10001)
def test_auth_that_breaks_a_rule_is_a_param_error_and_makes_no_token(shared, shared_wire, case):
    headers, content = AUTH_10001[case]
    tokens = shared._platform.token_count()
    answer = shared_wire.send("POST", "/auth", headers, content)
    assert (answer.status, answer.json) == (200, {"code": 10001, "message": "param error"})
    assert shared._platform.token_count() == tokens


def now_ms():
    return time.time_ns() // 10**6


AUTH_20000 = {
    "timestamp 15 minutes and 10 s behind": lambda: body(timestamp=str(now_ms() - 15 * MINUTE - 10_000)),
    "timestamp 15 minutes and 10 s ahead": lambda: body(timestamp=str(now_ms() + 15 * MINUTE + 10_000)),
    "timestamp as a number, a day behind": lambda: body(timestamp=now_ms() - 1440 * MINUTE),
    "timestamp in seconds": lambda: body(timestamp=str(now_ms() // 1000)),
    "timestamp 0": lambda: body(timestamp="0"),
    "timestamp of 40 digits": lambda: body(timestamp="9" * 40),
    "timestamp of 5,000 digits as text": lambda: body(timestamp="1" * 5000),
    "unknown product": lambda: body(productKey="nobody"),
    "unknown device": lambda: body(deviceName="nobody"),
    "signed with another secret": lambda: body(secret="another"),
    "signed with the secret of another device": lambda: body(secret="other secret"),
    "signed with another method": lambda: body(sign=sign(SECRET, claim(), "hmacmd5")),
    "content changed after signing": lambda: unsigned(clientId="c-2"),
    "field added after signing": lambda: unsigned(extra="1"),
    "timestamp added after signing": lambda: unsigned(timestamp=str(now_ms())),
    "sign cut short": lambda: body(sign=claim()["sign"][:-1]),
    "sign with a blank": lambda: body(sign=claim()["sign"] + " "),
    "sign that is no hex": lambda: body(sign="Z" * 40),
    "sign not ASCII": lambda: body(sign="é" * 40),
    "sign with letters that only Unicode turns into hex": lambda: body(sign="ﬀ" + claim()["sign"][2:]),
}


@pytest.mark.parametrize("case", AUTH_20000)
def test_auth_without_proof_is_an_auth_check_error_and_makes_no_token(shared, shared_wire, case):
    tokens = shared._platform.token_count()
    answer = shared_wire.send("POST", "/auth", JSON, AUTH_20000[case]())
    assert (answer.status, answer.json) == (200, {"code": 20000, "message": "auth check error"})
    assert shared._platform.token_count() == tokens


UNICODE = {"straße": "größe", "\U0001d54f": "\U0001f642", "ﬀ": "1"}

AUTH_GOOD = {
    "plain": (JSON, body),
    "md5": (JSON, lambda: body(signmethod="hmacmd5")),
    "md5 by default": (JSON, lambda: body(signmethod=None)),
    "sha256": (JSON, lambda: body(signmethod="hmacsha256")),
    "charset": ({"Content-Type": "application/json; charset=utf-8"}, body),
    "charset without blank, quoted": ({"content-type": 'application/json;charset="UTF-8"'}, body),
    "media type in another case": ({"CONTENT-TYPE": "Application/JSON"}, body),
    "timestamp as text": (JSON, lambda: body(timestamp=str(now_ms()))),
    "timestamp as a number": (JSON, lambda: body(timestamp=now_ms())),
    "timestamp with leading zeros": (JSON, lambda: body(timestamp=f"000{now_ms()}")),
    "timestamp 14 minutes behind": (JSON, lambda: body(timestamp=str(now_ms() - 14 * MINUTE))),
    "timestamp 14 minutes ahead": (JSON, lambda: body(timestamp=str(now_ms() + 14 * MINUTE))),
    "version missing": (JSON, lambda: body(version=None)),
    "version another": (JSON, lambda: body(version="2.0")),
    "version a number": (JSON, lambda: body(version=1)),
    "sign in lower case": (JSON, lambda: body(sign=claim()["sign"].lower())),
    "sign in mixed case": (JSON, lambda: body(sign=claim()["sign"][:20] + claim()["sign"][20:].lower())),
    "further fields": (JSON, lambda: body(aaa="first", zzz="last", empty="")),
    "further field of number type": (JSON, lambda: body(x=-12345678901234567890)),
    "further field of 100 digits": (JSON, lambda: body(x=10**99)),
    "further field not ASCII": (JSON, lambda: body(**UNICODE)),
    "names that sort by bytes, not by case": (JSON, lambda: body(**{"Zebra": "1", "apple": "2", "_x": "3", "~": "4"})),
    "NUL inside": (JSON, lambda: body(x="a\0b")),
    "clientId of 64 characters, not ASCII": (JSON, lambda: body(clientId="ü" * 64)),
    "clientId of 64 characters outside the BMP": (JSON, lambda: body(clientId="\U0001f642" * 64)),
    "unescaped UTF-8": (JSON, lambda: json.dumps(claim(clientId="größe"), ensure_ascii=False).encode()),
    "8 KB": (JSON, lambda: padded(8192)),
}


@pytest.mark.parametrize("case", AUTH_GOOD)
def test_auth_that_keeps_the_rules_gets_a_token_that_publishes(shared, shared_wire, case):
    headers, content = AUTH_GOOD[case]
    answer = shared_wire.send("POST", "/auth", headers, content())
    assert answer.status == 200
    token = answer.json["info"]["token"]
    assert answer.json == {"code": 0, "message": "success", "info": {"token": token}}
    assert len(token) == 32
    assert int(token, 16) >= 0
    assert shared_wire.publish(token).code == 0


@pytest.fixture(scope="module")
def token(shared_wire):
    return shared_wire.token()


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "BREW"])
@pytest.mark.parametrize("target", ["/auth", TOPIC, "/elsewhere"])
def test_another_method_than_post_is_405(shared, shared_wire, token, method, target):
    count, tokens = shared.message_count, shared._platform.token_count()
    answer = shared_wire.send(method, target, {**BYTES, "password": token}, b"x")
    assert answer.status == 405
    assert answer.header("Allow") == "POST"
    assert answer.raw == b"" if method == "HEAD" else answer.code == 10001
    assert (shared.message_count, shared._platform.token_count()) == (count, tokens)


@pytest.mark.parametrize(
    "target", ["/", "/auth/", "/Auth", "/AUTH", "//auth", "/auth/register", "/topics", "/x/topic/a", "/%61uth"]
)
def test_another_path_is_404(shared, shared_wire, token, target):
    count, tokens = shared.message_count, shared._platform.token_count()
    answer = shared_wire.send("POST", target, {**JSON, "password": token}, body())
    assert (answer.status, answer.code) == (404, 10001)
    assert (shared.message_count, shared._platform.token_count()) == (count, tokens)


@pytest.mark.parametrize("target", ["/auth?", "/auth?a=b", "/auth?_v=sdk-c-1.0&k=v"])
def test_a_question_mark_after_auth_is_a_param_error(shared, shared_wire, target):
    tokens = shared._platform.token_count()
    answer = shared_wire.send("POST", target, JSON, body())
    assert (answer.status, answer.code, shared._platform.token_count()) == (200, 10001, tokens)


@pytest.mark.parametrize("query", ["?", "?a=b", "/?", "?_v=1"])
def test_a_question_mark_after_a_topic_is_a_param_error(shared, shared_wire, token, query):
    count = shared.message_count
    answer = shared_wire.publish(token, TOPIC + query)
    assert (answer.status, answer.code, shared.message_count) == (200, 10001, count)


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [("Content-Type", "application/json")],
        [("Content-Type", "application/octet-stream; charset=utf-8")],
        [("Content-Type", "Application/Octet-Stream")],
        [("Content-Type", "text/plain")],
        [("Content-Type", "")],
    ],
)
def test_a_topic_needs_exactly_the_content_type_of_bytes(shared, shared_wire, token, headers):
    count = shared.message_count
    answer = shared_wire.send("POST", TOPIC, [*headers, ("password", token)], b"x")
    assert (answer.status, answer.code, shared.message_count) == (200, 10001, count)


@pytest.mark.parametrize(
    ("passwords", "code"),
    [
        ([], 20002),
        ([""], 20002),
        (["  "], 20002),
        (["", ""], 20002),
        (["unknown"], 20003),
        (["0" * 32], 20003),
        (["{}, {}"], 20003),
        (["{}", "{}"], 20003),
        (["{}", ""], 20003),
        (["{}x"], 20003),
        (["TOKEN"], 20003),
        (["\xe9\xff"], 20003),
        (["x" * 4000], 20003),
    ],
)
def test_the_password_must_be_one_known_token(shared, shared_wire, token, passwords, code):
    count = shared.message_count
    values = [token.upper() + "Z" if p == "TOKEN" else p.replace("{}", token) for p in passwords]
    answer = shared_wire.send("POST", TOPIC, [*BYTES.items(), *(("password", v) for v in values)], b"x")
    assert (answer.status, answer.code, shared.message_count) == (200, code, count)


@pytest.mark.parametrize("name", ["password", "Password", "PASSWORD", "pAsSwOrD"])
def test_the_password_header_may_be_spelled_in_any_case(shared_wire, token, name):
    assert shared_wire.send("POST", TOPIC, {**BYTES, name: token}, b"x").code == 0


BAD_TOPICS = [
    "",
    "/",
    f"/{PK}",
    f"//{PK}/{DN}/user",
    f"/{PK}/{DN}/user/",
    f"/{PK}/{DN}//user",
    f"/{PK}/{DN}/.",
    f"/{PK}/{DN}/user/..",
    f"/{PK}/{DN}/../{DN}/user",
    f"/{PK}/{DN}/+",
    f"/{PK}/{DN}/#",
    f"/{PK}/{DN}/user%2fpub",
    f"/{PK}/{DN}/%75ser",
    f"/{PK}/{DN}/a,b",
    f"/{PK}/{DN}/a;b",
    f"/{PK}/{DN}/1/2/3/4/5/6",
    f"/{PK}/{DN}/" + "x" * (129 - len(f"/{PK}/{DN}/")),
]


@pytest.mark.parametrize("topic", [t for t in BAD_TOPICS if t != f"/{PK}"])
def test_a_topic_that_breaks_the_grammar_is_a_param_error(shared, shared_wire, token, topic):
    count = shared.message_count
    answer = shared_wire.publish(token, "/topic" + topic)
    assert (answer.status, answer.code, shared.message_count) == (200, 10001, count)


OTHERS_TOPICS = [
    f"/{PK}",
    f"/{PK}/{DN}",
    f"/{PK}/other/user/pub",
    f"/other/{DN}/user/pub",
    f"/{DN}/{PK}/user/pub",
    f"/{PK}/{DN}x/user/pub",
    f"/{PK.lower()}/{DN}/user/pub",
    f"/x/{PK}/{DN}/user/pub",
    f"/sys/{PK}/other/thing/event/property/post",
    f"/sys/{PK}/{DN}",
    f"/SYS/{PK}/{DN}/thing",
    f"/ota/device/inform/{PK}/other",
    f"/ota/{PK}/{DN}",
    f"/ota/device/{PK}/{DN}/inform",
    f"/shadow/update/{PK}/other",
    f"/shadow/get/{PK}/{DN}",
    f"/shadow/update/{PK}/{DN}/x",
    "/ext",
    "/broadcast/x",
]


@pytest.mark.parametrize("topic", OTHERS_TOPICS)
def test_a_topic_that_is_not_the_devices_own_is_not_published(shared, shared_wire, token, topic):
    count = shared.message_count
    answer = shared_wire.publish(token, "/topic" + topic)
    assert (answer.status, answer.json) == (200, {"code": 30001, "message": "publish message error"})
    assert shared.message_count == count


OWN_TOPICS = [
    f"/{PK}/{DN}/pub",
    f"/{PK}/{DN}/user/pub",
    f"/{PK}/{DN}/$a_b.c:d@e*f-g",
    f"/{PK}/{DN}/...",
    f"/{PK}/{DN}/1/2/3/4/5",
    f"/{PK}/{DN}/" + "x" * (128 - len(f"/{PK}/{DN}/")),
    f"/sys/{PK}/{DN}/thing/event/property/post",
    f"/ota/device/inform/{PK}/{DN}",
    f"/ota/x/{PK}/{DN}",
    f"/shadow/update/{PK}/{DN}",
    f"/ext/session/{PK}/{DN}/combine/login",
]


@pytest.mark.parametrize("topic", OWN_TOPICS)
def test_a_topic_of_the_devices_own_is_published_with_all_that_is_known(shared, shared_wire, token, topic):
    before = time.time()
    answer = shared_wire.publish(token, "/topic" + topic, b"\x00\xff")
    message = shared.messages[-1]
    assert answer.json == {"code": 0, "message": "success", "info": {"messageId": message.message_id}}
    assert (message.topic, message.payload) == (topic, b"\x00\xff")
    assert (message.product_key, message.device_name) == (PK, DN)
    assert before - 1 <= message.received_at <= time.time() + 1


@pytest.mark.parametrize("size", [0, 1, 65_536, 131_071, 131_072])
def test_a_payload_of_up_to_131072_bytes_arrives_whole(shared, shared_wire, token, size):
    payload = bytes(i * 7 % 256 for i in range(size))
    assert shared_wire.publish(token, payload=payload).code == 0
    assert shared.messages[-1].payload == payload


@pytest.mark.parametrize("size", [131_073, 131_074, 200_000, 5_000_000])
def test_a_larger_payload_is_a_param_error_that_its_sender_gets_to_read(shared, shared_wire, token, size):
    count = shared.message_count
    answer = shared_wire.publish(token, payload=b"x" * size)
    assert (answer.status, answer.code, shared.message_count) == (200, 10001, count)
    assert shared_wire.publish(token).code == 0, "the next request is served"


def test_a_token_publishes_to_the_topics_of_its_own_device_only(shared, shared_wire):
    other = shared_wire.token(secret="other secret", deviceName="other")
    assert shared_wire.publish(other).code == 30001
    assert shared_wire.publish(other, f"/topic/{PK}/other/user/pub").code == 0


def test_answers_are_compact_json_with_a_length_and_the_date(shared_wire, token):
    answer = shared_wire.publish(token)
    names = [name for name, _ in answer.headers]
    assert "Content-Length" in names, "spelled as clients that compare with case expect it"
    assert "Transfer-Encoding" not in names
    assert b" " not in answer.raw
    assert b"\n" not in answer.raw
    assert answer.header("Content-Type").startswith("application/json")
    assert answer.header("Date").endswith(" GMT")


def test_message_ids_are_integers_beyond_2_53_that_increase_and_no_float_can_hold(shared_wire, token):
    ids = [shared_wire.publish(token).json["info"]["messageId"] for _ in range(50)]
    assert all(isinstance(i, int) and 2**53 < i < 2**63 and int(float(i)) != i for i in ids)
    assert ids == sorted(set(ids))


def test_the_answers_to_unknown_device_wrong_signature_and_wrong_time_are_the_same_bytes(shared_wire):
    bodies = [body(deviceName="nobody"), body(secret="wrong"), body(timestamp="1")]
    answers = [shared_wire.send("POST", "/auth", JSON, content) for content in bodies]
    assert len({answer.raw for answer in answers}) == 1
    assert len({tuple((n, v) for n, v in answer.headers if n != "Date") for answer in answers}) == 1
