"""thingpost auth: does this device's secret work?"""

from __future__ import annotations

import time
from typing import Any

import click

from thingpost.cli import options, output


@click.command()
@options.identity
@options.connection
@click.option("--show-token", is_flag=True, help="Print the token. It is a secret for seven days.")
@options.as_json
def auth(as_json: bool, show_token: bool, **given: Any) -> None:
    """Sign a device in, and say until when its token is valid."""
    with options.device(given) as device:
        token = device.authenticate()
    expires = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(token.expires_at))
    shown = token.value if show_token else output.masked(token.value)
    if as_json:
        result = {"product_key": device.product_key, "device_name": device.device_name, "expires_at": expires}
        output.print_json({**result, "token": token.value} if show_token else result)
    else:
        output.print_fields(
            {"signed in": f"{device.product_key}/{device.device_name}", "expires": expires, "token": shown}
        )
