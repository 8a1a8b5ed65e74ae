"""A grid of trainings of seconds: 28 px pictures of three classes, a network of few channels."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from PIL import Image as Pillow

from convscope.experiments.learning.options import LearncurveOptions

MODEL = "nets:zf28,width=0.2,fc=8,without=3+4+7"
OPTIONS = LearncurveOptions(
    sizes=(24, 48), epochs=(1, 8), seeds=2, batch=8, probe=60, units=2, rate=0.02
)


def pictures(folder: Path, each: int = 60) -> Path:
    """Stripes that lie, stripes that stand, and noise, in a folder a class."""
    drawn = np.random.default_rng(0)
    waves = 110 * np.sin(np.arange(28) * 1.3)
    for number in range(each):
        grain = drawn.normal(128, 30, (28, 28, 3))
        for name, wave in (("lie", waves[:, None, None]), ("noise", 0), ("stand", waves[:, None])):
            pixels = np.clip(grain + wave, 0, 255).astype(np.uint8)
            (folder / name).mkdir(parents=True, exist_ok=True)
            Pillow.fromarray(pixels).save(folder / name / f"{number:03d}.png")
    return folder


def table(folder: Path, path: Path, *, darker: int = 0) -> Path:
    """The same pictures as a Parquet file, where an image has a row and no name."""
    rows = [
        (_png(np.asarray(Pillow.open(file)) // (1 + darker)), file.parent.name)
        for file in sorted(folder.rglob("*.png"))
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table({"image": [r[0] for r in rows], "label": [r[1] for r in rows]}), path)
    return path


def _png(pixels: NDArray[np.uint8]) -> bytes:
    out = BytesIO()
    Pillow.fromarray(pixels).save(out, "PNG")
    return out.getvalue()
