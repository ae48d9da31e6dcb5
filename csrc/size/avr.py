"""Runs a function of an AVR image on simavr, as processor.py does with unicorn for processors of 32 bits."""

from __future__ import annotations

import ctypes
import functools
import struct
import subprocess
from pathlib import Path
from typing import Final, TypeAlias

from elftools.elf.elffile import ELFFile

from . import machines
from .processor import MOST_INSTRUCTIONS, Cost, Long, Processor
from .rows import AVR

MODEL: Final = b"atmega1284p"
WORD: Final = 2  # bytes of an int, a size_t and a pointer
RAM: Final = 0x100  # after the registers
TOP: Final = 0x4100  # where RAM ends
ROOM: Final = 0x1800  # bytes of stack, of which the rest is data
RETURN: Final = 0x1_FF00  # in flash, where nothing is: the call ends there
DATA_SPACE: Final = 0x80_0000  # images have what goes to RAM from here on
SPL: Final = 0x5D  # the stack pointer, among input and output
FIRST_ARGUMENT: Final = 26  # registers below this one, down to:
LAST_ARGUMENT: Final = 8


def processor_with(machine: str, image: Path) -> AnyProcessor:
    """Give a processor of this machine with the image in its memory."""
    return AvrProcessor(image) if machine == AVR else Processor(machine, image)


@functools.lru_cache(maxsize=1)
def _simavr(folder: Path) -> ctypes.CDLL:
    """Compile avr.c and load it."""
    library = folder / "libavr.so"
    source = Path(__file__).with_name("avr.c")
    subprocess.run(["cc", "-O2", "-shared", "-fPIC", str(source), "-lsimavr", "-o", str(library)], check=True)  # noqa: S603, S607
    loaded = ctypes.CDLL(str(library))
    loaded.tpost_avr_new.restype = ctypes.c_void_p
    for name in ("tpost_avr_flash", "tpost_avr_data"):
        getattr(loaded, name).restype = ctypes.POINTER(ctypes.c_uint8)
        getattr(loaded, name).argtypes = [ctypes.c_void_p]
    loaded.tpost_avr_run.restype = ctypes.c_ulong
    loaded.tpost_avr_run.argtypes = [
        ctypes.c_void_p,
        ctypes.c_uint32,
        ctypes.c_uint32,
        ctypes.c_ulong,
        ctypes.POINTER(ctypes.c_uint32),
    ]
    return loaded


class AvrProcessor:
    """An image in memory; see `processor.Processor`."""

    word = WORD

    def __init__(self, image: Path) -> None:
        self._symbols = machines.symbols(image)
        self._simavr = _simavr(image.parent)
        self._avr = self._simavr.tpost_avr_new(MODEL)
        if not self._avr:
            raise SystemExit(f"size: simavr knows no {MODEL.decode()}")
        self._data = self._simavr.tpost_avr_data(self._avr)
        self._free = RAM
        self._top = TOP - 1
        self._load(image)

    def address(self, symbol: str) -> int:
        """Give the address of a method, which is in flash."""
        return self._symbols[symbol]

    def place(self, data: bytes) -> int:
        """Put bytes into memory; give their address."""
        address = self._free
        self._free += len(data)
        if self._free > TOP - ROOM:
            raise SystemExit("size: more data than an AVR has room for")
        self._write(address, data)
        return address

    def words(self, *words: int) -> int:
        """Put words into memory; give their address."""
        return self.place(struct.pack(f"<{len(words)}H", *words))

    def read(self, address: int, size: int) -> bytes:
        """Give what stands in memory."""
        return bytes(self._data[address : address + size])

    def call(self, function: str, *arguments: int, expected: int | None = 0, count: bool = True) -> Cost:
        """Call a function, which must return `expected` (None: anything). Arguments on the stack are the caller's.

        It is always counted, which takes no time here.

        Source: AVR-GCC's ABI, "Calling Convention": arguments take pairs of registers from r25 down to r8, and then all others the stack.
        """
        del count
        self._write(TOP - ROOM, bytes(ROOM))
        register = FIRST_ARGUMENT
        rest = b""
        for argument in arguments:
            size = 2 * WORD if isinstance(argument, Long) else WORD
            register -= size
            if register >= LAST_ARGUMENT:
                self._write(register, argument.to_bytes(size, "little"))
            else:
                register = 0
                rest += argument.to_bytes(size, "little")
        self._top = TOP - 1 - len(rest)
        self._write(self._top + 1, rest)
        # The return address, in words: the byte that was pushed first, the lower one, stands above the other.
        self._write(self._top - 1, (RETURN // 2).to_bytes(2, "big"))
        self._write(SPL, (self._top - 2).to_bytes(2, "little"))
        self._write(1, b"\0")  # r1 is zero between instructions that use it
        cost = self._run(self._symbols[function])
        result = int.from_bytes(self.read(24, WORD), "little")
        if expected is not None and result != expected:
            raise SystemExit(f"size: {function} returned {result}, not {expected}")
        return cost

    def left(self) -> bytes:
        """Give what the last call left on the stack below its caller."""
        return self.read(TOP - ROOM, self._top + 1 - (TOP - ROOM))

    def _run(self, start: int) -> Cost:
        lowest = ctypes.c_uint32()
        count = self._simavr.tpost_avr_run(self._avr, start, RETURN, MOST_INSTRUCTIONS, ctypes.byref(lowest))
        if count >= MOST_INSTRUCTIONS:
            raise SystemExit("size: a call does not end")
        if lowest.value <= TOP - ROOM:
            raise SystemExit("size: a call takes more stack than an AVR has room for")
        return Cost(count, self._top - lowest.value)

    def _write(self, address: int, data: bytes) -> None:
        ctypes.memmove(ctypes.addressof(self._data.contents) + address, data, len(data))

    def _load(self, image: Path) -> None:
        flash = self._simavr.tpost_avr_flash(self._avr)
        with image.open("rb") as file:
            for segment in ELFFile(file).iter_segments("PT_LOAD"):
                address, data = segment["p_vaddr"], segment.data()
                if address >= DATA_SPACE:
                    self._write(address - DATA_SPACE, data)
                    self._free = max(self._free, address - DATA_SPACE + segment["p_memsz"])
                else:
                    ctypes.memmove(ctypes.addressof(flash.contents) + address, data, len(data))


AnyProcessor: TypeAlias = "Processor | AvrProcessor"
