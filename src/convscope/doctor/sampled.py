"""An atlas of some images only, for numbers that need no more."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from convscope.images.open import open_images
from convscope.images.some import Some
from convscope.images.source import Source
from convscope.progress import Progress

if TYPE_CHECKING:
    from convscope.atlas.read import Atlas
    from convscope.net.net import Net


def sampled_atlas(
    net: Net,
    images: str | Path | Source,
    count: int,
    folder: Path,
    progress: Progress | None = None,
    *,
    layers: Sequence[str] = (),
) -> Atlas:
    """Look at ``count`` images, evenly spread over a source; at all of them with 0.

    Raises:
        SourceError: there are no images there.
        NetworkError: the network cannot be looked at.
    """
    from convscope.atlas.build import build_atlas
    from convscope.atlas.options import AtlasOptions
    from convscope.net.capture import Capture, choose

    source = open_images(images) if isinstance(images, str | Path) else images
    some = Some.spread(source, count or len(source))
    capture = Capture(net, choose(net, layers))
    where = {"spec": source.name}
    made = build_atlas(capture, some, folder / "atlas", AtlasOptions(top=1), progress, images=where)
    return type(made)(made.path, made.manifest, some)
