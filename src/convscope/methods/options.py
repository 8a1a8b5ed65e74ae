"""What may be asked of a method. Imports no torch, so the command line can list it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, get_args, get_type_hints

from convscope.errors import UsageError


def _help(text: str) -> dict[str, str]:
    return {"help": text, "unit": ""}


@dataclass(frozen=True)
class ProjectOptions:
    """Options of a projection.

    >>> ProjectOptions().rule
    'deconvnet'
    """

    rule: Literal["deconvnet", "guided", "gradient"] = field(
        default="deconvnet", metadata=_help("backward rule at activations")
    )
    seed: Literal["cell", "map"] = field(
        default="cell", metadata=_help("start from one cell of the map, or from all of it")
    )
    lrn: Literal["pass", "derivative"] = field(
        default="pass", metadata=_help("local response normalisation: passed through, or derived")
    )
    gate: Literal["hold", "derivative"] = field(
        default="hold", metadata=_help("gates of products: held at their value, or derived")
    )

    def __post_init__(self) -> None:
        """Refuse words that are no choice: a rule misspelt must not be another rule."""
        for name, hint in get_type_hints(type(self)).items():
            given, allowed = getattr(self, name), get_args(hint)
            if given not in allowed:
                raise UsageError(f"No {name} {given!r}. There are: {', '.join(allowed)}.")
