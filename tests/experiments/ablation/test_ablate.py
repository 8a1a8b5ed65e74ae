"""An ablation from end to end, on trainings of seconds: same start, same images, resumed, grown."""

from __future__ import annotations

import json
import math
import shlex
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from convscope.errors import DivergedError, StorageError, UsageError
from convscope.experiments.ablation import ablate as module
from convscope.experiments.ablation.ablate import ablate, command_of, read_score, write_score
from convscope.experiments.ablation.options import AblateOptions
from convscope.experiments.ablation.score_run import Score
from convscope.experiments.ablation.variants import variants_of
from convscope.images.open import open_images
from convscope.nets.named import build_named
from convscope.results.ablation import Ablation
from convscope.results.file import load_result
from convscope.training.run import open_run
from convscope.training.split import split

MODEL = "nets:zf28,width=0.2,fc=8"
OPTIONS = AblateOptions(
    model=MODEL, variants=("without=3+4+6+7", "fc=4"), epochs=2, batch=16, rate=0.02, held_out=0.2,
    seeds=2,
)  # fmt: skip
Made = tuple[Path, Ablation, list[tuple[int, int, str]]]


@pytest.fixture(scope="module")
def made(photos: Path, tmp_path_factory: pytest.TempPathFactory) -> Made:
    """The folder of a finished ablation, its result, and what progress heard. Not to be changed."""
    out = tmp_path_factory.mktemp("ablate") / "made"
    heard: list[tuple[int, int, str]] = []
    found = ablate(photos, out, OPTIONS, progress=lambda *say: heard.append(say))
    return out, found, heard


def _runs(out: Path) -> dict[str, Any]:
    return {path.name: open_run(path) for path in sorted((out / "runs").iterdir())}


def test_every_variant_is_a_run_of_its_own_by_the_same_recipe(made: Made) -> None:
    out, found, _ = made
    runs = _runs(out)
    assert len(runs) == 6
    recipes = {seed: [] for seed in (0, 1)}  # type: ignore[var-annotated]
    for run in runs.values():
        recipes[run.options.seed].append(run.options)
        assert [one.epoch for one in run.checkpoints] == [0, 2]
    for seed, recipe in recipes.items():
        assert recipe == [replace(recipe[0], seed=seed)] * 3
    assert {run.spec for run in runs.values()} == {f"{spec},classes=3" for spec in found.specs}


def test_within_a_seed_all_variants_have_the_same_images_held_out(made: Made, photos: Path) -> None:
    source = open_images(photos)
    labels = [source.label(number) for number in range(len(source))]
    held: dict[int, set[tuple[int, ...]]] = {0: set(), 1: set()}
    for run in _runs(made[0]).values():
        held[run.options.seed].add(tuple(split(labels, run.options).validation.tolist()))
    assert [len(each) for each in held.values()] == [1, 1]
    assert held[0] != held[1]


def test_the_table_has_every_runs_own_numbers(made: Made) -> None:
    out, found, _ = made
    variants = variants_of(MODEL, OPTIONS.variants)
    assert found.names == ("whole network", "without=3+4+6+7", "fc=4")
    assert found.error.shape == found.train_error.shape == (3, 2)
    for place, variant in enumerate(variants):
        net = build_named(f"{variant.spec},classes=3")
        assert found.parameters[place] == sum(weights.numel() for weights in net.parameters())
        for seed in found.seeds:
            run = open_run(out / "runs" / f"{variant.folder}-s{seed}")
            last = run.history["validation_accuracy"][-1]
            assert found.error[place, seed] == pytest.approx(1 - last, abs=1e-12)
            assert found.seconds[place, seed] == run.history["seconds"].sum()
    assert (found.train_images, found.images, found.classes) == (144, 36, 3)
    assert found.epochs == 2
    assert np.isnan(found.top5_error).all()
    np.testing.assert_array_equal(found.more[0], [0, 0])
    np.testing.assert_array_equal(found.more, found.error - found.error[0])
    assert found.note == ""


