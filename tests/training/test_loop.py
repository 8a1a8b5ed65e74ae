from __future__ import annotations

import random
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from safetensors.torch import load_file

from convscope.atlas.lock import locked
from convscope.errors import CorruptError, DataError, DivergedError, LockedError, RunError
from convscope.preprocess import Preprocessing
from convscope.training.loop import Due, train
from convscope.training.run import Run, open_run
from tests.training.setting import CLASSES, SIDE, pictures, quick

Floats = NDArray[np.float64]


def stopped_at(step: int) -> Any:
    """A progress that stops the training when so many steps are done."""

    def progress(done: int, total: int, what: str) -> None:
        if what.startswith("training") and done == step:
            raise KeyboardInterrupt

    return progress


def numbers(run: Run) -> dict[str, list[Any]]:
    """Every number a run leaves behind, but how long it took."""
    history = {name: column.tolist() for name, column in run.history.items() if name != "seconds"}
    health = {f"health {name}": column.tolist() for name, column in run.health().items()}
    steps = {f"steps {name}": column.tolist() for name, column in run.steps().items()}
    return {name: [repr(v) for v in each] for name, each in (history | health | steps).items()}


def weights(run: Run) -> dict[int, bytes]:
    return {one.epoch: one.path.read_bytes() for one in run.checkpoints}


# --- one step by hand -------------------------------------------------------------------------


def inputs_of(run: Run, data: Path) -> tuple[Floats, NDArray[np.int64]]:
    """The whole training set as the network sees it, read by the finished run's preprocessing."""
    settings = Preprocessing.from_dict(run.facts["preprocessing"])
    arrays, targets = [], []
    for number, name in enumerate(CLASSES):
        for path in sorted((data / name).iterdir()):
            arrays.append(settings.apply(np.asarray(Image.open(path))).array)
            targets.append(number)
    return np.stack(arrays).astype(np.float64), np.array(targets)


def stepped_by_hand(
    run: Run, x: Floats, y: NDArray[np.int64], steps: int
) -> tuple[Floats, Floats, list[float]]:
    """Softmax regression by SGD with momentum, decay and renormalization, in float64."""
    options = run.options
    assert options is not None
    start = load_file(run.checkpoints[0].path)
    w = start["0.weight"].double().numpy().reshape(3, -1)
    b = start["0.bias"].double().numpy()
    x = x.reshape(len(x), -1)
    velocity = [np.zeros_like(w), np.zeros_like(b)]
    losses = []
    for step in range(steps):
        scores = x @ w.T + b
        p = np.exp(scores - scores.max(1, keepdims=True))
        p /= p.sum(1, keepdims=True)
        losses.append(float(-np.log(p[np.arange(len(y)), y]).mean()))
        wrong = (p - np.eye(3)[y]) / len(y)
        slopes = [wrong.T @ x + options.decay * w, wrong.sum(0) + options.decay * b]
        velocity = [
            slope if step == 0 else options.momentum * v + slope
            for v, slope in zip(velocity, slopes, strict=True)
        ]
        w, b = w - options.rate * velocity[0], b - options.rate * velocity[1]
        scale = 255 * np.repeat(run.facts["preprocessing"]["std"], SIDE * SIDE)
        for k in range(3):
            rms = float(np.sqrt(np.mean((w[k] / scale) ** 2)))
            if 0 < options.radius < rms:
                w[k] *= options.radius / rms
    return w, b, losses


@pytest.mark.parametrize("radius", [0.0, 0.0002])
def test_a_step_is_the_one_by_hand(data: Path, code: Path, tmp_path: Path, radius: float) -> None:
    options = quick(
        epochs=4, batch=1000, crop=False, flip=False, pad=0, held_out=0.0, decay=0.01,
        momentum=0.9, rate=0.01, radius=radius, checkpoints=(1,),
    )  # fmt: skip
    run = train(f"{code}:regression", data, tmp_path / "run", options, device="cpu")
    x, y = inputs_of(run, data)
    for epoch in (1, 4):
        w, b, losses = stepped_by_hand(run, x, y, epoch)
        found = load_file(run.checkpoint(epoch).path)
        assert np.abs(found["0.weight"].numpy().reshape(3, -1) - w).max() < 1e-6
        assert np.abs(found["0.bias"].numpy() - b).max() < 1e-6
    assert np.abs(run.steps()["loss"] - losses).max() < 1e-6
    spread = load_file(run.checkpoints[0].path)["0.weight"].std()
    assert radius == 0 or spread > 2 * radius * 255 * 0.23  # so that the radius is felt


