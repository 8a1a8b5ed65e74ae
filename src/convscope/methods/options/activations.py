"""What may be asked of a layer's activations."""

from __future__ import annotations

from dataclasses import dataclass

from convscope.option import check_options, option


@dataclass(frozen=True)
class ActivationsOptions:
    """Options of activations: what is computed, nothing about how it is drawn.

    >>> ActivationsOptions().before
    True
    """

    before: bool = option(
        True, "also read what stood before the rectifier, to tell why a map is blank"
    )

    def __post_init__(self) -> None:
        """Refuse words that are no choice."""
        check_options(self)
