"""A certificate authority of the emulator's own, and the server's certificate. RSA, so that old suites work too."""

from __future__ import annotations

import atexit
import os
import shutil
import ssl
import tempfile
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import trustme

from thingpost.errors import InputError

from .state import read_private, write_private

__all__ = ["Authority", "process_authority", "server_context", "state_authority"]

_MODERN: Final = "ECDHE+AESGCM:ECDHE+CHACHA20:ECDHE+AES:DHE+AESGCM:DHE+CHACHA20:!aNULL:!eNULL:!aDSS:!SHA1"
_VENDOR: Final = "DEFAULT:@SECLEVEL=1"
"""What the vendor's older C clients need: key exchange by static RSA, CBC and SHA-1. Still TLS 1.2 at least."""


@dataclass
class Authority:
    """A certificate authority, and the file that clients are told to trust."""

    ca: trustme.CA = field(repr=False)
    ca_file: Path
    leaves: dict[tuple[str, ...], trustme.LeafCert] = field(default_factory=dict, repr=False)
    """Server certificates issued so far, by the names they stand for: making an RSA key takes 30 to 100 ms."""


_lock = threading.Lock()
if hasattr(os, "register_at_fork"):  # another thread may hold the lock just when a child is forked
    os.register_at_fork(after_in_child=lambda: globals().update(_lock=threading.Lock()))
_of_process: tuple[int, Authority] | None = None


def process_authority() -> Authority:
    """Give the one authority of this process, whose CA file lives in a temporary directory until the process ends.

    A forked child gets a file of its own, since the parent's goes away with the parent.
    """
    global _of_process  # noqa: PLW0603 (one a process is the point)
    with _lock:
        if _of_process is None or _of_process[0] != os.getpid():
            ca = _of_process[1].ca if _of_process else _new_ca()
            leaves = _of_process[1].leaves if _of_process else {}
            _of_process = (os.getpid(), Authority(ca, _temporary_ca_file(ca), leaves))
        return _of_process[1]


def state_authority(directory: Path) -> Authority:
    """Give the authority kept in a state directory, made there at the first call.

    Raises:
        InputError: the files cannot be read or written, or hold something else.
    """
    key_path = directory / "ca.key"  # key and certificate in one file, so that they can never be of two makes
    stored = read_private(key_path)
    if stored is None:
        ca = _new_ca()
        write_private(key_path, ca.private_key_pem.bytes() + ca.cert_pem.bytes())
    else:
        key, marker, certificate = stored.partition(b"-----BEGIN CERTIFICATE-----")
        try:
            ca = trustme.CA.from_pem(marker + certificate, key)
        except Exception:  # noqa: BLE001 (whatever the parser minds; its words might quote the key)
            raise InputError(f"{str(key_path)!r} is damaged; remove it to have a new authority made") from None
    ca_file = directory / "ca.pem"
    if read_private(ca_file) != ca.cert_pem.bytes():
        write_private(ca_file, ca.cert_pem.bytes())
    return Authority(ca, ca_file)


def server_context(authority: Authority, names: tuple[str, ...], *, vendor_clients: bool) -> ssl.SSLContext:
    """Make the server's TLS settings: TLS 1.2 at least, a certificate for these host names and addresses.

    Raises:
        InputError: a name cannot stand in a certificate.
    """
    with _lock:
        leaf = authority.leaves.get(names)
        if leaf is None:
            leaf = authority.leaves[names] = _issue(authority.ca, names)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(_VENDOR if vendor_clients else _MODERN)
    context.set_alpn_protocols(["http/1.1"])
    leaf.configure_cert(context)
    return context


def _new_ca() -> trustme.CA:
    return trustme.CA(organization_name="thingpost emulator", key_type=trustme.KeyType.RSA)


def _issue(ca: trustme.CA, names: tuple[str, ...]) -> trustme.LeafCert:
    try:
        return ca.issue_cert(
            *names,
            common_name=names[0][:64],  # RFC 5280's bound; old clients still look at it
            organization_name="thingpost emulator",
            key_type=trustme.KeyType.RSA,
        )
    except ValueError as error:  # idna.IDNAError is one
        raise InputError(f"no certificate can be made for {', '.join(names)}: {error}") from error


def _temporary_ca_file(ca: trustme.CA) -> Path:
    directory = Path(tempfile.mkdtemp(prefix="thingpost-emulator-"))  # 0700
    path = directory / "ca.pem"
    write_private(path, ca.cert_pem.bytes())
    _remove_at_exit(directory, os.getpid())
    return path


def _remove_at_exit(directory: Path, owner: int) -> None:
    def remove() -> None:
        if os.getpid() == owner:  # a forked child runs this too, and must leave the parent its file
            shutil.rmtree(directory, ignore_errors=True)

    atexit.register(remove)
