from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.torch import save_file

from convscope.atlas.read import Atlas, Top, open_atlas
from convscope.errors import AtlasError, IntakeError, RunError, SourceError, UsageError
from convscope.experiments.evolution import atlas as evolve_atlas
from convscope.experiments.evolution.evolve import evolve
from convscope.experiments.evolution.options import EvolveOptions
from convscope.images.photos import PhotoTiles
from convscope.images.read import read_from
from convscope.methods.project_atlas import project_all
from convscope.net.intake import load
from convscope.render.evolution.page import evolution_report
from convscope.render.resize import area_mean, square
from convscope.render.tile import patch_tile, tile_size
from convscope.results.evolution import Evolution
from convscope.results.file import load_result
from convscope.training.loop import train
from convscope.training.options import TrainOptions
from convscope.training.run import open_run
from tests.twins import evolution as twin

MOMENTS = ("bundled:photos-start", "bundled:photos-early", "bundled:photos")
EPOCHS = (0, 12, 120)
LAYERS = ("relu1", "relu5")
SOME = EvolveOptions(layers=LAYERS, units=5, samples=64)
CPU = {"device": "cpu"}


@pytest.fixture(scope="module")
def few() -> Iterator[None]:
    """Thirty of the tiles; all of them take longer."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PhotoTiles, "__len__", lambda self: 30)
        yield


@pytest.fixture(scope="module")
def made(few: None, tmp_path_factory: pytest.TempPathFactory) -> tuple[Evolution, Path]:
    out = tmp_path_factory.mktemp("evolve")
    return evolve(MOMENTS, "bundled:photos", SOME, out=out, loading=CPU), out


def atlas_at(out: Path, column: int) -> Atlas:
    return open_atlas(out / f"atlases/epoch-{EPOCHS[column]:03d}")


def firing(top: Top) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    """Numbers of images on which a channel is positive; -1 elsewhere."""
    found = top.image.copy()
    for c, k in np.ndindex(*found.shape):
        if not top.value[c, k] > 0:
            found[c, k] = -1
    return found


@pytest.mark.parametrize("column", range(3))
def test_every_column_is_rank_1_of_its_atlas(made: tuple[Evolution, Path], column: int) -> None:
    """Row 5.2, exactly: the value, the cell, the projection and the patch."""
    found, out = made
    atlas, net = atlas_at(out, column), load(MOMENTS[column], device="cpu")
    for place, name in enumerate(LAYERS):
        layer, units = atlas.layer(name), found.units_of(place)
        top, channels = atlas.top(layer), found.channel[units]
        assert (found.values[units, column] == top.value[channels, 0]).all()
        assert (found.images[units, column] == top.image[channels, 0]).all()
        assert (top.value[channels, 0] > 0).all()
        assert (found.cells[units, column, 0] == top.y[channels, 0]).all()
        assert (found.cells[units, column, 1] == top.x[channels, 0]).all()
        chosen = frozenset(channels.tolist())
        blocks = project_all(net, atlas, layers=[layer], ranks=[1], channels=chosen)
        drawn = {int(c): t for b in blocks for c, t in zip(b.channels, b.tiles, strict=True)}
        for unit, channel in zip(units.tolist(), channels.tolist(), strict=True):
            tile = drawn[channel]
            small = area_mean(square(tile), tile_size(*tile.shape[1:]))
            assert (found.projection(unit, column) == small).all()
            image = read_from(atlas.source(), int(top.image[channel, 0]), net.preprocessing)
            cell = int(top.y[channel, 0]), int(top.x[channel, 0])
            frame = layer.field.frame(cell, *net.preprocessing.size)
            assert (found.patch(unit, column) == patch_tile(image.shown, frame)).all()


def test_the_numbers_are_those_of_plain_loops(made: tuple[Evolution, Path]) -> None:
    found, out = made
    tops = [[firing(atlas_at(out, c).top(name)) for c in range(3)] for name in LAYERS]
    for layer in range(len(LAYERS)):
        now = tops[layer]
        for c in range(3):
            slow = twin.mean_overlap(now[c], now[2])
            assert found.overlap_last[layer, c] == pytest.approx(slow, abs=1e-12)
        for c in range(2):
            slow = twin.mean_overlap(now[c], now[c + 1])
            assert found.overlap[layer, c] == pytest.approx(slow, abs=1e-12)
        for unit in found.units_of(layer):
            channel = found.channel[unit]
            slow = [twin.jaccard(now[c][channel], now[2][channel]) for c in range(3)]
            assert found.unit_overlap_last[unit].tolist() == pytest.approx(slow, abs=1e-12)
    drawn = [[found.projection(unit, c) for c in range(3)] for unit in range(len(found.layer))]
    for unit, row in enumerate(drawn):  # fields of both layers are below the size they are kept at
        last = [twin.cosine(one, row[2]) for one in row]
        assert found.unit_similarity_last[unit].tolist() == pytest.approx(last, abs=1e-6)
        near = [twin.cosine(row[c], row[c + 1]) for c in range(2)]
        assert found.unit_similarity[unit].tolist() == pytest.approx(near, abs=1e-6)
    for layer in range(len(LAYERS)):
        rows = found.unit_similarity_last[found.units_of(layer)]
        assert found.similarity_last[layer] == pytest.approx(np.nanmean(rows, axis=0))
        slow = [twin.settled(found.similarity_last[layer].tolist(), alike) for alike in (0.2, 0.5)]
        assert [int(replace(found, alike=a).settled()[layer]) for a in (0.2, 0.5)] == slow


def test_health_is_the_atlas_s(made: tuple[Evolution, Path]) -> None:
    found, out = made
    for layer, name in enumerate(LAYERS):
        for column in range(3):
            units = atlas_at(out, column).units(name)
            dead = sum(status == "dead" for status in units.status) / len(units.status)
            assert found.dead[layer, column] == dead
            middle = sorted(units.fired_cells)[len(dead_free := units.fired_cells) // 2]
            low = sorted(dead_free)[len(dead_free) // 2 - 1]
            assert found.firing[layer, column] == pytest.approx((low + middle) / 2)


def test_the_untrained_net_has_noisy_filters_without_structure(
    made: tuple[Evolution, Path],
) -> None:
    found, _ = made
    assert found.noise[:, 0] == pytest.approx(1, abs=0.02)
    assert (found.noise[:, 1:] < found.noise[:, :1]).all()
    assert (found.structure[:, 0] < 0.02).all()
    assert (found.structure[:, 2] > found.structure[:, 0] + 0.05).all()


def test_the_order_in_which_they_are_named_changes_nothing(
    made: tuple[Evolution, Path], few: None
) -> None:
    found, out = made
    turned = evolve(MOMENTS[::-1], "bundled:photos", SOME, out=out, loading=CPU)
    assert turned.epochs.tolist() == list(EPOCHS)
    assert (turned.projections == found.projections).all()
    assert (turned.kept == found.kept).all()


def test_finished_atlases_are_used_again(
    made: tuple[Evolution, Path], few: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found, out = made
    asked: list[Path] = []
    build = evolve_atlas.build_atlas

    def counted(net, images, folder, **given):  # type: ignore[no-untyped-def]
        asked.append(folder)
        return build(net, images, folder, **given)

    monkeypatch.setattr(evolve_atlas, "build_atlas", counted)
    again = evolve(MOMENTS, "bundled:photos", SOME, out=out, loading=CPU)
    assert asked == []
    assert (again.projections == found.projections).all()
    known = [atlas_at(out, column) for column in (2, 0)]
    evolve(MOMENTS, "bundled:photos", SOME, out=tmp_path, atlases=known, loading=CPU)
    assert [folder.name for folder in asked] == ["epoch-012"]
    assert [one.name for one in (tmp_path / "atlases").iterdir()] == ["epoch-012"]


def test_an_atlas_of_other_weights_in_its_place_is_refused(
    few: None, made: tuple[Evolution, Path]
) -> None:
    _, out = made
    others = ("bundled:photos-early", "bundled:photos")
    wrong = replace(SOME, epochs="0,120")  # the early weights where those of the start are
    with pytest.raises(AtlasError, match="epoch-000"):
        evolve(others, "bundled:photos", wrong, out=out, loading=CPU)


def test_units_are_drawn_among_those_that_fire_at_the_last(few: None, tmp_path: Path) -> None:
    all_of_them = replace(SOME, layers=("relu2",), units=1000)
    found = evolve(MOMENTS[1:], "bundled:photos", all_of_them, out=tmp_path, loading=CPU)
    alive = open_atlas(tmp_path / "atlases/epoch-120").units("relu2").status == "live"
    assert sorted(found.channel.tolist()) == np.flatnonzero(alive).tolist()
    assert not alive.all()
    assert "Fewer units fire at the last checkpoint than were asked for" in found.note
    assert "The first checkpoint is of epoch 12" in found.note


def test_a_unit_that_is_silent_has_no_image_and_nothing_in_common(
    few: None, tmp_path: Path
) -> None:
    """Two silent channels share the images that the atlas lists at 0, and that says nothing."""
    options = replace(SOME, layers=("relu2",), units=1000)
    found = evolve(MOMENTS, "bundled:photos", options, out=tmp_path, loading=CPU)
    top = open_atlas(tmp_path / "atlases/epoch-012").top("relu2")
    silent = ~(top.value[found.channel, 0] > 0)
    assert silent.any()  # at epoch 12, though they fire at the last
    assert (found.images[silent, 1] == -1).all()
    assert (found.unit_overlap_last[silent, 1] == 0).all()
    assert (found.unit_similarity_last[silent, 1] == 0).all()
    assert found.jumps[silent].all()


@pytest.fixture(scope="module")
def dead_layer(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Checkpoints in which nothing of relu2 fires, and one channel of relu1 does."""
    out = tmp_path_factory.mktemp("dead")
    state = load("bundled:photos", device="cpu").module.state_dict()
    state["conv2.bias"] = state["conv2.bias"] - 1e4
    state["conv1.bias"] = state["conv1.bias"] - 1e4
    state["conv1.bias"][3] += 1e4
    files = out / "early.safetensors", out / "late.safetensors"
    for epoch, file in enumerate(files):
        save_file({key: value.clone() for key, value in state.items()}, file, {"epoch": str(epoch)})
    return files


