"""The device programs of csrc/examples, run against the local platform: with nothing of ours but the C core."""

import subprocess
from pathlib import Path

import pytest
from c_programs import build, missing
from fault_server import ACCEPTED, hang_up_after, http


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    if not Path("/usr/include/mbedtls/ssl.h").exists():
        missing("libmbedtls-dev")
    return build(
        tmp_path_factory.mktemp("c"),
        "examples/posix_mbedtls.c",
        flags=("-std=c99", "-D_POSIX_C_SOURCE=200809L", "-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Werror"),
        libraries=("-lmbedtls", "-lmbedx509", "-lmbedcrypto"),
    )


@pytest.fixture
def start(program):
    """Start the device pk/dn against a platform; its standard input and output are pipes."""
    processes = []

    def run(emulator, *, secret="secret", topic="/pk/dn/user/pub", ca_file=None, host="localhost"):
        port = emulator.url.rpartition(":")[2]
        arguments = [program, host, port, ca_file or emulator.ca_file, "pk", "dn", topic]
        process = subprocess.Popen(
            arguments,
            env={"THINGPOST_DEVICE_SECRET": secret},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        processes.append(process)
        return process

    yield run
    for process in processes:
        process.kill()
        process.communicate()


def test_it_signs_in_and_publishes(start, emulator):
    output, errors = start(emulator).communicate("first\nsecond\n\n", timeout=30)
    assert errors == ""
    assert [message.payload for message in emulator.messages] == [b"first", b"second", b""]
    ids = [message.message_id for message in emulator.messages]
    assert output == "signed in\n" + "".join(f"published as message {message_id}\n" for message_id in ids)
    assert emulator.auth_count == 1


@pytest.mark.parametrize("lose", ["expire_tokens", "revoke_tokens"])
def test_it_signs_in_anew_when_its_token_is_refused(start, emulator, lose):
    process = start(emulator)
    process.stdin.write("before\n")
    process.stdin.flush()
    emulator.wait_for_messages(1, timeout=30)
    getattr(emulator, lose)()
    output, errors = process.communicate("after\n", timeout=30)
    assert (process.returncode, errors) == (0, "")
    assert output.splitlines()[2] == "signed in"
    assert [message.payload for message in emulator.messages] == [b"before", b"after"]
    assert emulator.auth_count == 2


def test_a_wrong_secret_is_an_exit_code(start, emulator):
    process = start(emulator, secret="wrong")
    _, errors = process.communicate("x\n", timeout=30)
    assert process.returncode == 77
    assert "code 20000" in errors
    assert emulator.messages == []


def test_it_publishes_nothing_to_a_host_that_it_does_not_trust(start, emulator, authority):
    process = start(emulator, ca_file=authority[1])
    _, errors = process.communicate("x\n", timeout=30)
    assert process.returncode == 77
    assert "verification failed" in errors
    assert emulator.auth_count == 0


@pytest.mark.parametrize(("code", "exit_code"), [(10000, 76), (30001, 1)])
def test_a_refusal_and_an_unknown_delivery_are_told_apart(start, emulator, code, exit_code):
    process = start(emulator)
    process.stdin.write("before\n")
    process.stdin.flush()
    emulator.wait_for_messages(1, timeout=30)
    emulator.refuse_next(code)
    _, errors = process.communicate("after\n", timeout=30)
    assert process.returncode == exit_code
    assert f"code {code}" in errors


def test_a_reply_cut_short_is_an_unknown_delivery(start, fault_server, authority):
    server = fault_server(hang_up_after(http(ACCEPTED)[:-1]))
    process = start(server, ca_file=authority[1])
    _, errors = process.communicate("x\n", timeout=30)
    assert process.returncode == 76
    assert "not known" in errors
    assert server.paths() == ["/auth", "/topic/pk/dn/user/pub"]


def test_it_takes_chunks_and_a_connection_that_closes(start, fault_server, authority):
    body = b'{"code":0,"info":{"messageId":7}}'
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n%x\r\n%s\r\n0\r\n\r\n"
    server = fault_server(hang_up_after(chunked % (len(body), body)), http(ACCEPTED))
    output, errors = start(server, ca_file=authority[1]).communicate("x\ny\n", timeout=30)
    assert (errors, output.splitlines()[1:]) == (
        "",
        ["published as message 7", "published as message 892687627916247040"],
    )
    assert server.connections == 2
