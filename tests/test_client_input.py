"""Bad input to Client and Device: refused before any traffic."""

import pytest

import thingpost
from thingpost import checks

LONG = "/pk/dn/" + "x" * 122

BAD_TOPICS = [
    ("", "level"),
    ("/", "level"),
    ("/pk//dn", "level"),
    ("/pk/dn/", "level"),
    ("user/", "level"),
    ("/pk/dn/+", "level"),
    ("/pk/dn/#", "level"),
    ("/pk/dn/a b", "level"),
    ("/pk/dn/a?b", "level"),
    ("/pk/dn/a%2fb", "level"),
    ("/pk/dn/\u00fc", "level"),
    ("/pk/dn/a\r\nHost: b", "level"),
    ("/pk/dn/a\n", "level"),
    ("/pk/dn/.", "level"),
    ("/pk/dn/..", "level"),
    ("../auth", "level"),
    ("/1/2/3/4/5/6/7/8", "8 levels"),
    (LONG, "129 bytes"),
    ("pk/dn/user/pub", r"did you mean '/pk/dn/user/pub'\?"),
    ("sys/pk/dn/thing", r"did you mean '/sys"),
    ("ota/device/inform/pk/dn", r"did you mean '/ota"),
    ("ext/session", r"did you mean '/ext"),
    ("shadow/update/pk/dn", r"did you mean '/shadow"),
    (None, "must be str"),
    (b"/pk/dn/user", "must be str"),
    ("/pk/dn/\ud800", "level"),
]


@pytest.mark.parametrize(("topic", "message"), BAD_TOPICS)
def test_a_bad_topic_is_refused_before_any_traffic(device, emulator, topic, message):
    with pytest.raises(thingpost.InvalidTopic, match=message):
        device.publish(topic, b"")
    assert emulator.auth_count == emulator.publish_count == 0


@pytest.mark.parametrize("topic", ["/pk/dn/" + "x" * 121, "/1/2/3/4/5/6/7", "/a.b/..../_:@*$-", "/pk2/sys"])
def test_a_topic_at_the_limits_passes_the_check(topic):
    assert checks.check_topic(topic, "pk", "dn") == topic


def test_a_payload_that_is_too_large_is_refused_before_any_traffic(device, emulator):
    with pytest.raises(thingpost.PayloadTooLarge, match=r"131,073 bytes.*at most 131,072"):
        device.publish("user/pub", b"x" * 131_073)
    assert emulator.auth_count == 0


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (float("nan"), "not JSON compliant"),
        ({"a": float("inf")}, "not JSON compliant"),
        ({1, 2}, "set is not JSON serializable"),
        (b"abc", "bytes is not JSON serializable"),
        ("\ud800", "lone surrogate"),
        ({(1, 2): 3}, "keys must be"),
    ],
)
def test_json_that_is_none_is_refused(device, emulator, value, message):
    with pytest.raises(thingpost.InputError, match=message):
        device.publish("user/pub", json=value)
    assert emulator.auth_count == 0


def test_json_that_is_endless_is_refused(device):
    endless = []
    endless.append(endless)
    deep = []
    for _ in range(100_000):
        deep = [deep]
    for value in (endless, deep):
        with pytest.raises(thingpost.InputError, match="json="):
            device.publish("user/pub", json=value)


def test_payload_and_json_both_or_neither_is_a_type_error(device):
    for arguments in ({}, {"payload": b"", "json": 1}):
        with pytest.raises(TypeError, match="one of the two"):
            device.publish("user/pub", **arguments)


@pytest.mark.parametrize("payload", [{"t": 1}, [1], None, 5, 1.5, True])
def test_a_payload_that_looks_like_json_points_to_json(device, payload):
    with pytest.raises(TypeError, match="use json="):
        device.publish("user/pub", payload)
    with pytest.raises(TypeError, match="not object"):
        device.publish("user/pub", object())


