"""The requests that the C core writes for firmware: those of `thingpost.protocol`, and the platform's side takes them.

`vectors/requests.json`: what is given, and the bytes that go out (`request`, as UTF-8), or that it is `refused`, for `topic`, `token`
or `payload` where there is a choice.
"""

import json
import socket
import ssl
import subprocess
from pathlib import Path

import pytest
from c_programs import build
from hypothesis import given, settings
from hypothesis import strategies as st

import thingpost
from thingpost import checks
from thingpost.identity import Identity, publish_request
from thingpost.steps import Token

TIMESTAMP = "1501668289957"
REQUESTS = json.loads((Path(__file__).parent / "vectors" / "requests.json").read_text(encoding="utf-8"))

each_request = pytest.mark.parametrize("vector", REQUESTS, ids=lambda vector: vector["name"])


@pytest.fixture(scope="module")
def request_text(tmp_path_factory):
    """Give a function that returns what csrc/tests/request_text.c prints for these arguments."""
    program = build(tmp_path_factory.mktemp("c"), "tests/request_text.c")

    def run(*arguments, refused=False):
        result = subprocess.run([program, *arguments], capture_output=True, check=False)
        assert (result.returncode != 0) == refused
        return result.stdout

    return run


def parts_of(request):
    head, _, body = request.partition(b"\r\n\r\n")
    line, *headers = head.decode("ascii").split("\r\n")
    return line, dict(header.split(": ", 1) for header in headers), body


text = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=30)
name = st.from_regex(r"[A-Za-z0-9_:@*-][A-Za-z0-9_.:@*-]{0,63}", fullmatch=True)


@settings(max_examples=60, deadline=None)
@given(
    product_key=name,
    device_name=name,
    client_id=text.filter(bool),
    extra=st.dictionaries(text.filter(lambda key: key and "sign" not in key), text, max_size=3),
    method=st.sampled_from(thingpost.METHODS),
)
def test_what_firmware_sends_to_sign_in_is_what_python_sends(
    request_text, product_key, device_name, client_id, extra, method
):
    params = {"productKey": product_key, "deviceName": device_name, "clientId": client_id, **extra}
    identity = Identity(product_key, device_name, "secret", client_id=client_id, sign_method=method, extra_params=extra)
    expected = identity.auth_request(TIMESTAMP)
    arguments = [item for pair in {**params, "timestamp": TIMESTAMP}.items() for item in pair]
    line, headers, body = parts_of(request_text("auth", method, "secret", "host:8443", *arguments))
    assert line == f"POST {expected.path} HTTP/1.1"
    assert headers == {"Host": "host:8443", "Content-Type": "application/json", "Content-Length": str(len(body))}
    assert dict(expected.headers)["Content-Type"] == headers["Content-Type"]
    assert json.loads(body) == json.loads(expected.body)


def test_what_firmware_sends_to_publish_is_what_python_sends(request_text):
    expected = publish_request("/pk/dn/user/pub", "token", b"payload")
    line, headers, body = parts_of(request_text("topic", "host", "/pk/dn/user/pub", "token", "7"))
    assert line == f"POST {expected.path} HTTP/1.1"
    assert headers.items() >= {name: dict(expected.headers)[name] for name in ("password", "Content-Type")}.items()
    assert (headers["Host"], headers["Content-Length"], body) == ("host", "7", b"")


@each_request
def test_the_c_core_writes_the_vectors(request_text, vector):
    if vector["to"] == "auth":
        params = [text for pair in vector["params"].items() for text in pair]
        arguments = ["auth", vector["method"], vector["secret"], vector["host"], *params]
    else:
        arguments = ["topic", vector["host"], vector["topic"], vector["token"], str(vector["payloadSize"])]
    written = request_text(*arguments, refused="refused" in vector)
    assert written == vector.get("request", "").encode()


@each_request
def test_the_python_client_writes_the_vectors(vector):
    write = auth_in_python if vector["to"] == "auth" else topic_in_python
    if "refused" in vector:
        with pytest.raises((thingpost.InputError, thingpost.ProtocolError)):
            write(vector)
        return
    written = write(vector)
    line, headers, body = parts_of(vector["request"].encode())
    assert line == f"POST {written.path} HTTP/1.1"
    for name in ("password", "Content-Type"):
        assert headers.get(name) == dict(written.headers).get(name)
    if vector["to"] == "auth":
        assert json.loads(body) == json.loads(written.body)
    assert int(headers["Content-Length"]) == (len(body) or len(written.body))


def auth_in_python(vector):
    thingpost.Client(f"https://{vector['host']}").close()
    known = ("productKey", "deviceName", "clientId", "timestamp")
    product_key, device_name, client_id, timestamp = (vector["params"].get(name) for name in known)
    extra = {name: value for name, value in vector["params"].items() if name not in known}
    identity = Identity(
        product_key,
        device_name,
        vector["secret"],
        client_id=client_id,
        sign_method=vector["method"],
        extra_params=extra,
    )
    return identity.auth_request(timestamp)


def topic_in_python(vector):
    payload = bytes(vector["payloadSize"])
    checks.check_payload_size(payload, checks.MAX_PAYLOAD)
    token = Token(vector["token"], issued_at=0, refresh_at=1, expires_at=2)
    return publish_request(checks.check_topic(vector["topic"], "pk", "dn"), token.value, payload)


def test_the_platforms_side_takes_them(request_text, emulator):
    """A device that has nothing but the C core and a TLS socket signs in and publishes, on one connection."""
    host = emulator.url.removeprefix("https://")
    (product_key, device_name), secret = ("pk", "dn"), "secret"
    context = ssl.create_default_context(cafile=emulator.ca_file)
    address, port = host.split(":")
    with (
        socket.create_connection((address, int(port)), timeout=10) as raw,
        context.wrap_socket(raw, server_hostname=address) as connection,
        connection.makefile("rb") as replies,
    ):

        def exchange(request):
            connection.sendall(request)
            assert replies.readline().startswith(b"HTTP/1.1 200 ")
            length = 0
            while (header := replies.readline().strip()) != b"":
                field, _, value = header.partition(b":")
                length = int(value) if field.lower() == b"content-length" else length
            return json.loads(replies.read(length))

        fields = ["productKey", product_key, "deviceName", device_name, "clientId", 'gate "7" é']
        answer = exchange(request_text("auth", "hmacsha256", secret, host, *fields))
        assert answer["code"] == 0
        token = answer["info"]["token"]
        head = request_text("topic", host, "/pk/dn/user/pub", token, "5")
        answer = exchange(head + b"hello")
    assert answer["code"] == 0
    (message,) = emulator.messages
    assert (message.topic, message.payload, message.message_id) == (
        "/pk/dn/user/pub",
        b"hello",
        answer["info"]["messageId"],
    )
