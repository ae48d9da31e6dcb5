"""Who gets to see credentials: trust, redirects, logs; real TLS, real sockets."""

import os
import socket
import subprocess
import sys
import threading

import fault_server as fault
import pytest
from fault_server import http
from transport_calls import publish, unknown

import thingpost
from thingpost import trust


@pytest.mark.parametrize(
    "status", ["301 Moved Permanently", "302 Found", "303 See Other", "307 Temporary Redirect", "308 X"]
)
def test_redirects_are_not_followed(fault_server, connect, status):
    elsewhere = fault_server()
    redirect = http(b"", status, [f"Location: {elsewhere.url}/topic/pk/dn/user/pub"])
    unknown(connect(fault_server(redirect)), thingpost.ProtocolError)
    with pytest.raises(thingpost.ProtocolError, match="redirect"):
        connect(fault_server(redirect, auth=False)).authenticate()
    assert elsewhere.connections == 0


def test_a_certificate_of_an_unknown_authority_is_refused_and_nothing_is_sent(fault_server):
    server = fault_server()
    device = thingpost.Device("pk", "dn", "secret", endpoint=server.url)
    with pytest.raises(thingpost.CertificateError, match="ca_file="):
        publish(device)
    assert server.requests == []
    assert server.connections == 1


def test_a_certificate_for_another_host_is_refused(fault_server, connect):
    server = fault_server(names=["platform.test"])
    with pytest.raises(thingpost.CertificateError, match=r"127\.0\.0\.1"):
        publish(connect(server))
    assert server.requests == []


def test_a_server_without_tls_gets_no_credentials(authority):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        received = []

        def serve():
            connection, _ = listener.accept()
            received.append(connection.recv(4096))
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            connection.close()

        thread = threading.Thread(target=serve)
        thread.start()
        url = f"https://127.0.0.1:{listener.getsockname()[1]}"
        device = thingpost.Device(
            "pk", "dn", "secret", endpoint=url, ca_file=authority[1], retry=thingpost.Retry(attempts=1)
        )
        with pytest.raises(thingpost.ConnectError):
            publish(device)
        thread.join()
    assert b"deviceName" not in received[0]


def test_ca_variables_of_the_environment_are_not_used(fault_server, authority):
    """REQUESTS_CA_BUNDLE and the like would let whoever sets them choose whom to trust."""
    server = fault_server()
    code = (
        "import thingpost\n"
        "try:\n"
        f"    thingpost.Device('pk', 'dn', 's', endpoint={server.url!r}).authenticate()\n"
        "except thingpost.CertificateError:\n"
        "    print('refused')\n"
    )
    names = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")
    environment = {**os.environ, **dict.fromkeys(names, authority[1])}
    result = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert result.stdout == "refused\n", result.stderr


def test_netrc_is_not_read(fault_server, connect, tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("default login someone password hush\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    server = fault_server()
    publish(connect(server))
    assert all("Authorization" not in headers for _, headers, _ in server.requests)


@pytest.mark.parametrize("content", [None, b"", b"no certificate"])
def test_a_ca_file_that_cannot_be_used_is_refused_at_once(tmp_path, content):
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(thingpost.InputError, match=r"ca\.pem.*cannot be used"):
        thingpost.Client(ca_file=path)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the operating system itself verifies")
def test_an_empty_system_store_names_the_package_and_the_argument(monkeypatch, tmp_path):
    class Nowhere:
        openssl_cafile = openssl_capath = str(tmp_path)

    monkeypatch.setattr(trust.ssl, "get_default_verify_paths", Nowhere)
    monkeypatch.setattr(trust, "_BUNDLES", (str(tmp_path / "none"),))
    trust.system_context.cache_clear()
    with pytest.raises(thingpost.CertificateError, match=r"ca-certificates.*ca_file="):
        thingpost.Client()


def test_the_system_store_is_loaded_once_a_process():
    assert trust.context_for(None) is trust.context_for(None)


def test_a_header_that_echoes_the_token_is_not_logged(fault_server, connect, caplog):
    echo = b"HTTP/1.1 200 OK\r\nno colon\r\npassword: " + b"t" * 32 + b"\r\nContent-Length: 0\r\n\r\n"
    unknown(connect(fault_server(echo)), thingpost.ProtocolError)
    assert "t" * 32 not in caplog.text


def test_no_token_stands_in_an_error_or_its_causes(fault_server, connect):
    for step in (
        fault.hang_up,
        fault.reset,
        http(b"t" * 32),
        fault.hang_up_after(b"HTTP/1.1 200 OK\r\nX: " + b"t" * 32),
    ):
        with pytest.raises(thingpost.DeliveryUnknown) as caught:
            publish(connect(fault_server(step)))
        error = caught.value
        while error is not None:
            assert "t" * 32 not in repr(error) + str(error)
            assert not hasattr(error, "request")  # requests' errors carry the request along, and so the token
            error = error.__cause__ or error.__context__
