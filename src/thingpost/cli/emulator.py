"""thingpost emulator: the platform's side on this machine, until Ctrl-C."""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING, Any

import click

import thingpost
from thingpost import settings
from thingpost.cli import options, output

if TYPE_CHECKING:
    from thingpost.emulator import Answer, Emulator, Message


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), default=8443, show_default=True, help="0 takes a free one.")
@click.option(
    "--bind",
    default="127.0.0.1",
    show_default=True,
    help="Address to listen on; 0.0.0.0 for boards on the same network.",
)
@click.option(
    "--hostname",
    "hostnames",
    multiple=True,
    help="A further name or address for the certificate. Repeatable; the first is printed as the endpoint's.",
)
@click.option(
    "--device",
    "devices",
    multiple=True,
    metavar="PRODUCT_KEY:DEVICE_NAME",
    help="A device; its secret is generated. Repeatable.",
)
@click.option("--secret-file", type=click.Path(), help="File with the secret of the one --device.")
@click.option("--devices", "devices_file", type=click.Path(), metavar="FILE", help="A JSON or TOML file of devices.")
@click.option("--state", type=click.Path(), metavar="DIR", help="Keep CA and devices over restarts.")
@click.option("--record", type=click.Path(), metavar="FILE", help="Append each message as a line of JSON.")
@click.option(
    "--token-lifetime", type=float, default=604_800.0, show_default=True, help="Seconds until a token expires."
)
@click.option("--single-token", is_flag=True, help="A new token voids the device's older ones.")
@click.option("--rate-limit", type=float, help="Requests a second, above which the answer is 40000.")
@click.option(
    "--vendor-clients",
    is_flag=True,
    help="Accept what the vendor's older C clients send: /auth?_v=..., old cipher suites.",
)
@options.as_json
def emulator(
    port: int,
    bind: str,
    hostnames: tuple[str, ...],
    devices: tuple[str, ...],
    secret_file: str | None,
    devices_file: str | None,
    as_json: bool,
    **given: Any,
) -> None:
    """Run a local platform over TLS that checks every signature; show what arrives, and why it refuses a request."""
    given.update(host=bind, port=port, hostnames=hostnames, **_printers(as_json=as_json))
    if secret_file is not None and len(devices) != 1:
        raise click.UsageError("--secret-file goes with exactly one --device")
    running = thingpost.emulator.Emulator(devices_file, **given)
    for device in devices:
        product_key, colon, device_name = device.rpartition(":")
        if not colon:
            raise click.UsageError(f"--device {device!r} is not of the form PRODUCT_KEY:DEVICE_NAME")
        running.add_device(product_key, device_name, None if secret_file is None else _secret(secret_file))
    if not running.devices:
        running.add_device("a1GFjLP", "device123")
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with running:
        _announce(running, as_json=as_json)
        while not stop.wait(0.2):  # on Windows a wait without a time-out would not see the signal
            pass
    click.echo(f"{running.message_count} messages arrived", err=True)


def _secret(path: str) -> str:
    try:
        return settings.read_secret_file(path).decode()
    except UnicodeDecodeError:
        raise thingpost.InputError(f"the secret file {path!r} is not UTF-8 text") from None


def _announce(running: Emulator, *, as_json: bool) -> None:
    if as_json:
        devices = [
            {"product_key": device.product_key, "device_name": device.device_name, "secret": device.secret}
            for device in running.devices
        ]
        output.print_json({"endpoint": running.url, "ca_file": running.ca_file, "devices": devices})
        return
    output.print_fields({"endpoint": running.url, "CA file": running.ca_file, "devices": len(running.devices)})
    click.echo("\n# for a device, type:")
    for line in running.export_lines():
        click.echo(line)
    click.echo("\nMessages, sign-ins and refusals appear below; Ctrl-C stops.")


def _printers(*, as_json: bool) -> dict[str, Any]:
    """Make the functions that show what happens, a line each: a message, a sign-in, a refusal."""

    def on_message(message: Message) -> None:
        if as_json:
            output.print_json(message.as_dict())
        else:
            click.echo(f"{message.topic}  {len(message.payload)} bytes  {_preview(message.payload)}")

    def on_answer(answer: Answer) -> None:
        if answer.code == 0 and answer.endpoint == "topic":
            return  # the message has been shown
        if as_json:
            output.print_json({"event": "refused" if answer.code else "signed in", **answer.as_dict()})
        else:
            click.echo(_summary(answer))

    return {"on_message": on_message, "on_answer": on_answer}


def _summary(answer: Answer) -> str:
    """Tell of a sign-in or a refusal on one line."""
    device = f"{answer.product_key or '?'}:{answer.device_name or '?'}"
    if answer.code == 0:
        return f"signed in {device} with {answer.sign_method}"
    where = {"auth": f" /auth {device}", "topic": f" /topic{answer.topic or ''}"}.get(answer.endpoint or "", "")
    status = "" if answer.status == 200 else f" (HTTP {answer.status})"  # noqa: PLR2004
    return f"refused {answer.code}{status}{where}: {answer.reason}"


def _preview(payload: bytes) -> str:
    """Show a payload on one line: as text where it is printable, else as the bytes' digits."""
    try:
        text = " ".join(payload.decode().split())
    except UnicodeDecodeError:
        text = ""
    shown, most = (text, 200) if text and text.isprintable() else (payload.hex(" "), 3 * 32)
    return shown if len(shown) <= most else f"{shown[:most].rstrip()} ..."
