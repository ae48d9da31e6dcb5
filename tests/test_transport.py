"""What the transport promises, against a server that breaks every rule; real TLS, real sockets."""

import gzip
import socket
import threading
import time
import tracemalloc

import fault_server as fault
import pytest
from fault_server import ACCEPTED, http
from transport_calls import PUBLISH, publish, unknown

import thingpost
from thingpost import connections, sockets

# ---- The request ----


def test_the_request_on_the_wire_is_the_seeds(fault_server, connect):
    server = fault_server()
    connect(server).publish("/pk/dn/user/pub", b"\0\xff")
    (auth_path, auth_headers, _), (path, headers, body) = server.requests
    assert (auth_path, auth_headers["Content-Type"]) == ("/auth", "application/json")
    assert (path, body) == ("/topic/pk/dn/user/pub", b"\0\xff")
    assert headers["password"] == "t" * 32
    assert headers["Content-Type"] == "application/octet-stream"
    assert headers["Accept-Encoding"] == "identity"
    assert headers["Content-Length"] == "2"
    assert headers["Host"] == f"127.0.0.1:{server.port}"


def test_an_empty_payload_has_a_content_length(fault_server, connect):
    server = fault_server()
    assert connect(server).publish(PUBLISH, b"").size == 0
    assert server.requests[-1][1]["Content-Length"] == "0"


def test_a_topic_reaches_the_wire_unchanged(fault_server, connect):
    server = fault_server()
    connect(server).publish("/pk/dn/a.b:c@d*e$f-g_h/...", b"")
    assert server.requests[-1][0] == "/topic/pk/dn/a.b:c@d*e$f-g_h/..."


def test_one_connection_serves_many_messages(fault_server, connect):
    server = fault_server()
    device = connect(server)
    for _ in range(20):
        publish(device)
    assert server.connections == 1


# ---- The deadline ----


