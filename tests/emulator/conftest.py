"""Emulators for the tests: one for all the tests of a module that leave it as it was, and one of a test's own."""

from __future__ import annotations

import pytest
from emulator_wire import DN, PK, SECRET, Wire

from thingpost.emulator import Emulator


@pytest.fixture(scope="module")
def shared():
    with Emulator({(PK, DN): SECRET, (PK, "other"): "other secret"}) as emulator:
        yield emulator


@pytest.fixture(scope="module")
def shared_wire(shared):
    with Wire(shared) as wire:
        yield wire


@pytest.fixture
def emulator():
    with Emulator({(PK, DN): SECRET, (PK, "other"): "other secret"}) as running:
        yield running


@pytest.fixture
def wire(emulator):
    with Wire(emulator) as connection:
        yield connection
