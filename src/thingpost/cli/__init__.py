"""The command `thingpost`: one module a subcommand, what they share in `options`, `output` and `exits`.

A new subcommand is a module with a click command, named in `COMMANDS` below. A new option that several subcommands have goes
to `options`, one that a single subcommand has to its module.
"""

from __future__ import annotations

import click

from thingpost._version import __version__
from thingpost.cli.auth import auth
from thingpost.cli.bench import bench
from thingpost.cli.demo import demo
from thingpost.cli.emulator import emulator
from thingpost.cli.exits import ExitCodes
from thingpost.cli.publish import publish
from thingpost.cli.sign import sign

COMMANDS = (demo, sign, auth, publish, emulator, bench)


@click.group(cls=ExitCodes, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="thingpost")
def main() -> None:
    """Sign in devices to Alibaba Cloud IoT Platform and post their data over HTTPS.

    Secrets come from the environment or a file, never from the command line, where others can read them.

    Exit codes: 0 done; 1 failed; 2 wrong usage; 75 try again later; 76 delivery unknown; 77 not authenticated.
    """


for command in COMMANDS:
    main.add_command(command)
