"""Whose a folder of trainings is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from convscope.errors import StorageError, UsageError
from convscope.experiments.ablation import ablate
from convscope.experiments.ablation.options import AblateOptions
from convscope.experiments.claim import Kind, claim, data_identity
from convscope.experiments.learning import learncurve
from convscope.experiments.learning.one_training import Grid
from convscope.experiments.learning.pool import pool
from convscope.images.open import open_images
from convscope.images.source import Source
from tests.experiments.tiny_grid import MODEL, OPTIONS, table

KIND = Kind("an ablation", "Variants")


def test_a_new_folder_is_marked_and_the_same_is_let_in(tmp_path: Path) -> None:
    path = tmp_path / "new/mark.json"
    for _ in range(2):
        claim(path, {"rate": 0.1, "data": "photos"}, KIND)
    assert json.loads(path.read_text()) == {"rate": 0.1, "data": "photos"}


def test_what_differs_is_said_and_what_may_be_added(tmp_path: Path) -> None:
    path = tmp_path / "mark.json"
    claim(path, {"rate": 0.1, "model": "a"}, KIND)
    with pytest.raises(
        UsageError,
        match=r"holds another ablation, which differs in rate \(0\.1, now 0\.2\)\. Variants may be",
    ):
        claim(path, {"rate": 0.2, "model": "a"}, KIND)


def test_a_mark_of_an_earlier_version_says_nothing_of_single_images(tmp_path: Path) -> None:
    path = tmp_path / "mark.json"
    claim(path, {"rate": 0.1}, KIND)
    claim(path, {"rate": 0.1, "data": "photos", "some_images": "ab"}, KIND)
    with pytest.raises(UsageError, match=r"differs in labels \(None, now cd\)"):
        claim(path, {"rate": 0.1, "labels": "cd"}, KIND)


@pytest.mark.parametrize("torn", ["", "{", "[1]", "\xff"])
def test_a_torn_mark_is_named(tmp_path: Path, torn: str) -> None:
    path = tmp_path / "mark.json"
    path.write_bytes(torn.encode("latin-1"))
    with pytest.raises(StorageError, match=r"mark\.json is torn.*Name another folder \(--out\)"):
        claim(path, {"rate": 0.2}, KIND)
    assert path.read_bytes() == torn.encode("latin-1")


def test_tables_of_the_same_labels_are_told_apart_by_name_and_by_images(
    photos: Path, tmp_path: Path
) -> None:
    """Rows of a table are numbered, so names and labels alone say nothing of the images."""
    first = table(photos, tmp_path / "a/photos.parquet")
    same = table(photos, tmp_path / "b/photos.parquet")
    named = table(photos, tmp_path / "c/pictures.parquet")
    other = table(photos, tmp_path / "d/photos.parquet", darker=1)
    sources = [open_images(path) for path in (first, same, named, other)]
    found = [data_identity(source) for source in sources]
    assert found[0] == found[1]
    assert found[0]["data"] != found[2]["data"]
    assert found[0]["some_images"] == found[2]["some_images"] != found[3]["some_images"]
    bench = ablate.Bench(tmp_path, "", AblateOptions(model=MODEL), ("image", "label"), "cpu")
    assert ablate.identity(bench, sources[0]) != ablate.identity(bench, sources[3])


def test_a_grid_of_other_images_of_the_same_labels_is_refused(photos: Path, tmp_path: Path) -> None:
    out, first = tmp_path / "curve", table(photos, tmp_path / "a/photos.parquet")
    other = table(photos, tmp_path / "b/photos.parquet", darker=1)
    grid, source = Grid(out, MODEL, OPTIONS), open_images(first)
    learncurve.claim(
        out / learncurve.MARK,
        learncurve.identity(grid, pool(_labels(source), OPTIONS.probe, 48)) | data_identity(source),
        learncurve.KIND,
    )
    with pytest.raises(UsageError, match=r"another experiment, which differs in some_images \("):
        learncurve.learncurve(other, out, OPTIONS, model=MODEL)


def _labels(source: Source) -> list[str | None]:
    return [source.label(number) for number in range(len(source))]