@pytest.mark.parametrize(
    ("layers", "channels"), [(("relu1", "relu2"), [3]), (("relu2",), []), (("relu1",), [3])]
)
def test_layers_in_which_no_unit_or_one_alone_fires_are_told_as_such(
    few: None,
    dead_layer: tuple[Path, Path],
    tmp_path: Path,
    layers: tuple[str, ...],
    channels: list[int],
) -> None:
    options = replace(SOME, layers=layers, model="bundled:photos")
    made = {"size": 72, "resize": 72, "mean": (0.45, 0.4, 0.37), "std": (0.25,) * 3}
    found = evolve(dead_layer, "bundled:photos", options, out=tmp_path, loading=CPU | made)
    assert found.channel.tolist() == channels
    assert found.jumps.shape == (len(channels), 1)
    assert found.cells.shape == (len(channels), 2, 2)
    assert np.isnan(found.other_similarity).all()  # there is no other unit
    silent = [name == "relu2" for name in layers]
    assert (found.dead[silent] == 1).all()
    assert np.isnan(found.similarity_last[silent]).all()
    page = evolution_report(found, tmp_path / "page")
    again = load_result(page.with_name("evolution.safetensors"))
    assert again.images.shape == found.images.shape
    if channels:
        assert (again.projection(0, 1) == found.projection(0, 1)).all()
        assert (again.patch(0, 1) == found.patch(0, 1)).all()


