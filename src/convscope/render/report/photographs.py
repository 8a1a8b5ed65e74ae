"""One walk over the images a report uses: each is read once, kept once, and all patches cut."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.progress import Progress
from convscope.render.jpeg import jpeg
from convscope.render.report.scratch import Scratch
from convscope.render.report.survey import LayerSurvey, Survey
from convscope.render.tile import Pixels, as_color, patch_tile, tile_size
from convscope.storage import write_whole

QUALITY = 88
Shown = Callable[[int], Pixels]


def image_name(number: int) -> str:
    """Where an image lies in the report; its number says nothing about its name.

    >>> image_name(123)
    'img/000123.jpg'
    """
    return f"img/{number:06d}.jpg"


def shown_of(atlas: Any) -> Shown:
    """A function from an image's number to its pixels (H, W, c), as the network sees it."""
    source = atlas.source()
    preprocessing = atlas.preprocessing

    def shown(number: int) -> Pixels:
        pixels: Pixels = preprocessing.apply(source.pixels(number)).shown
        return pixels

    return shown


def cut_all(survey: Survey, out: Path, scratch: Scratch, progress: Progress) -> None:
    """Write ``img/`` and the patches of every layer; a finished walk is not walked again."""
    if scratch.has_patches:
        return
    shown, used = shown_of(survey.atlas), used_images(survey, survey.ranks)
    stores = {one.layer.number: _store(one, scratch) for one in survey.layers}
    places = _places(survey)
    for done, number in enumerate(used, start=1):
        pixels = shown(number)
        write_whole(out / image_name(number), jpeg(as_color(pixels), QUALITY))
        for one, channel, rank in places(number):
            box = one.box(channel, rank + 1)
            stores[one.layer.number][channel, rank] = patch_tile(pixels, box)
        progress(done, len(used), "cutting patches")
    for store in stores.values():
        store.flush()
    write_whole(scratch.patches_mark, b"")


def used_images(survey: Survey, ranks: int) -> list[int]:
    """Numbers of the images that are among the strongest of any channel."""
    found = [np.unique(one.top.image[:, :ranks]) for one in survey.layers]
    return [int(number) for number in np.unique(np.concatenate(found)) if number >= 0]


def _store(one: LayerSurvey, scratch: Scratch) -> np.memmap[Any, np.dtype[np.uint8]]:
    side = tile_size(*one.frame)
    shape = (*one.top.image.shape, side, side, 3)
    path = scratch.patches(one.layer.number)
    return np.lib.format.open_memmap(path, mode="w+", dtype=np.uint8, shape=shape)


def _places(survey: Survey) -> Callable[[int], Iterator[tuple[LayerSurvey, int, int]]]:
    """Look up by image: which (layer, channel, rank) it is a patch of."""
    rows = []
    for place, one in enumerate(survey.layers):
        channel, rank = np.nonzero(one.top.image >= 0)
        rows.append(
            np.stack([one.top.image[channel, rank], np.full_like(channel, place), channel, rank])
        )
    table: NDArray[np.int64] = np.concatenate(rows, axis=1)
    table = table[:, np.argsort(table[0], kind="stable")]

    def places(number: int) -> Iterator[tuple[LayerSurvey, int, int]]:
        start, stop = np.searchsorted(table[0], [number, number + 1])
        for _, place, channel, rank in table[:, start:stop].T.tolist():
            yield survey.layers[place], channel, rank

    return places
