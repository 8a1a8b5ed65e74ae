"""What commands print: a JSON envelope or lines for people, progress, and errors."""

from __future__ import annotations

import dataclasses
import json
import math
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from typing import Any

import typer

from convscope.errors import ConvscopeError

Progress = Callable[[int, int, str], None]


def emit(command: str, result: Any, *, as_json: bool, lines: Callable[[], Iterator[str]]) -> None:
    """Print a result: in the one envelope, or as lines for people."""
    if as_json:
        envelope = {"convscope": version("convscope"), "command": command, "result": plain(result)}
        typer.echo(json.dumps(envelope, ensure_ascii=False))
        return
    for line in lines():
        typer.echo(line)


def plain(value: Any) -> Any:
    """A value as JSON can hold it; numbers that are not finite become null.

    >>> plain({"path": Path("a"), "peak": float("nan")})
    {'path': 'a', 'peak': None}
    """
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if isinstance(value, int | str | None) else str(value)


def fail(error: ConvscopeError) -> None:
    """Print an error on standard error; in JSON where the command was asked for it."""
    if "--json" in sys.argv:
        body = {"kind": type(error).__name__, "message": str(error), "exit_code": error.exit_code}
        typer.echo(json.dumps({"convscope": version("convscope"), "error": body}), err=True)
    else:
        typer.echo(f"Error: {error}", err=True)


@contextmanager
def progress_bar(*, quiet: bool) -> Iterator[Progress | None]:
    """A bar with rate and time left on standard error; plain lines where it is no terminal."""
    if quiet:
        yield None
    elif sys.stderr.isatty():
        with _bar() as report:
            yield report
    else:
        yield _Lines()


class _Lines:
    """A line now and then, for logs."""

    def __init__(self) -> None:
        from time import monotonic

        self._clock, self._last, self._begun, self._what = monotonic, -math.inf, 0.0, ""

    def __call__(self, done: int, total: int, what: str) -> None:
        now = self._clock()
        phase = what.split(",")[0].rstrip("0123456789 ")
        if phase != self._what:
            self._what, self._begun, self._last = phase, now, now
            return
        if now - self._last >= 10 or (done >= total and now - self._begun > 2):
            self._last = now
            rate = done / max(now - self._begun, 1e-9)
            left = (total - done) / rate if rate else 0
            typer.echo(f"{what}: {done:,} of {total:,}, {rate:.3g}/s, {left:.0f} s left", err=True)


@contextmanager
def _bar() -> Iterator[Progress]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    with Bars(*columns, console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task("", total=None, rate="")

        def report(done: int, total: int, what: str) -> None:
            speed = bars.tasks[0].speed
            rate = f"{speed:,.0f}/s" if speed else ""
            bars.update(task, completed=done, total=total, description=what, rate=rate)

        yield report
