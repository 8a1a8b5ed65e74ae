"""How filters are drawn; nothing about what is read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from convscope.errors import UsageError


@dataclass(frozen=True)
class FilterSheetOptions:
    """Options of a sheet of filters.

    >>> FilterSheetOptions().scale
    'both'
    """

    scale: Literal["both", "own", "common"] = field(
        default="both",
        metadata={"help": "each filter to its own scale, all to a common one, or both sheets"},
    )

    def __post_init__(self) -> None:
        """Refuse what nothing can be drawn with."""
        if self.scale not in ("both", "own", "common"):
            raise UsageError(f"No scale {self.scale!r}. There are: both, own, common.")
