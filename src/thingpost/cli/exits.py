"""Exit codes that scripts can test, in the numbering of sysexits.h where that has one."""

from __future__ import annotations

import sys
from typing import Any, Final

import click

from thingpost import errors

FAILED: Final = 1
USAGE: Final = 2
TRY_AGAIN: Final = 75
DELIVERY_UNKNOWN: Final = 76
NOT_AUTHENTICATED: Final = 77

# The first row that an error is an instance of counts.
_EXIT_CODES: Final = (
    ((errors.InputError,), USAGE),
    ((errors.DeliveryUnknown,), DELIVERY_UNKNOWN),
    ((errors.AuthError, errors.TokenExpired, errors.TokenMissing, errors.TokenInvalid), NOT_AUTHENTICATED),
    ((errors.CertificateError,), FAILED),
    ((errors.Throttled, errors.CommonError, errors.SessionUpdateError, errors.PublishError), TRY_AGAIN),
    ((errors.ConnectError, errors.DeadlineExceeded), TRY_AGAIN),
)


def exit_code(error: errors.ThingpostError) -> int:
    """Give the exit code that stands for an error."""
    return next((code for kinds, code in _EXIT_CODES if isinstance(error, kinds)), FAILED)


class ExitCodes(click.Group):
    """A group whose commands may raise thingpost's errors: shown in one line on standard error, with their exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except errors.ThingpostError as error:
            click.echo(f"thingpost: {error}", err=True)
            sys.exit(exit_code(error))
        except ImportError as error:  # a missing extra says the line to type
            if "pip install" not in str(error):
                raise
            click.echo(f"thingpost: {error}", err=True)
            sys.exit(FAILED)
