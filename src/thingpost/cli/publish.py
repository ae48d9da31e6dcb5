"""thingpost publish: one message, or one a line."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any, BinaryIO

import click

import thingpost
from thingpost import errors
from thingpost.cli import exits, json_lines, options, output

if TYPE_CHECKING:
    from thingpost import Device, Receipt


@click.command()
@click.argument("topic", required=False)
@click.argument("payload", required=False)
@click.option(
    "--file",
    "source",
    type=click.File("rb"),
    metavar="FILE",
    help="Read the payload, or the lines, from a file; - is standard input.",
)
@click.option(
    "--json-lines",
    "lines",
    is_flag=True,
    help='Read one message a line: {"topic": ..., "payload" | "json" | "base64": ...}. TOPIC is for lines without one.',
)
@click.option("--keep-going", is_flag=True, help="With --json-lines: go on after a message that failed.")
@click.option("--resend-unknown", is_flag=True, help="Send again where delivery is unknown: at least once, maybe more.")
@options.identity
@options.connection
@options.as_json
def publish(
    topic: str | None,
    payload: str | None,
    source: BinaryIO | None,
    lines: bool,
    keep_going: bool,
    resend_unknown: bool,
    as_json: bool,
    **given: Any,
) -> None:
    """Publish PAYLOAD to TOPIC (without a leading slash: below /PRODUCT_KEY/DEVICE_NAME/).

    The payload is the argument, or what --file or standard input gives.
    """
    if payload is not None and (source is not None or lines):
        raise click.UsageError("give the payload as an argument or by --file or --json-lines, not both")
    if topic is None and not lines:
        raise click.UsageError("Missing argument 'TOPIC'.")
    if keep_going and not lines:
        raise click.UsageError("--keep-going goes with --json-lines")
    given["retry"] = thingpost.Retry(resend_unknown=resend_unknown)
    with options.device(given) as device:
        if lines:
            _publish_lines(device, topic, source or _standard_input("messages"), keep_going=keep_going, as_json=as_json)
            return
        octets = payload.encode() if payload is not None else (source or _standard_input("a payload")).read()
        _print_receipt(device.publish(str(topic), octets), as_json=as_json)


def _standard_input(what: str) -> BinaryIO:
    if sys.stdin.isatty():
        raise click.UsageError(f"there is no payload; give one as an argument, by --file, or pipe {what} in")
    return sys.stdin.buffer


def _print_receipt(receipt: Receipt, *, as_json: bool) -> None:
    if as_json:
        output.print_json(
            {
                "message_id": receipt.message_id,
                "topic": receipt.topic,
                "size": receipt.size,
                "attempts": receipt.attempts,
            }
        )
    else:
        click.echo(f"published {receipt.size} bytes to {receipt.topic} as message {receipt.message_id}")


def _publish_lines(device: Device, topic: str | None, source: BinaryIO, *, keep_going: bool, as_json: bool) -> None:
    """Publish line by line, in order; stop at the first that fails unless told to keep going."""
    published, failed, done, code = 0, 0, 0, 0
    with output.progress(_size(source)) as progress:
        for number, line in enumerate(json_lines.read(source), start=1):
            done += len(line)
            if not line.strip():
                continue
            try:
                message_topic, octets = json_lines.message(line, topic)
                receipt = device.publish(message_topic, octets)
            except errors.ThingpostError as error:
                failed += 1
                code = code or exits.exit_code(error)
                _print_failure(number, error, as_json=as_json)
                if not keep_going:
                    break
            else:
                published += 1
                if as_json:
                    output.print_json(
                        {
                            "line": number,
                            "topic": receipt.topic,
                            "message_id": receipt.message_id,
                            "size": receipt.size,
                            "attempts": receipt.attempts,
                        }
                    )
            progress.update(done, published)
    click.echo(f"{published} published, {failed} failed", err=as_json)
    if failed:
        sys.exit(exits.FAILED if keep_going else code)


def _print_failure(number: int, error: errors.ThingpostError, *, as_json: bool) -> None:
    click.echo(f"thingpost: line {number}: {error}", err=True)
    if as_json:
        output.print_json(
            {
                "line": number,
                "error": type(error).__name__,
                "message": str(error),
                "may_have_arrived": error.may_have_arrived,
            }
        )


def _size(source: BinaryIO) -> int | None:
    """Give a regular file's size in bytes, or None."""
    try:
        return os.fstat(source.fileno()).st_size or None
    except OSError:
        return None
