"""The rows of health: from a pass to what an atlas says, against every activation at once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from convscope.atlas.build import build_atlas
from convscope.atlas.options import AtlasOptions
from convscope.atlas.read import Atlas
from convscope.images import open_images
from convscope.preprocess import Preprocessing
from convscope.tally import plan as plans
from tests.atlas.fakes import FakeCapture, photographs
from tests.twins import tallies

COUNT = 150


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return photographs(tmp_path_factory.mktemp("images"), COUNT)


def built(folder: Path, out: Path, capture: FakeCapture | None = None, **changed: object) -> Atlas:
    options = AtlasOptions(**({"batch": 4, "shard": 64} | changed))  # type: ignore[arg-type]
    return build_atlas(capture or FakeCapture(), open_images(folder), out, options)


@pytest.fixture(scope="module")
def atlas(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Atlas:
    return built(folder, tmp_path_factory.mktemp("atlas"))


@pytest.fixture(scope="module")
def maps(folder: Path) -> list[np.ndarray]:
    """Every activation of the three layers."""
    import torch

    source, capture = open_images(folder), FakeCapture()
    settings = Preprocessing.from_dict(capture.provenance["preprocessing"])
    arrays = [settings.apply(source.pixels(i)).array for i in range(COUNT)]
    return capture.dump(torch.from_numpy(np.stack(arrays)))


def test_rows_equal_what_all_activations_give(atlas: Atlas, maps: list[np.ndarray]) -> None:
    for layer, every, bounds in zip(atlas.layers, maps, FakeCapture.bounds, strict=True):
        found = atlas.health(layer)
        assert found is not None
        cells = tallies.lattice(every, list(range(COUNT)))
        picked = tallies.picked(every, list(range(COUNT)))
        matrix = np.corrcoef(picked.astype(np.float64), rowvar=False)
        np.fill_diagonal(matrix, 0)
        for channel in range(layer.channels):
            mine = [part[channel] for part in cells]
            twin = int(abs(matrix[channel]).argmax())
            assert found.twin[channel] == twin
            assert found.twin_correlation[channel] == pytest.approx(matrix[channel, twin], abs=1e-5)
            assert found.locality[channel] == pytest.approx(tallies.locality(mine))
            assert found.saturated[channel] == tallies.saturated(mine, bounds)
        assert atlas.rank_samples(layer) == len(picked) == 8 * COUNT
        rank = atlas.effective_rank(layer)
        assert rank == pytest.approx(tallies.effective_rank(picked), abs=1e-5)


def test_answers_are_one_row_an_image(atlas: Atlas, maps: list[np.ndarray]) -> None:
    found = atlas.answers()
    assert found is not None
    scores = maps[2].mean((2, 3), np.float64)
    sure = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    assert found.image.tolist() == list(range(COUNT))
    assert found.guess.tolist() == scores.argmax(axis=1).tolist()
    np.testing.assert_allclose(found.probability, sure.max(axis=1), rtol=1e-5)
    # files of the folder a come first, and no class is called a
    assert found.label_class.tolist() == [-1] * 75 + [3] * 75
    np.testing.assert_allclose(found.label_probability[75:], sure[75:, 3], rtol=1e-5)
    assert np.isnan(found.label_probability[:75]).all()


@pytest.mark.parametrize("changed", [{"batch": 12}, {"batch": 32}])
def test_bytes_do_not_depend_on_the_batch(
    changed: dict[str, int], atlas: Atlas, folder: Path, tmp_path: Path
) -> None:
    built(folder, tmp_path, **changed)
    for name in ("health", "ranks", "answers"):
        assert (tmp_path / f"{name}.parquet").read_bytes() == (
            atlas.path / f"{name}.parquet"
        ).read_bytes()


def test_other_shards_change_nothing_but_last_digits(
    atlas: Atlas, folder: Path, tmp_path: Path
) -> None:
    other = built(folder, tmp_path, shard=200)
    for layer in atlas.layers:
        one, two = atlas.health(layer), other.health(layer)
        assert one is not None
        assert two is not None
        assert one.twin.tolist() == two.twin.tolist()
        assert one.saturated.tolist() == two.saturated.tolist()
        np.testing.assert_allclose(one.locality, two.locality, rtol=1e-12)
        np.testing.assert_allclose(one.twin_correlation, two.twin_correlation, rtol=1e-6)
        assert atlas.effective_rank(layer) == pytest.approx(other.effective_rank(layer), abs=2e-6)


def test_a_pass_without_health_has_none_and_runs_no_further(folder: Path, tmp_path: Path) -> None:
    capture, asked = FakeCapture(), []
    run = capture.run
    capture.run = lambda batch, see, scored=None: (  # type: ignore[method-assign]
        asked.append(scored), run(batch, see, scored))[1]  # fmt: skip
    atlas = built(folder, tmp_path, capture, health=False)
    assert (atlas.health("1"), atlas.effective_rank("1"), atlas.answers()) == (None, None, None)
    assert set(asked) == {None}
    assert atlas.manifest["health"] is None


def test_without_samples_only_answers_are_kept(folder: Path, tmp_path: Path) -> None:
    atlas = built(folder, tmp_path, sampled=False)
    assert (atlas.health("1"), atlas.effective_rank("1")) == (None, None)
    assert atlas.answers() is not None


def test_a_network_without_scores_has_no_answers(folder: Path, tmp_path: Path) -> None:
    capture = FakeCapture()
    capture.link = None
    atlas = built(folder, tmp_path, capture)
    assert atlas.answers() is None
    assert atlas.health("1") is not None


def test_a_layer_with_too_many_channels_is_said_to_be_left_out(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plans, "MOST", 5)
    atlas = built(folder, tmp_path)
    assert atlas.manifest["health"]["not_compared"] == ["0", "1"]
    found = atlas.health("1")
    assert found is not None
    assert found.twin.tolist() == [-1] * 6
    assert np.isnan(found.twin_correlation).all()
    assert (found.locality > 0).all()
    assert (atlas.effective_rank("1"), atlas.rank_samples("1")) == (None, 0)
    assert atlas.effective_rank("3") is not None
