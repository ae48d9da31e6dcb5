"""The error tree: catchable by its roots, survives pickling, says what to do."""

import copy
import pickle

import pytest

import thingpost
from thingpost import errors

ALL = [item for item in vars(errors).values() if isinstance(item, type) and issubclass(item, thingpost.ThingpostError)]


def make(kind):
    return kind("said", code=7, retry_after=1.5) if issubclass(kind, thingpost.PlatformError) else kind("said")


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.__name__)
def test_every_error_is_public_and_survives_pickling_and_copying(kind):
    assert kind.__name__ in errors.__all__, "add it to __all__ in errors.py"
    assert getattr(thingpost, kind.__name__) is kind
    error = make(kind)
    error.may_have_arrived = True
    error.__cause__ = thingpost.DeadlineExceeded("late")
    for twin in (pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error)):
        assert type(twin) is kind
        assert (str(twin), twin.args, vars(twin)) == (str(error), error.args, vars(error))
        assert str(twin.__cause__) == "late"


def test_a_cause_that_is_not_ours_is_not_pickled():
    """It may hold anything: a connection, a request with its token."""
    error = thingpost.ConnectError("broke")
    error.__cause__ = OSError(5, "hush")
    assert b"hush" not in pickle.dumps(error)


def test_errors_can_be_caught_as_what_python_calls_them():
    assert issubclass(thingpost.InputError, ValueError)
    assert issubclass(thingpost.ConnectError, ConnectionError)
    assert issubclass(thingpost.DeadlineExceeded, TimeoutError)


def test_only_an_unknown_delivery_may_have_arrived_by_itself():
    assert [kind for kind in ALL if make(kind).may_have_arrived] == [thingpost.DeliveryUnknown]


@pytest.mark.parametrize(("code", "kind"), errors.PLATFORM_ERRORS.items())
def test_a_platform_error_shows_code_message_and_meaning(code, kind):
    error = errors.platform_error(code, "words of the platform", retry_after=3)
    assert type(error) is kind
    assert str(error).startswith(f"platform error {code} (words of the platform): ")
    assert len(kind.meaning) > 10
    assert "asked to wait 3 s" in str(error)
    assert str(code) in kind.__doc__
