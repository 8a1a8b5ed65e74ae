"""The images of an experiment, copied so that they stay as they are: the pool and the probe."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from convscope.errors import DataError, ImageError
from convscope.experiments.learning.pool import Pool
from convscope.experiments.learning.strongest import Ints
from convscope.images.source import Pixels, Source
from convscope.progress import Progress
from convscope.storage import write_whole

POOL, PROBE, FACTS = "data/pool.parquet", "data/probe.parquet", "data/images.json"
LARGEST = 256
"""Short side of what is kept, in pixels: Zeiler & Fergus 2013, sec. 3, resize to as much."""
ROWS = 512


@dataclass(frozen=True)
class Kept:
    """What was copied."""

    labels: Ints
    """(n,) the class of each of the probe's images."""
    classes: tuple[str, ...]
    unread: int
    """Images that could not be read and are left out."""


def keep_images(source: Source, pool: Pool, out: Path, progress: Progress) -> Kept:
    """Copy the pool and the probe into tables of PNG, once; of an earlier run, read what it kept.

    Raises:
        DataError: too few of the probe's images can be read.
    """
    facts = out / FACTS
    if not facts.exists():
        _copy(source, pool, out, progress)
    said = json.loads(facts.read_bytes())
    return Kept(np.array(said["labels"], np.int64), tuple(said["classes"]), said["unread"])


def digest(pool: Pool) -> str:
    """What tells one data set and split from another.

    >>> from convscope.experiments.learning.pool import pool
    >>> digest(pool(["a", "b"] * 9, 8, 4)) == digest(pool(["a", "b"] * 9, 8, 4, seed=1))
    False
    """
    parts = (pool.labels, pool.probe, pool.train)
    words = "\n".join(pool.classes).encode()
    return sha256(words + b"".join(part.astype("<i8").tobytes() for part in parts)).hexdigest()


def _copy(source: Source, pool: Pool, out: Path, progress: Progress) -> None:
    total = len(pool.probe) + len(pool.train)
    probe = list(_readable(source, pool.probe, partial(progress_from, progress, 0, total)))
    begun = partial(progress_from, progress, len(pool.probe), total)
    train = list(_readable(source, pool.train, begun))
    labels = pool.labels[[number for number, _ in probe]].tolist()
    _check(labels, pool)
    _write(out / PROBE, probe, pool)
    _write(out / POOL, train, pool)
    unread = total - len(probe) - len(train)
    facts = {"labels": labels, "classes": pool.classes, "unread": unread}
    write_whole(out / FACTS, json.dumps(facts).encode())


def progress_from(progress: Progress, before: int, total: int, done: int) -> None:
    """Tell how many images are copied, so many before these."""
    progress(before + done, total, "copying images")


def _readable(
    source: Source, numbers: Ints, tell: Callable[[int], None]
) -> Iterator[tuple[int, bytes]]:
    """The number and the PNG of each image that can be read."""
    for done, number in enumerate(numbers.tolist(), 1):
        with suppress(ImageError):  # it is counted: left out, and said
            yield number, _png(small(source.pixels(number)))
        tell(done)


def _png(pixels: NDArray[np.uint8]) -> bytes:
    out = BytesIO()
    Pillow.fromarray(pixels).save(out, "PNG", compress_level=1)
    return out.getvalue()


def small(pixels: Pixels) -> NDArray[np.uint8]:
    """Pixels whose short side is at most 256, averaged down where it is more.

    >>> small(np.zeros((300, 512, 3), np.uint8)).shape, int(small(np.ones((8, 9, 3))).max())
    ((256, 437, 3), 255)
    """
    bytes_ = pixels if pixels.dtype == np.uint8 else np.rint(np.clip(pixels, 0, 1) * 255)
    plain = np.ascontiguousarray(bytes_, np.uint8)
    plain = plain[:, :, 0] if plain.ndim == 3 and plain.shape[2] == 1 else plain
    high, wide = plain.shape[:2]
    if min(high, wide) <= LARGEST:
        return plain
    share = LARGEST / min(high, wide)
    size = round(wide * share), round(high * share)
    return np.asarray(Pillow.fromarray(plain).resize(size, Pillow.Resampling.BOX))


def _write(path: Path, rows: Sequence[tuple[int, bytes]], pool: Pool) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    labels = [pool.classes[pool.labels[number]] for number, _ in rows]
    table = pa.table({"image": [data for _, data in rows], "label": labels})
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, row_group_size=ROWS, compression="none")
    write_whole(path, sink.getvalue().to_pybytes())


def _check(labels: Sequence[int], pool: Pool) -> None:
    half = len(labels) // 2
    short = [
        name
        for place, name in enumerate(pool.classes)
        if place not in labels[:half] or place not in labels[half:]
    ]
    if short:
        raise DataError(
            f"Of the probe's {len(pool.probe)} images {len(labels)} can be read, and not both "
            f"halves hold {', '.join(short[:5])}. Give a larger probe (--probe), or remove classes "
            "of so few images."
        )
