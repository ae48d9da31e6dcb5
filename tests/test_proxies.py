"""Proxies, of the environment or lent by a requests.Session, and what else a session lends."""

import socket
import ssl
import threading
import time

import fault_server as fault
import pytest
import requests

import thingpost


def publish(device, **arguments):
    return device.publish("user/pub", b"data", **arguments)


class Proxy:
    """A CONNECT proxy; `script` replaces its answer."""

    def __init__(self, script=None):
        self.connects = []
        self._script = script
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        head = b""
        while b"\r\n\r\n" not in head:
            head += connection.recv(4096)
        self.connects.append(head)
        try:
            if self._script is not None:
                self._script(connection)
                return
            host, port = head.split()[1].decode().rsplit(":", 1)
            upstream = socket.create_connection(("127.0.0.1" if host == "platform.test" else host, int(port)))
            connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            threading.Thread(target=self._pump, args=(upstream, connection), daemon=True).start()
            self._pump(connection, upstream)
        except OSError:
            connection.close()

    def _pump(self, source, sink):
        try:
            while data := source.recv(65_536):
                sink.sendall(data)
        except OSError:
            pass
        for end in (source, sink):
            end.close()

    def stop(self):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


@pytest.fixture
def proxy():
    proxies = []

    def start(script=None):
        proxies.append(Proxy(script))
        return proxies[-1]

    yield start
    for each in proxies:
        each.stop()


@pytest.fixture
def named_server(fault_server):
    """A server whose certificate is for a name, since what is on loopback is never reached through a proxy."""
    server = fault_server(names=["platform.test"])
    server.url = f"https://platform.test:{server.port}"
    return server


def test_a_proxy_of_the_environment_is_used_and_sees_no_credentials(named_server, connect, proxy, monkeypatch):
    between = proxy()
    monkeypatch.setenv("HTTPS_PROXY", between.url)
    assert publish(connect(named_server)).message_id
    (head,) = between.connects
    assert head.startswith(b"CONNECT platform.test:")
    assert b"password" not in head


def test_a_session_lends_its_proxy(named_server, connect, proxy):
    session = requests.Session()
    session.proxies = {"https": proxy().url}
    assert publish(connect(named_server, session=session)).message_id


def test_a_proxy_that_refuses_is_a_connect_error(named_server, connect, proxy, monkeypatch):
    def refuse(connection):
        connection.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
        connection.close()

    monkeypatch.setenv("HTTPS_PROXY", proxy(refuse).url)
    with pytest.raises(thingpost.ConnectError, match="the proxy answered HTTP 407") as caught:
        publish(connect(named_server))
    assert not caught.value.may_have_arrived


@pytest.mark.parametrize("url", ["http://", "http://:99999", "http://user:hush@:8080", "http://host:port"])
def test_a_proxy_that_is_none_is_refused_at_once(monkeypatch, url):
    monkeypatch.setenv("HTTPS_PROXY", url)
    with pytest.raises(thingpost.InputError, match="http://host:port") as caught:
        thingpost.Client()
    assert "hush" not in str(caught.value)


def test_a_proxys_password_goes_to_the_proxy_only(named_server, connect, proxy, monkeypatch):
    between = proxy()
    monkeypatch.setenv("HTTPS_PROXY", between.url.replace("http://", "http://user:hush@"))
    publish(connect(named_server))
    assert b"Proxy-Authorization: Basic dXNlcjpodXNo".lower() in between.connects[0].lower()
    assert all("roxy-" not in name for _, headers, _ in named_server.requests for name in headers)


def test_a_proxy_that_drips_ends_at_the_deadline(named_server, connect, proxy, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", proxy(fault.drip(b"HTTP/1.1 200 OK\r\nX: ", 0.05)).url)
    start = time.monotonic()
    with pytest.raises(thingpost.DeadlineExceeded):
        publish(connect(named_server), timeout=0.6)
    assert time.monotonic() - start < 4


@pytest.mark.parametrize("scheme", ["https", "socks5", "socks5h"])
def test_a_proxy_of_another_scheme_is_refused(monkeypatch, scheme):
    monkeypatch.setenv("HTTPS_PROXY", f"{scheme}://user:hush@127.0.0.1:1")
    with pytest.raises(thingpost.InputError, match="scheme 'http'") as caught:
        thingpost.Client()
    assert "hush" not in str(caught.value)


def test_loopback_is_not_reached_through_a_proxy(fault_server, connect, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    assert publish(connect(fault_server())).message_id


def test_a_session_lends_its_client_certificate(fault_server, connect, authority, tmp_path):
    certificate = tmp_path / "client.pem"
    authority[0].issue_cert("client").private_key_and_cert_chain_pem.write_to_path(certificate)
    server = fault_server()
    server._context.verify_mode = ssl.CERT_REQUIRED
    server._context.load_verify_locations(authority[1])
    session = requests.Session()
    session.cert = str(certificate)
    session.verify = False  # not taken over
    assert publish(connect(server, session=session)).message_id
    session.cert = str(tmp_path / "none.pem")
    with pytest.raises(thingpost.InputError, match="client certificate"):
        connect(server, session=session)
