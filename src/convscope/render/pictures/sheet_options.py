"""How filters are drawn; nothing about what is read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from convscope.option import check_options, option


@dataclass(frozen=True)
class FilterSheetOptions:
    """Options of a sheet of filters.

    >>> FilterSheetOptions().scale
    'both'
    """

    scale: Literal["both", "own", "common"] = option(
        "both", "each filter to its own scale, all to a common one, or both sheets"
    )

    def __post_init__(self) -> None:
        """Refuse what nothing can be drawn with."""
        check_options(self)
