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
from convscope.render.lettering import INK, PAPER, QUIET, font
from convscope.render.tile import Pixels

Color = tuple[int, int, int]
SANS = (
    "Segoe UI, Roboto, Noto Sans, Liberation Sans, Helvetica Neue, Arial, DejaVu Sans, sans-serif"
)
CHIP = (36, 36, 36)
LEADING = 1.35
"""Line height as a multiple of the type's size."""
BREAKS = "._:/-"
"""A name too long for its line may break behind these."""
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


def length(text: str, size: int, is_bold: bool = False) -> float:
    """How wide a line of words is, in units of the sheet.

    >>> length("wider", 12) < length("wider", 24)
    True
    """
    return float(font(size, is_bold).getlength(text))


def wrapped(text: str, width: float, size: int, is_bold: bool = False) -> list[str]:
    """Words broken into lines that fit, long names behind their dots and underscores.

    >>> wrapped("grey is zero", 60, 12), wrapped("features.12.expand3x3", 80, 12)
    (['grey is', 'zero'], ['features.12.', 'expand3x3'])
    """
    lines: list[str] = []
    for word in text.split():
        joined = f"{lines[-1]} {word}" if lines else word
        if lines and length(joined, size, is_bold) <= width:
            lines[-1] = joined
        else:
            lines += _broken(word, width, size, is_bold)
    return lines


def shortened(text: str, width: float, size: int) -> str:
    """A line cut to a width, with an ellipsis where something is missing.

    >>> shortened("Siberian husky and more", 60, 11)
    'Siberian…'
    """
    if length(text, size) <= width:
        return text
    while text and length(f"{text}…", size) > width:
        text = text[:-1]
    return f"{text.rstrip()}…"


def _broken(word: str, width: float, size: int, is_bold: bool) -> list[str]:
    """A word in pieces that fit: behind a mark where there is one, else anywhere."""
    pieces = []
    while len(word) > 1 and length(word, size, is_bold) > width:
        fits = [n for n in range(1, len(word)) if length(word[:n], size, is_bold) <= width] or [1]
        at = max((n for n in fits if word[n - 1] in BREAKS), default=fits[-1])
        pieces.append(word[:at])
        word = word[at:]
    return [*pieces, word]


def paragraph(
    text: str,
    x: float,
    y: float,
    width: float,
    size: int = 12,
    ink: Color = QUIET,
    is_bold: bool = False,
) -> tuple[tuple[Words, ...], float]:
    """Lines of words, and the height they take."""
    high = size * LEADING
    lines = wrapped(text, width, size, is_bold)
    made = tuple(Words(x, y + i * high, line, size, is_bold, ink) for i, line in enumerate(lines))
    return made, len(lines) * high


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
