"""What an emulator keeps in a directory, and devices that are read from files."""

from __future__ import annotations

import json
import stat
import sys
from pathlib import Path

import pytest
from emulator_process import connects, posix
from emulator_wire import DN, PK, Wire

from thingpost.emulator import EmulatedDevice, Emulator, load_devices
from thingpost.errors import InputError

# ---- State ----


@posix
def test_authority_and_devices_live_on_in_the_state_directory(tmp_path):
    state = tmp_path / "deep" / "state"
    with Emulator({(PK, DN): None}, state=state) as emulator:
        secret = emulator.add_device(PK, "added")
        emulator.add_device(PK, "gone")
        emulator.remove_device(PK, "gone")
        first = emulator.device
        authority = Path(emulator.ca_file).read_bytes()
    assert stat.S_IMODE(state.stat().st_mode) == 0o700
    assert {p.name: stat.S_IMODE(p.stat().st_mode) for p in state.iterdir()} == {
        "ca.key": 0o600,
        "ca.pem": 0o600,
        "devices.json": 0o600,
    }
    with Emulator(state=state) as emulator, Wire(emulator) as wire:
        assert Path(emulator.ca_file).read_bytes() == authority
        assert emulator.ca_file == str(state / "ca.pem")
        assert emulator.devices == (first, EmulatedDevice(PK, "added", secret))
        assert wire.auth(secret=secret, deviceName="added").code == 0
    with Emulator({(PK, "new"): "n", (PK, "added"): None, (PK, DN): "other"}, state=state) as emulator:
        assert [d.credentials for d in emulator.devices] == [(PK, "new", "n"), (PK, "added", secret), (PK, DN, "other")]
        assert Path(emulator.ca_file).read_bytes() == authority
    assert list(Emulator(state=state).devices) == list(emulator.devices)


@posix
def test_a_directory_that_was_there_keeps_its_mode(tmp_path):
    tmp_path.chmod(0o755)
    Emulator(state=tmp_path)
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o755


def test_a_lost_ca_pem_is_written_again(tmp_path):
    with Emulator(state=tmp_path) as emulator:
        authority = Path(emulator.ca_file).read_bytes()
    (tmp_path / "ca.pem").unlink()
    with Emulator(state=tmp_path) as emulator:
        assert Path(emulator.ca_file).read_bytes() == authority


@pytest.mark.parametrize("damage", [b"", b"rubbish", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_damaged_state_is_an_input_error_and_is_left_as_it_is(tmp_path, damage):
    (tmp_path / "ca.key").write_bytes(damage)
    with pytest.raises(InputError, match="damaged; remove it"):
        Emulator(state=tmp_path).start()
    assert (tmp_path / "ca.key").read_bytes() == damage
    (tmp_path / "devices.json").write_bytes(damage)
    with pytest.raises(InputError, match=r"devices\.json"):
        Emulator(state=tmp_path)


def test_a_state_that_can_be_neither_read_nor_written_is_an_input_error(tmp_path):
    (tmp_path / "a" / "ca.key").mkdir(parents=True)
    with pytest.raises(InputError, match=r"cannot read .*ca\.key"):
        Emulator(state=tmp_path / "a").start()
    emulator = Emulator(state=tmp_path / "b")
    (tmp_path / "b" / "devices.json").unlink()
    (tmp_path / "b").rmdir()
    with pytest.raises(InputError, match=r"cannot write .*devices\.json"):
        emulator.add_device(PK, DN)
    (tmp_path / "c" / "ca.pem").mkdir(parents=True)
    with pytest.raises(InputError, match=r"ca\.pem"):
        Emulator(state=tmp_path / "c").start()


def test_a_server_that_cannot_start_says_why_and_leaves_the_port(monkeypatch):
    import thingpost.emulator.server as module  # noqa: PLC0415 (after the check that importing is light)

    def fail(*_):
        raise RuntimeError("no loop today")

    emulator = Emulator()
    with monkeypatch.context() as patch:
        patch.setattr(module, "_Server", fail)
        with pytest.raises(RuntimeError, match="no loop today"):
            emulator.start()
    with emulator:
        assert connects(emulator)


def test_a_file_in_the_place_of_the_state_directory_is_an_input_error(tmp_path):
    (tmp_path / "state").write_text("")
    with pytest.raises(InputError, match="state directory"):
        Emulator(state=tmp_path / "state")


# ---- Devices from files ----

FILES = {
    "d.json": json.dumps(
        {
            "devices": [
                {"product_key": PK, "device_name": DN, "device_secret": "é"},
                {"product_key": PK, "device_name": "x"},
            ]
        }
    ),
    "d.toml": f'[[devices]]\nproduct_key="{PK}"\ndevice_name="{DN}"\ndevice_secret="é"\n[[devices]]\nproduct_key="{PK}"\ndevice_name="x"\n',
}


@pytest.mark.parametrize("name", FILES)
def test_devices_are_read_from_a_file(tmp_path, name):
    if name.endswith(".toml") and sys.version_info < (3, 11):
        pytest.importorskip("tomli")
    path = tmp_path / name
    path.write_text(FILES[name], "utf-8")
    assert load_devices(path) == {(PK, DN): "é", (PK, "x"): None}
    for argument in (path, str(path)):
        devices = Emulator(argument).devices
        assert devices[0].credentials == (PK, DN, "é")
        assert len(devices[1].secret) == 32


def test_toml_without_a_reader_says_what_to_install(tmp_path, monkeypatch):
    path = tmp_path / "d.toml"
    path.write_text(FILES["d.toml"], "utf-8")
    monkeypatch.setitem(sys.modules, "tomllib", None)
    monkeypatch.setitem(sys.modules, "tomli", None)
    with pytest.raises(InputError, match="pip install tomli"):
        load_devices(path)


ENTRY = {"product_key": PK, "device_name": DN, "device_secret": "hush-hush"}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "not valid JSON"),
        ("[" * 100_000, "not valid JSON"),
        ("[]", "no list of devices"),
        ("{}", "no list of devices"),
        ('{"devices": {}}', "no list of devices"),
        ('{"devices": [1]}', "device 1"),
        (json.dumps({"devices": [{**ENTRY, "secret": "hush-hush"}]}), "unknown 'secret'"),
        (json.dumps({"devices": [{"product_key": PK}]}), "device name None is refused"),
        (json.dumps({"devices": [{**ENTRY, "device_name": "a b"}]}), "'a b' is refused"),
        (json.dumps({"devices": [{**ENTRY, "device_secret": ""}]}), "must not be empty"),
        (json.dumps({"devices": [{**ENTRY, "device_secret": 5}]}), "must be text"),
        (json.dumps({"devices": [ENTRY, ENTRY]}), "device 2 .* twice"),
        (json.dumps({"devices": [ENTRY]})[:-1] + ",", r"not valid JSON \(line 1\)"),
    ],
)
def test_a_file_that_holds_something_else_is_an_input_error_without_its_secrets(tmp_path, content, said):
    path = tmp_path / "d.json"
    path.write_text(content)
    with pytest.raises(InputError, match=said) as caught:
        Emulator(path)
    assert "hush" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_file_that_cannot_be_read_is_an_input_error(tmp_path):
    for path in (tmp_path, tmp_path / "missing.json"):
        with pytest.raises(InputError, match="cannot read devices"):
            Emulator(path)
    (tmp_path / "d.json").write_bytes(b"\xff")
    with pytest.raises(InputError, match="UTF-8"):
        Emulator(tmp_path / "d.json")
