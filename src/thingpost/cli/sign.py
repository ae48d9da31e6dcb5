"""thingpost sign: what is signed, and the signature, without any network traffic."""

from __future__ import annotations

import time

import click

import thingpost
from thingpost.cli import options, output


@click.command()
@options.identity
@click.option("--timestamp", help="UNIX milliseconds, or 'none' to leave it out.  [default: now]")
@click.option(
    "--param",
    "extra",
    multiple=True,
    metavar="NAME=VALUE",
    callback=options.pairs,
    help="A further parameter to sign. Repeatable.",
)
@options.as_json
def sign(
    product_key: str,
    device_name: str,
    secret_file: str | None,
    client_id: str | None,
    sign_method: str,
    timestamp: str | None,
    extra: dict[str, str],
    as_json: bool,
) -> None:
    """Print the content and the signature of a sign-in, to compare with a device's own."""
    params: dict[str, str | int] = {
        "productKey": product_key,
        "deviceName": device_name,
        "clientId": client_id or f"{product_key}.{device_name}"[:64],
    }
    if timestamp != "none":
        params["timestamp"] = timestamp or int(time.time() * 1000)
    if repeated := sorted(params.keys() & extra.keys()):
        raise click.UsageError(f"--param cannot set {', '.join(repeated)}; use the option of that name")
    params.update(extra)
    result = {
        "content": thingpost.content(params),
        "signmethod": sign_method,
        "sign": thingpost.sign(options.secret(secret_file), params, sign_method),
    }
    if as_json:
        output.print_json({"params": params, **result})
    else:
        output.print_fields({**result})
