"""Some of a source's images, as a source of their own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from convscope.errors import ImageError
from convscope.images.source import Entry, Job, Pixels, Record, Source
from convscope.tally.spread import spread


class Some(Source):
    """The images of another source at rising places, numbered anew from 0.

    >>> from convscope.images.open import open_images
    >>> some = Some.spread(open_images("bundled:photos"), 5)
    >>> len(some), some.label(0)
    (5, 'astronaut')
    """

    def __init__(self, source: Source, places: Sequence[int]) -> None:
        self.name, self._source, self._places = source.name, source, tuple(places)

    @classmethod
    def spread(cls, source: Source, count: int) -> Some:
        """At most ``count`` of them, evenly spread from the first to the last."""
        return cls(source, spread(len(source), count).tolist())

    def __len__(self) -> int:
        return len(self._places)

    def uri(self, index: int) -> str:
        """The image's path in the source it is of."""
        return self._source.uri(self._places[index])

    def label(self, index: int) -> str | None:
        """The image's class, where the source knows one."""
        return self._source.label(self._places[index])

    def record(self, index: int) -> Record:
        """The image's record in the source it is of."""
        return self._source.record(self._places[index])

    def pixels(self, index: int) -> Pixels:
        """Decode one image.

        Raises:
            ImageError: it cannot be read.
        """
        return self._source.pixels(self._places[index])

    def jobs(self, start: int = 0, stop: int | None = None) -> Iterator[Job]:
        """One job an image, which reads and decodes."""
        return (partial(self._entry, index) for index in range(len(self))[start:stop])

    def _entry(self, index: int) -> Entry:
        record = self.record(index)
        try:
            pixels = self.pixels(index)
        except ImageError as error:
            return Entry(index, record, error=str(error))
        return Entry(index, record, pixels, size=(pixels.shape[0], pixels.shape[1]))
