"""The pytest fixture `iot_emulator`, found by pytest through an entry point.

Loading this module imports nothing but pytest: the emulator comes in with the first test that uses the fixture.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from thingpost.emulator import Emulator

__all__ = ["iot_emulator"]


@pytest.fixture
def iot_emulator() -> Iterator[Emulator]:
    """A running `thingpost.emulator.Emulator` of the test's own, with one device provisioned.

    `iot_emulator.credentials` are the device's, ready for
    `thingpost.Device(*iot_emulator.credentials, endpoint=iot_emulator.url, ca_file=iot_emulator.ca_file)`;
    `iot_emulator.messages` is what arrived.
    """
    missing = None
    try:
        from thingpost.emulator import Emulator  # noqa: PLC0415 (not before the fixture is used)
    except ImportError as error:
        missing = str(error)
    if missing is not None:  # outside of the except block: pytest would show the ImportError too
        pytest.fail(f"the fixture iot_emulator cannot be used: {missing}", pytrace=False)
    with Emulator({("a1GFjLPtest", "device123"): None}) as emulator:
        yield emulator
