"""How the tests of the transport publish."""

import pytest

import thingpost

PUBLISH = "user/pub"


def publish(device, **arguments):
    return device.publish(PUBLISH, b"data", **arguments)


def unknown(device, cause, **arguments):
    """Publish, and expect that delivery is unknown, for this cause."""
    with pytest.raises(thingpost.DeliveryUnknown) as caught:
        publish(device, **arguments)
    assert isinstance(caught.value.__cause__, cause), repr(caught.value.__cause__)
    return caught.value
