"""What every source of images promises, and the two values it hands out: records and entries."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from numpy.typing import NDArray

from convscope.geometry.box import Box
from convscope.preprocess import Prepared

Pixels = NDArray[Any]
"""``(h, w, c)``, uint8, or float on the 0..1 scale."""


@dataclass(frozen=True)
class Record:
    """Where an image comes from and which bytes it was; known also for one that cannot be read."""

    uri: str
    """Relative to the source, ``/`` between folders; its UTF-8 bytes give the image's rank."""
    label: str | None
    source: str
    """The file the pixels were cut from; the same as ``uri`` where the image is a whole file."""
    source_box: Box | None = None
    """The part of ``source`` it is; None: all of it."""
    source_size: tuple[int, int] | None = None
    """``(height, width)`` of ``source``; None: not known before it is decoded."""
    bytes: int = 0
    """Encoded size; 0 where nothing could be read."""
    mtime: float | None = None
    """Seconds since the epoch; None where the image is no file of its own."""
    sha256: str = ""
    """Of the encoded bytes; empty where they could not be read."""


@dataclass(frozen=True)
class Entry:
    """One image of a pass: its pixels, or the reason why there are none."""

    index: int
    record: Record
    pixels: Pixels | None = None
    """As decoded; None after a failure, or when ``prepared`` has taken their place."""
    error: str = ""
    """Why the image could not be read, in plain words; empty: it could."""
    note: str = ""
    """What the reader decided for you, such as ``first of several frames``."""
    size: tuple[int, int] | None = None
    """``(height, width)`` of the pixels as decoded."""
    prepared: Prepared | None = None
    """The network's input, where ``prefetch`` was asked to prepare it."""


Job = Callable[[], Entry]
"""Decodes one image, in any thread; never raises for a bad image."""


class Source(Protocol):
    """Images numbered ``0 .. len-1`` by the bytes of their uri; memory does not grow with them.

    A class that implements it may inherit from it and then gets ``iterate`` for nothing.
    """

    name: str
    """What ``open_images`` was given, for people: a folder's name, ``bundled:photos``."""

    def __len__(self) -> int:
        """How many images there are, readable or not."""
        ...

    def uri(self, index: int) -> str:
        """The image's path relative to the source."""
        ...

    def label(self, index: int) -> str | None:
        """The image's class, where the source knows one."""
        ...

    def record(self, index: int) -> Record:
        """The image's record; reads its bytes (for the hash), never decodes them."""
        ...

    def pixels(self, index: int) -> Pixels:
        """Decode one image.

        Raises:
            ImageError: it cannot be read; the message names it and says why.
        """
        ...

    def jobs(self, start: int = 0, stop: int | None = None) -> Iterator[Job]:
        """One job an image, in order: bytes are read here if they must be, decoding is the job's.

        The iterator itself is used by one thread, the jobs by several.
        """
        ...

    def iterate(self, start: int = 0, stop: int | None = None) -> Iterator[Entry]:
        """The images ``start .. stop-1`` in order, each decoded when it is asked for."""
        return (job() for job in self.jobs(start, stop))
