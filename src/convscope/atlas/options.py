"""What may be asked of a pass."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from convscope.errors import UsageError


def _meta(help: str, unit: str = "") -> dict[str, Any]:
    return {"help": help, "unit": unit}


@dataclass(frozen=True)
class AtlasOptions:
    """Options of one pass over a data set.

    >>> AtlasOptions(batch=6).batch
    8
    """

    top: int = field(default=9, metadata=_meta("strongest cells kept of each channel", "cells"))
    per_image: int = field(
        default=1,
        metadata=_meta(
            "most cells kept of one image, at least half a receptive field apart", "cells"
        ),
    )
    batch: int = field(
        default=8, metadata=_meta("images run at once; rounded up to a multiple of 4", "images")
    )
    shard: int = field(
        default=512,
        metadata=_meta("images between two saved states: what a kill costs at most", "images"),
    )
    sampled: bool = field(
        default=True, metadata=_meta("count spread, share of firing cells and histograms")
    )
    exact: bool = field(
        default=False,
        metadata=_meta("count those over every cell and not over at most 12 x 12 of each map"),
    )
    allow_mixed: bool = field(
        default=False,
        metadata=_meta(
            "resume with other threads, memory format or device; marked in the manifest"
        ),
    )

    def __post_init__(self) -> None:
        """Refuse numbers that mean nothing, and round the batch up."""
        for name in ("top", "per_image", "batch", "shard"):
            if getattr(self, name) < 1:
                raise UsageError(f"{name} is {getattr(self, name)}; it must be 1 or more.")
        # activations are bit-equal between batches that are multiples of 4, and only those
        object.__setattr__(self, "batch", -(-self.batch // 4) * 4)