# --- stopped and gone on ----------------------------------------------------------------------

RECIPES: dict[str, dict[str, Any]] = {
    "sgd": {},
    "adamw": {"optimizer": "adamw", "rate": 1e-3, "schedule": "onecycle", "smoothing": 0.1},
    "plateau": {"schedule": "plateau", "patience": 1, "center": "image", "ten_crops": True,
                "resize": SIDE + 4},
    "color": {"noise": 0.2, "contrast": 0.3, "tint": 0.1, "whiten_first": True, "probes": 4},
}  # fmt: skip


@pytest.fixture(scope="module")
def whole(data: Path, code: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Run]:
    """Each recipe, uninterrupted."""
    folder = tmp_path_factory.mktemp("whole")
    return {
        name: train(f"{code}:normed", data, folder / name, quick(**recipe), device="cpu")
        for name, recipe in RECIPES.items()
    }


@pytest.mark.parametrize("name", RECIPES)
@pytest.mark.parametrize("steps", [(1,), (4,), (5, 6, 11), (12,)])
def test_a_run_that_goes_on_is_the_uninterrupted_one(
    whole: dict[str, Run], data: Path, code: Path, tmp_path: Path, name: str, steps: tuple[int, ...]
) -> None:
    options, spec = quick(**RECIPES[name], state_every=2), f"{code}:normed"
    for step in steps:
        torch.rand(step)  # whatever else draws meanwhile
        with pytest.raises(KeyboardInterrupt):
            train(spec, data, tmp_path, options, device="cpu", progress=stopped_at(step))
    run = train(spec, data, tmp_path, options, device="cpu")
    assert numbers(run) == numbers(whole[name])
    assert weights(run) == weights(whole[name])
    assert (tmp_path / "state.safetensors").read_bytes() == (
        whole[name].path / "state.safetensors"
    ).read_bytes()


def test_a_finished_run_is_only_opened(whole: dict[str, Run], data: Path, code: Path) -> None:
    before = weights(whole["sgd"])
    again = train(f"{code}:normed", data, whole["sgd"].path, quick(), device="cpu")
    assert weights(again) == before
    assert numbers(again) == numbers(whole["sgd"])


KILLED = """
import sys, threading, os, signal, time
from tests.training.setting import quick
from convscope.training.loop import Due, train
spec, data, out, steps, delay = sys.argv[1:]
def progress(done, total, what):
    if what.startswith("training"):
        seen.append(done)
        if len(seen) == int(steps):  # a little later, whatever it does then
            threading.Timer(float(delay), os.kill, (os.getpid(), signal.SIGKILL)).start()
seen = []
train(spec, data, out, quick(epochs=12, state_every=1), device="cpu", progress=progress)
os._exit(0)
"""


def test_kill_9_at_any_moment_costs_nothing(
    data: Path, code: Path, tmp_path: Path, root: Path
) -> None:
    rng, codes = random.Random(0), []
    for _ in range(6):
        command = [sys.executable, "-c", KILLED, f"{code}:normed", str(data), str(tmp_path / "a")]
        when = str(rng.randint(1, 4)), str(rng.uniform(0, 0.02))
        ended = subprocess.run([*command, *when], cwd=root, check=False, capture_output=True)
        codes.append(ended.returncode)
        assert ended.returncode in (0, -signal.SIGKILL), ended.stderr.decode()
    assert codes.count(-signal.SIGKILL) >= 3
    options = quick(epochs=12, state_every=1)
    run = train(f"{code}:normed", data, tmp_path / "a", options, device="cpu")
    straight = train(f"{code}:normed", data, tmp_path / "b", options, device="cpu")
    assert numbers(run) == numbers(straight)
    assert weights(run) == weights(straight)


