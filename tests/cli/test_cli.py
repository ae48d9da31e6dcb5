"""The command line, as a user types it: real processes, a real local platform, exit codes that scripts test."""

import base64
import contextlib
import json
import os
import re
import subprocess
import sys

import pytest
from cli_process import SECRET, THINGPOST

import thingpost

# ---- publish ----


def test_publish_takes_the_payload_from_argument_file_or_standard_input(run, emulator, tmp_path):
    (tmp_path / "payload").write_bytes(b"\0file")
    for arguments, stdin in [
        (["text"], b""),
        (["--file", str(tmp_path / "payload")], b""),
        ([], b"in"),
        (["--file", "-"], b"-"),
    ]:
        result = run("publish", "user/pub", *arguments, stdin=stdin)
        assert result.returncode == 0, result.err
        assert re.fullmatch(r"published \d bytes? to /pk/dn/user/pub as message \d+\n", result.out)
    assert [message.payload for message in emulator.messages] == [b"text", b"\0file", b"in", b"-"]


def test_publish_prints_json_for_scripts(run, emulator):
    receipt = json.loads(run("publish", "/pk/dn/user/pub", "text", "--json").out)
    assert receipt == {
        "message_id": emulator.messages[0].message_id,
        "topic": "/pk/dn/user/pub",
        "size": 4,
        "attempts": 1,
    }


def test_publish_reads_one_message_a_line_in_order(run, emulator, tmp_path):
    lines = [
        {"topic": "user/a", "payload": "text \u00fc"},
        {"topic": "/pk/dn/user/b", "json": {"t": 21.5, "n": None}},
        {"base64": base64.b64encode(b"\0\xff").decode()},
        {"json": None},
    ]
    source = tmp_path / "lines"
    source.write_text("\n".join(map(json.dumps, lines)) + "\n\n", encoding="utf-8")
    result = run("publish", "user/default", "--json-lines", "--file", str(source), "--json")
    assert result.returncode == 0, result.err
    assert "4 published, 0 failed" in result.err
    receipts = [json.loads(line) for line in result.out.splitlines()]
    assert [receipt["line"] for receipt in receipts] == [1, 2, 3, 4]
    assert [(message.topic, message.payload) for message in emulator.messages] == [
        ("/pk/dn/user/a", "text \u00fc".encode()),
        ("/pk/dn/user/b", b'{"t":21.5,"n":null}'),
        ("/pk/dn/user/default", b"\0\xff"),
        ("/pk/dn/user/default", b"null"),
    ]
    assert [receipt["message_id"] for receipt in receipts] == [message.message_id for message in emulator.messages]


BAD_LINES = [
    (b"{", "not valid JSON"),
    (b"\xff", "not valid JSON"),
    (b"[]", "not a JSON object"),
    (b'{"topic":"user/a"}', "no payload"),
    (b'{"topic":"user/a","payload":"x","json":1}', "payload and json"),
    (b'{"topic":"user/a","payload":"x","qos":1}', "unknown member 'qos'"),
    (b'{"topic":"user/a","payload":5}', "not a text"),
    (b'{"topic":"user/a","base64":"!"}', "not base64"),
    (b'{"topic":"user/a","json":NaN}', "not valid JSON"),
    (b'{"topic":"user/a","payload":"x","payload":"y"}', "not valid JSON"),
    (b'{"payload":"x"}', "no topic"),
    (b'{"topic":"user/#","payload":"x"}', "level"),
    (b'{"topic":5,"payload":"x"}', "must be str"),
    (b'{"topic":"user/a","payload":"\\ud800"}', "lone surrogate"),
    (b'{"topic":"user/a","json":' + b"[" * 100_000 + b"}", "nested too deeply|not valid JSON"),
]


@pytest.mark.parametrize(("line", "message"), BAD_LINES, ids=range(len(BAD_LINES)))
def test_a_bad_line_is_named_and_stops_the_rest(run, emulator, line, message):
    good = b'{"topic":"user/a","payload":"good"}\n'
    result = run("publish", "--json-lines", stdin=good + line + b"\n" + good)
    assert result.returncode == 2
    assert re.search(f"thingpost: line 2: .*({message})", result.err)
    assert "1 published, 1 failed" in result.out
    assert emulator.message_count == 1


def test_keep_going_goes_on_after_a_bad_line(run, emulator):
    good = b'{"topic":"user/a","payload":"good"}\n'
    result = run("publish", "--json-lines", "--keep-going", "--json", stdin=good + b"bad\n" + good)
    assert result.returncode == 1
    assert [json.loads(line).get("error") for line in result.out.splitlines()] == [None, "InputError", None]
    assert emulator.message_count == 2


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["user/pub", "text", "--json-lines"],
        ["user/pub", "text", "--file", "-"],
        ["user/pub", "text", "--keep-going"],
        ["user/pub", "text", "--secret", "x"],
        ["user/pub", "text", "--timeout", "soon"],
        ["user/pub", "text", "--timeout", "0"],
        ["user/#", "text"],
        ["user/pub", "--file", "/no/such/file"],
        ["user/pub", "text", "--endpoint", "http://127.0.0.1"],
        ["user/pub", "text", "--ca-file", "/no/such/file"],
        ["user/pub", "text", "--secret-file", "/no/such/file"],
    ],
)
def test_wrong_usage_exits_with_2_and_sends_nothing(run, emulator, arguments):
    result = run("publish", *arguments)
    assert result.returncode == 2
    assert result.err
    assert emulator.auth_count == 0


