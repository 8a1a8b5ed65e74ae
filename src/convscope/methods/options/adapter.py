"""What may be asked of a method that came in by an adapter."""

from __future__ import annotations

from dataclasses import dataclass

from convscope.option import check_options, option


@dataclass(frozen=True)
class AdapterOptions:
    """Options of any foreign method: its own are set where it is registered.

    >>> AdapterOptions().sanity
    True
    """

    sanity: bool = option(True, "draw the same for a twin with shuffled weights, and compare")
    seed: int = option(0, "of the twin's shuffle", least=0)

    def __post_init__(self) -> None:
        """Refuse numbers that are no choice."""
        check_options(self)
