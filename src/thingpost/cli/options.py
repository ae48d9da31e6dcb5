"""Options that several subcommands share. Each may also come from the environment; the command line wins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import click

import thingpost
from thingpost import checks, settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from thingpost import Device

F = TypeVar("F", bound="Callable[..., Any]")

METHODS = ("hmacmd5", "hmacsha1", "hmacsha256")  # thingpost.METHODS, without loading the core for --help


def as_json(function: F) -> F:
    """Add --json."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON, for scripts.")(function)


def identity(function: F) -> F:
    """Add the options that say who signs."""
    for option in (
        click.option(
            "--sign-method",
            envvar="THINGPOST_SIGN_METHOD",
            type=click.Choice(METHODS),
            default="hmacsha1",
            show_default=True,
            show_envvar=True,
        ),
        click.option(
            "--client-id",
            envvar="THINGPOST_CLIENT_ID",
            show_envvar=True,
            help="1 to 64 characters.  [default: PRODUCT_KEY.DEVICE_NAME]",
        ),
        click.option(
            "--secret-file",
            type=click.Path(),
            help="File that holds the device secret.  [default: THINGPOST_DEVICE_SECRET, or the file THINGPOST_SECRET_FILE]",
        ),
        click.option("--device-name", envvar="THINGPOST_DEVICE_NAME", show_envvar=True, required=True),
        click.option("--product-key", envvar="THINGPOST_PRODUCT_KEY", show_envvar=True, required=True),
    ):
        function = option(function)
    return function


def connection(function: F) -> F:
    """Add the options that say where to and how."""
    for option in (
        click.option(
            "--timeout",
            type=float,
            default=30.0,
            show_default=True,
            help="Seconds in total, retries and back-off included.",
        ),
        click.option(
            "--ca-file",
            envvar="THINGPOST_CA_FILE",
            show_envvar=True,
            type=click.Path(),
            help="PEM file of the authorities to trust.  [default: the system's]",
        ),
        click.option(
            "--endpoint",
            envvar="THINGPOST_ENDPOINT",
            default=checks.DEFAULT_ENDPOINT,
            show_default=True,
            show_envvar=True,
        ),
    ):
        function = option(function)
    return function


def secret(secret_file: str | None) -> str | bytes:
    """Give the device secret: of the file where one is named, else of the environment."""
    return settings.read_secret_file(secret_file) if secret_file else settings.from_environment().secret()


def device(given: dict[str, Any]) -> Device:
    """Make a Device from the options of `identity`, `connection` and others that are named as Device's arguments."""
    arguments = dict(given)
    names = arguments.pop("product_key"), arguments.pop("device_name")
    return thingpost.Device(*names, secret(arguments.pop("secret_file")), **arguments)


def pairs(_context: click.Context, _parameter: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    """Read options of the form NAME=VALUE."""
    result: dict[str, str] = {}
    for value in values:
        name, equals, text = value.partition("=")
        if not equals or not name:
            raise click.BadParameter(f"{value!r} is not of the form NAME=VALUE")
        if name in result:
            raise click.BadParameter(f"{name!r} is given more than once")
        result[name] = text
    return result
