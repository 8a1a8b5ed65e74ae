"""A sheet of paper: pictures, words and lines in their places, lowered to PNG or SVG alike."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
from PIL import Image as Pillow
from PIL import ImageDraw

from convscope.render.jpeg import png
from convscope.render.lettering import INK, PAPER, font, length
from convscope.render.tile import Pixels

Color = tuple[int, int, int]
SANS = (
    "Segoe UI, Roboto, Noto Sans, Liberation Sans, Helvetica Neue, Arial, DejaVu Sans, sans-serif"
)
CHIP = (36, 36, 36)
MARGIN, SHARP = 12, 2
"""Of a picture that stands by itself: paper around it, and its pixels per unit of the sheet."""


@dataclass(frozen=True)
class Shot:
    """Pixels at a place, one unit of the sheet a pixel."""

    x: float
    y: float
    pixels: Pixels


@dataclass(frozen=True)
class Words:
    """One line of words; ``y`` is its top."""

    x: float
    y: float
    text: str
    size: int = 12
    is_bold: bool = False
    ink: Color = INK
    is_right: bool = False
    """Whether ``x`` is where it ends."""
    is_chip: bool = False
    """Whether it lies white on a dark chip, as over pictures."""


@dataclass(frozen=True)
class Line:
    """Straight pieces through points ``(x, y)``."""

    points: tuple[tuple[float, float], ...]
    width: float = 1.0
    ink: Color = INK
    dash: tuple[float, ...] = ()
    """Lengths drawn and left out in turn; empty: drawn throughout."""


Part = Shot | Words | Line


@dataclass(frozen=True)
class Canvas:
    """A white sheet; later parts lie over earlier ones."""

    width: int
    height: int
    parts: tuple[Part, ...]

    def moved(self, x: float, y: float) -> Iterator[Part]:
        """Its parts, shifted onto another sheet."""
        for part in self.parts:
            if isinstance(part, Line):
                points = tuple((a + x, b + y) for a, b in part.points)
                yield Line(points, part.width, part.ink, part.dash)
            else:
                yield type(part)(**{**part.__dict__, "x": part.x + x, "y": part.y + y})


def with_margin(canvas: Canvas, margin: int) -> Canvas:
    """The sheet with an empty margin all round."""
    parts = tuple(canvas.moved(margin, margin))
    return Canvas(canvas.width + 2 * margin, canvas.height + 2 * margin, parts)


def pixels_of(canvas: Canvas, factor: int = 1) -> Pixels:
    """The sheet as pixels (h, w, 3); pictures are enlarged by repeating, words drawn anew."""
    size = (canvas.width * factor, canvas.height * factor)
    sheet = Pillow.new("RGB", size, (PAPER,) * 3)
    pen = ImageDraw.Draw(sheet)
    for part in canvas.parts:
        if isinstance(part, Shot):
            large = np.repeat(np.repeat(part.pixels, factor, 0), factor, 1)
            sheet.paste(Pillow.fromarray(large), _place(part.x, part.y, factor))
        elif isinstance(part, Words):
            _write(pen, part, factor)
        else:
            _draw(pen, part, factor)
    return np.asarray(sheet)


def sheet_png(canvas: Canvas) -> bytes:
    """A sheet that stands by itself, as PNG: with a margin, twice as large, so words are sharp."""
    return png(pixels_of(with_margin(canvas, MARGIN), SHARP))


def svg_of(canvas: Canvas, title: str) -> str:
    """The sheet as SVG: pictures embedded as PNG, words as words."""
    body = "\n".join(_svg(part) for part in canvas.parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{canvas.width}" height="{canvas.height}" '
        f'viewBox="0 0 {canvas.width} {canvas.height}" font-family="{SANS}" role="img">\n'
        f"<title>{escape(title)}</title>\n"
        f'<rect width="{canvas.width}" height="{canvas.height}" fill="#fff"/>\n{body}\n</svg>\n'
    )


def _place(x: float, y: float, factor: int) -> tuple[int, int]:
    return round(x * factor), round(y * factor)


def _write(pen: ImageDraw.ImageDraw, words: Words, factor: int) -> None:
    face = font(words.size * factor, words.is_bold)
    wide = face.getlength(words.text)
    x, y = _place(words.x, words.y, factor)
    x -= round(wide) if words.is_right else 0
    if words.is_chip:
        high = round(words.size * 1.25 * factor)
        pen.rectangle((x - 3 * factor, y, x + wide + 3 * factor, y + high), fill=CHIP)
    pen.text((x, y), words.text, fill=(255,) * 3 if words.is_chip else words.ink, font=face)


def _draw(pen: ImageDraw.ImageDraw, line: Line, factor: int) -> None:
    width = max(1, round(line.width * factor))
    for piece in dashed(line.points, line.dash):
        places = [(x * factor, y * factor) for x, y in piece]
        pen.line(places, fill=line.ink, width=width, joint="curve")


def dashed(
    points: Sequence[tuple[float, float]], dash: Sequence[float]
) -> Iterator[list[tuple[float, float]]]:
    """The pieces of a path that a dash draws.

    >>> list(dashed([(0, 0), (10, 0)], (4, 2)))
    [[(0.0, 0.0), (4.0, 0.0)], [(6.0, 0.0), (10.0, 0.0)]]
    """
    if not dash or len(points) < 2:
        yield list(points)
        return
    path = np.asarray(points, np.float64)
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(path, axis=0).T))])
    start, turn = 0.0, 0
    while start < along[-1]:
        stop = min(start + dash[turn % len(dash)], float(along[-1]))
        if turn % 2 == 0:
            inner = along[(along > start) & (along < stop)]
            at = np.concatenate([[start], inner, [stop]])
            x, y = (np.interp(at, along, path[:, axis]).tolist() for axis in (0, 1))
            yield list(zip(x, y, strict=True))
        start, turn = stop, turn + 1


def _svg(part: Part) -> str:
    if isinstance(part, Shot):
        high, wide = part.pixels.shape[:2]
        data = b64encode(png(part.pixels)).decode()
        return (
            f'<image x="{part.x:g}" y="{part.y:g}" width="{wide}" height="{high}" '
            f'image-rendering="pixelated" href="data:image/png;base64,{data}"/>'
        )
    if isinstance(part, Line):
        points = " ".join(f"{x:.2f},{y:.2f}" for x, y in part.points)
        dash = f' stroke-dasharray="{" ".join(map(str, part.dash))}"' if part.dash else ""
        return (
            f'<polyline points="{points}" fill="none" stroke="{_hex(part.ink)}" '
            f'stroke-width="{part.width:g}"{dash}/>'
        )
    return _svg_words(part)


def _svg_words(words: Words) -> str:
    weight = ' font-weight="600"' if words.is_bold else ""
    anchor = ' text-anchor="end"' if words.is_right else ""
    back = ""
    if words.is_chip:
        wide = length(words.text, words.size, words.is_bold) + 6
        back = (
            f'<rect x="{words.x - 3:g}" y="{words.y:g}" width="{wide:.1f}" '
            f'height="{words.size * 1.25:g}" rx="2" fill="#000" fill-opacity=".72"/>'
        )
    ink = "#fff" if words.is_chip else _hex(words.ink)
    return (
        f'{back}<text x="{words.x:g}" y="{words.y + words.size * 0.93:g}" '
        f'font-size="{words.size}" fill="{ink}"{weight}{anchor}>{escape(words.text)}</text>'
    )


def _hex(color: Color) -> str:
    return "#{:02x}{:02x}{:02x}".format(*color)
