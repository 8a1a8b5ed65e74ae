"""The learner's experiment from end to end, on trainings of seconds."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
import torch

from convscope.errors import DataError, DivergedError, RunError, StorageError, UsageError
from convscope.experiments.learning import learncurve as module
from convscope.experiments.learning import one_training
from convscope.experiments.learning.grid import grid_cells, steps_of
from convscope.experiments.learning.learncurve import learncurve
from convscope.experiments.learning.options import LearncurveOptions
from convscope.results.file import load_result
from convscope.results.learning import Learning
from convscope.training.run import open_run
from tests.experiments.tiny_grid import MODEL, OPTIONS

Grid = tuple[Path, Learning, list[tuple[int, int, str]]]
CELLS = {cell.name: cell for cell in grid_cells(OPTIONS)}


def start(path: Path) -> dict[str, torch.Tensor]:
    return open_run(path).net(0).module.state_dict()


def test_every_training_of_a_seed_has_the_same_start_bit_for_bit(grid: Grid) -> None:
    out, _, _ = grid
    seeds: dict[int, list[dict[str, torch.Tensor]]] = {0: [], 1: []}
    for name, cell in CELLS.items():
        seeds[cell.seed].append(start(out / "runs" / name))
    for starts in seeds.values():
        assert len(starts) == 5
        for other in starts[1:]:
            assert all(torch.equal(starts[0][key], other[key]) for key in starts[0])
    first, second = seeds[0][0], seeds[1][0]
    assert not torch.equal(first["conv1.weight"], second["conv1.weight"])


def test_no_network_is_trained_on_an_image_of_the_probe(grid: Grid) -> None:
    out, _, _ = grid
    sets = [
        set(pq.read_table(out / f"data/{name}.parquet").column("image").to_pylist())
        for name in ("pool", "probe")
    ]
    assert (len(sets[0]), len(sets[1])) == (96, 60)
    assert not sets[0] & sets[1]


def test_each_training_is_its_own_run_with_its_own_annealing(grid: Grid) -> None:
    out, found, _ = grid
    for name, cell in CELLS.items():
        run = open_run(out / "runs" / name)
        assert run.options is not None
        assert (run.options.data_size, run.options.epochs) == (cell.size, cell.epochs)
        assert run.options.shuffle_labels == cell.is_shuffled
        steps = run.steps()
        assert len(steps["rate"]) == steps_of(cell, 8)
        assert steps["rate"].max() == pytest.approx(0.02, rel=0.2)
        assert steps["rate"][-1] < 0.005  # down again by its own last step
        if not cell.is_shuffled:
            at = (OPTIONS.sizes.index(cell.size), OPTIONS.epochs.index(cell.epochs))
            assert found.steps[at] == run.history["step"][-1] == steps_of(cell, 8)


def test_the_result_is_kept_and_the_page_is_written(grid: Grid) -> None:
    out, found, _ = grid
    again = load_result(out / "learning.safetensors")
    assert np.array_equal(again.values, found.values, equal_nan=True)
    assert again.layers == found.layers == ("relu1", "relu2", "relu5", "relu6")
    assert "How much data" in (out / "index.html").read_text(encoding="utf-8")


def test_progress_is_over_the_steps_of_all_trainings(grid: Grid) -> None:
    _, _, heard = grid
    steps = [(done, total) for done, total, what in heard if what.startswith("training")]
    total = sum(steps_of(cell, 8) for cell in CELLS.values())
    assert {pair[1] for pair in steps} == {total}
    assert [pair[0] for pair in steps] == sorted(pair[0] for pair in steps)
    assert steps[-1][0] == total
    assert {what.split(",")[0] for _, _, what in heard} == {
        "copying images", "training", "measuring networks",
    }  # fmt: skip


def counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Which cells are trained from here on."""
    from convscope.experiments.learning import one_training

    done: list[str] = []
    own = one_training.do_cell

    def do(grid: Any, cell: Any, progress: Any) -> None:
        done.append(cell.name)
        own(grid, cell, progress)

    monkeypatch.setattr(module.train_all, "__defaults__", (do,))
    return done


