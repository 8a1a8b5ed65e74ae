"""Fields of options, and the refusal of words and numbers that are no choice."""

from __future__ import annotations

from dataclasses import field
from typing import Any, Literal, get_args, get_origin, get_type_hints

from convscope.errors import UsageError


def option(default: Any, text: str, *, unit: str = "", least: float | None = None) -> Any:
    """A field with what the command line, the documentation and forms say of it.

    Args:
        default: its value where none is given.
        text: one line of help.
        unit: of a number: px, share, ...
        least: the smallest number allowed.
    """
    return field(default=default, metadata={"help": text, "unit": unit, "least": least})


def check_options(options: Any) -> None:
    """Refuse what is no choice: a word misspelt must not be another word.

    Raises:
        UsageError: a word that is not among a field's, or a number below its least.
    """
    for name, hint in get_type_hints(type(options)).items():
        given, least = getattr(options, name), type(options).__dataclass_fields__[name].metadata
        if get_origin(hint) is Literal and given not in get_args(hint):
            allowed = ", ".join(map(str, get_args(hint)))
            raise UsageError(f"No {name} {given!r}. There are: {allowed}.")
        if least.get("least") is not None and _is_below(given, least["least"]):
            raise UsageError(f"{name} is {given}; it must be {least['least']} or more.")


def _is_below(given: Any, least: float) -> bool:
    numbers = given if isinstance(given, tuple) else (given,)
    return any(number is not None and not number >= least for number in numbers)