def test_exit_codes_tell_scripts_what_to_do(run, emulator):
    emulator.refuse_next(40000, retry_after=60)
    assert run("publish", "user/pub", "x").returncode == 75
    assert run("publish", "user/pub", "x", "--timeout", "2", THINGPOST_ENDPOINT="https://127.0.0.1:1").returncode == 75
    assert run("publish", "user/pub", "x", THINGPOST_DEVICE_SECRET="wrong").returncode == 77
    assert run("publish", "user/pub", "x", THINGPOST_DEVICE_SECRET=None).returncode == 2
    assert run("publish", "user/pub", "x", THINGPOST_CA_FILE=None).returncode == 1


def test_delivery_unknown_exits_with_76(run, emulator):
    emulator.refuse_next(10000)
    result = run("publish", "user/pub", "x")
    assert result.returncode == 76
    assert "not known whether" in result.err
    emulator.refuse_next(10000)
    assert run("publish", "user/pub", "x", "--resend-unknown").returncode == 0


# ---- auth and sign ----


def test_auth_says_until_when_and_shows_the_token_only_when_asked(run):
    result = run("auth")
    assert result.returncode == 0
    assert re.search(r"signed in +pk/dn", result.out)
    assert not re.search("[0-9a-f]{32}", result.out)
    assert "token" not in json.loads(run("auth", "--json").out)
    assert re.fullmatch("[0-9a-f]{32}", json.loads(run("auth", "--json", "--show-token").out)["token"])


def test_the_secret_may_come_from_a_file(run, tmp_path):
    (tmp_path / "key").write_text(SECRET + "\n")
    path = str(tmp_path / "key")
    assert run("auth", "--secret-file", path, THINGPOST_DEVICE_SECRET=None).returncode == 0
    assert run("auth", THINGPOST_SECRET_FILE=path, THINGPOST_DEVICE_SECRET=None).returncode == 0
    result = run("auth", THINGPOST_SECRET_FILE=path)
    assert result.returncode == 2
    assert "both set" in result.err


def test_sign_prints_content_and_signature(run):
    result = run(
        "sign",
        "--client-id",
        "12345",
        "--timestamp",
        "789",
        "--device-name",
        "device",
        "--json",
        THINGPOST_DEVICE_SECRET="secret",
    )
    assert json.loads(result.out) == {
        "params": {"productKey": "pk", "deviceName": "device", "clientId": "12345", "timestamp": "789"},
        "content": "clientId12345deviceNamedeviceproductKeypktimestamp789",
        "signmethod": "hmacsha1",
        "sign": "FAFD82A3D602B37FB0FA8B7892F24A477F851A14",
    }
    plain = run("sign", "--timestamp", "none", "--param", "zone=7=8", "--sign-method", "hmacmd5").out
    assert "clientIdpk.dndeviceNamedn" in plain
    assert "zone7=8" in plain
    expected = thingpost.sign(
        SECRET, {"clientId": "pk.dn", "deviceName": "dn", "productKey": "pk", "zone": "7=8"}, "hmacmd5"
    )
    assert expected in plain


@pytest.mark.parametrize("param", ["zone", "=1", "clientId=1"])
def test_sign_refuses_a_param_that_it_cannot_take(run, param):
    assert run("sign", "--param", param).returncode == 2
    assert run("sign", "--param", "a=1", "--param", "a=2").returncode == 2


# ---- The whole ----


def test_help_is_there_for_every_command(run):
    for arguments in ([], ["demo"], ["sign"], ["auth"], ["publish"], ["emulator"], ["bench"]):
        assert run(*arguments, "--help").out.startswith("Usage: ")
    assert thingpost.__version__ in run("--version").out


def test_help_loads_no_network_library():
    code = (
        "import sys\nsys.argv = ['thingpost', '--help']\n"
        "from thingpost.cli import main\n"
        "try: main()\nexcept SystemExit: pass\nprint(*sys.modules)"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert {"requests", "ssl", "aiohttp", "rich", "thingpost._core"}.isdisjoint(loaded)


@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo-terminals")
def test_on_a_terminal_lines_are_published_with_a_progress_bar(environment, emulator, tmp_path):
    import pty  # noqa: PLC0415 (not on Windows)

    pytest.importorskip("rich")
    source = tmp_path / "lines"
    source.write_text('{"topic":"user/a","payload":"x"}\n' * 400)
    shown, terminal = pty.openpty()
    process = subprocess.Popen(
        [*THINGPOST, "publish", "--json-lines", "--file", str(source)],
        env={**environment, "TERM": "xterm"},
        stdout=subprocess.PIPE,
        stderr=terminal,
    )
    os.close(terminal)
    output = b""
    with contextlib.suppress(OSError):  # the terminal's other end is closed
        while True:
            output += os.read(shown, 4096)
    assert process.communicate()[0] == b"400 published, 0 failed\n"
    assert b"messages" in output
    assert emulator.message_count == 400
