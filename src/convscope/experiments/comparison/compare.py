"""Two networks side by side: their first filters, and what their second layers make of them.

Source: Zeiler & Fergus 2013, sec. 4.1 and Fig. 6: first-layer filters without and with
renormalization, where a few dominate without; Krizhevsky et al.'s (11 x 11, stride 4) against their
own (7 x 7, stride 2), with "dead" ones and a lack of middle frequencies in the former; and the
second layers of both, where stride 4 shows as aliasing. Any two networks may be compared: of other
architectures and sizes of input, or one at two checkpoints.

Beside the pictures stand the numbers of what the paper saw: the size of each filter over the
layer's median (``convscope.doctor.dominance``), the shares of low, middle and high frequencies
(``.spectrum``), the share of a filter's response to photographs that the stride folds, whether the
wave it prefers is folded, and whether the next filters and projections hold the alias (``.alias``),
filters that are alike (``.likeness``), and dead channels over the images.

Shows: First filters and second-layer projections of two networks on the same images, and how even,
how fine and how alike the filters of each are.
Does not show: Why they differ, or which of the two answers better.
Easily misread: The n-th filters of the two have nothing to do with each other; and detail too fine
for a stride need not be lost, since many filters look at the same place.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from convscope.checkpoints import run_and_epoch
from convscope.errors import AtlasError, DataError
from convscope.experiments.comparison.compared import Compared
from convscope.experiments.comparison.layers import first_layers
from convscope.experiments.comparison.options import CompareOptions
from convscope.experiments.comparison.side import side_of
from convscope.progress import Progress, silent
from convscope.results.comparison import Comparison, Side

if TYPE_CHECKING:
    from convscope.atlas.read import Atlas
    from convscope.images.source import Source
    from convscope.net.net import Net


DEPTH = 4
"""Folders of two files or runs that are named at most, less one, to tell them apart."""


def compare(
    a: Net,
    b: Net,
    images: str | Path,
    options: CompareOptions | None = None,
    *,
    atlases: Sequence[Atlas | None] = (None, None),
    progress: Progress = silent,
) -> Comparison:
    """Compare the first layers of two networks on the same images.

    Args:
        a: one network; it is the same afterwards.
        b: the other; the same, at other weights, or another altogether.
        images: a folder, a Parquet file, or ``bundled:photos``.
        options: how many images and channels, and what the networks are called.
        atlases: of the two, over these images, all or the sample of them, which are then those that
            both networks are seen on; without, they are made in a temporary folder.
        progress: hears of images and projections, network by network.

    Raises:
        NetworkError: no convolution of one of them reads the image.
        SourceError: the images are not there.
        DataError: there are none, or none can be read.
        AtlasError: an atlas is of another network or other images than these or than the other
            atlas, or lacks the second layer.

    >>> from convscope.net.intake import load
    >>> start, end = (load(f"bundled:photos{which}", device="cpu") for which in ("-start", ""))
    >>> found = compare(start, end, "bundled:photos", CompareOptions(sample=4, channels=2))
    >>> bool(found.a.measure("noise").mean() > 0.9 > found.b.measure("noise").mean())
    True
    """
    options = options or CompareOptions()
    names = _names(a, b, options)
    both = [  # before the long walk
        Compared(net, name, first_layers(net)) for net, name in zip((a, b), names, strict=True)
    ]
    source = _source(images, options, atlases)
    sides = [
        _side(one, atlas, source, options, progress)
        for one, atlas in zip(both, atlases, strict=True)
    ]
    made = _provenance(sides, source, options)
    return Comparison.of(sides[0], sides[1], _note(sides), made)


def _side(
    one: Compared, given: Atlas | None, source: Source, options: CompareOptions, progress: Progress
) -> Side:
    def told(done: int, total: int, what: str) -> None:
        progress(done, total, f"{one.name}: {what}")

    with _atlas(one, given, source, options.batch, told) as opened:
        return side_of(one, opened, options, told)


@contextmanager
def _atlas(
    one: Compared, given: Atlas | None, source: Source, batch: int, progress: Progress
) -> Iterator[Atlas]:
    """The atlas that was given, if it fits; else a new one that is gone afterwards."""
    if given is not None:
        _check(given, one, source)
        yield given
        return
    from convscope.atlas.build import build_atlas
    from convscope.atlas.options import AtlasOptions
    from convscope.atlas.read import open_atlas
    from convscope.net.capture import Capture, choose

    with TemporaryDirectory(prefix="convscope-") as folder:
        chosen = AtlasOptions(top=1, batch=batch)
        capture = Capture(one.net, choose(one.net))
        build_atlas(capture, source, f"{folder}/atlas", chosen, progress)
        yield open_atlas(f"{folder}/atlas", images=source)


def _check(atlas: Atlas, one: Compared, source: Source) -> None:
    from convscope.net.rebuild import check_weights

    check_weights(atlas.manifest, one.net)
    if not _is_of(atlas, source):
        raise AtlasError(
            f"{atlas.path} is an atlas of other images than the {len(source):,} of {source.name}. "
            "Give those it was made of, or compare without it."
        )
    wanted = one.layers.shown
    if wanted is not None and wanted.name not in {layer.name for layer in atlas.layers}:
        raise AtlasError(
            f"{atlas.path} has no {wanted.name}, the second layer of {one.name}. Make it with that "
            f"layer (convscope atlas --layers {wanted.name}), or compare without it."
        )


def _source(images: str | Path, options: CompareOptions, atlases: Sequence[Atlas | None]) -> Source:
    """The images that both networks are seen on: of an atlas that is given, else the sample."""
    from convscope.images.open import open_images
    from convscope.images.some import Some

    given = [atlas for atlas in atlases if atlas is not None]
    _check_same(given)
    source: Source = open_images(
        images, image_column=options.image_column, label_column=options.label_column
    )
    if not len(source):
        raise DataError(f"{images} holds no image, and a comparison needs some. Give others.")
    is_whole = not options.sample or (given and _is_of(given[0], source))
    return source if is_whole else Some.spread(source, options.sample)


def _check_same(atlases: Sequence[Atlas]) -> None:
    """Hold two atlases to the same images in the same order."""
    if len({atlas.manifest["images"]["list_sha256"] for atlas in atlases}) > 1:
        one, other = atlases
        raise AtlasError(
            f"{one.path} is an atlas of {one.image_count:,} images and {other.path} of "
            f"{other.image_count:,} others, and the two networks are compared on the same. Make "
            "one of them anew over the images of the other, or compare without it."
        )


def _is_of(atlas: Atlas, source: Source) -> bool:
    from convscope.atlas.identity import listing

    listed = listing(source)
    return {key: atlas.manifest["images"].get(key) for key in listed} == listed


def _names(a: Net, b: Net, options: CompareOptions) -> tuple[str, str]:
    """What the two are called: by their weights where their specs are the same."""
    given = options.name_a or _short(a), options.name_b or _short(b)
    if given[0] != given[1]:
        return given
    if not (options.name_a or options.name_b):
        for depth in range(1, DEPTH):
            told = _weights_of(a, depth), _weights_of(b, depth)
            if told[0] != told[1]:
                return told
    return f"{given[0]} (A)", f"{given[1]} (B)"


def _weights_of(net: Net, depth: int) -> str:
    """A run's folder and the epoch, or the file, with so many folders of its place."""
    if net.weights is None:
        return "random weights"
    place = Path(net.weights).absolute()
    found = run_and_epoch(place)
    named = "/".join((found[0] if found else place).parts[-depth:])
    return f"{named}, epoch {found[1]}" if found else named


def _short(net: Net) -> str:
    """A spec without the folders of its file."""
    head, colon, tail = net.spec.rpartition(":")
    return f"{Path(head).name}{colon}{tail}" if "/" in head else Path(net.spec).name


def _note(sides: Sequence[Side]) -> str:
    said = [
        f"{side.facts['name']} has no second convolution with cells: nothing is projected."
        for side in sides
        if side.facts["next"] is None
    ]
    if len({tuple(side.facts["input"]) for side in sides}) > 1:
        said.append(
            "The two take inputs of different sizes: each sees the images as it takes them."
        )
    return " ".join(said)


def _provenance(sides: Sequence[Side], source: Source, options: CompareOptions) -> dict[str, Any]:
    from convscope.net.provenance import versions

    return {
        "method": "compare",
        "options": asdict(options),
        "network": " and ".join(side.facts["network"] for side in sides),
        "weights": [side.facts["weights"] for side in sides],
        "images": source.name,
        "versions": versions(),
    }
