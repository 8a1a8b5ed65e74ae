from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from convscope.images import photos
from convscope.net.intake import load
from convscope.preprocess import Preprocessing
from convscope.training.feed import PhotographFeed
from convscope.training.inputs import Inputs
from convscope.training.loop import train
from convscope.training.optimizer import whitener
from convscope.training.presets import PRESETS, preset
from convscope.training.start import build_start
from tests.training.setting import pictures


@pytest.mark.parametrize("name", PRESETS)
def test_each_networks_spec_is_one(name: str) -> None:
    start = build_start(PRESETS[name].model, 18, preset(name))
    assert start.own.size is not None


def test_the_papers_own() -> None:
    """Sec. 3: what the other presets may leave out, this one has all of."""
    given = preset("zeiler-fergus")
    assert (given.center, given.scale) == ("image", "pixels")
    assert given.ten_crops
    assert given.radius == 0.1
    start = build_start("nets:zfnet", 1000, given)
    for weight in (start.module.conv1.weight, start.module.fc6.weight):
        assert float(weight.detach().std()) == pytest.approx(0.01, rel=0.02)
    assert not start.module.conv3.bias.any()


@pytest.mark.parametrize("name", ["cifar", "modern"])
def test_a_modern_one_trains(name: str, tmp_path: Path) -> None:
    data = pictures(tmp_path / "pictures", 4)
    model = PRESETS[name].model + ",width=0.25"
    options = preset(name, epochs=1, batch=6, warmup=0, held_out=0.2)
    run = train(model, data, tmp_path / "run", options, device="cpu")
    assert np.isfinite(run.history["validation_loss"]).all()


# --- photos: how the bundled network was trained ----------------------------------------------


@pytest.fixture(scope="module")
def photographs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("photos")
    options = preset("photos", epochs=2, batch=600, checkpoints=(1,))
    train(PRESETS["photos"].model, "bundled:photos", folder, options, device="cpu")
    return folder


def test_three_moments_have_different_weights(photographs: Path) -> None:
    names = ("epoch-000", "epoch-001", "epoch-002")
    start, early, end = (load_file(photographs / "checkpoints" / f"{n}.safetensors") for n in names)
    assert not start["fc7.weight"].equal(early["fc7.weight"])
    assert not early["fc7.weight"].equal(end["fc7.weight"])
    assert start["conv1.weight"].std() == pytest.approx(0.004, rel=0.05)


def test_no_filter_of_a_convolution_exceeds_the_radius(photographs: Path) -> None:
    weights = load_file(photographs / "checkpoints" / "epoch-002.safetensors")
    for layer in ("conv1", "conv2", "conv3", "conv4", "conv5"):
        rms = weights[f"{layer}.weight"].square().mean((1, 2, 3)).sqrt()
        assert rms.max() < 0.05 + 1e-7


def test_inputs_and_classes_are_those_of_the_weights_that_are_shipped(photographs: Path) -> None:
    net = load(photographs / "checkpoints" / "epoch-002.safetensors", device="cpu")
    shipped = load("bundled:photos", device="cpu")
    assert net.preprocessing == shipped.preprocessing
    assert net.labels == shipped.labels


def test_the_recipe_is_the_one_the_shipped_weights_came_from() -> None:
    """The numbers of the script that trained them, at its last commit."""
    given = preset("photos")
    feed = PhotographFeed(Inputs(72, Preprocessing((72, 72), 72)), given)
    assert given.epochs * feed.batches == 2640
    assert (given.rate, given.momentum, given.decay, given.batch) == (0.02, 0.9, 5e-4, 64)
    assert (given.first_rate * given.rate, given.first_decay) == (8 * 0.02, 0.002)
    assert (given.schedule, given.warmup) == ("cosine", 100)
    assert given.saved() == (0, 12, 120)


@pytest.mark.parametrize("batch", [2777, 2778, 9999])
def test_a_batch_of_more_than_an_epoch_is_one_step(batch: int) -> None:
    feed = PhotographFeed(Inputs(72, Preprocessing((72, 72), 72)), preset("photos", batch=batch))
    assert feed.batches == 1


def test_crops_are_of_what_training_may_see(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the held-out third of every photograph painted out, no crop changes."""
    options = preset("photos", noise=0.0)
    inputs = Inputs(72, Preprocessing((72, 72), 72))
    before, targets = PhotographFeed(inputs, options).batch(np.zeros(0, np.int64), 0, 5)
    painted = {}
    for name, picture in photos.photographs().items():
        box = photos.held_out_region(*picture.shape[:2])
        painted[name] = picture.copy()
        painted[name][box.y0 : box.y1, box.x0 : box.x1] = 255
    monkeypatch.setattr(photos, "photographs", lambda: painted)
    after, again = PhotographFeed(inputs, options).batch(np.zeros(0, np.int64), 0, 5)
    assert np.array_equal(before, after)
    assert np.array_equal(targets, again)
    assert len(set(targets.tolist())) > 10


def test_the_whitening_damps_brightness_and_faint_directions() -> None:
    torch.manual_seed(0)
    smooth = torch.nn.functional.avg_pool2d(torch.randn(64, 3, 60, 60), 9, 1) * 9
    x = 3 * smooth + 0.05 * torch.randn_like(smooth)
    filter = whitener(x, (5, 5))
    assert torch.allclose(filter, filter.T, atol=1e-5)
    patches = torch.nn.functional.unfold(x, 5, stride=3).transpose(1, 2).flatten(0, 1)
    power, directions = torch.linalg.eigh(patches.T.cov())
    gain = ((filter @ directions) * directions).sum(0)
    twin = [float(p / (p + 0.3) / (1 + p / 2.0) ** 0.5) for p in power]
    assert gain.tolist() == pytest.approx(twin, abs=1e-4)
    strongest = int(gain.argmax())
    assert 0 < strongest < len(gain) - 1  # neither what is faint nor what is bright


def test_the_documentation_has_the_main_values_of_every_preset() -> None:
    page = (Path(__file__).parents[2] / "docs" / "training.md").read_text(encoding="utf-8")
    head = "| preset | epochs | batch | rate | schedule | warmup |\n|---|---|---|---|---|---|\n"
    rows = page.partition(head)[2].partition("\n\n")[0].splitlines()
    assert [[cell.strip(" `") for cell in row.strip("|").split("|")] for row in rows] == [
        [name, str(one.epochs), str(one.batch), f"{one.rate:g}, {one.optimizer}", one.schedule,
         str(one.warmup)]
        for name, one in ((name, each.options) for name, each in PRESETS.items())
    ]  # fmt: skip


def test_the_steps_of_an_epoch_are_as_the_documentation_counts_them() -> None:
    page = (Path(__file__).parents[2] / "docs" / "training.md").read_text(encoding="utf-8")
    batch = PRESETS["cifar"].options.batch
    assert f"900 images in batches of {batch} are {-(-900 // batch)} steps" in page
    assert f"40 epochs are {40 * -(-900 // batch)}, which" in page
    assert f"`--batch 32`: {-(-900 // 32)} steps an epoch" in page
