"""Words beside pictures, in the typeface that matplotlib brings along."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path
from textwrap import wrap

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from convscope.render.tile import Pixels

INK = (20, 20, 20)
QUIET = (102, 102, 102)
PAPER = 255


def strip(
    words: str, width: int, size: int = 13, ink: tuple[int, int, int] = INK, pad: int = 4
) -> Pixels:
    """Words on white (h, width, 3), broken into as many lines as they need."""
    face = font(size)
    lines = wrap(words, max(8, int((width - 2 * pad) / (0.56 * size)))) or [""]
    high = round(size * 1.4)
    image = Image.new("RGB", (width, high * len(lines) + 2 * pad), (PAPER,) * 3)
    pen = ImageDraw.Draw(image)
    for number, line in enumerate(lines):
        pen.text((pad, pad + number * high), line, fill=ink, font=face)
    return np.asarray(image)


@cache
def font(size: int, is_bold: bool = False) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """DejaVu Sans, found without importing matplotlib; Pillow's own lacks ± and ×."""
    found = find_spec("matplotlib")
    for folder in (found.submodule_search_locations or []) if found else []:
        path = Path(folder, f"mpl-data/fonts/ttf/DejaVuSans{'-Bold' * is_bold}.ttf")
        if path.exists():
            return ImageFont.truetype(str(path), size)
    return ImageFont.load_default(size)


def length(text: str, size: int, is_bold: bool = False) -> float:
    """How wide a line of words is, in units of the sheet.

    >>> length("wider", 12) < length("wider", 24)
    True
    """
    return float(font(size, is_bold).getlength(text))


def stack(*parts: Pixels) -> Pixels:
    """Pictures of any width below each other, on white."""
    wide = max(part.shape[1] for part in parts)
    return np.concatenate([_widened(part, wide) for part in parts])


def beside(left: Pixels, right: Pixels, gap: int, fill: int = PAPER) -> Pixels:
    """Two pictures of one height beside each other."""
    between = np.full((left.shape[0], gap, 3), fill, np.uint8)
    return np.concatenate([left, between, right], axis=1)


def _widened(part: Pixels, wide: int) -> Pixels:
    rest = [(0, 0), (0, wide - part.shape[1]), (0, 0)]
    return np.pad(part, rest, constant_values=PAPER)
