"""`bundled:photos`: tiles of the photographs that scikit-image and scikit-learn ship.

The files are read where the wheels put them; nothing is downloaded, neither package is imported.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, partial
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from convscope.errors import SourceError
from convscope.geometry.box import Box
from convscope.images.source import Entry, Job, Record, Source

Pixels = NDArray[np.uint8]

SIZE = 72
"""Height and width of a tile, in pixels: the bundled network's input."""

SIDES = (72, 96, 128)
"""Sides of the three scales' boxes, in a photograph's pixels; twice that in a very large one."""

FILES = MappingProxyType(
    {
        "astronaut": "skimage/data/astronaut.png",
        "brick": "skimage/data/brick.png",
        "camera": "skimage/data/camera.png",
        "cat": "skimage/data/chelsea.png",
        "china": "sklearn/datasets/images/china.jpg",
        "coffee": "skimage/data/coffee.png",
        "coins": "skimage/data/coins.png",
        "flower": "sklearn/datasets/images/flower.jpg",
        "grass": "skimage/data/grass.png",
        "gravel": "skimage/data/gravel.png",
        "hubble": "skimage/data/hubble_deep_field.jpg",
        "ihc": "skimage/data/ihc.png",
        "moon": "skimage/data/moon.png",
        "motorcycle": "skimage/data/motorcycle_left.png",
        "page": "skimage/data/page.png",
        "retina": "skimage/data/retina.jpg",
        "rocket": "skimage/data/rocket.jpg",
        "text": "skimage/data/text.png",
    }
)
"""The photographs by name, and their files inside the installed wheels."""


def _path(name: str) -> Path:
    package, _, rest = FILES[name].partition("/")
    spec = find_spec(package)
    folders = (spec.submodule_search_locations if spec else None) or []
    found = next((Path(f, rest) for f in folders if Path(f, rest).is_file()), None)
    if found is None:
        raise SourceError(
            f"The photograph {name!r} should lie in {FILES[name]} of the installed packages, but "
            "does not. Install scikit-image and scikit-learn from their wheels: "
            "pip install --force-reinstall scikit-image scikit-learn."
        )
    return found


def _read(path: Path) -> Pixels:
    with Pillow.open(path) as picture:
        pixels = np.array(picture.convert("RGB"))
    pixels.setflags(write=False)
    return pixels


@cache
def photographs() -> Mapping[str, Pixels]:
    """All photographs as (h, w, 3), sorted by name; gray ones have three equal channels.

    Read once and shared, so read-only.

    Raises:
        SourceError: a file is not where the wheel puts it.

    >>> photographs()["coffee"].shape
    (400, 600, 3)
    """
    return MappingProxyType({name: _read(_path(name)) for name in sorted(FILES)})


