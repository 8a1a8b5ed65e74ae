"""A fake atlas and fake projections that look real: band-passed patches of photographs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from skimage import data
from skimage.filters import gaussian
from skimage.transform import resize

from convscope.errors import AddressError
from convscope.geometry.box import Box
from convscope.geometry.field import AxisField, Field
from convscope.preprocess import Preprocessing
from convscope.results.layer import Layer
from convscope.results.projection_block import ProjectionBlock
from convscope.results.synthesis import Synthesis
from convscope.synthesis.presets import PRESETS

LABELS = ("cat", "coffee mug", "astronaut", "rocket", "retina")
SHORT_LIST = (
    ("features.1", 12, 111, 7, 2),
    ("features.3.squeeze_activation", 6, 55, 11, 4),
    ("features.3.expand3x3_activation", 10, 55, 19, 4),
    ("features.9.expand3x3_activation", 9, 27, 91, 8),
    ("classifier.2", 5, 13, 155, 16),
)
FIRES = (3, 19), (4, 27), (5, 35), (7, 59), (8, 75), (9, 91), (10, 107), (12, 155)


def squeezenet(channels: int = 1) -> list[tuple[str, int, int, int, int]]:
    """Name, channels, cells, field and stride of SqueezeNet's 26 layers."""
    rows, before = [("features.1", 96, 111, 7, 2)], 11
    widths = dict(zip([3, 4, 5, 7, 8, 9, 10, 12], [16, 16, 32, 32, 48, 48, 64, 64], strict=True))
    for number, size in FIRES:
        stride = 4 if number < 7 else 8 if number < 12 else 16
        cells = {4: 55, 8: 27, 16: 13}[stride]
        before = size - 2 * stride
        for kind, wide, sees in (
            ("squeeze", 1, before),
            ("expand1x1", 4, before),
            ("expand3x3", 4, size),
        ):
            name = f"features.{number}.{kind}_activation"
            rows.append((name, max(1, widths[number] * wide // channels), cells, sees, stride))
    return [*rows, ("classifier.2", 1000 // channels, 13, 155, 16)]


def layer(number: int, row: tuple[str, int, int, int, int]) -> Layer:
    name, channels, cells, size, stride = row
    axis = AxisField(size, Fraction(stride), Fraction(stride - size, 2))
    return Layer(
        number, name, "relu", channels, cells, cells, Field(axis, axis, "EXACT"), False, True
    )


@cache
def photographs(side: int = 96) -> tuple[np.ndarray[Any, Any], ...]:
    """Five photographs and their mirror images, uint8 (side, side, 3)."""
    whole = [data.cat(), data.coffee(), data.astronaut(), data.rocket(), data.retina()]
    small = [
        resize(one[: min(one.shape[:2]), : min(one.shape[:2])], (side, side), anti_aliasing=True)
        for one in whole
    ]
    flat = [np.rint(one * 255).astype(np.uint8) for one in small]
    return (*flat, *(one[:, ::-1] for one in flat))


@dataclass(frozen=True)
class FakeUnits:
    status: np.ndarray[Any, Any]
    seen: np.ndarray[Any, Any]
    nonfinite: np.ndarray[Any, Any]
    maximum: np.ndarray[Any, Any]
    minimum: np.ndarray[Any, Any]
    mean: np.ndarray[Any, Any]
    std: np.ndarray[Any, Any]
    fired_images: np.ndarray[Any, Any]
    fired_cells: np.ndarray[Any, Any]
    histogram: np.ndarray[Any, Any]
    class_means: np.ndarray[Any, Any]


@dataclass(frozen=True)
class FakeTop:
    value: np.ndarray[Any, Any]
    image: np.ndarray[Any, Any]
    y: np.ndarray[Any, Any]
    x: np.ndarray[Any, Any]


@dataclass(frozen=True)
class FakeImage:
    uri: str
    label: str | None
    source: str
    source_box: Box | None = None
    width: int = 96
    height: int = 96
    status: str = "read"
    error: str = ""


@dataclass(frozen=True)
class FakeSource:
    images: Sequence[np.ndarray[Any, Any]]
    name: str = "photographs"

    def __len__(self) -> int:
        return len(self.images)

    def pixels(self, number: int) -> np.ndarray[Any, Any]:
        return self.images[number]


@dataclass
class FakeAtlas:
    """Duck-typed like the atlas reader."""

    rows: Sequence[tuple[str, int, int, int, int]] = SHORT_LIST
    images: Sequence[np.ndarray[Any, Any]] = field(default_factory=photographs)
    labels: Sequence[str | None] = LABELS * 2
    classes: tuple[str, ...] = LABELS
    seed: int = 0
    path: Path = Path("/nowhere/at/all/sq.atlas")
    dead: tuple[tuple[int, int], ...] = ((3, 2), (3, 5))
    rare: tuple[tuple[int, int], ...] = ((2, 1),)
    constant: tuple[tuple[int, int], ...] = ((1, 3),)
    pictures: dict[str, Synthesis] = field(default_factory=dict)
    """Synthesized, by layer."""

    def __post_init__(self) -> None:
        self.layers = tuple(layer(number, row) for number, row in enumerate(self.rows))
        self.histogram_edges = np.concatenate(
            [[-np.inf, 0], 2.0 ** (np.arange(-8, 25) / 2), [np.inf]]
        )
        self.image_count = len(self.images)
        self.images_read = len(self.images)
        side = self.images[0].shape[0]
        self.preprocessing = Preprocessing((side, side), None, mean=(0.5,) * 3, std=(0.5,) * 3)
        self.manifest: dict[str, Any] = {
            "network": {"spec": "squeezenet1_0", "sha256": "b66bff10aa"},
            "images": {"list_sha256": "7c1e0a42bb", "spec": "/nowhere/at/all"},
            "versions": {"torch": "2.13.0", "convscope": "0.1.0"},
            "classes": ["tabby cat"],
            "class_keys": ["cat"],
        }
        self._made: dict[int, tuple[FakeUnits, FakeTop]] = {}

    def layer(self, name: str | int) -> Layer:
        for one in self.layers:
            if name in (one.name, one.number):
                return one
        raise AddressError(f"No layer {name!r}.")

    def image(self, number: int) -> FakeImage:
        side = self.images[0].shape[0]
        return FakeImage(f"{number}.jpg", self.labels[number], f"{number}.jpg", None, side, side)

    def failed(self) -> list[FakeImage]:
        return []

    def source(self) -> FakeSource:
        return FakeSource(self.images)

    def synthesis(self, layer: Layer) -> Synthesis | None:
        return self.pictures.get(layer.name)

    @property
    def synthesized(self) -> dict[str, str]:
        return {name: str(made.values.sum()) for name, made in self.pictures.items()}

    def units(self, layer: Layer) -> FakeUnits:
        return self._make(layer)[0]

    def top(self, layer: Layer, side: str = "top") -> FakeTop:
        return self._make(layer)[1]

    def _make(self, layer: Layer) -> tuple[FakeUnits, FakeTop]:
        if layer.number not in self._made:
            self._made[layer.number] = _numbers(self, layer)
        return self._made[layer.number]


def _numbers(atlas: FakeAtlas, layer: Layer) -> tuple[FakeUnits, FakeTop]:
    random = np.random.default_rng((atlas.seed, layer.number))
    count, images, ranks = layer.channels, len(atlas.images), min(9, len(atlas.images))
    peak = random.gamma(4, 400, count).astype(np.float32)
    value = -np.sort(-peak[:, None] * random.uniform(0.5, 1, (count, ranks)), axis=1)
    value[:, 0] = peak
    image = np.stack([random.permutation(images)[:ranks] for _ in range(count)])
    y, x = (random.integers(1, layer.height - 1, (count, ranks)) for _ in "yx")
    y[count // 2] = 0
    fired_cells = random.beta(2, 3 + layer.number / 4, count)
    fired_images = np.clip(fired_cells * 3, 0.02, 1)
    status = np.full(count, "live", dtype=object)
    share = random.exponential(1, (count, len(atlas.histogram_edges) - 1)) * np.hanning(
        len(atlas.histogram_edges) - 1
    )
    histogram = (share * 4000).astype(np.int64)
    for number, channel in (*atlas.dead, *atlas.constant):
        if number == layer.number and channel < count:
            status[channel] = "dead" if (number, channel) in atlas.dead else "constant"
            # as an atlas has it: every image is as strong, so the first of the list are kept
            peak[channel] = 0 if status[channel] == "dead" else 3.5
            value[channel], image[channel] = peak[channel], np.arange(ranks)
            fired_cells[channel] = fired_images[channel] = 0
    for number, channel in atlas.rare:
        if number == layer.number and channel < count:
            value[channel, 4:], image[channel] = 0, np.arange(ranks)
            fired_images[channel], fired_cells[channel] = 4 / max(images, 500), 0.0001
    class_means = random.gamma(2, 200, (count, len(atlas.classes)))
    class_means[status != "live"] = peak[status != "live", None]
    class_means[fired_images < 0.01, 0], class_means[fired_images < 0.01, 1:] = 0.000526, 0
    histogram[fired_images < 0.01, 0] = 10**9
    histogram[status == "dead"] = 0
    histogram[status == "dead", 0] = 4000
    units = FakeUnits(
        status, np.full(count, images * 144), np.zeros(count, np.int64), peak,
        np.full(count, np.nan), peak / 40,
        np.where(status == "live", peak / 20, 0), fired_images, fired_cells, histogram, class_means,
    )  # fmt: skip
    return units, FakeTop(value.astype(np.float32), image, y, x)


def blocks(
    atlas: FakeAtlas,
    ranks: int = 9,
    skip: frozenset[tuple[int, int]] = frozenset(),
    part: int = 400,
) -> Iterator[ProjectionBlock]:
    """Rank-major, like ``project_all``; a layer may come in several parts."""
    for rank in range(1, ranks + 1):
        for one in atlas.layers:
            if (one.number, rank) in skip:
                continue
            top = atlas.top(one)
            drawn = np.flatnonzero(top.value[:, rank - 1] > 0)
            for start in range(0, len(drawn), part):
                yield block(atlas, one, rank, drawn[start : start + part])


def block(
    atlas: FakeAtlas, one: Layer, rank: int, channels: np.ndarray[Any, Any]
) -> ProjectionBlock:
    from convscope.render.tile import cut

    top = atlas.top(one)
    side = atlas.images[0].shape[0]

    def patch(channel: int) -> np.ndarray[Any, Any]:
        cell = int(top.y[channel, rank - 1]), int(top.x[channel, rank - 1])
        return cut(atlas.images[top.image[channel, rank - 1]], one.field.frame(cell, side, side))

    tiles = [bandpass(patch(channel)) for channel in channels]
    stacked = np.stack(tiles).astype(np.float32) if tiles else np.zeros((0, 3, 1, 1), np.float32)
    values = top.value[channels, rank - 1]
    return ProjectionBlock(one, rank, channels, stacked, values, np.zeros(len(channels), bool))


def bandpass(patch: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """A patch (h, w, 3) as something like its projection (3, h, w)."""
    side = patch.shape[0]
    value = patch / 255 - 0.5
    fine = value - gaussian(value, max(1.0, side / 14), channel_axis=2)
    grid = (np.arange(side) - (side - 1) / 2) / side
    window = np.exp(-(grid[:, None] ** 2 + grid[None] ** 2) * 18)
    return ((fine + (0.1 * value if side < 20 else 0)) * window[..., None]).transpose(2, 0, 1) * 900


def synthesis(layer: str, channels: Sequence[int], side: int = 40, **changed: Any) -> Synthesis:
    """Photographs in place of synthesized pictures: strong, weak, silent, diverged, unscored."""
    count = len(channels)
    place = np.arange(count) % 5
    value = np.array([180.0, 70.0, 0.0, 150.0, 30.0])[place]
    status = [("drawn", "drawn", "silent", "diverged", "drawn")[i] for i in place]
    flat = [photographs(side)[c % 10] for c in channels]
    recipe = json.loads(json.dumps(asdict(PRESETS["natural"]))) | {"steps": 64}
    given: dict[str, Any] = {
        "pictures": np.stack(flat),
        "values": value,
        "best": np.array([100.0, 100.0, 100.0, 100.0, 0.0])[place],
        "robust": 0.84 * value,
        "tries": np.stack([value, np.where(place == 0, 140.0, np.nan), value / 2]),
        "layer": layer,
        "channels": tuple(channels),
        "names": tuple(f"{layer}:{c}" for c in channels),
        "status": tuple(status),
        "starts": tuple(range(count)),
        "note": "",
        "provenance": {
            "options": {"preset": "auto", "recipe": recipe},
            "preprocessing": {"size": [227, 227]},
            "spectrum_images": 10,
        },
    }
    return Synthesis(**(given | changed))