def test_one_unit_a_layer_is_enough(made: tuple[Evolution, Path], few: None) -> None:
    found, out = made
    one = evolve(MOMENTS, "bundled:photos", replace(SOME, units=1), out=out, loading=CPU)
    first = [int(found.units_of(layer)[0]) for layer in range(len(LAYERS))]
    assert one.channel.tolist() == found.channel[first].tolist()
    assert (one.unit_similarity_last == found.unit_similarity_last[first]).all()
    assert np.isnan(one.other_similarity).all()


def test_without_a_folder_nothing_is_left_behind(
    few: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    found = evolve(MOMENTS[1:], "bundled:photos", SOME, loading=CPU)
    assert found.epochs.tolist() == [12, 120]
    assert list(tmp_path.iterdir()) == []


@pytest.fixture(scope="module")
def run_folder(few: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("run") / "run"
    few_steps = TrainOptions(
        epochs=2, batch=8, held_out=0.2, checkpoints=(1,), schedule="constant", center="channel",
        scale="deviation",
    )  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:  # tiles of more than one photograph
        patch.setattr(PhotoTiles, "__len__", lambda self: 120)
        train("nets:zf72,width=0.1,fc=8", "bundled:photos", out, few_steps, device="cpu")
    return out


def test_a_run_is_followed_with_its_history_and_keeps_its_atlases(
    few: None, run_folder: Path
) -> None:
    options = EvolveOptions(units=2, samples=32)
    found = evolve(run_folder, "bundled:photos", options, loading=CPU)
    assert found.epochs.tolist() == [0, 1, 2]
    assert found.layers == ("relu1", "relu2", "relu3", "relu4", "relu5")
    assert found.history["epoch"] == open_run(run_folder).history["epoch"].tolist()
    kept = sorted(one.name for one in (run_folder / "atlases").iterdir())
    assert kept == ["epoch-000", "epoch-001", "epoch-002"]
    atlas = open_atlas(run_folder / "atlases/epoch-002")
    assert {"relu6", "fc8"} <= {layer.name for layer in atlas.layers}  # whole, for a report


def test_one_checkpoint_is_no_evolution(few: None) -> None:
    with pytest.raises(UsageError, match="two checkpoints or more; there is one, bundled:photos"):
        evolve(["bundled:photos"], "bundled:photos", SOME)
    with pytest.raises(UsageError, match="none were given"):
        evolve([], "bundled:photos", SOME)


def test_checkpoints_of_another_network_are_refused_and_both_named(
    few: None, run_folder: Path, tmp_path: Path
) -> None:
    other = run_folder / "checkpoints/epoch-001.safetensors"
    with pytest.raises(IntakeError, match=r"epoch-001\.safetensors and bundled:photos are no") as e:
        evolve([other, "bundled:photos"], "bundled:photos", SOME, out=tmp_path, loading=CPU)
    assert "Give checkpoints of one run" in str(e.value)
    assert list(tmp_path.iterdir()) == []  # before anything is computed


def test_a_folder_without_a_run_or_checkpoints_is_refused(
    few: None, run_folder: Path, tmp_path: Path
) -> None:
    with pytest.raises(RunError):
        evolve(tmp_path, "bundled:photos", SOME)
    (tmp_path / "run.json").write_bytes((run_folder / "run.json").read_bytes())
    with pytest.raises(RunError, match="has no checkpoints"):
        evolve(tmp_path, "bundled:photos", SOME)


def test_images_that_are_not_there_are_refused_first(few: None, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no such file or folder"):
        evolve(MOMENTS, tmp_path / "photos", SOME, out=tmp_path / "out")
    (tmp_path / "empty").mkdir()
    with pytest.raises(SourceError):
        evolve(MOMENTS, tmp_path / "empty", SOME, out=tmp_path / "out")
    assert not (tmp_path / "out").exists()
