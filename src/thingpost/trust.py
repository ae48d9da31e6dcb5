"""Which certificate authorities are trusted: the operating system's, or those of one file. Never an environment variable.

requests brings a bundle of its own, and OpenSSL reads SSL_CERT_FILE and SSL_CERT_DIR: neither is used. Contexts verify the
certificate and the host name, and speak TLS 1.2 or newer.
"""

from __future__ import annotations

import os
import re
import ssl
import sys
from functools import cache
from pathlib import Path
from typing import Any, Final

from thingpost import forks
from thingpost.errors import CertificateError, InputError

# Where systems keep their bundle, for a Python whose OpenSSL was compiled for another place.
_BUNDLES: Final = (
    "/etc/ssl/certs/ca-certificates.crt",  # Debian, Ubuntu, Alpine, Arch
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",  # Fedora, RHEL
    "/etc/pki/tls/certs/ca-bundle.crt",  # older RHEL, CentOS
    "/etc/ssl/ca-bundle.pem",  # SUSE
    "/etc/ssl/cert.pem",  # BSD, OpenWrt
)
_HASHED_NAME: Final = re.compile(r"[0-9a-f]{8}\.[0-9]+")


def context_for(ca_file: str | os.PathLike[str] | None, client_certificate: Any = None) -> ssl.SSLContext:
    """Give the TLS context that trusts `ca_file` (PEM), or the operating system's store where it is None.

    Args:
        ca_file: a PEM file of certificate authorities.
        client_certificate: as requests has it: a PEM file with certificate and key, or a pair of files; None for none.

    Raises:
        InputError: a file cannot be read, or does not hold what it should.
        CertificateError: the operating system's store is empty.
    """
    with forks.put_off():
        if client_certificate is None and ca_file is None:
            return system_context()
        context = _new_system_context() if ca_file is None else _file_context(ca_file)
        if client_certificate is not None:
            _load_client_certificate(context, client_certificate)
        return context


@cache
def system_context() -> ssl.SSLContext:
    """Give the context that trusts the operating system's store; made once a process, since loading takes 20 ms."""
    return _new_system_context()


if hasattr(os, "register_at_fork"):
    # OpenSSL locks a context while it uses it; a lock that a thread of the parent held would stay held in a child.
    os.register_at_fork(after_in_child=system_context.cache_clear)


def _new_system_context() -> ssl.SSLContext:
    if sys.platform in {"win32", "darwin"}:
        import truststore  # noqa: PLC0415 (only there is it installed)

        context: ssl.SSLContext = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    else:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        if not _load_system_store(context):
            raise CertificateError(
                "this system has no certificate authorities to trust; install its ca-certificates package "
                "(apt-get install ca-certificates) or name a PEM file with ca_file="
            )
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _load_system_store(context: ssl.SSLContext) -> bool:
    """Load from where OpenSSL was compiled to look, else from where systems are known to keep their bundle."""
    compiled_in = ssl.get_default_verify_paths()
    loaded = _load_file(context, compiled_in.openssl_cafile)
    if _has_hashed_certificates(compiled_in.openssl_capath):
        context.load_verify_locations(capath=compiled_in.openssl_capath)
        loaded = True
    return loaded or any(_load_file(context, bundle) for bundle in _BUNDLES)


def _load_file(context: ssl.SSLContext, path: str) -> bool:
    try:
        context.load_verify_locations(cafile=path)
    except OSError:  # ssl.SSLError is one
        return False
    return bool(context.cert_store_stats()["x509_ca"])


def _has_hashed_certificates(directory: str) -> bool:
    try:
        return any(_HASHED_NAME.fullmatch(name) for name in os.listdir(directory))  # noqa: PTH208 (names, not paths)
    except OSError:
        return False


def _file_context(ca_file: str | os.PathLike[str]) -> ssl.SSLContext:
    path = Path(ca_file)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_verify_locations(cafile=path)
    except ssl.SSLError:
        reason = "it holds no PEM certificate"
    except OSError as error:
        reason = error.strerror or type(error).__name__
    except ValueError as error:
        reason = str(error)  # a NUL character
    else:
        return context
    raise InputError(f"ca_file {str(path)!r} cannot be used: {reason}; give a PEM file of the authorities to trust")


def _load_client_certificate(context: ssl.SSLContext, client_certificate: Any) -> None:
    certificate, key = (client_certificate, None) if isinstance(client_certificate, str) else client_certificate
    try:
        context.load_cert_chain(certificate, key)
    except OSError as error:  # ssl.SSLError is one
        reason = error.strerror or type(error).__name__
    else:
        return
    raise InputError(f"the client certificate {certificate!r} cannot be used: {reason}")