def test_progress_counts_the_steps_of_all(made: Made) -> None:
    heard = made[2]
    totals = {total for _, total, _ in heard}
    assert totals == {6 * 2 * 9}
    done = [done for done, _, _ in heard]
    assert done == sorted(done)
    assert done[-1] == 108
    assert heard[-1][2].startswith("training, 6 of 6, fc=4: epoch 2 of 2")


def test_the_folder_holds_result_picture_numbers_and_page(made: Made) -> None:
    out, found, _ = made
    again = load_result(out / "ablation.safetensors")
    np.testing.assert_array_equal(again.error, found.error)
    assert (again.names, again.specs, again.seeds) == (found.names, found.specs, found.seeds)
    assert (out / "ablation.png").read_bytes().startswith(b"\x89PNG")
    told = json.loads((out / "ablation.json").read_text())
    assert [row["error"] for row in told["variants"]] == found.error.round(6).tolist()
    page = (out / "index.html").read_text()
    assert all(name in page for name in found.names)
    assert "convscope ablate" in page


def _counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Which trainings are asked for from here on."""
    asked: list[str] = []
    own = module.train

    def train(model: str, data: Any, out: Any, *rest: Any, **named: Any) -> Any:
        asked.append(Path(out).name)
        return own(model, data, out, *rest, **named)

    monkeypatch.setattr(module, "train", train)
    return asked


def _copied(made: Made, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made[0], tmp_path / "copy"))


def test_what_is_done_is_not_done_again(
    made: Made, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = _counted(monkeypatch)
    again = ablate(photos, _copied(made, tmp_path), OPTIONS)
    assert asked == []
    np.testing.assert_array_equal(again.error, made[1].error)


def test_a_stopped_ablation_goes_on_to_the_same_numbers(
    made: Made, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopped within the fourth training: what was not scored is asked for again, no more."""
    out = tmp_path / "stopped"

    def stop(done: int, total: int, what: str) -> None:
        if done > 3.5 * total / 6:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ablate(photos, out, OPTIONS, progress=stop)
    assert not (out / "index.html").exists()
    assert len(list((out / "scores").iterdir())) == 3
    asked = _counted(monkeypatch)
    again = ablate(photos, out, OPTIONS)
    assert len(asked) == 3
    np.testing.assert_array_equal(again.error, made[1].error)
    np.testing.assert_array_equal(again.train_error, made[1].train_error)


def test_variants_and_seeds_may_be_added(
    made: Made, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = _counted(monkeypatch)
    more = replace(OPTIONS, variants=(*OPTIONS.variants, "without=7"), seeds=2)
    found = ablate(photos, _copied(made, tmp_path), more)
    assert [name[:9] for name in asked] == ["without-7"] * 2
    np.testing.assert_array_equal(found.error[:3], made[1].error)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"epochs": 3}, r"epochs \(2, now 3\)"),
        ({"rate": 0.1}, r"rate \(0.02, now 0.1\)"),
        ({"model": "nets:zf28"}, r"model \(nets:zf28,width=0.2,fc=8, now nets:zf28\)"),
    ],
)
def test_another_ablation_is_refused(
    made: Made, photos: Path, tmp_path: Path, change: dict[str, Any], said: str
) -> None:
    with pytest.raises(UsageError, match=rf"holds another ablation, which differs in {said}\. Var"):
        ablate(photos, _copied(made, tmp_path), replace(OPTIONS, **change))


def test_other_data_are_refused(made: Made, photos: Path, tmp_path: Path) -> None:
    other = Path(shutil.copytree(photos, tmp_path / "photos"))
    (other / "lie" / "000.png").rename(other / "stand" / "999.png")
    with pytest.raises(UsageError, match=r"holds another ablation, which differs in labels \("):
        ablate(other, _copied(made, tmp_path), OPTIONS)


