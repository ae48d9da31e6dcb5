"""The emulator serves clients that are not ours: bytes written by hand, and the HTTP clients of others."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import subprocess
import threading
import time
from urllib.parse import urlsplit

import pytest
import requests
from emulator_wire import BYTES, DN, JSON, PK, SECRET, TOPIC, Wire, claim, need, raw_exchange

from thingpost.emulator import Emulator


def request(target, *lines, body=b"", version="1.1"):
    head = [f"POST {target} HTTP/{version}", "Host: x", *lines, f"Content-Length: {len(body)}"]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


def auth_bytes(*lines, **changes):
    return request("/auth", "Content-Type: application/json", *lines, body=json.dumps(claim(**changes)).encode())


def topic_bytes(token, *lines, body=b"hello", **kw):
    return request(TOPIC, "Content-Type: application/octet-stream", f"password: {token}", *lines, body=body, **kw)


CLOSE = "Connection: close"


@pytest.fixture
def token(wire):
    return wire.token()


def test_pipelined_requests_are_answered_in_order(emulator, token):
    stream = topic_bytes(token, body=b"1") + auth_bytes() + topic_bytes("?") + topic_bytes(token, CLOSE, body=b"2")
    answers = [
        json.loads(part.split(b"\r\n\r\n")[1]) for part in raw_exchange(emulator, stream).split(b"HTTP/1.1 200")[1:]
    ]
    assert [answer["code"] for answer in answers] == [0, 0, 20003, 0]
    assert [m.payload for m in emulator.messages] == [b"1", b"2"]
    ids = [answers[0]["info"]["messageId"], answers[3]["info"]["messageId"]]
    assert [m.message_id for m in emulator.messages] == ids


def test_a_request_that_comes_byte_by_byte_is_read(emulator, token):
    stream = topic_bytes(token, CLOSE)
    received = raw_exchange(emulator, b"", pieces=[stream[i : i + 1] for i in range(len(stream))])
    assert b'"code":0' in received
    assert emulator.messages[0].payload == b"hello"


def test_a_chunked_body_is_read(emulator, token):
    head = topic_bytes(token, CLOSE, "Transfer-Encoding: chunked", body=b"").replace(b"Content-Length: 0\r\n", b"")
    assert b'"code":0' in raw_exchange(emulator, head + b"3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n")
    assert emulator.messages[0].payload == b"abcde"


def test_a_body_in_a_content_coding_arrives_as_it_was_sent(emulator, token):
    assert b'"code":0' in raw_exchange(emulator, topic_bytes(token, CLOSE, "Content-Encoding: gzip", body=b"\x1f\x8b"))
    assert emulator.messages[0].payload == b"\x1f\x8b"


def test_a_request_without_length_has_an_empty_body(emulator, token):
    stream = topic_bytes(token, CLOSE, body=b"").replace(b"Content-Length: 0\r\n", b"")
    assert b'"code":0' in raw_exchange(emulator, stream)
    assert emulator.messages[0].payload == b""


def test_the_absolute_form_of_a_target_is_understood(emulator, token):
    stream = topic_bytes(token, CLOSE).replace(b"POST /topic", b"POST https://iot.example:443/topic")
    assert b'"code":0' in raw_exchange(emulator, stream)
    assert emulator.messages[0].topic == f"/{PK}/{DN}/user/pub"


def test_http_1_0_is_served(emulator, token):
    received = raw_exchange(emulator, topic_bytes(token, version="1.0"))
    assert b"200 OK" in received
    assert b'"code":0' in received


def test_expect_100_continue_gets_its_go_ahead_and_then_the_answer(emulator, token):
    stream = topic_bytes(token, CLOSE, "Expect: 100-continue", body=b"x" * 50_000)
    received = raw_exchange(emulator, stream)
    assert received.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n")
    assert len(emulator.messages[0].payload) == 50_000


@pytest.mark.parametrize("upgrade", ["h2c", "websocket"])
def test_an_offer_to_upgrade_is_passed_over(emulator, token, upgrade):
    received = raw_exchange(emulator, topic_bytes(token, f"Upgrade: {upgrade}", "Connection: upgrade"))
    assert b'"code":0' in received
    assert emulator.messages[0].payload == b"hello"


MALFORMED = {
    "no HTTP": b"hello\r\n\r\n",
    "binary": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\r\n\r\n",
    "blank in a header name": b"POST /auth HTTP/1.1\r\nHost: x\r\nA b: c\r\n\r\n",
    "header without colon": b"POST /auth HTTP/1.1\r\nHost: x\r\npassword\r\n\r\n",
    "folded header": b"POST /auth HTTP/1.1\r\nHost: x\r\npassword: a\r\n b\r\n\r\n",
    "two lengths": b"POST /auth HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
    "length and chunks": b"POST /auth HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
    "negative length": b"POST /auth HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
    "broken chunk": topic_bytes("x", "Transfer-Encoding: chunked", body=b"").replace(b"Content-Length: 0\r\n", b"")
    + b"zz\r\n",
    "endless target": b"POST /" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    "endless header": b"POST /auth HTTP/1.1\r\nHost: x\r\npassword: " + b"a" * 20_000 + b"\r\n\r\n",
    "too many headers": b"POST /auth HTTP/1.1\r\nHost: x\r\n" + b"a: b\r\n" * 5000 + b"\r\n",
    "HTTP/2 by hand": b"POST /auth HTTP/2.0\r\nHost: x\r\n\r\n",
    "HTTP/0.9": b"POST /auth\r\n\r\n",
    "control character in the target": b"POST /au\x01th HTTP/1.1\r\nHost: x\r\n\r\n",
}


@pytest.mark.parametrize("case", MALFORMED)
def test_what_is_not_http_gets_a_400_in_json_and_the_connection_is_closed(emulator, case, caplog):
    caplog.set_level("WARNING")
    received = raw_exchange(emulator, MALFORMED[case])
    head, _, body = received.partition(b"\r\n\r\n")
    assert b" 400 Bad Request\r\n" in head
    assert json.loads(body) == {"code": 10001, "message": "param error"}
    assert (emulator.message_count, emulator._platform.token_count()) == (0, 0)
    assert not caplog.records


@pytest.mark.parametrize("method", [b"BREW", b"post", b"POSTS"])
def test_a_method_that_no_server_knows_is_405(emulator, method):
    assert b" 405 " in raw_exchange(emulator, auth_bytes(CLOSE).replace(b"POST", method, 1)).split(b"\r\n")[0]
    assert emulator._platform.token_count() == 0


@pytest.mark.parametrize("level", [b"caf\xc3\xa9", b"a b", b"\x00", b"a\tb", b"#", b"%41"])
def test_octets_that_no_topic_holds_are_a_param_error(emulator, token, level):
    received = raw_exchange(emulator, topic_bytes(token, CLOSE).replace(b"/user/pub", b"/" + level))
    assert b" 200 OK\r\n" in received
    assert received.endswith(b'{"code":10001,"message":"param error"}')
    assert emulator.message_count == 0


@pytest.mark.parametrize("sent", [0, 3])
def test_a_message_cut_short_is_not_published(emulator, token, sent):
    stream = topic_bytes(token)
    address = urlsplit(emulator.url)
    context = ssl.create_default_context(cafile=emulator.ca_file)
    with (
        socket.create_connection((address.hostname, address.port)) as plain,
        context.wrap_socket(plain, server_hostname=address.hostname) as tls,
    ):
        tls.sendall(stream[: len(stream) - 5 + sent])
    with Wire(emulator) as other:
        assert other.publish(token, payload=b"after").code == 0
    assert [m.payload for m in emulator.messages] == [b"after"]


def test_one_connection_carries_many_requests(emulator, wire, token):
    sock = wire.connection.sock
    for _ in range(200):
        assert wire.publish(token).code == 0
    assert wire.connection.sock is sock
    assert emulator.message_count == 200


def test_keep_alive_survives_refusals(wire):
    token = wire.token()
    sock = wire.connection.sock
    assert wire.publish("unknown").code == 20003
    assert wire.send("POST", "/auth", JSON, b"{").code == 10001
    assert wire.send("POST", "/nowhere", BYTES).status == 404
    assert wire.publish(token).code == 0
    assert wire.connection.sock is sock


def test_eight_threads_post_at_once_without_stalls(emulator):
    def work():
        with Wire(emulator) as wire:
            token = wire.token()
            for _ in range(50):
                start = time.perf_counter()
                assert wire.publish(token, payload=b"x" * 200).code == 0
                waits.append(time.perf_counter() - start)

    waits: list[float] = []
    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(waits) == emulator.message_count == 400
    assert len({m.message_id for m in emulator.messages}) == 400
    # Nagle's algorithm against delayed acknowledgements costs 40 ms a request.
    assert sorted(waits)[200] < 0.035


# ---- Clients that other people wrote ----


@pytest.mark.parametrize(("ci", "outcome"), [("true", pytest.fail), ("", pytest.skip)])
def test_a_program_that_is_missing_skips_a_test_and_fails_it_in_ci(monkeypatch, ci, outcome):
    monkeypatch.setenv("CI", ci)
    monkeypatch.setenv("PATH", "")
    for program in ("curl", "node", "openssl"):
        with pytest.raises(
            (pytest.fail.Exception, pytest.skip.Exception), match=f"{program} is not installed"
        ) as caught:
            need(program)
        assert caught.type is outcome.Exception


def test_requests_authenticates_and_publishes(emulator):
    with requests.Session() as session:
        session.trust_env = False
        session.verify = emulator.ca_file
        answer = session.post(f"{emulator.url}/auth", json=claim(timestamp=str(time.time_ns() // 10**6)), timeout=5)
        token = answer.json()["info"]["token"]
        headers = {**BYTES, "password": token}
        answer = session.post(emulator.url + TOPIC, data=b"\x00\x01", headers=headers, timeout=5)
        assert answer.json()["info"]["messageId"] == emulator.messages[0].message_id


def test_curl_authenticates_and_publishes(emulator, tmp_path):
    need("curl")

    def curl(*arguments):
        command = ["curl", "-sS", "--max-time", "10", "--noproxy", "*", "--cacert", emulator.ca_file, *arguments]
        return json.loads(subprocess.run(command, check=True, capture_output=True).stdout)

    large = tmp_path / "large"
    large.write_bytes(b"x" * 131_072)
    token = curl(f"{emulator.url}/auth", "-H", "Content-Type: application/json", "-d", json.dumps(claim()))["info"][
        "token"
    ]
    post = [emulator.url + TOPIC, "-H", f"password:{token}", "-H", "Content-Type: application/octet-stream"]
    assert curl(*post, "-d", "21.5")["code"] == 0
    assert curl(*post, "--data-binary", f"@{large}", "-H", "Expect: 100-continue")["code"] == 0
    assert curl(*post, "-T", str(large), "-X", "POST", "-H", "Transfer-Encoding: chunked")["code"] == 0
    large.write_bytes(b"x" * 2_000_000)
    assert curl(*post, "--data-binary", f"@{large}")["code"] == 10001
    assert [len(m.payload) for m in emulator.messages] == [4, 131_072, 131_072]


NODE = """
const { createHmac } = require('crypto'), https = require('https'), env = process.env;
const agent = new https.Agent({ keepAlive: true, ca: require('fs').readFileSync(env.CA) });
const post = (path, headers, body) => new Promise((resolve, reject) => {
  const req = https.request(env.URL + path, { method: 'POST', agent, headers }, (res) => {
    let text = ''; res.on('data', (d) => text += d); res.on('end', () => resolve(JSON.parse(text)));
  });
  req.on('error', reject); req.end(body);
});
(async () => {
  const p = { productKey: env.PK, deviceName: env.DN, clientId: 'node', timestamp: Date.now() };
  const content = Object.keys(p).sort().map((k) => k + p[k]).join('');
  const sign = createHmac('sha256', env.SECRET).update(content).digest('hex');
  const a = await post('/auth', { 'Content-Type': 'application/json' }, JSON.stringify({ ...p, sign, signmethod: 'hmacsha256' }));
  const r = await post(env.TOPIC, { 'Content-Type': 'application/octet-stream', password: a.info.token }, Buffer.from([1, 0, 255]));
  console.log(JSON.stringify([a.code, r.code]));
  agent.destroy();
})();
"""


def test_node_authenticates_and_publishes(emulator):
    need("node")
    values = {"CA": emulator.ca_file, "URL": emulator.url, "PK": PK, "DN": DN, "SECRET": SECRET, "TOPIC": TOPIC}
    run = subprocess.run(
        ["node", "-e", NODE], check=True, capture_output=True, env=values | {"PATH": "/usr/bin:/bin"}, timeout=30
    )
    assert json.loads(run.stdout) == [0, 0]
    assert emulator.messages[0].payload == b"\x01\x00\xff"


# ---- TLS ----


def handshake(emulator, *, ciphers=None, maximum=None):
    context = ssl.create_default_context(cafile=emulator.ca_file)
    if ciphers:
        context.set_ciphers(ciphers)
    if maximum:
        context.minimum_version = min(maximum, ssl.TLSVersion.TLSv1_2)
        context.maximum_version = maximum
    address = urlsplit(emulator.url)
    with (
        socket.create_connection((address.hostname, address.port), timeout=5) as plain,
        context.wrap_socket(plain, server_hostname=address.hostname) as stream,
    ):
        return stream.version(), stream.cipher()[0]


def test_the_certificate_is_verified_for_address_and_name(emulator):
    port = urlsplit(emulator.url).port
    context = ssl.create_default_context(cafile=emulator.ca_file)
    context.verify_flags |= ssl.VERIFY_X509_STRICT  # the default from Python 3.13 on
    for name in ("127.0.0.1", "localhost"):
        connection = http.client.HTTPSConnection(name, port, context=context, timeout=5)
        connection.request("POST", "/")
        assert connection.getresponse().status == 404
        connection.close()
    with socket.create_connection(("127.0.0.1", port)) as plain, pytest.raises(ssl.SSLCertVerificationError):
        context.wrap_socket(plain, server_hostname="iot.example")


def test_the_authority_is_not_one_that_anybody_else_trusts(emulator):
    with Wire(emulator) as wire:
        context = ssl.create_default_context()
        wire.connection = http.client.HTTPSConnection(wire.address.hostname, wire.address.port, context=context)
        with pytest.raises(ssl.SSLCertVerificationError):
            wire.auth()


def test_tls_1_2_and_1_3_are_spoken(emulator):
    assert handshake(emulator, maximum=ssl.TLSVersion.TLSv1_2)[0] == "TLSv1.2"
    assert handshake(emulator)[0] == "TLSv1.3"


OLD_SUITES = ["AES128-SHA", "AES256-SHA", "AES128-SHA256", "AES128-GCM-SHA256", "ECDHE-RSA-AES128-SHA"]


@pytest.mark.parametrize("suite", OLD_SUITES)
def test_old_cipher_suites_need_vendor_clients(emulator, suite):
    ciphers = f"{suite}:@SECLEVEL=0"
    with pytest.raises((ssl.SSLError, ConnectionError)):
        handshake(emulator, ciphers=ciphers, maximum=ssl.TLSVersion.TLSv1_2)
    with Emulator(vendor_clients=True) as old:
        assert handshake(old, ciphers=ciphers, maximum=ssl.TLSVersion.TLSv1_2) == ("TLSv1.2", suite)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("vendor_clients", [False, True])
def test_tls_1_1_is_refused_always(vendor_clients):
    with Emulator(vendor_clients=vendor_clients) as emulator, pytest.raises((ssl.SSLError, ConnectionError)):
        handshake(emulator, ciphers="ALL:@SECLEVEL=0", maximum=ssl.TLSVersion.TLSv1_1)


@pytest.mark.parametrize("suite", ["AES128-SHA", "AES256-SHA256"])
def test_openssl_s_client_publishes_over_static_rsa(suite):
    need("openssl")
    with Emulator({(PK, DN): SECRET}, vendor_clients=True) as emulator:
        with Wire(emulator) as wire:
            token = wire.token()
        address = urlsplit(emulator.url)
        command = ["openssl", "s_client", "-quiet", "-verify_return_error", "-connect", address.netloc]
        command += ["-CAfile", emulator.ca_file, "-tls1_2", "-cipher", suite]
        run = subprocess.run(command, check=False, input=topic_bytes(token, CLOSE), capture_output=True, timeout=20)
        assert b'"code":0' in run.stdout, run.stderr
        assert emulator.message_count == 1


def test_vendor_clients_may_put_their_version_behind_auth_and_nowhere_else():
    with Emulator({(PK, DN): SECRET}, vendor_clients=True) as emulator, Wire(emulator) as wire:
        content = json.dumps(claim()).encode()
        answer = wire.send("POST", "/auth?_v=sdk-c-2.2.1&k=a&t=b", JSON, content)
        assert answer.code == 0
        for target in ("/auth?", "/auth?v=1", "/auth?x&_v=1"):
            assert wire.send("POST", target, JSON, content).code == 10001
        assert wire.publish(answer.json["info"]["token"], TOPIC + "?_v=sdk-c-2.2.1").code == 10001
        assert emulator.message_count == 0


def test_answers_carry_the_exact_headers_that_old_c_clients_compare_with(emulator, token):
    head = raw_exchange(emulator, topic_bytes(token, CLOSE)).partition(b"\r\n\r\n")[0]
    assert b"\r\nContent-Length: " in head
    assert b"chunked" not in head.lower()


def test_a_fault_of_the_emulator_is_a_500_in_json_whose_log_quotes_nothing(emulator, wire, token, monkeypatch, caplog):
    def fail(*_):
        raise RuntimeError(f"about {token}")

    with monkeypatch.context() as patch:
        patch.setattr(emulator._platform, "answer", fail)
        answer = wire.publish(token)
    assert (answer.status, answer.json) == (500, {"code": 10000, "message": "common error"})
    assert "RuntimeError" in caplog.text
    assert token not in caplog.text
    assert wire.publish(token).code == 0, "on a new connection, which http.client opens by itself"
