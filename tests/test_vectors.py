"""The shared vectors of `tests/vectors/`: the C core and the Python client make the same of them, so that they cannot drift.

`replies.json`: what an endpoint answers, and what it means. Of `reply`, each character is one byte (Latin-1); the peer closes
behind it. `to` is the endpoint that was asked. `result` is ok, malformed, partial (cut short) or too-long; with ok come the
platform's `code` (0 where it is not given) and `token` or `messageId`. `status` is HTTP's, where it is to be known all the same.
"""

import contextlib
import json
import subprocess
import time
from pathlib import Path

import pytest
from c_programs import build
from fault_server import FaultServer, hang_up_after

import thingpost
from thingpost.identity import Identity
from thingpost.protocol import Authenticate, Publish, Retry
from thingpost.steps import Done, Now, Reject, Send, Token
from thingpost.transport import Transport

REPLIES = json.loads((Path(__file__).parent / "vectors" / "replies.json").read_text(encoding="utf-8"))

each_reply = pytest.mark.parametrize("vector", REPLIES, ids=lambda vector: vector["name"])


@pytest.fixture(scope="module")
def read_in_c(tmp_path_factory):
    """Give a function that has csrc/tests/reply_text.c read replies in pieces, and returns what it printed of each."""
    program = build(tmp_path_factory.mktemp("c"), "tests/reply_text.c")

    def read(vectors, piece=0, token_size=1025):
        cases = b""
        for vector in vectors:
            octets = vector["reply"].encode("latin-1")
            cases += b"%s %d %d %d\n" % (vector["to"].encode(), token_size, piece, len(octets)) + octets
        output = subprocess.run([program], input=cases, capture_output=True, check=True).stdout.decode()
        return [dict(zip(FIELDS, line.split(" "), strict=True)) for line in output.splitlines()]

    return read


FIELDS = ("result", "status", "code", "retryAfter", "reusable", "used", "answer")


@pytest.mark.parametrize("piece", [0, 1, 2, 7])
def test_the_c_core_reads_them_in_pieces_of_any_size(read_in_c, piece):
    for vector, read in zip(REPLIES, read_in_c(REPLIES, piece), strict=True):
        name = vector["name"]
        assert read["result"] == vector["result"], name
        if vector["result"] == "ok":
            assert int(read["code"]) == vector.get("code", 0), name
            assert read["answer"] == vector.get("token", vector.get("messageId", "")), name
            assert int(read["used"]) == len(vector["reply"]), name
        for field in ("status", "retryAfter", "reusable"):
            if field in vector:
                assert int(read[field]) == vector[field], name


@pytest.fixture(scope="module")
def exchange(authority):
    """Give a function that has a server answer a machine's request over TLS, and tells what the machine made of it."""
    server = FaultServer(authority[0], auth=False)
    token = Token("t" * 32, issued_at=0, refresh_at=1e10, expires_at=2e10)

    def run(to, octets):
        server.answer_next_with(hang_up_after(octets))
        deadline = time.monotonic() + 10
        settings = {"retry": Retry(attempts=1), "deadline": deadline, "random": lambda: 0.5}
        machine = (
            Authenticate(Identity("pk", "dn", "secret"), **settings)
            if to == "auth"
            else Publish("/pk/dn/user/pub", b"x", **settings)
        )
        # A new one each time: the server hangs up, of which a kept connection may not know yet.
        with contextlib.closing(Transport(server.url, ca_file=authority[1])) as transport:
            return drive(machine, lambda request: transport.exchange(request, deadline))

    def drive(machine, send):
        outcome = None
        while True:
            step = machine.resume(Now(time.time(), time.monotonic()), outcome)
            if isinstance(step, Done):
                return step.result
            if isinstance(step, Reject):  # it would sign in and send again: the answer was taken for what it is
                raise thingpost.PlatformError("a token refused", code=0)
            try:
                outcome = send(step.request) if isinstance(step, Send) else token
            except thingpost.ThingpostError as error:
                outcome = error

    yield run
    server.stop()


@each_reply
def test_the_python_client_reads_them(exchange, vector):
    octets = vector["reply"].encode("latin-1")
    if vector["result"] != "ok":
        with pytest.raises(thingpost.TransportError):
            exchange(vector["to"], octets)
    elif vector.get("code", 0) != 0:
        with pytest.raises(thingpost.PlatformError) as caught:
            exchange(vector["to"], octets)
        assert caught.value.code in {vector["code"], 0}
        if vector.get("retryAfter"):
            assert caught.value.retry_after == vector["retryAfter"]
    else:
        result = exchange(vector["to"], octets)
        if vector["to"] == "auth":
            assert result.value == vector["token"]
        else:
            assert result.message_id == int(vector["messageId"])
