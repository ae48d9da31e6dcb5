"""Counts the instructions of signatures and batches with callgrind, and compares them with the committed figures.

Unlike times, counts do not depend on what else the machine does, so a slip of a few percent shows. Usage:

    bench/instructions.py [--compiler gcc] [--update]

Exit codes: 0 nothing grew by more than 3 %, or skipped with the reason; 1 something grew; under CI=true a skip is 1 too.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final, NoReturn

ROOT: Final = Path(__file__).resolve().parents[1]
COMMITTED: Final = Path(__file__).with_suffix(".json")
MOST_GROWTH: Final = 0.03


_NOT_EVERYWHERE: Final = "batch avx2"
"""What the CPU may lack that the count runs on: such a row is then left out."""


def main() -> None:
    """Count, compare, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--compiler", default="gcc", help="gcc or clang, or one of a version: gcc-12")
    parser.add_argument("--update", action="store_true", help="write the counts to the committed file")
    arguments = parser.parse_args()
    for tool in ("valgrind", "cmake", arguments.compiler):
        if shutil.which(tool) is None:
            _skip(f"{tool} is not installed")
    key = f"{_version(arguments.compiler)} {platform.machine()}"
    committed = json.loads(COMMITTED.read_text(encoding="ascii")) if COMMITTED.exists() else {}
    if key not in committed and not arguments.update:
        _skip(f"no figures are committed for {key}; --update writes them")
    counts = _counts(_driver(arguments.compiler))
    grown = _compare(key, counts, committed.get(key, {}))
    if arguments.update:
        committed[key] = counts
        COMMITTED.write_text(json.dumps(committed, indent=1, sort_keys=True) + "\n", encoding="ascii")
    elif grown:
        _end(f"more than {MOST_GROWTH:.0%} up, or missing: {', '.join(grown)}. If that is meant: --update", failed=True)


def _compare(key: str, counts: dict[str, int], committed: dict[str, int]) -> list[str]:
    """Print the table; give the names of what grew too much, or stands on one side only."""
    lines = [f"instructions, {key}", f"  {'':32}  {'now':>10}  {'committed':>10}  change"]
    grown = []
    for name in sorted({*counts, *committed}):
        now, then = counts.get(name), committed.get(name)
        change = "-" if now is None or then is None else f"{now / then - 1:+.2%}"
        lines.append(f"  {name:32}  {now or '-':>10}  {then or '-':>10}  {change}")
        if now is None and name.startswith(_NOT_EVERYWHERE):
            continue
        if now is None or then is None or now > then * (1 + MOST_GROWTH):
            grown.append(name)
    sys.stdout.write("\n".join(lines) + "\n")
    return grown


def _driver(compiler: str) -> Path:
    """Build csrc/bench/instructions.c and the library as a release is built."""
    build = ROOT / "build" / "instructions" / compiler
    configure = ["cmake", "-S", "csrc", "-B", str(build), "-DTPOST_BUILD_BENCH=ON", "-DTPOST_BUILD_TESTS=OFF"]
    _run([*configure, "-DCMAKE_BUILD_TYPE=Release", f"-DCMAKE_C_COMPILER={compiler}"])
    _run(["cmake", "--build", str(build), "--target", "thingpost_instructions"])
    return next(build.rglob("thingpost_instructions"))


def _counts(driver: Path) -> dict[str, int]:
    """Run the driver in callgrind, which dumps a file a case."""
    # glibc picks its memcpy by the CPU; without these it is the same on all of an architecture's.
    tunables = "glibc.cpu.hwcaps=-AVX2,-AVX2_Usable,-AVX512F,-ERMS,-FSRM,-AVX_Fast_Unaligned_Load"
    counts = {}
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out"
        command = ["valgrind", "--tool=callgrind", "--collect-atstart=no", f"--callgrind-out-file={out}", str(driver)]
        _run(command, {"GLIBC_TUNABLES": tunables})
        for dump in Path(folder).iterdir():
            text = dump.read_text(encoding="ascii", errors="replace")
            name = re.search(r"^desc: Trigger: Client Request: (.*)$", text, re.MULTILINE)
            total = re.search(r"^(?:totals|summary): (\d+)", text, re.MULTILINE)
            if name and total:
                counts[name[1]] = int(total[1])
    return counts


def _version(compiler: str) -> str:
    """Name the compiler and its major version."""
    macros = _run([compiler, "-dM", "-E", "-x", "c", os.devnull])
    families = (("clang", "__clang_major__"), ("gcc", "__GNUC__"))  # clang says that it is GCC, too
    versions = [(family, re.search(rf"#define {macro} (\d+)", macros)) for family, macro in families]
    name = next((f"{family}-{found[1]}" for family, found in versions if found), None)
    if name is None:
        _skip(f"{compiler} is neither GCC nor Clang")
    return name


def _run(command: list[str], environment: dict[str, str] | None = None) -> str:
    env = {**os.environ, **(environment or {})}
    result = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)  # noqa: S603 (our own)
    if result.returncode:
        _end(f"{' '.join(command)} failed:\n{result.stdout}{result.stderr}", failed=True)
    return result.stdout


def _skip(reason: str) -> NoReturn:
    _end(f"skipped: {reason}", failed=os.environ.get("CI") == "true")


def _end(message: str, *, failed: bool) -> NoReturn:
    (sys.stderr if failed else sys.stdout).write(f"instructions: {message}\n")
    sys.exit(int(failed))


if __name__ == "__main__":
    main()
