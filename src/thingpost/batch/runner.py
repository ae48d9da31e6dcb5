"""Run a batch: chunk by chunk, or in several threads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from thingpost._core import ffi, lib
from thingpost.batch.columns import CHUNK, Call
from thingpost.batch.lanes import find
from thingpost.batch.parts import run_parts
from thingpost.errors import InputError

if TYPE_CHECKING:
    from thingpost.batch.results import Result
    from thingpost.batch.rows import Batch

_MIN_ROWS_A_THREAD: Final = 8_192  # starting a thread takes as long as some hundred rows
_WHY: Final = {
    lib.TPOST_EMPTY_SECRET: "the secret is empty; copy the deviceSecret from the device's page of the platform's console",
    lib.TPOST_BAD_OFFSETS: "the offsets of one of its values are out of order, or beyond the data",
}
"""What C says about a row that is bad."""


def check_options(errors: str, threads: int, lanes: str | None) -> None:
    """Refuse what is no choice here; see `thingpost.sign_batch`."""
    if not isinstance(errors, str) or errors not in {"raise", "mask"}:
        raise InputError(f'errors={errors!r}: give "raise" or "mask"')
    if isinstance(threads, bool) or not isinstance(threads, int) or threads < 1:
        raise InputError(f"threads={threads!r}: give an int of 1 or more")
    find(lanes)


def run(batch: Batch, result: Result, *, errors: str, threads: int, lanes: str | None) -> Any:
    """Compute all rows and give the result's value; see `thingpost.sign_batch` for the arguments."""
    runner = _Runner(batch, result, find(lanes), bytearray(batch.count) if errors == "mask" else None)
    try:
        if batch.packed and result.in_callers_memory:
            runner.run_threads(min(threads, batch.count // _MIN_ROWS_A_THREAD))
        else:
            runner.run_chunks()
    except BaseException:
        result.wipe()
        raise
    finally:
        result.release()
    return result.value(runner.mask)


class _Runner:
    def __init__(self, batch: Batch, result: Result, lanes: Any, mask: bytearray | None) -> None:
        self._batch = batch
        self._result = result
        self._lanes = lanes
        self.mask = mask
        self._mask_buffer = None if mask is None else ffi.from_buffer("uint8_t[]", mask)

    def run_chunks(self) -> None:
        """Compute the rows in chunks that stay in the processor's cache."""
        call = Call()
        for start in range(0, self._batch.count, CHUNK):
            self._run(call, start, min(start + CHUNK, self._batch.count))

    def run_threads(self, threads: int) -> None:
        """Compute everything in one call of C, or one a thread."""
        count = self._batch.count
        if threads > 1:
            run_parts(
                lambda start, stop: self._run(Call(), start, stop), [count * i // threads for i in range(threads + 1)]
            )
        elif count > 0:
            self._run(Call(), 0, count)

    def _run(self, call: Call, start: int, stop: int) -> None:
        try:
            done = self._batch.fill(call, start, stop) and self._compute(call, start, stop)
        finally:
            call.release()
        if not done:
            # Something is special here: a value that is no text or contains a line break, rows with different names,
            # many names, a name that is refused.
            for row in range(start, stop):
                self._run_one(row)

    def _compute(self, call: Call, start: int, stop: int) -> bool:
        """Let C compute the rows. False: it leaves them to be done one by one."""
        mask = ffi.NULL if self._mask_buffer is None else self._mask_buffer + start
        status = self._result.compute(call, self._lanes, start, mask)
        if status in _WHY:
            raise InputError(f"row {start + call.bad_row[0]}: {_WHY[status]}")
        if status == lib.TPOST_OK:
            self._result.take(start, stop, self.mask)
        return bool(status == lib.TPOST_OK)

    def _run_one(self, row: int) -> None:
        try:
            value = self._batch.one(row)
        except InputError:
            if self.mask is None:
                raise
            self._result.put(row, None)
        else:
            self._result.put(row, value)
            if self.mask is not None:
                self.mask[row] = 1
