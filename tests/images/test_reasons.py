"""Files that are something else are called by their name."""

from __future__ import annotations

import re
import struct

import pytest
from PIL import Image as Pillow

from convscope.errors import ImageError
from convscope.images.decode import decode
from convscope.images.reasons import explain

FOREIGN = {
    b"": "^0 bytes$",
    b"%PDF-1.7 and so on": "begins like a PDF",
    b"PK\3\4 and so on": "begins like a ZIP",
    b"<svg xmlns='x'></svg>": "begins like an SVG",
    b"  \n<!DOCTYPE html><html>": "begins like an HTML page",
    b"%!PS-Adobe-3.0 EPSF-3.0": "begins like PostScript",
    b"8BPS\0\1": "begins like a Photoshop",
    b"\0\0\0\x18ftypheic": "begins like HEIC",
    b"\xff\xd8\xff": "begins like a JPEG, but its header",
    b"\x89PNG\r\n\x1a\n": "ends early|begins like a PNG, but|is damaged",
    b"\0" * 64: "nothing but zeros",
    b"hello, world": "begins with the bytes 68 65 6c 6c",
}


@pytest.mark.parametrize("data", FOREIGN)
def test_foreign_bytes_are_named(data: bytes) -> None:
    with pytest.raises(ImageError, match=FOREIGN[data]):
        decode(data)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (MemoryError(), "needs more memory"),
        (Pillow.DecompressionBombError("x"), "far more pixels than the limit"),
        (EOFError(), "^ends early$"),
        (struct.error("unpack requires a buffer of 4 bytes"), "^ends early: unpack"),
        (SyntaxError("broken PNG file (chunk b'IDAT')"), "^is damaged: broken PNG file"),
        (ZeroDivisionError(), "^is damaged: ZeroDivisionError$"),
        (ValueError("two\nlines"), "^is damaged: two lines$"),
    ],
)
def test_every_kind_of_exception_has_words(error: Exception, reason: str) -> None:
    assert re.search(reason, explain(error, b""))
