"""The application: commands, version, and errors as exit codes."""

from __future__ import annotations

import sys
from importlib.metadata import version
from typing import Annotated

import typer

from convscope.cli import (
    ablate,
    activations,
    atlas,
    caricature,
    check,
    class_pictures,
    compare,
    demo,
    dream,
    evolve,
    figure,
    fool,
    gradient,
    health,
    heatmap,
    invert,
    layers,
    learncurve,
    look,
    occlude,
    project,
    published,
    ranks,
    report,
    synthesize,
    train,
    weights,
)
from convscope.cli.misuse import options_of, said_of, with_flags
from convscope.cli.output import fail, was_asked
from convscope.errors import ConvscopeError, StorageError, UsageError

app = typer.Typer(
    help="A microscope for convolutional networks: what every feature map of every layer "
    "responds to, and which structure in the image excites it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(f"convscope {version('convscope')}")
        raise typer.Exit


@app.callback()
def _options(
    version_: Annotated[
        bool,
        typer.Option(
            "--version", help="Print the version.", is_eager=True, callback=_print_version
        ),
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks.")] = False,
) -> None:
    """Flags that stand before the command."""


for command in (
    demo,
    train,
    learncurve,
    ablate,
    layers,
    occlude,
    atlas,
    check,
    project,
    gradient,
    health,
    heatmap,
    activations,
    weights,
    invert,
    ranks,
    synthesize,
    published,
    compare,
    evolve,
    dream,
    class_pictures,
    caricature,
    fool,
    look,
    report,
    figure,
):
    app.command(name=command.NAME, help=command.HELP)(command.run)

INTERRUPTED = 130
_RESUMED = (
    demo.NAME,
    evolve.NAME,
    train.NAME,
    learncurve.NAME,
    ablate.NAME,
    atlas.NAME,
    report.NAME,
    synthesize.NAME,
)


def main() -> None:
    """Run the command line; errors become one message and the exit code of their family."""
    try:
        code = app(prog_name="convscope", standalone_mode=False)
    except KeyboardInterrupt:
        code = INTERRUPTED
    except Exception as error:
        if was_asked("--debug"):
            raise
        code = _explain(error)
    if code == INTERRUPTED:
        fail("Interrupted", _stopped(), INTERRUPTED)
    sys.exit(code if isinstance(code, int) else 0)


def _explain(error: Exception) -> int:
    """Say what went wrong; returns the exit code."""
    if isinstance(error, ConvscopeError):
        known = options_of(typer.main.get_command(app), sys.argv[1:])
        return fail(type(error).__name__, with_flags(str(error), known), error.exit_code)
    if hasattr(error, "format_message"):  # the parser's own: a flag it cannot read
        return _misused(said_of(error))
    if isinstance(error, OSError):
        message = f"{error.filename or 'A file'}: {error.strerror or error}. Give another place."
        return fail("StorageError", message, StorageError.exit_code)
    return fail(
        type(error).__name__,
        f"{type(error).__name__}: {error}. convscope did not expect this; "
        "convscope --debug COMMAND ... shows where it happened.",
        ConvscopeError.exit_code,
    )


def _misused(said: str) -> int:
    if said.startswith("Usage:"):  # nothing was asked, so this is the help
        typer.echo(said, err=True)
        return UsageError.exit_code
    return fail("UsageError", said, UsageError.exit_code)


def _stopped() -> str:
    command = next((word for word in sys.argv[1:] if not word.startswith("-")), "")
    if command in _RESUMED:
        return "Stopped. The same command goes on where it was."
    return "Stopped."
