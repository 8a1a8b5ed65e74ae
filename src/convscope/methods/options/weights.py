"""What may be asked of a layer's weights."""

from __future__ import annotations

from dataclasses import dataclass

from convscope.option import check_options, option


@dataclass(frozen=True)
class WeightsOptions:
    """Options of weights: what is read, nothing about how it is drawn.

    >>> WeightsOptions().effective
    True
    """

    effective: bool = option(True, "fold in the BatchNorm that follows, as it is in evaluation")
    reshape: bool = option(True, "rows of a linear layer as maps, where it reads a flattened one")

    def __post_init__(self) -> None:
        """Refuse words that are no choice."""
        check_options(self)
