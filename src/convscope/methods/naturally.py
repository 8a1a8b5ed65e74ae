"""Statistics of the images an atlas was made of, as the network sees them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.errors import ImageError, SourceError
from convscope.images.read import read_from
from convscope.images.source import Source
from convscope.preprocess import Preprocessing
from convscope.synthesis.natural import Natural, natural_of

ENOUGH = 200
"""Images; more change the mean magnitude by a few percent."""


def natural_from(source: Source, preprocessing: Preprocessing, count: int = ENOUGH) -> Natural:
    """Mean color, covariance of colors and magnitudes of evenly spread images of a source.

    Raises:
        DataError: none of them can be read.
    """
    return natural_of(_colors(source, preprocessing, count))


def natural_of_atlas(atlas: Any) -> Natural:
    """The same of an atlas's images; the usual 1/f where they are gone."""
    try:
        source = atlas.source()
    except SourceError:
        return Natural.usual(atlas.preprocessing.channels)
    return natural_from(source, atlas.preprocessing)


def _colors(
    source: Source, preprocessing: Preprocessing, count: int
) -> Iterator[NDArray[np.float64]]:
    places = np.unique(np.linspace(0, len(source) - 1, min(count, len(source))).astype(int))
    for place in places.tolist():
        try:
            yield read_from(source, place, preprocessing).shown.transpose(2, 0, 1) / 255
        except ImageError:  # the atlas names what cannot be read
            continue
