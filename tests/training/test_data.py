from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet
import pytest
from PIL import Image

from convscope.errors import DataError, SourceError
from convscope.images.open import open_images
from convscope.training import data as module
from convscope.training.data import read_data
from convscope.training.loop import train
from convscope.training.split import split
from tests.training.setting import SIDE, pictures, quick


def test_pictures_are_read_as_squares_with_their_classes(data: Path) -> None:
    source, options = open_images(data), quick()
    chosen = split([source.label(k) for k in range(len(source))], options)
    found = read_data(source, chosen, (SIDE, 3), options)
    assert found.train.pixels.shape == (34, SIDE, SIDE, 3)
    assert len(found.validation) == 8
    for part, numbers in ((found.train, chosen.train), (found.validation, chosen.validation)):
        for pixels, target, number in zip(part.pixels, part.targets, numbers, strict=True):
            whole = source.pixels(int(number))
            assert np.array_equal(pixels, whole[:, 1:-1])
            assert found.classes[target] == source.label(int(number))


def test_only_what_is_needed_is_decoded(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    source = open_images(data)
    real = source.jobs

    def jobs(start: int = 0, stop: int | None = None):  # type: ignore[no-untyped-def]
        for index, job in enumerate(real(start, stop)):
            yield lambda index=index, job=job: seen.append(index) or job()

    monkeypatch.setattr(source, "jobs", jobs)
    options = quick(data_size=6)
    chosen = split([source.label(k) for k in range(len(source))], options)
    read_data(source, chosen, (SIDE, 3), options)
    assert sorted(seen) == sorted([*chosen.train, *chosen.validation])


def test_gray_networks_get_gray_pictures(data: Path) -> None:
    source, options = open_images(data), quick()
    chosen = split([source.label(k) for k in range(len(source))], options)
    assert read_data(source, chosen, (SIDE, 1), options).train.pixels.shape[3] == 1


def test_unreadable_pictures_are_counted_and_said(code: Path, tmp_path: Path) -> None:
    folder = pictures(tmp_path / "pictures")
    broken = [folder / "red" / "03.png", folder / "blue" / "05.png"]
    for path in broken:
        path.write_bytes(b"\x89PNG not really")
    run = train(f"{code}:plain", folder, tmp_path / "run", quick(epochs=1), device="cpu")
    facts = run.facts["data"]
    assert facts["failed"] == 2
    assert {row["uri"] for row in facts["failures"]} == {"red/03.png", "blue/05.png"}
    assert all("damaged" in row["error"] or "header" in row["error"] for row in facts["failures"])
    steps = -(-(34 - 2) // 8), -(-34 // 8)
    assert run.history["step"][-1] in steps


def test_nothing_readable(code: Path, tmp_path: Path) -> None:
    folder = pictures(tmp_path / "pictures", 4)
    for path in folder.rglob("*.png"):
        path.write_bytes(b"no picture")
    with pytest.raises(DataError, match=r"None of 12 images could be read \(blue/00.png: "):
        train(f"{code}:plain", folder, tmp_path / "run", quick(), device="cpu")
    with pytest.raises(SourceError):
        train(f"{code}:plain", tmp_path / "absent", tmp_path / "run", quick(), device="cpu")


def test_too_few_readable(code: Path, tmp_path: Path) -> None:
    folder = pictures(tmp_path / "pictures", 4)
    for path in sorted(folder.rglob("*.png"))[2:]:
        path.write_bytes(b"no picture")
    with pytest.raises(DataError, match="10 images could not be read"):
        train(f"{code}:plain", folder, tmp_path / "run", quick(held_out=0.0), device="cpu")


def test_a_table_of_labels(code: Path, tmp_path: Path) -> None:
    rows = []
    for path in sorted(pictures(tmp_path / "pictures", 6).rglob("*.png")):
        buffer = io.BytesIO()
        Image.open(path).save(buffer, "png")
        rows.append((buffer.getvalue(), path.parent.name))
    rows.append((rows[0][0], None))
    pixels, names = zip(*rows, strict=True)
    parquet.write_table(pa.table({"png": pixels, "kind": names}), tmp_path / "t.parquet")
    run = train(
        f"{code}:plain", tmp_path / "t.parquet", tmp_path / "run", quick(epochs=1),
        image_column="png", label_column="kind", device="cpu",
    )  # fmt: skip
    assert run.facts["data"]["unlabelled"] == 1
    assert run.facts["classes"] == ["blue", "green", "red"]


def test_more_than_fits_into_memory(
    data: Path, code: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MEMORY", 1e-9)
    with pytest.raises(DataError, match=r"images of 16 x 16 px take .* Train on fewer"):
        train(f"{code}:plain", data, tmp_path, quick(), device="cpu")