BAD_DEVICES = [
    ({"product_key": ""}, "product_key ''"),
    ({"product_key": "p" * 65}, "product_key"),
    ({"product_key": "a/b"}, "product_key"),
    ({"product_key": "a\n"}, "product_key"),
    ({"product_key": None}, "product_key must be str"),
    ({"device_name": "d n"}, "device_name"),
    ({"device_name": "\u00fc"}, "device_name"),
    ({"device_name": ".."}, "device_name"),
    ({"secret": ""}, "secret is empty"),
    ({"client_id": ""}, "client_id has 0 characters"),
    ({"client_id": "c" * 65}, "client_id has 65 characters"),
    ({"client_id": 5}, "client_id must be str"),
    ({"client_id": "\ud800"}, "client_id contains a lone surrogate"),
    ({"sign_method": "hmacsha512"}, "hmacmd5, hmacsha1, hmacsha256"),
    ({"extra_params": {"sign": "00"}}, "sign"),
    ({"extra_params": {"timestamp": "1"}}, "timestamp"),
    ({"extra_params": {"": "1"}}, "name is empty"),
    ({"extra_params": {"a": True}}, "'a' must be str or int"),
    ({"endpoint": "http://127.0.0.1"}, "'http' is refused"),
    ({"endpoint": "HTTP://127.0.0.1"}, "is refused"),
    ({"endpoint": "ftp://127.0.0.1"}, "'ftp' is refused"),
    ({"endpoint": "https://user:pass@host"}, "no plain host"),
    ({"endpoint": "https://"}, "no plain host"),
    ({"endpoint": "https://host:0"}, "no plain host"),
    ({"endpoint": "https://host:99999"}, "port of 1 to 65535"),
    ({"endpoint": "https://host:x"}, "port of 1 to 65535"),
    ({"endpoint": "https://host/auth"}, "path, query or fragment"),
    ({"endpoint": "https://host?"}, "path, query or fragment"),
    ({"endpoint": "https://host#"}, "path, query or fragment"),
    ({"endpoint": "https://ho st"}, "no plain host"),
    ({"endpoint": "https://[::1"}, "not a URL"),
    ({"endpoint": None, "timeout": 0}, "timeout is 0"),
    ({"timeout": -1}, "timeout is -1"),
    ({"timeout": float("nan")}, "timeout is nan"),
    ({"timeout": float("inf")}, "timeout is inf"),
    ({"timeout": "5"}, "timeout must be a number"),
    ({"timeout": 1e10}, "timeout is 10000000000.0"),
    ({"timeout": 10**400}, "timeout is 1000"),
    ({"token_cache": object()}, "token_cache must have"),
    ({"session": "x"}, "session must be a requests.Session"),
    ({"ca_file": "a\0b"}, "cannot be used"),
    ({"endpoint": "https://h\n.evil"}, "control character"),
    ({"endpoint": "https://h\t"}, "control character"),
    ({"max_payload": 0}, "max_payload is 0"),
    ({"retry": 3}, "retry must be a thingpost.Retry"),
]


@pytest.mark.parametrize(("changes", "message"), BAD_DEVICES)
def test_a_device_that_cannot_work_is_refused(changes, message):
    arguments = {"product_key": "pk", "device_name": "dn", "secret": "secret", **changes}
    with pytest.raises(thingpost.InputError, match=message):
        thingpost.Device(**arguments)


@pytest.mark.parametrize("timestamp", ["", "12a", "-1", "1.5", " 1", "1" * 21, "\u0661", None, True, 1.5, -1])
def test_a_timestamp_that_is_no_number_of_milliseconds_is_refused(timestamp):
    with pytest.raises(thingpost.InputError, match="timestamp"):
        checks.check_timestamp(timestamp)


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("https://Host.Example", "https://host.example"),
        ("https://host/", "https://host"),
        ("https://host:8443", "https://host:8443"),
        ("host:8443", "https://host:8443"),
        ("iot-as-http.cn-shanghai.aliyuncs.com", "https://iot-as-http.cn-shanghai.aliyuncs.com"),
        ("https://[::1]:8443", "https://[::1]:8443"),
    ],
)
def test_an_endpoint_is_host_and_port(given, used):
    assert checks.check_endpoint(given) == used


def test_device_takes_three_positional_arguments_and_no_more():
    with pytest.raises(TypeError):
        thingpost.Device("pk", "dn", "secret", None)
