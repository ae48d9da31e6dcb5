"""Runs a function of an image on an emulated processor, and counts its instructions and the stack below its caller."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

import unicorn
from elftools.elf.elffile import ELFFile
from unicorn import arm_const as arm
from unicorn import riscv_const as riscv

from . import machines
from .rows import M0, M4, RV32

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

PAGE: Final = 0x1000
RETURN: Final = 0x1000_0000  # where nothing is: the call ends there
DATA: Final = 0x2100_0000  # Cortex-M executes nothing from 0x4000_0000 on
STACK: Final = 0x2200_0000
ROOM: Final = 0x1_0000  # bytes of data, and of stack
MOST_INSTRUCTIONS: Final = 10_000_000


class Long(int):
    """An argument of 32 bits, on a machine whose words have 16."""


class Cost(NamedTuple):
    """What one call took."""

    instructions: int
    stack: int


@dataclass(frozen=True)
class Kind:
    """How a processor is emulated, and how its functions take arguments."""

    architecture: int
    mode: int
    model: int
    arguments: Sequence[int]
    stack: int
    counter: int
    link: int
    odd: int = 0
    """1 where the lowest bit of a function's address selects the instruction set"""


_THUMB = unicorn.UC_MODE_THUMB | unicorn.UC_MODE_MCLASS
_ARM_REGISTERS = (
    (arm.UC_ARM_REG_R0, arm.UC_ARM_REG_R1, arm.UC_ARM_REG_R2, arm.UC_ARM_REG_R3),
    arm.UC_ARM_REG_SP,
    arm.UC_ARM_REG_PC,
    arm.UC_ARM_REG_LR,
)
KINDS: Final = {
    M0: Kind(unicorn.UC_ARCH_ARM, _THUMB, arm.UC_CPU_ARM_CORTEX_M0, *_ARM_REGISTERS, odd=1),
    M4: Kind(unicorn.UC_ARCH_ARM, _THUMB, arm.UC_CPU_ARM_CORTEX_M4, *_ARM_REGISTERS, odd=1),
    RV32: Kind(
        unicorn.UC_ARCH_RISCV,
        unicorn.UC_MODE_RISCV32,
        riscv.UC_CPU_RISCV32_ANY,
        range(riscv.UC_RISCV_REG_A0, riscv.UC_RISCV_REG_A7 + 1),
        riscv.UC_RISCV_REG_SP,
        riscv.UC_RISCV_REG_PC,
        riscv.UC_RISCV_REG_RA,
    ),
}
"""The machines that unicorn emulates; all have 32 bits, lowest byte first. AVR is in avr.py."""


class Processor:
    """An image in memory. Data is placed once and never freed."""

    word = 4
    """Bytes of an int, a size_t and a pointer"""

    def __init__(self, machine: str, image: Path) -> None:
        self._kind = KINDS[machine]
        self._symbols = machines.symbols(image)
        self._emulator = unicorn.Uc(self._kind.architecture, self._kind.mode)
        self._emulator.ctl_set_cpu_model(self._kind.model)
        self._load(image)
        for address in (RETURN, DATA, STACK):
            self._emulator.mem_map(address, ROOM)
        self._free = DATA
        self._top = STACK + ROOM

    def address(self, symbol: str) -> int:
        """Give the address of a method."""
        return self._symbols[symbol]

    def place(self, data: bytes) -> int:
        """Put bytes into memory; give their address."""
        address = self._free
        self._emulator.mem_write(address, data)
        self._free += (len(data) + 7) // 8 * 8
        return address

    def words(self, *words: int) -> int:
        """Put 32-bit words into memory; give their address."""
        return self.place(struct.pack(f"<{len(words)}I", *words))

    def read(self, address: int, size: int) -> bytes:
        """Give what stands in memory."""
        return bytes(self._emulator.mem_read(address, size))

    def call(self, function: str, *arguments: int, expected: int | None = 0, count: bool = True) -> Cost:
        """Call a function, which must return `expected` (None: anything). Arguments on the stack are the caller's.

        Without counting, which gives no cost, it is five times as fast.
        """
        registers = self._kind.arguments
        rest = arguments[len(registers) :]
        self._emulator.mem_write(STACK, bytes(ROOM))
        self._top = top = STACK + ROOM - (4 * len(rest) + 15) // 16 * 16
        self._emulator.mem_write(top, struct.pack(f"<{len(rest)}I", *rest))
        for register, argument in zip(registers, arguments, strict=False):
            self._emulator.reg_write(register, argument)
        self._emulator.reg_write(self._kind.stack, top)
        self._emulator.reg_write(self._kind.link, RETURN | self._kind.odd)
        start = self._symbols[function] | self._kind.odd
        cost = self._count(start, top) if count else Cost(0, 0)
        if not count:
            self._run(start)
        result = self._emulator.reg_read(registers[0])
        if expected is not None and result != expected:
            raise SystemExit(f"size: {function} returned {result}, not {expected}")
        return cost

    def left(self) -> bytes:
        """Give what the last call left on the stack below its caller."""
        return self.read(STACK, self._top - STACK)

    def _count(self, start: int, top: int) -> Cost:
        count = 0
        lowest = top

        def step(emulator: unicorn.Uc, _address: int, _size: int, _data: object) -> None:
            nonlocal count, lowest
            count += 1
            lowest = min(lowest, emulator.reg_read(self._kind.stack))

        hook = self._emulator.hook_add(unicorn.UC_HOOK_CODE, step)
        self._run(start)
        self._emulator.hook_del(hook)
        return Cost(count, top - lowest)

    def _run(self, start: int) -> None:
        self._emulator.emu_start(start, RETURN, count=MOST_INSTRUCTIONS)
        if self._emulator.reg_read(self._kind.counter) != RETURN:
            raise SystemExit("size: a call does not end")

    def _load(self, image: Path) -> None:
        with image.open("rb") as file:
            for segment in ELFFile(file).iter_segments("PT_LOAD"):
                first = segment["p_vaddr"] // PAGE * PAGE
                end = -(-(segment["p_vaddr"] + segment["p_memsz"]) // PAGE) * PAGE
                if end > first:
                    self._emulator.mem_map(first, end - first)
                    self._emulator.mem_write(segment["p_vaddr"], segment.data())
