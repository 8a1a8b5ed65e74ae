"""What every result can do: say how it is to be read, be saved, and draw itself in a notebook."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

from convscope.results.caption import CAPTIONS
from convscope.results.file import save
from convscope.storage import write_whole


class Result:
    """Base of the frozen dataclasses that methods return; it adds no field.

    >>> from convscope.results.curves import Curves
    >>> issubclass(Curves, Result), sorted(CAPTIONS[Curves.captioned]._asdict())
    (True, ['does_not_show', 'easily_misread', 'shows'])
    """

    @property
    def captioned(self) -> str:
        """Whose sentences of `CAPTIONS` stand with the picture."""
        raise NotImplementedError

    @property
    def caption(self) -> dict[str, str]:
        """What the picture shows, what it does not, and how it is easily misread."""
        return CAPTIONS[self.captioned]._asdict()

    def save(self, path: str | Path) -> Path:
        """Write it as one safetensors file that `load_result` reads; as ``.png``, its picture."""
        if Path(path).suffix == ".png":
            write_whole(Path(path), self._repr_png_())
            return Path(path)
        return save(self, path)

    def _repr_png_(self) -> bytes:
        # results lie below the room that draws and may not import it: by name, when it is wanted
        painter: Any = import_module("convscope.render.display")
        picture: bytes = painter.png_of(self)
        return picture
