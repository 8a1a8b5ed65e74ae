"""What is said of a command line that the parser cannot read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any

SEVERAL = 3
"""So many options, or commands that have one, are named at most."""
ALIKE = 0.7
"""Ratio of ``difflib`` at which two names are spelt nearly alike: not yet resume and resize."""
_ELSEWHERE: Mapping[str, str] = MappingProxyType(
    {
        "lr": "rate", "arch": "model", "net": "model", "network": "model", "output": "out",
        "o": "out", "gpu": "device", "cuda": "device", "workers": "threads", "jobs": "threads",
        "val": "held-out", "validation": "held-out",
    }
)  # fmt: skip
"""What other programs call an option, and its name here."""


def said_of(error: Any) -> str:
    """The parser's message, with what may have been meant by an option, or what is missing.

    Args:
        error: the parser's, whose class is typer's own or click's, as its version has it.
    """
    if type(error).__name__ == "NoSuchOption" and error.ctx is not None:
        return " ".join(_unknown(str(error.option_name), error.ctx))
    said: str = error.format_message().replace("Value error, ", "")
    if type(error).__name__ == "MissingParameter" and error.ctx is not None:
        return " ".join(_missing(said.rstrip("."), error.param, error.ctx))
    return said if said.startswith("Usage:") else f"{said.rstrip('.')}. Try --help."


def with_flags(said: str, known: Iterable[str]) -> str:
    """A message of the library's, options by their names here.

    Args:
        said: a message, with names as Python has them.
        known: options of the command, as ``--data-size``.

    >>> with_flags("held_out is 2; take data_size 9.", ["--held-out", "--data-size"])
    '--held-out is 2; take --data-size 9.'
    >>> with_flags("seeds is 0, my/held_out.py.", ["--held-out", "--seeds"])
    '--seeds is 0, my/held_out.py.'
    """
    names = {flag.strip("-").replace("-", "_"): flag for flag in known}
    for name, flag in names.items():
        if "_" in name:
            said = re.sub(rf"(?<![\w/.'-]){name}(?![\w/'=]|\.\w)", flag, said)
        said = re.sub(rf"^{name}(?= is )", flag, said)
    return said


def options_of(app: Any, words: Iterable[str]) -> list[str]:
    """The options of the command that is among the words of a command line; none of no command."""
    found = next((app.commands[word] for word in words if word in app.commands), None)
    return _options(found) if found else []


def alike(given: str, known: list[str]) -> list[str]:
    """Options that were perhaps meant: those sharing a word, else those spelt nearly so.

    >>> alike("--batch-size", ["--batch", "--rate", "--size"])
    ['--batch', '--size']
    >>> alike("--epoch", ["--epochs", "--rate"]), alike("--lr", ["--epochs", "--rate"])
    (['--epochs'], ['--rate'])
    >>> alike("--fail-on", ["--label-column"]), alike("--resume", ["--resize"])
    ([], [])
    """
    name = given.strip("-")
    if (own := f"--{_ELSEWHERE.get(name, '')}") in known:
        return [own]
    names = {option.strip("-"): option for option in known}
    words = set(name.split("-")) - {"no"}
    sharing = [each for each in names if words & set(each.split("-"))]
    sharing.sort(key=lambda each: len(set(each.split("-")) - words))
    return [names[each] for each in sharing[:SEVERAL] or _spelt(name, names)]


def _spelt(name: str, names: Mapping[str, str]) -> list[str]:
    return get_close_matches(name, names, SEVERAL, ALIKE)


def _unknown(given: str, ctx: Any) -> Iterator[str]:
    yield f"No such option: {given}."
    if found := alike(given, _options(ctx.command)):
        yield f"Nearest: {', '.join(found)}."
    commands = getattr(ctx.find_root().command, "commands", {})
    owners = [name for name, each in commands.items() if given in _options(each)]
    if 0 < len(owners) <= SEVERAL:
        yield f"{given} belongs to convscope {', '.join(owners)}."
    yield "Try --help."


def _missing(said: str, param: Any, ctx: Any) -> Iterator[str]:
    is_word = param.help[1:2].isupper()  # a name in capitals stays as it is
    yield f"{said}: {param.help if is_word else param.help[:1].lower() + param.help[1:]}"
    taken = [each for each in ctx.command.params if each.param_type_name == "argument"]
    if len(taken) > 1:
        yield f"The order is {ctx.command_path} {' '.join(map(_word, taken))}."
    yield "Try --help."


def _word(argument: Any) -> str:
    word = str(argument.metavar or argument.name).upper()
    return word if argument.required else f"[{word}]"


def _options(command: Any) -> list[str]:
    given = [word for each in command.params for word in (*each.opts, *each.secondary_opts)]
    return [word for word in given if word.startswith("--")]