def test_a_folder_with_other_files_is_left_alone(photos: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(StorageError, match=r"holds other files, and an ablation has a folder of"):
        ablate(photos, tmp_path, OPTIONS)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_an_unknown_preset_is_refused_before_anything_is_written(
    photos: Path, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match=r"No preset 'none'"):
        ablate(photos, tmp_path / "out", replace(OPTIONS, preset="none"))
    assert not (tmp_path / "out").exists()


def test_a_training_that_diverges_is_a_finding_and_the_others_go_on(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = module.train

    def train(model: str, *rest: Any, **named: Any) -> Any:
        if "fc=4" in model:
            said = "The loss became nan at step 3 (epoch 1, rate 0.02). The last good checkpoint is"
            raise DivergedError(f"{said} x.")
        return own(model, *rest, **named)

    monkeypatch.setattr(module, "train", train)
    found = ablate(photos, tmp_path / "out", replace(OPTIONS, seeds=1, epochs=1))
    assert np.isfinite(found.error[:2]).all()
    assert np.isnan(found.error[2]).all()
    assert np.isnan(found.train_error[2]).all()
    assert found.note == (
        "fc=4, seed 0, has no numbers: The loss became nan at step 3 (epoch 1, rate 0.02)."
    )


def test_a_network_of_ones_own_can_be_a_variant(photos: Path, tmp_path: Path) -> None:
    (tmp_path / "nets.py").write_text(
        "from torch import nn\n"
        "from convscope import Preprocessing\n"
        "def shallow():\n"
        "    net = nn.Sequential(nn.Conv2d(3, 2, 7, 4), nn.ReLU(), nn.Flatten(),\n"
        "                        nn.Linear(2 * 6 * 6, 3))\n"
        "    return net, Preprocessing((28, 28), 28)\n"
    )
    own = f"{tmp_path / 'nets.py'}:shallow"
    found = ablate(photos, tmp_path / "out", replace(OPTIONS, variants=(own,), seeds=1, epochs=1))
    assert found.parameters[1] == 3 * 2 * 49 + 2 + 72 * 3 + 3
    assert np.isfinite(found.error).all()
    assert found.names[1] == "nets.py:shallow"
    for file in (tmp_path / "out").iterdir():
        assert not file.is_file() or str(tmp_path).encode() not in file.read_bytes(), file.name


def test_scores_are_read_back_as_they_were_and_torn_ones_named(tmp_path: Path) -> None:
    path = tmp_path / "score.json"
    one = Score(parameters=3, error=0.25, weights="ab")
    write_score(path, one)
    again = read_score(path)
    assert (again.parameters, again.error, again.weights) == (3, 0.25, "ab")
    assert math.isnan(again.top5_error)
    for torn in ("", "[]", '{"parameter": 3}', "{"):
        path.write_text(torn)
        with pytest.raises(StorageError, match=r"is not as this version writes it\. Remove it"):
            read_score(path)


def test_the_command_says_what_was_asked_and_no_place_of_this_machine() -> None:
    options = AblateOptions(variants=("fc=8", "without=7"), seeds=3, allow_mixed=True)
    assert command_of("/home/me/cifar.parquet", options) == (
        "convscope ablate cifar.parquet --variants fc=8 --variants without=7 --seeds 3 "
        "--allow-mixed --out ablation"
    )


def test_the_command_is_words_of_a_shell() -> None:
    own = "/home/me/my nets.py:tiny"
    words = shlex.split(command_of("my photos", AblateOptions(model=own, variants=(own, "fc=8"))))
    assert words == [
        "convscope", "ablate", "my photos", "--model", "my nets.py:tiny",
        "--variants", "my nets.py:tiny", "--variants", "fc=8", "--out", "ablation",
    ]  # fmt: skip


def test_nothing_is_drawn_from_the_callers_random_state(photos: Path, tmp_path: Path) -> None:
    before = torch.random.get_rng_state()
    ablate(photos, tmp_path / "out", replace(OPTIONS, seeds=1, epochs=1, variants=("fc=4",)))
    assert torch.equal(torch.random.get_rng_state(), before)