def test_asked_again_nothing_is_trained_and_one_lost_training_comes_out_the_same(
    grid: Grid, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, found, _ = grid
    here = Path(shutil.copytree(out, tmp_path / "curve"))
    done = counted(monkeypatch)
    again = learncurve(photos, here, OPTIONS, model=MODEL)
    assert done == []
    assert np.array_equal(again.values, found.values, equal_nan=True)
    lost = "n00024-e008-s1"
    shutil.rmtree(here / "runs" / lost)
    (here / "readings" / f"{lost}.safetensors").unlink()
    again = learncurve(photos, here, OPTIONS, model=MODEL)
    assert done == [lost]
    assert np.array_equal(again.values, found.values, equal_nan=True)


def test_stopped_in_a_training_it_goes_on_to_the_same_numbers(
    grid: Grid, photos: Path, tmp_path: Path
) -> None:
    _, found, _ = grid

    def stop(done: int, total: int, what: str) -> None:
        if what.startswith("training") and done == total // 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        learncurve(photos, tmp_path / "curve", OPTIONS, model=MODEL, progress=stop)
    some = list((tmp_path / "curve" / "readings").iterdir())
    assert 0 < len(some) < len(CELLS)
    again = learncurve(photos, tmp_path / "curve", OPTIONS, model=MODEL)
    assert np.array_equal(again.values, found.values, equal_nan=True)
    assert np.array_equal(again.accuracy, found.accuracy)


def test_a_grid_grows_by_epochs_and_keeps_what_it_has(
    grid: Grid, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, found, _ = grid
    here = Path(shutil.copytree(out, tmp_path / "curve"))
    done = counted(monkeypatch)
    more = replace(OPTIONS, epochs=(1, 2, 8))
    grown = learncurve(photos, here, more, model=MODEL)
    assert done == ["n00024-e002-s0", "n00024-e002-s1", "n00048-e002-s0", "n00048-e002-s1"]
    assert np.array_equal(grown.values[:, :, [0, 2]], found.values, equal_nan=True)
    assert np.array_equal(grown.floors, found.floors, equal_nan=True)


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"rate": 0.5}, r"rate \(0\.02, now 0\.5\)"),
        ({"split": 1}, "images"),
        ({"batch": 9}, "batch"),
        ({"sizes": (24, 60)}, r"pool \(96, now 120\)"),
    ],
)
def test_another_experiments_folder_is_refused(
    grid: Grid, photos: Path, changes: dict[str, Any], text: str
) -> None:
    with pytest.raises(UsageError, match=f"holds another experiment, which differs in .*{text}"):
        learncurve(photos, grid[0], replace(OPTIONS, **changes), model=MODEL)


def test_a_folder_of_other_things_is_left_alone(photos: Path, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(StorageError, match=r"holds other files.*Nothing in it was changed"):
        learncurve(photos, tmp_path, OPTIONS, model=MODEL)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_fewer_images_than_classes_are_refused_before_anything_is_written(
    photos: Path, tmp_path: Path
) -> None:
    with pytest.raises(DataError, match=r"smallest training set has 2 images, fewer than the 3"):
        learncurve(photos, tmp_path / "no", LearncurveOptions(sizes=(2, 9), probe=60))
    with pytest.raises(UsageError, match=r"No preset 'cifer'.*Nearest: cifar"):
        learncurve(photos, tmp_path / "no", replace(OPTIONS, preset="cifer"), model=MODEL)
    with pytest.raises(UsageError, match=r"waits|stops falling"):
        learncurve(photos, tmp_path / "no", replace(OPTIONS, preset="zeiler-fergus"))
    assert not (tmp_path / "no").exists()


def test_the_command_that_makes_it_names_no_place_of_this_machine(grid: Grid, photos: Path) -> None:
    text = (grid[0] / "index.html").read_text(encoding="utf-8")
    assert (
        f"convscope learncurve {photos.name} --model {MODEL} --sizes 24,48 --epochs 1,8 --seeds 2 "
        "--batch 8 --rate 0.02 --probe 60 --units 2 --out curve"
    ) in text
    for file in grid[0].iterdir():
        assert not file.is_file() or str(photos.parent).encode() not in file.read_bytes(), file.name
    said = json.loads((grid[0] / "learncurve.json").read_text())
    assert said["model"] == MODEL


def test_the_command_is_words_of_a_shell() -> None:
    grid = one_training.Grid(Path("out"), "/home/me/my nets.py:tiny", LearncurveOptions())
    words = shlex.split(module.command_of("my photos", grid))
    assert words[:5] == ["convscope", "learncurve", "my photos", "--model", "my nets.py:tiny"]
    assert "/home/me" not in module.python_of("my photos", grid)


def test_what_a_training_refuses_is_told_with_the_options_of_a_grid(
    grid: Grid, photos: Path, tmp_path: Path
) -> None:
    here = Path(shutil.copytree(grid[0], tmp_path / "curve"))
    lost = here / "readings/n00024-e008-s1.safetensors"
    lost.unlink()
    mark = here / "runs/n00024-e008-s1/run.json"
    facts = json.loads(mark.read_text())
    facts["options"]["rate"] = 0.5
    mark.write_text(json.dumps(facts))
    with pytest.raises(RunError, match=r"differs in .*rate.*another folder \(--out\), so that all"):
        learncurve(photos, here, OPTIONS, model=MODEL)


def test_a_training_that_diverges_is_named_and_no_option_a_grid_lacks_is_advised(
    photos: Path, tmp_path: Path
) -> None:
    steep = replace(OPTIONS, rate=1e6, sizes=(48,), epochs=(8,), seeds=1)
    with pytest.raises(DivergedError, match=r"It is the training of 48 images x 8 epochs") as said:
        learncurve(photos, tmp_path / "curve", steep, model=MODEL)
    told = set(re.findall(r"--([a-z-]+)", str(said.value)))
    assert "rate" in told
    assert told <= {field.name for field in fields(LearncurveOptions)} | {"out"}
