"""thingpost demo: the whole path in a few seconds, on real parts."""

from __future__ import annotations

import base64
import functools
import time
from typing import TYPE_CHECKING, Any

import click

import thingpost
from thingpost.cli import options, output

if TYPE_CHECKING:
    from collections.abc import Callable

    from thingpost import Device, Receipt
    from thingpost.emulator import Answer, Emulator

PRODUCT_KEY, DEVICE_NAME = "a1GFjLP", "device123"  # the seed's example

MESSAGES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("user/pub", {"payload": bytes(range(16))}),
    ("user/pub", {"json": {"temperature": 21.5}}),
    (
        f"/sys/{PRODUCT_KEY}/{DEVICE_NAME}/thing/event/property/post",
        {"json": {"id": "1", "version": "1.0", "params": {"temperature": 21.5}, "method": "thing.event.property.post"}},
    ),
)
"""One binary, one JSON, one to a system topic."""


@click.command()
@options.as_json
def demo(as_json: bool) -> None:
    """Start a local platform over TLS, sign a device in, publish three messages, show what arrived."""
    report: dict[str, Any] = {"steps": []}

    def step(name: str, work: Callable[[], Any]) -> Any:
        start = time.perf_counter()
        result = work()
        report["steps"].append({"step": name, "milliseconds": round((time.perf_counter() - start) * 1000, 1)})
        return result

    answers: list[Answer] = []
    running: Emulator = step("start the platform", functools.partial(_start, answers.append))
    with running, _device(running) as device:
        report["endpoint"] = running.url
        token = step("sign in", device.authenticate)
        report.update(_signature(running.device.secret, answers[-1]))
        report["token"] = output.masked(token.value)
        receipts: list[Receipt] = [
            step(f"publish to {topic}", functools.partial(device.publish, topic, **message))
            for topic, message in MESSAGES
        ]
        report["arrived"] = [message.as_dict() for message in running.messages]
    report["all_arrived"] = [receipt.message_id for receipt in receipts] == [
        item["message_id"] for item in report["arrived"]
    ]
    if as_json:
        output.print_json(report)
    else:
        _print(report)
    if not report["all_arrived"]:
        raise click.ClickException("not every message arrived")


def _start(on_answer: Callable[[Answer], None]) -> Emulator:
    return thingpost.emulator.Emulator({(PRODUCT_KEY, DEVICE_NAME): None}, on_answer=on_answer).start()


def _device(running: Emulator) -> Device:
    return thingpost.Device(*running.credentials, endpoint=running.url, ca_file=running.ca_file)


def _signature(secret: str, sign_in: Answer) -> dict[str, str]:
    """Give what the device signed in its sign-in, as the platform saw it, and the signature of that."""
    params, method = sign_in.params or (), sign_in.sign_method or ""
    return {"content": thingpost.content(params), "signmethod": method, "sign": thingpost.sign(secret, params, method)}


def _print(report: dict[str, Any]) -> None:
    output.print_fields(
        {
            "platform": f"{report['endpoint']} (on this machine, TLS)",
            "content": report["content"],
            "sign": f"{report['sign']} ({report['signmethod']} of the content, with the device secret)",
            "token": report["token"],
        }
    )
    output.print_table(
        "What arrived",
        ("message id", "topic", "payload"),
        [(str(item["message_id"]), item["topic"], _payload(item)) for item in report["arrived"]],
    )
    output.print_table(
        "How long it took", ("step", "ms"), [(item["step"], f"{item['milliseconds']:.1f}") for item in report["steps"]]
    )


def _payload(item: dict[str, Any]) -> str:
    text = item.get("text", "")
    if text and text.isprintable():
        return str(text)
    return f"{item['size']} bytes: {base64.b64decode(item['base64']).hex(' ')}"
