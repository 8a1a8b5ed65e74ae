"""How a result shows itself in a notebook: it asks the room that draws, by name.

Results lie below ``render`` and may not import it; the name is resolved when a picture is wanted.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any


def png(result: Any) -> bytes:
    """The picture of a result, as PNG bytes."""
    painter = import_module("convscope.render.display")
    picture: bytes = painter.png_of(result)
    return picture
