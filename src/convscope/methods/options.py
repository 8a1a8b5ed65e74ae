"""What may be asked of a method. Imports no torch, so the command line can list it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal


def _help(text: str) -> dict[str, str]:
    return {"help": text, "unit": ""}


@dataclass(frozen=True)
class ProjectOptions:
    """Options of a projection."""

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
