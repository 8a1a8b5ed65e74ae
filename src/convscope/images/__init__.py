"""Where images come from: folders, tables and the bundled photographs. Imports no torch."""

from convscope.images.image import Image
from convscope.images.open import open_images
from convscope.images.prefetch import prefetch
from convscope.images.read import read, read_from
from convscope.images.source import Entry, Record, Source

__all__ = ["Entry", "Image", "Record", "Source", "open_images", "prefetch", "read", "read_from"]
