"""A layer, as everything above the network knows it."""

from __future__ import annotations

from dataclasses import dataclass

from convscope.address import slug
from convscope.geometry.field import Field


@dataclass(frozen=True)
class Layer:
    """The image-dependent result of one op, in execution order."""

    number: int
    """Its place on the tape; the identity that files and URLs use."""
    name: str
    """Canonical address, ``features.12``."""
    op: str
    """Op kind: conv, linear, relu, add, cat, ..."""
    channels: int
    height: int
    """Cells; 1 for a vector."""
    width: int
    field: Field
    signed: bool
    """Whether it can be negative, so that its weakest cells tell something too."""
    default: bool = False
    """Whether it is one of the default layers."""
    aliases: tuple[str, ...] = ()
    """Longer names of the same tensor (``features`` for ``features.12``)."""

    @property
    def slug(self) -> str:
        """File and URL name: ``017-features-12``."""
        return f"{self.number:03d}-{slug(self.name)}".replace(".", "-")

    @property
    def is_spatial(self) -> bool:
        """Whether it has cells in space, not one vector per image."""
        return self.height * self.width > 1
