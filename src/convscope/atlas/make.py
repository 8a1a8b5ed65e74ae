"""An atlas from a network and a place where images are."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from convscope.atlas.build import build_atlas as build
from convscope.atlas.options import AtlasOptions
from convscope.atlas.read import Atlas
from convscope.images.open import open_images
from convscope.progress import Progress

if TYPE_CHECKING:
    from convscope.net.net import Net


def build_atlas(
    net: Net,
    images: str | Path,
    out: str | Path,
    *,
    layers: Sequence[str] = (),
    options: AtlasOptions | None = None,
    image_column: str = "image",
    label_column: str = "label",
    progress: Progress | None = None,
) -> Atlas:
    """Look at every image once and keep what every channel of every layer responds to.

    A pass that was stopped in any way goes on where it was when it is asked for again, and ends
    with the same bytes.

    Args:
        net: the network; it is the same afterwards.
        images: a folder (searched recursively), a Parquet file, or ``bundled:photos``.
        out: a new or empty folder, or one that holds the unfinished same pass.
        layers: names or shell patterns (``features.*``); the default layers if empty.
        options: what to keep, and how to run.
        image_column: of a Parquet file, where the image bytes are.
        label_column: of a Parquet file, where the labels are.
        progress: called with (images done, images in all, what is being done).

    Raises:
        AtlasError: the folder holds something else; nothing in it was changed.
        DataError: no image could be read.
        NetworkError: the network cannot be looked at, or raised on every image.
        LockedError: another process writes there.
        StorageError: the disk refuses; the pass can be resumed.

    Example:
        >>> import tempfile
        >>> from convscope.net.intake import load
        >>> net = load("bundled:photos", device="cpu")
        >>> with tempfile.TemporaryDirectory() as out:  # doctest: +SKIP
        ...     len(build_atlas(net, "bundled:photos", f"{out}/photos").layers)
        6
    """
    from convscope.net.capture import Capture, choose

    layers = (layers,) if isinstance(layers, str) else layers
    source = open_images(images, image_column=image_column, label_column=label_column)
    capture = Capture(net, choose(net, layers))
    is_table = Path(images).is_file()
    columns = {"image_column": image_column, "label_column": label_column} if is_table else {}
    return build(capture, source, out, options, progress, images={"spec": source.name, **columns})
