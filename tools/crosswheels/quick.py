"""Runs the quick suite on a wheel: with this machine's Pythons, or with Debian's of another machine under qemu-user.

The suite runs in a folder that holds nothing else of the project, so that what is tested is the wheel.
"""

from __future__ import annotations

import os
import platform
import shutil
import sys
from typing import TYPE_CHECKING

from tools.crosswheels.build import ROOT, run

if TYPE_CHECKING:
    from pathlib import Path

    from tools.crosswheels.targets import Target

SUITE = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/quick")
WHAT_PYTHON = 'import platform, sys; print("%d.%d" % sys.version_info[:2], platform.libc_ver()[1])'


def quick_suite(target: Target, wheel: Path, work: Path) -> list[str]:
    """Run the suite on the target's wheel, in the folder `work`; return what it said, one line a Python.

    Raises:
        SystemExit: a test failed; what pytest wrote is printed.
    """
    for part in ("quick", "vectors"):
        shutil.copytree(ROOT / "tests" / part, work / "suite" / "tests" / part)
    if not target.debian:
        return [_skipped(f"there is no Python with musl to run {target.name} with")]
    if target.machine == platform.machine():
        return [
            _here(*line.split(maxsplit=1), target, wheel, work)
            for line in run(ROOT / "tools/interpreters.sh").splitlines()
        ]
    if not shutil.which(target.qemu):
        return [_skipped(f"{target.qemu} is not installed (Debian: qemu-user)")]
    return [_emulated(target, wheel, work)]


def _skipped(reason: str) -> str:
    """Say what was not run; where everything must run, stop."""
    if os.environ.get("CI") == "true":
        raise SystemExit(f"FAILED:  {reason}")
    return f"skipped: {reason}"


def _wanted(target: Target, wheel: Path) -> str:
    return f"{wheel}[emulator]" if target.has_emulator else str(wheel)


def _here(version: str, python: str, target: Target, wheel: Path, work: Path) -> str:
    environment = work / f"environment-{version}"
    run(python, "-m", "venv", environment)
    installed = environment / "bin" / "python"
    run(installed, "-m", "pip", "install", "-qq", "--disable-pip-version-check", _wanted(target, wheel), "pytest")
    return f"CPython {version}: {_last_line(run(installed, *SUITE, cwd=work / 'suite'))}"


def _emulated(target: Target, wheel: Path, work: Path) -> str:
    root = ROOT / "build" / "debian" / f"{os.environ.get('DEBIAN_RELEASE', 'trixie')}-{target.debian}"
    packages = ["python3", *([] if target.has_cffi else ["python3-cffi-backend"])]
    run(ROOT / "tools/unpack-debian.sh", target.debian, root, *packages)
    site = work / "site"
    environment = {**os.environ, "PYTHONHOME": str(root / "usr"), "PYTHONPATH": str(site)}
    (libc,) = root.glob("usr/lib/*/libc.so.6")  # whose loader would else find this machine's /etc/ld.so.cache
    (python,) = root.glob("usr/bin/python3.[0-9]*[0-9]")
    emulated = (target.qemu, "-L", root, "-E", f"LD_LIBRARY_PATH={libc.parent}", python)
    version, glibc = run(*emulated, "-c", WHAT_PYTHON, env=environment).split()
    tags = _tags(target, glibc)
    _install(version, tags, site, _wanted(target, wheel) if target.has_cffi else wheel, deps=target.has_cffi)
    _install(version, tags, site, "pytest", deps=True)
    output = run(*emulated, *SUITE, cwd=work / "suite", env=environment)
    return f"Debian's CPython {version} for {target.debian}: {_last_line(output)}"


def _tags(target: Target, glibc: str) -> list[str]:
    """Name the platforms whose wheels run with this glibc."""
    minors = range(int(glibc.partition(".")[2]), 16, -1)
    return [*(f"manylinux_2_{minor}_{target.machine}" for minor in minors), f"manylinux2014_{target.machine}"]


def _install(version: str, tags: list[str], site: Path, what: str | Path, *, deps: bool) -> None:
    """Install what that Python would, into a folder, with this machine's pip."""
    options = [option for tag in tags for option in ("--platform", tag)]
    options += ["--python-version", version, "--implementation", "cp", "--only-binary", ":all:", "--upgrade"]
    options += [] if deps else ["--no-deps"]
    run(sys.executable, "-m", "pip", "install", "-qq", "--disable-pip-version-check", *options, "--target", site, what)


def _last_line(output: str) -> str:
    return output.strip().splitlines()[-1]
