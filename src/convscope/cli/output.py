"""What commands print: a JSON envelope or lines for people, progress, and errors."""

from __future__ import annotations

import dataclasses
import json
import math
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from time import monotonic
from typing import Any

import typer

from convscope.progress import Progress


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

    >>> from pathlib import Path
    >>> plain({"path": Path("a"), "peak": float("nan"), "cell": (1, 2)})
    {'path': 'a', 'peak': None, 'cell': [1, 2]}
    """
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    if hasattr(value, "tolist"):  # numbers and arrays of numpy
        return plain(value.tolist())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if isinstance(value, int | str | None) else str(value)


def was_asked(word: str) -> bool:
    """Whether a word is on the command line; known even where the line could not be parsed."""
    return word in sys.argv[1:]


def fail(kind: str, message: str, exit_code: int) -> int:
    """Print an error on standard error, in JSON where that was asked for; returns the code."""
    if was_asked("--json"):
        body = {"kind": kind, "message": message, "exit_code": exit_code}
        text = json.dumps({"convscope": version("convscope"), "error": body}, ensure_ascii=False)
        typer.echo(text, err=True)
    else:
        typer.echo(f"Error: {message}" if exit_code < 128 else f"\n{message}", err=True)
    return exit_code


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


class _Stages:
    """Where one piece of work ends and the next begins, whose speed is its own."""

    def __init__(self) -> None:
        self._last = ("", -1, 0)

    def is_new(self, done: int, total: int, what: str) -> bool:
        """Whether what is reported is other work: by its words or its total, or it counts anew."""
        phase = what.split(",")[0].rstrip("0123456789 ")
        before, self._last = self._last, (phase, total, done)
        return before[:2] != (phase, total) or done < before[2]


class _Lines:
    """A line now and then, for logs: after two seconds, then every ten, and once at the end."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock, self._stages, self._is_over = clock, _Stages(), False
        self._begun, self._from, self._next = 0.0, 0, 0.0

    def __call__(self, done: int, total: int, what: str) -> None:
        now = self._clock()
        if self._stages.is_new(done, total, what):  # what a resumed run finds done is not its speed
            self._begun, self._from, self._next, self._is_over = now, done, now + 2, False
        elif now >= self._next or (done >= total and now - self._begun > 2 and not self._is_over):
            self._next = now + 10
            how = "" if self._is_over else f": {self._how_far(done, total, now)}"
            self._is_over = done >= total
            typer.echo(f"{what}{how}", err=True)

    def _how_far(self, done: int, total: int, now: float) -> str:
        rate = (done - self._from) / (now - self._begun)
        left = f"{(total - done) / rate:.0f} s left" if rate else "time left unknown"
        counted = f"{done:,} of {total:,}"
        if done >= total:
            return f"{counted}, {rate:.3g}/s" if rate else counted
        return f"{counted}, {rate:.3g}/s, {left}"


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
        task, stages = bars.add_task("", total=None, rate=""), _Stages()

        def report(done: int, total: int, what: str) -> None:
            if stages.is_new(done, total, what):
                bars.reset(task, completed=done, total=total)
            speed = bars.tasks[0].speed
            rate = f"{speed:,.0f}/s" if speed else ""
            bars.update(task, completed=done, total=total, description=what, rate=rate)

        yield report
