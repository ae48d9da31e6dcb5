"""On what the figures were taken: what is needed to judge them, and nothing that names the machine or its user."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import ssl
import sys
import sysconfig
from pathlib import Path
from typing import Any

import thingpost
from thingpost.bench.peers import PEERS


def describe() -> dict[str, Any]:
    """Give machine and versions."""
    lanes = thingpost.lanes()
    return {
        "cpu": _cpu(),
        "architecture": platform.machine(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "system": _system(),
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "gil": not sysconfig.get_config_var("Py_GIL_DISABLED") or getattr(sys, "_is_gil_enabled", lambda: True)(),
        "openssl": ssl.OPENSSL_VERSION,
        "thingpost": thingpost.__version__,
        "lanes": {"name": lanes.name, "width": lanes.width, "reason": lanes.reason, "available": list(lanes.available)},
        "peers": {name: version for name in PEERS if (version := _version(name)) is not None},
    }


def _cpu() -> str:
    """Give the CPU's model; the platform module knows it only on some systems."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    for line in lines:
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return platform.processor() or platform.machine()


def _system() -> str:
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):
        return f"{platform.system()} {platform.release()}"


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None