def held_out_region(height: int, width: int) -> Box:
    """The first third of a photograph along its longer side, on which accuracy is measured.

    The first, not the last: the last third of some (china, camera) has nothing of their subject.

    >>> held_out_region(400, 600)
    Box(y0=0, x0=0, y1=400, x1=200)
    """
    if height > width:
        return Box(0, 0, height // 3, width)
    return Box(0, 0, height, width // 3)


def train_region(height: int, width: int) -> Box:
    """The remaining two thirds, from which training takes crops.

    >>> train_region(400, 600)
    Box(y0=0, x0=200, y1=400, x1=600)
    """
    unseen = held_out_region(height, width)
    return Box(unseen.y1 % height, unseen.x1 % width, height, width)


def sides(height: int, width: int) -> tuple[int, ...]:
    """Sides of the three scales' boxes; doubled where the short side exceeds 768 px.

    >>> sides(400, 600), sides(1411, 1411)
    ((72, 96, 128), (144, 192, 256))
    """
    factor = 2 if min(height, width) > 768 else 1
    return tuple(side * factor for side in SIDES)


def grid(region: Box, side: int) -> list[Box]:
    """The squares of one side that fit in a region without overlap, row by row, centered.

    >>> grid(Box(0, 0, 10, 21), 10)
    [Box(y0=0, x0=0, y1=10, x1=10), Box(y0=0, x0=10, y1=10, x1=20)]
    """
    rows, columns = region.height // side, region.width // side
    top = region.y0 + (region.height - rows * side) // 2
    left = region.x0 + (region.width - columns * side) // 2
    corners = [(top + r * side, left + c * side) for r in range(rows) for c in range(columns)]
    return [Box(y, x, y + side, x + side) for y, x in corners]


def crop(photograph: Pixels, box: Box) -> Pixels:
    """The pixels of a box, averaged over areas to the network's size, (72, 72, 3)."""
    pixels = photograph[box.y0 : box.y1, box.x0 : box.x1]
    if pixels.shape[:2] == (SIZE, SIZE):
        return pixels.copy()
    shrunk = Pillow.fromarray(pixels).resize((SIZE, SIZE), Pillow.Resampling.BOX)
    return np.asarray(shrunk)


def random_crop(photograph: Pixels, rng: np.random.Generator, turn: float = 0.0) -> Pixels:
    """A square of the training region for training: at random place and scale, (72, 72, 3).

    Its scale lies between that of the finest tiles and twice that, its angle within ``turn``
    degrees either way, at most 22; a margin of 1.3 leaves room to turn so far.
    """
    region = train_region(*photograph.shape[:2])
    least, *_, most = sides(*photograph.shape[:2])
    smallest, largest = 1.3 * least, min(1.6 * most, region.height, region.width)
    side = round(smallest * (largest / smallest) ** rng.random())
    y = region.y0 + int(rng.integers(region.height - side + 1))
    x = region.x0 + int(rng.integers(region.width - side + 1))
    cut = Pillow.fromarray(photograph[y : y + side, x : x + side])
    shrunk = cut.resize((SIZE + 22, SIZE + 22), Pillow.Resampling.BOX)
    turned = shrunk.rotate(rng.uniform(-turn, turn), Pillow.Resampling.BICUBIC)
    return np.asarray(turned.crop((11, 11, SIZE + 11, SIZE + 11)))


@dataclass(frozen=True)
class Tile:
    """One tile: where it is and what it is called."""

    uri: str
    photograph: str
    box: Box


@cache
def tiles() -> tuple[Tile, ...]:
    """The non-overlapping tiles of all photographs at all three scales, in the order of their uri.

    >>> len(tiles()), tiles()[0].uri
    (1389, 'photos/astronaut/s1/0000')
    """
    return _tiles(lambda height, width: Box(0, 0, height, width))


@cache
def held_out_tiles() -> tuple[Tile, ...]:
    """Tiles of the held-out regions alone, on which the bundled network's accuracy is measured.

    >>> len(held_out_tiles())
    373
    """
    return _tiles(held_out_region)


def _tiles(region: Callable[[int, int], Box]) -> tuple[Tile, ...]:
    sizes = {name: photograph.shape[:2] for name, photograph in photographs().items()}
    return tuple(
        Tile(f"photos/{name}/s{scale}/{number:04}", name, box)
        for name, size in sizes.items()
        for scale, side in enumerate(sides(*size), 1)
        for number, box in enumerate(grid(region(*size), side))
    )


def cut(tile: Tile) -> Pixels:
    """The tile's pixels, (72, 72, 3)."""
    return crop(photographs()[tile.photograph], tile.box)


def _record(tile: Tile, pixels: Pixels) -> Record:
    encoded = pixels.tobytes()
    return Record(
        uri=tile.uri,
        label=tile.photograph,
        source=tile.photograph,
        source_box=tile.box,
        bytes=len(encoded),
        sha256=sha256(encoded).hexdigest(),
    )


def _entry(index: int, tile: Tile) -> Entry:
    pixels = cut(tile)
    return Entry(index, _record(tile, pixels), pixels, size=(SIZE, SIZE))


class PhotoTiles(Source):
    """The source `bundled:photos`; a tile's label is the name of its photograph.

    A tile has no file of its own: ``bytes`` and ``sha256`` of its record are those of its pixels.

    >>> source = PhotoTiles()
    >>> source.label(0), source.record(0).source_box, source.pixels(0).shape
    ('astronaut', Box(y0=4, x0=4, y1=76, x1=76), (72, 72, 3))
    """

    name = "bundled:photos"

    def __len__(self) -> int:
        """How many tiles there are."""
        return len(tiles())

    def uri(self, index: int) -> str:
        """The tile's name: photograph, scale (1 is the finest), number in reading order."""
        return tiles()[index].uri

    def label(self, index: int) -> str:
        """The photograph's name."""
        return tiles()[index].photograph

    def record(self, index: int) -> Record:
        """The tile's photograph, its box there, and the hash of its pixels."""
        return _record(tiles()[index], cut(tiles()[index]))

    def pixels(self, index: int) -> Pixels:
        """The tile, (72, 72, 3)."""
        return cut(tiles()[index])

    def jobs(self, start: int = 0, stop: int | None = None) -> Iterator[Job]:
        """One job a tile, in order."""
        numbers = range(len(self))[start:stop]
        return (partial(_entry, index, tiles()[index]) for index in numbers)
