"""The machines that wheels are built for: what Zig, Python, Debian and qemu call them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Target:
    """A machine and its C library.

    Args:
        name: what the user types.
        zig: Zig's name, with the oldest glibc that is supported: manylinux2014's 2.17 where Zig has it.
        platform: Python's name (sysconfig.get_platform).
        debian: Debian's name of the architecture, whose Python runs the wheel; empty: it is not run.
        qemu: the emulator that runs that Python.
        has_cffi: whether PyPI has cffi for it; else it is run with Debian's cffi.
        has_emulator: whether PyPI has what the extra `emulator` needs.
    """

    name: str
    zig: str
    platform: str
    debian: str = ""
    qemu: str = ""
    has_cffi: bool = True
    has_emulator: bool = False

    @property
    def machine(self) -> str:
        """The processor, as Python and auditwheel name it."""
        return self.platform.partition("-")[2]

    @property
    def is_musl(self) -> bool:
        """Whether the C library is musl."""
        return "musl" in self.zig


TARGETS = {
    target.name: target
    for target in (
        Target("x86_64", "x86_64-linux-gnu.2.17", "linux-x86_64", "amd64", "qemu-x86_64", has_emulator=True),
        Target("aarch64", "aarch64-linux-gnu.2.17", "linux-aarch64", "arm64", "qemu-aarch64", has_emulator=True),
        Target("armv7l", "arm-linux-gnueabihf.2.17", "linux-armv7l", "armhf", "qemu-arm", has_cffi=False),
        Target("i686", "x86-linux-gnu.2.17", "linux-i686", "i386", "qemu-i386"),
        Target("riscv64", "riscv64-linux-gnu.2.31", "linux-riscv64", "riscv64", "qemu-riscv64", has_cffi=False),
        Target("s390x", "s390x-linux-gnu.2.17", "linux-s390x", "s390x", "qemu-s390x"),
        Target("ppc64le", "powerpc64le-linux-gnu.2.19", "linux-ppc64le", "ppc64el", "qemu-ppc64le", has_emulator=True),
        Target("x86_64-musl", "x86_64-linux-musl", "linux-x86_64"),
        Target("aarch64-musl", "aarch64-linux-musl", "linux-aarch64"),
    )
}
