"""The application: commands, version, and errors as exit codes."""

from __future__ import annotations

import os
import sys
from importlib.metadata import version
from typing import Annotated

import typer

from convscope.cli import atlas, check, demo, figure, layers, project, report
from convscope.cli.output import fail
from convscope.errors import ConvscopeError

app = typer.Typer(
    help="A microscope for convolutional networks: what every feature map of every layer "
    "responds to, and which structure in the image excites it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.callback()
def _options(
    version_: Annotated[
        bool, typer.Option("--version", help="Print the version.", is_eager=True)
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks.")] = False,
) -> None:
    if version_:
        typer.echo(f"convscope {version('convscope')}")
        raise typer.Exit
    if debug:
        os.environ["CONVSCOPE_DEBUG"] = "1"


for command in (demo, layers, atlas, check, project, report, figure):
    app.command(name=command.NAME, help=command.HELP)(command.run)


def main() -> None:
    """Run the command line; errors become one message and the exit code of their family."""
    try:
        app(standalone_mode=True)
    except ConvscopeError as error:
        if os.environ.get("CONVSCOPE_DEBUG"):
            raise
        fail(error)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        typer.echo("\nStopped. The same command goes on where it was.", err=True)
        sys.exit(130)
