"""Why bytes could not be read as an image, in plain words."""

from __future__ import annotations

import struct

from PIL import Image as Pillow
from PIL import UnidentifiedImageError

READ_HERE = "JPEG, PNG, WebP, BMP, GIF, TIFF, PPM and .npy are read"

# First bytes, what they say, and whether we read that.
_SIGNATURES: tuple[tuple[bytes, str, bool], ...] = (
    (b"\xff\xd8", "a JPEG", True),
    (b"\x89PNG", "a PNG", True),
    (b"GIF8", "a GIF", True),
    (b"BM", "a BMP", True),
    (b"II*\0", "a TIFF", True),
    (b"MM\0*", "a TIFF", True),
    (b"RIFF", "a WebP (or a film, or sound)", True),
    (b"\x93NUMPY", "a .npy array", True),
    (b"%PDF", "a PDF", False),
    (b"%!", "PostScript", False),
    (b"PK\3\4", "a ZIP archive", False),
    (b"\x1f\x8b", "a gzip archive", False),
    (b"8BPS", "a Photoshop file", False),
    (b"SIMPLE", "a FITS file", False),
    (b"PAR1", "a Parquet file", False),
    (b"<svg", "an SVG", False),
    (b"<?xml", "an XML file", False),
    (b"<!doctype", "an HTML page", False),
    (b"<html", "an HTML page", False),
)
_ENDS_EARLY = ("truncat", "end of file", "no more data", "not enough", "eof", "buffer is smaller")


def explain(error: Exception, data: bytes) -> str:
    """Say in plain words why decoding these bytes failed.

    >>> explain(OSError("image file is truncated (3 bytes not processed)"), b"BM")
    'ends early: image file is truncated (3 bytes not processed)'
    """
    if _is_short_riff(data):
        return "ends early: fewer bytes than its header says"
    if isinstance(error, UnidentifiedImageError):
        return begins_like(data)
    if isinstance(error, Pillow.DecompressionBombError):
        return "its header claims far more pixels than the limit allows"
    if isinstance(error, MemoryError):
        return "needs more memory than there is"
    said = " ".join(str(error).split())[:160]
    if isinstance(error, EOFError | struct.error) or any(w in said.lower() for w in _ENDS_EARLY):
        return f"ends early: {said}" if said else "ends early"
    return f"is damaged: {said or type(error).__name__}"


def _is_short_riff(data: bytes) -> bool:
    return data[:4] == b"RIFF" and 8 + int.from_bytes(data[4:8], "little") > len(data)


def begins_like(data: bytes) -> str:
    r"""Say what the first bytes look like, for a file that is not one of our formats.

    >>> begins_like(b"%PDF-1.7")
    'begins like a PDF; JPEG, PNG, WebP, BMP, GIF, TIFF, PPM and .npy are read'
    >>> begins_like(b"\xff\xd8\xff")
    'begins like a JPEG, but its header is damaged or ends early'
    """
    if not data:
        return "0 bytes"
    what, ours = _kind(data)
    if what:
        tail = ", but its header is damaged or ends early" if ours else f"; {READ_HERE}"
        return f"begins like {what}{tail}"
    if data[4:8] == b"ftyp":
        return f"begins like HEIC, AVIF or a film; {READ_HERE}"
    if not any(data):
        return f"holds nothing but zeros; {READ_HERE}"
    return f"begins with the bytes {data[:8].hex(' ')}, which no format has; {READ_HERE}"


def readable_kind(data: bytes) -> str:
    r"""Which of the formats that are read here the first bytes are of; empty if of none.

    >>> readable_kind(b"\xff\xd8\xff"), readable_kind(b"%PDF-1.7")
    ('a JPEG', '')
    """
    what, ours = _kind(data)
    return what if ours else ""


def _kind(data: bytes) -> tuple[str, bool]:
    """What the first bytes say, and whether we read that; empty if they say nothing."""
    start = data[:64].lstrip().lower() if data[:1] in b"< \t\r\n" else data[:64]
    found = ((what, ours) for signature, what, ours in _SIGNATURES if start.startswith(signature))
    return next(found, ("", False))
