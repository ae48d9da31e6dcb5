"""The requests that the C core writes for firmware: those of `thingpost.protocol`, and the platform's side takes them."""

import json
import os
import shutil
import socket
import ssl
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import thingpost
from thingpost.identity import Identity, publish_request

CSRC = Path(__file__).resolve().parents[1] / "csrc"
TIMESTAMP = "1501668289957"


@pytest.fixture(scope="module")
def request_text(tmp_path_factory):
    """Give a function that returns what csrc/tests/request_text.c prints for these arguments."""
    compiler = shutil.which(os.environ.get("CC", "cc"))
    if compiler is None:
        if os.environ.get("CI") == "true":
            pytest.fail("no C compiler")
        pytest.skip("no C compiler")
    program = tmp_path_factory.mktemp("c") / "request_text"
    sources = [CSRC / "tests" / "request_text.c", *sorted((CSRC / "src").glob("*.c"))]
    subprocess.run([compiler, "-O1", f"-I{CSRC / 'include'}", *sources, "-o", program], check=True)

    def run(*arguments, status=0):
        result = subprocess.run([program, *arguments], capture_output=True, check=False)
        assert result.returncode == status
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
