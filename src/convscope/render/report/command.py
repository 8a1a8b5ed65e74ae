"""The commands that make a report again, and one channel of it; they name no folder."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from convscope.atlas.manifest import report_command
from convscope.render.provenance import Provenance
from convscope.render.report.options import ReportOptions

_NO_FLAGS = frozenset({"command", "comparison", "evolution", "method"})
"""Options that the command has no flag for, or whose value is a path."""


def named(made: Provenance, atlas: Any, out: Path) -> Provenance:
    """The same facts, with the name of the report's folder in the calls that make it."""
    name = out.resolve().name or "report"
    python = made.python.replace('(atlas, "report"', f"(atlas, {json.dumps(name)}")
    command = made.options.command or _command("report", atlas, name, *_changed(made.options))
    return replace(made, command=command, python=python)


def figure_command(made: Provenance, atlas: Any) -> str:
    """How to draw one channel, with layer, channel and file to be filled in; empty in a demo.

    What made a report by other means than ``convscope report`` need not have kept its atlas.
    """
    if made.options.command:
        return ""
    return _command("figure", atlas, "{file}", "--only", "{channel}", layer="{layer}")


def _command(verb: str, atlas: Any, out: str, *flags: str, layer: str = "") -> str:
    trusts = report_command(atlas.manifest, "").endswith(" --trust")
    words = ["convscope", verb, shlex.quote(atlas.path.name), *([layer] if layer else ())]
    words += ["--out", out if layer else shlex.quote(out), *flags]
    return " ".join([*words, "--trust"] if trusts else words)


def _changed(options: ReportOptions) -> Iterator[str]:
    """Flags of what is not as it would be by itself: without them the folder is refused."""
    for one in fields(options):
        value = getattr(options, one.name)
        if one.name in _NO_FLAGS or value == one.default:
            continue
        for each in value if isinstance(value, tuple) else (value,):
            yield from (f"--{one.name.replace('_', '-')}", shlex.quote(_plain(each)))


def _plain(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