def test_seeds_differ_and_repeat(data: Path, code: Path, tmp_path: Path) -> None:
    losses = [
        train(f"{code}:normed", data, tmp_path / name, quick(seed=seed), device="cpu").steps()[
            "loss"
        ]
        for name, seed in (("a", 0), ("b", 0), ("c", 1))
    ]
    assert losses[0].tolist() == losses[1].tolist()
    assert not set(losses[0]) & set(losses[2])


# --- what is kept -----------------------------------------------------------------------------


def test_every_epoch_that_was_asked_for_is_there(data: Path, code: Path, tmp_path: Path) -> None:
    options = quick(epochs=5, checkpoints=(2, 3, 64))
    run = train(f"{code}:plain", data, tmp_path, options, device="cpu")
    assert [one.epoch for one in run.checkpoints] == [0, 2, 3, 5]
    assert run.history["epoch"].tolist() == [1, 2, 3, 4, 5]
    prints = [run.net(one.epoch).fingerprint() for one in run.checkpoints]
    assert len(set(prints)) == 4


def test_the_rate_falls_only_after_a_plateau(data: Path, code: Path, tmp_path: Path) -> None:
    options = quick(epochs=7, schedule="plateau", patience=2, rate=1e-9, momentum=0.0)
    run = train(f"{code}:plain", data, tmp_path, options, device="cpu")
    assert len(set(run.history["validation_accuracy"])) == 1  # so small a rate changes nothing
    falls = [1, 1, 1, 0.1, 0.1, 0.01, 0.01]
    assert np.allclose(run.history["rate"], np.array(falls) * 1e-9, rtol=1e-12)


def test_it_learns(data: Path, code: Path, tmp_path: Path) -> None:
    options = quick(epochs=15, batch=6, schedule="onecycle")
    run = train(f"{code}:normed", data, tmp_path, options, device="cpu")
    assert run.history["validation_accuracy"][-1] > 0.8


def test_shuffled_labels_are_learnt_by_heart_or_not_at_all(
    data: Path, code: Path, tmp_path: Path
) -> None:
    options = quick(epochs=15, batch=6, schedule="onecycle", shuffle_labels=True)
    run = train(f"{code}:normed", data, tmp_path, options, device="cpu")
    assert run.history["validation_accuracy"][-1] < 0.8


def test_a_network_that_takes_only_contiguous_inputs(
    data: Path, code: Path, tmp_path: Path
) -> None:
    run = train(f"{code}:viewing", data, tmp_path, quick(epochs=1), device="cpu")
    assert np.isfinite(run.history["train_loss"]).all()


# --- what goes wrong --------------------------------------------------------------------------


def test_a_loss_that_is_no_number_stops_and_says_where(
    data: Path, code: Path, tmp_path: Path
) -> None:
    options = quick(rate=1e30, radius=0.0, epochs=9)
    for _ in range(2):  # asked again, it ends there again
        with pytest.raises(DivergedError) as raised:
            train(f"{code}:plain", data, tmp_path, options, device="cpu")
        said = str(raised.value)
        step, epoch = map(int, re.search(r"at step (\d+) \(epoch (\d+)", said).groups())  # type: ignore[union-attr]
        assert 1 < step <= 9 * 5
        assert "(--rate 3e+28), or one that also begins slowly (--warmup 4)." in said
    run = open_run(tmp_path, trust=True)
    assert str(run.checkpoints[-1].path) in said
    assert run.checkpoints[-1].epoch < epoch
    assert all(torch.isfinite(each).all() for each in load_file(run.checkpoints[-1].path).values())
    assert len(run.steps()["loss"]) == step - 1
    assert np.isfinite(run.steps()["loss"]).all()


def test_weights_that_are_no_numbers_are_said_of_the_step_that_made_them(
    data: Path, code: Path, tmp_path: Path
) -> None:
    options = quick(batch=1000, rate=1e38, warmup=0, decay=100.0, epochs=1, probes=4)
    with pytest.raises(DivergedError, match=r"Weights became NaN or infinite; .* at step 1 \("):
        train(f"{code}:plain", data, tmp_path, options, device="cpu")
    assert open_run(tmp_path, trust=True).steps()["step"].tolist() == [1]