@pytest.mark.parametrize(
    "step",
    [
        fault.drip(http(ACCEPTED)[:-1]),
        fault.drip(b"HTTP/1.1 200 OK\r\nX: "),
        fault.drip(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;", 0.02),
        fault.drip(b"HTTP/1.1 200 OK\r\n\r\n", 0.02),
        fault.silence,
    ],
    ids=["body", "header", "chunk", "until close", "silence"],
)
def test_a_reply_that_never_ends_ends_at_the_deadline(fault_server, connect, step):
    device = connect(fault_server(step))
    device.authenticate()
    start = time.monotonic()
    unknown(device, thingpost.DeadlineExceeded, timeout=0.7)
    assert 0.6 < time.monotonic() - start < 5  # generous: what must not happen is waiting for the server's 20 s


def test_a_server_that_does_not_read_ends_at_the_deadline(fault_server, connect):
    """The payload is larger than what the buffers between the two take."""
    device = connect(fault_server(deaf_after=1), max_payload=64_000_000)
    device.authenticate()
    with pytest.raises(thingpost.DeliveryUnknown) as caught:
        device.publish(PUBLISH, b"x" * 50_000_000, timeout=0.7)
    assert isinstance(caught.value.__cause__, thingpost.DeadlineExceeded)


def test_a_tls_handshake_that_never_ends_ends_at_the_deadline(fault_server, connect):
    device = connect(fault_server(greet=lambda _raw: time.sleep(3)))
    start = time.monotonic()
    with pytest.raises(thingpost.DeadlineExceeded) as caught:
        publish(device, timeout=0.5)
    assert not caught.value.may_have_arrived
    assert time.monotonic() - start < 2.5


def test_an_address_that_does_not_answer_leaves_time_for_the_next(fault_server, connect, monkeypatch):
    """A listener whose backlog is full drops connection requests; here it stands for the first of two addresses."""
    server = fault_server()
    with socket.socket() as black_hole:
        black_hole.bind(("127.0.0.1", 0))
        black_hole.listen(0)
        fillers = [socket.socket() for _ in range(4)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(black_hole.getsockname())
        stream = (socket.AF_INET, socket.SOCK_STREAM, 6, "")
        addresses = [(*stream, black_hole.getsockname()), (*stream, ("127.0.0.1", server.port))]
        monkeypatch.setattr(sockets.socket, "getaddrinfo", lambda *_args, **_kwargs: addresses)
        assert publish(connect(server, timeout=2.0)).message_id
        for filler in fillers:
            filler.close()


# ---- Replies that break the rules ----


@pytest.mark.parametrize(
    "step",
    [
        http(status="100 Continue", length=False) + http(ACCEPTED),
        http(status="103 Early Hints", length=False, headers=["Link: </x>"]) + http(ACCEPTED),
        http(status="102 Processing", length=False) + http(ACCEPTED),
        fault.repeat(http(status="100 Continue", length=False)),
        fault.repeat(http(status="199 Never", length=False), 0.01),
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 50\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 500 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 33\r\nno colon\r\n\r\n" + b'{"code":0,"info":{"messageId":1}}',
        fault.repeat(b"X" * 10_000),
        fault.hang_up_after(http(ACCEPTED)[:-5]),
        fault.hang_up_after(b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"co'),
        http(b"x" * 10_000_000),
        http(b"x" * 65_537),
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1\r\n \r\n" * 200_000,
        http(gzip.compress(b" " * 10_000_000), headers=["Content-Encoding: gzip"]),
        http(ACCEPTED, headers=["Content-Encoding: br"]),
    ],
    ids=[
        "100 first",
        "103 first",
        "102 first",
        "100 for ever",
        "199 for ever",
        "another protocol",
        "no status",
        "two lengths",
        "length and chunked",
        "bad chunk",
        "500 headers",
        "header without a colon",
        "endless line",
        "cut short",
        "cut short in a chunk",
        "10 MB",
        "one byte too much",
        "a million chunks",
        "gzip bomb",
        "brotli",
    ],
)
def test_a_reply_that_breaks_the_rules_is_refused_and_the_next_request_gets_its_own(fault_server, connect, step):
    server = fault_server(step)
    device = connect(server)
    unknown(device, thingpost.ProtocolError)
    assert publish(device).message_id == 892687627916247040
    server = fault_server(step, auth=False)
    with pytest.raises(thingpost.ProtocolError):
        connect(server).authenticate()


def test_an_answer_that_comes_after_the_deadline_is_not_taken_for_the_next_ones(fault_server, connect):
    def late(connection):
        time.sleep(0.6)
        connection.sendall(http({"code": 0, "info": {"messageId": 1}}))

    device = connect(fault_server(late))
    unknown(device, thingpost.DeadlineExceeded, timeout=0.4)
    time.sleep(0.4)
    assert publish(device).message_id == 892687627916247040


def test_a_second_answer_on_the_connection_is_not_taken_for_the_next_ones(fault_server, connect):
    server = fault_server(http(ACCEPTED) + http({"code": 0, "info": {"messageId": 1}}))
    device = connect(server)
    assert publish(device).message_id == 892687627916247040
    assert publish(device).message_id == 892687627916247040
    assert server.connections == 2


@pytest.mark.parametrize("size", [8192, 16_383, 16_384, 24_576])
def test_a_second_answer_that_only_tls_has_read_is_not_taken_for_the_next_ones(fault_server, connect, size):
    """The first answer fills what was read exactly; the second one is decrypted and waits inside of the TLS layer."""
    first = http(ACCEPTED)
    first = http(ACCEPTED, headers=["X: " + "x" * (size - len(first) - len("X: \r\n"))])
    assert len(first) == size
    device = connect(fault_server(first + http({"code": 0, "info": {"messageId": 666}})))
    for _ in range(3):
        assert publish(device).message_id == 892687627916247040
        time.sleep(0.1)  # what is still on its way when the next request is written, no client can tell from its answer


def test_half_a_second_answer_on_the_connection_does_no_harm(fault_server, connect):
    device = connect(fault_server(http(ACCEPTED) + b"HTTP/1.1 200 OK\r\nContent-Le"))
    publish(device)
    assert publish(device).message_id == 892687627916247040


@pytest.mark.parametrize(
    "step",
    [
        http(ACCEPTED, headers=["Connection: close"]),
        fault.hang_up_after(http(ACCEPTED, length=False, headers=["Connection: close"])),
        b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1a\r\n{"code":0,"info":{"message\r\n8\r\nId":77}}\r\n0\r\n\r\n',
        b"HTTP/1.0 200 OK\r\nContent-Length: 33\r\n\r\n" + b'{"code":0,"info":{"messageId":1}}',
    ],
    ids=["close", "close-delimited", "chunked", "HTTP/1.0"],
)
def test_unusual_but_whole_replies_are_read(fault_server, connect, step):
    device = connect(fault_server(step))
    assert publish(device).message_id
    assert publish(device).message_id


def test_a_reply_in_one_byte_pieces_is_read(fault_server, connect):
    def step(connection):
        for octet in http(ACCEPTED):
            connection.sendall(bytes([octet]))

    assert publish(connect(fault_server(step))).message_id == 892687627916247040


def test_a_bad_reply_of_10_mb_takes_little_memory(fault_server, connect):
    device = connect(fault_server(http(b"x" * 10_000_000)))
    device.authenticate()
    tracemalloc.start()
    try:
        unknown(device, thingpost.ProtocolError)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 12_000_000  # the server's 10 MB are of this process too; what is read of them is 64 KiB


# ---- Connections that break ----


@pytest.mark.parametrize("step", [fault.hang_up, fault.reset, fault.hang_up_after(b"HTTP/1.1 2")])
def test_a_connection_that_breaks_after_the_request_leaves_delivery_unknown(fault_server, connect, step):
    server = fault_server(step)
    device = connect(server)
    with pytest.raises(thingpost.DeliveryUnknown) as caught:
        publish(device)
    assert caught.value.may_have_arrived
    assert len(server.requests) == 2  # one /auth, one report: not sent again


def test_a_connection_that_breaks_during_auth_is_tried_again(fault_server, connect):
    server = fault_server(fault.hang_up, fault.reset, auth=False)
    assert publish(connect(server)).message_id
    assert server.paths().count("/auth") == 3


def test_connections_are_kept_for_reuse_up_to_the_pools_size(fault_server, authority):
    server = fault_server()
    with thingpost.Client(server.url, ca_file=authority[1], pool_size=2) as client:
        device = client.device("pk", "dn", "secret")
        device.authenticate()

        def burst():
            together = threading.Barrier(6)
            threads = [threading.Thread(target=lambda: (together.wait(), publish(device))) for _ in range(6)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()

        burst()
        assert len(client._transport._adapter._connections._idle) <= 2
        before = server.connections
        for _ in range(5):
            publish(device)
        assert server.connections == before


def test_a_keep_alive_connection_that_the_server_closed_is_replaced(fault_server, connect):
    server = fault_server(fault.hang_up_after(http(ACCEPTED)))
    device = connect(server)
    publish(device)
    time.sleep(0.1)
    assert publish(device).attempts == 1
    assert server.connections == 2


def test_a_connection_that_was_idle_too_long_is_not_used_again(fault_server, connect, monkeypatch):
    server = fault_server()
    device = connect(server)
    publish(device)
    monkeypatch.setattr(connections, "MAX_IDLE", 0.0)
    publish(device)
    assert server.connections == 2  # one for /auth and the first message


def test_connection_refused_is_tried_again_and_then_raised(connect, fault_server):
    server = fault_server()
    server.stop()
    with pytest.raises(thingpost.ConnectError, match="refused") as caught:
        publish(connect(server))
    assert isinstance(caught.value, ConnectionError)
    assert not caught.value.may_have_arrived


def test_an_address_of_a_family_that_this_machine_lacks_is_passed_over(fault_server, connect, monkeypatch):
    server = fault_server()
    addresses = [
        (12345, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 1)),
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", server.port)),
    ]
    monkeypatch.setattr(sockets.socket, "getaddrinfo", lambda *_args, **_kwargs: addresses)
    assert publish(connect(server)).message_id


def test_a_name_that_does_not_resolve_is_a_connect_error(authority):
    device = thingpost.Device(
        "pk",
        "dn",
        "s",
        endpoint="https://no-such-host.invalid",
        ca_file=authority[1],
        retry=thingpost.Retry(attempts=1),
    )
    with pytest.raises(thingpost.ConnectError, match=r"cannot connect to no-such-host\.invalid"):
        publish(device)