@pytest.mark.parametrize(
    ("options", "advised"),
    [
        ({"radius": 1e37}, r"\(--rate 3e\+34\), or one that also begins slowly \(--warmup 4\)\.$"),
        ({"warmup": 3, "rate": 1e38}, r"\(--rate 3e\+36\).*\(--warmup 4\)\.$"),
        ({"warmup": 200, "rate": 1e38}, r"\(--rate 3e\+36\)\.$"),
    ],
)
def test_what_is_advised_is_less_than_what_was(
    data: Path, code: Path, tmp_path: Path, options: dict[str, Any], advised: str
) -> None:
    given = quick(**{"rate": 1e36, "radius": 0.0, "epochs": 9, **options})
    with pytest.raises(DivergedError, match=advised):
        train(f"{code}:plain", data, tmp_path, given, device="cpu")


def test_a_run_says_that_it_diverged_until_it_is_trained_well(
    data: Path, code: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = quick(epochs=2)
    with monkeypatch.context() as here:
        here.setattr("convscope.training.loop.is_finite", lambda module: False)
        for _ in range(2):  # what is said does not make it another run
            with pytest.raises(DivergedError) as raised:
                train(f"{code}:plain", data, tmp_path, options, device="cpu")
            told = open_run(tmp_path, trust=True).facts["diverged"]
            assert told.startswith("Weights became NaN or infinite; loss ")
            assert str(raised.value).startswith(f"{told} The last good checkpoint is ")
    run = train(f"{code}:plain", data, tmp_path, options, device="cpu")
    assert "diverged" not in run.facts
    assert len(run.history["epoch"]) == 2


def test_a_start_that_was_never_saved_leaves_no_rows(
    data: Path, code: Path, tmp_path: Path
) -> None:
    options = quick(rate=1e30, radius=0.0, epochs=1, probes=4)
    for _ in range(3):
        with pytest.raises(DivergedError):
            train(f"{code}:plain", data, tmp_path, options, device="cpu")
    run = open_run(tmp_path, trust=True)
    health = run.health()
    rows = list(zip(health["epoch"].tolist(), health["layer"].tolist(), strict=True))
    assert rows
    assert len(rows) == len(set(rows))


def test_the_first_layer_is_held_to_its_radius_where_the_others_are_not(
    data: Path, code: Path, tmp_path: Path
) -> None:
    options = quick(epochs=1, radius=0.0, first_radius=0.01)
    run = train(f"{code}:normed", data, tmp_path, options, device="cpu")
    weights = load_file(run.checkpoint(1).path)
    first, second = (weights[f"{name}.weight"].square().mean((1, 2, 3)).sqrt() for name in (0, 4))
    assert first.max() < 0.01 + 1e-7
    assert second.max() > 0.1


def test_another_run_is_refused_with_what_differs(data: Path, code: Path, tmp_path: Path) -> None:
    train(f"{code}:plain", data, tmp_path / "run", quick(epochs=1), device="cpu")
    before = {path: path.read_bytes() for path in (tmp_path / "run").rglob("*") if path.is_file()}
    fewer = pictures(tmp_path / "fewer", 12)
    calls = {
        "in the option rate (0.05 there, 0.5 now). Train": (
            f"{code}:plain",
            data,
            quick(epochs=1, rate=0.5),
        ),
        f"in the network ({code}:plain"[:30]: (f"{code}:normed", data, quick(epochs=1)),
        "in the images (42 there, 36 now). Train": (f"{code}:plain", fewer, quick(epochs=1)),
        "rate (0.05 there, 0.5 now), decay (0 there, 0.1 now) and 1 more. Train": (
            f"{code}:plain",
            data,
            quick(epochs=1, batch=3, rate=0.5, decay=0.1, seed=1),
        ),
    }
    for said, (model, images, options) in calls.items():
        with pytest.raises(RunError, match=re.escape(said)):
            train(model, images, tmp_path / "run", options, device="cpu")
    now = {path: path.read_bytes() for path in (tmp_path / "run").rglob("*") if path.is_file()}
    assert now == before


def test_changed_pictures_are_other_data(code: Path, tmp_path: Path) -> None:
    folder = pictures(tmp_path / "pictures")
    train(f"{code}:plain", folder, tmp_path / "run", quick(epochs=1), device="cpu")
    Image.new("RGB", (SIDE, SIDE)).save(folder / "red" / "00.png")
    with pytest.raises(RunError, match=r"in the images\. Train"):
        train(f"{code}:plain", folder, tmp_path / "run", quick(epochs=1), device="cpu")


def test_other_threads_go_on_only_where_that_is_allowed(
    data: Path, code: Path, tmp_path: Path
) -> None:
    with pytest.raises(KeyboardInterrupt):
        train(f"{code}:plain", data, tmp_path, quick(), device="cpu", progress=stopped_at(2))
    threads = torch.get_num_threads()
    try:
        torch.set_num_threads(threads + 1)
        with pytest.raises(RunError, match=rf"threads \({threads} there.*allow_mixed"):
            train(f"{code}:plain", data, tmp_path, quick(), device="cpu")
        train(f"{code}:plain", data, tmp_path, quick(allow_mixed=True), device="cpu")
    finally:
        torch.set_num_threads(threads)


def test_a_state_that_is_torn_is_named(data: Path, code: Path, tmp_path: Path) -> None:
    options = quick(state_every=1)
    with pytest.raises(KeyboardInterrupt):
        train(f"{code}:plain", data, tmp_path, options, device="cpu", progress=stopped_at(3))
    state = tmp_path / "state.safetensors"
    state.write_bytes(state.read_bytes()[:-100])
    with pytest.raises(CorruptError, match="Remove it to begin again"):
        train(f"{code}:plain", data, tmp_path, options, device="cpu")


def test_one_process_trains_into_a_folder(data: Path, code: Path, tmp_path: Path) -> None:
    with locked(tmp_path), pytest.raises(LockedError, match="is being written by process"):
        train(f"{code}:plain", data, tmp_path, quick(), device="cpu")


def test_labels_that_do_not_fit_the_scores(data: Path, code: Path, tmp_path: Path) -> None:
    said = "gives 5 scores for an image, and the data has 3 classes .blue, green, red."
    with pytest.raises(DataError, match=said):
        train(f"{code}:five", data, tmp_path / "run", quick(), device="cpu")
    assert not (tmp_path / "run" / "run.json").exists()


# --- what it leaves alone ---------------------------------------------------------------------


@pytest.mark.parametrize("stop", [None, 3])
def test_the_process_is_as_before(data: Path, code: Path, tmp_path: Path, stop: int | None) -> None:
    torch.manual_seed(3)
    np.random.seed(3)
    random.seed(3)
    flags = (torch.backends.cudnn.deterministic, torch.is_grad_enabled(), torch.get_num_threads())
    before = (torch.get_rng_state(), np.random.get_state()[1].tolist(), random.getstate())  # type: ignore[index]
    threads = threading.active_count()
    try:
        progress = stopped_at(stop or 10**6)
        train(f"{code}:plain", data, tmp_path, quick(), device="cpu", progress=progress)
    except KeyboardInterrupt:
        assert stop
    after = (torch.get_rng_state(), np.random.get_state()[1].tolist(), random.getstate())  # type: ignore[index]
    assert torch.equal(before[0], after[0])
    assert before[1:] == after[1:]
    now = (torch.backends.cudnn.deterministic, torch.is_grad_enabled(), torch.get_num_threads())
    assert now == flags
    assert threading.active_count() == threads
    assert not (tmp_path / ".lock").exists()


def test_it_trains_where_gradients_are_switched_off(data: Path, code: Path, tmp_path: Path) -> None:
    with torch.no_grad():
        run = train(f"{code}:plain", data, tmp_path, quick(epochs=1), device="cpu")
    assert len(run.history["epoch"]) == 1


def test_a_state_is_due_by_steps_and_by_time() -> None:
    now = [0.0]
    is_due = Due(lambda: now[0])
    assert [step for step in range(1, 10) if is_due(step, 4)] == [4, 8]
    found = []
    for step in range(10, 1000):
        now[0] += 7
        if is_due(step, 10**6):
            found.append(now[0])
    assert found == [301, 602, 903, *found[3:]]  # every five minutes, to the next step
