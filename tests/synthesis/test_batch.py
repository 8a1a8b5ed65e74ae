from __future__ import annotations

import numpy as np
import pytest
import torch

from convscope.methods.options.synthesize import SynthesizeOptions
from convscope.methods.synthesize import synthesize
from convscope.net.intake import load
from convscope.net.net import Net
from convscope.net.reach import forward_to
from convscope.synthesis.batch import filled, rows_for
from convscope.synthesis.natural import Natural
from convscope.synthesis.parameterization import parameterize
from convscope.synthesis.presets import PRESETS


@pytest.fixture(scope="module")
def photos() -> Net:
    return load("bundled:photos", device="cpu")


@pytest.mark.parametrize(
    ("layer", "preset"),
    [("relu1", "natural"), ("relu2", "natural"), ("relu2", "lucid"), ("relu4", "maco"),
     ("relu3", "yosinski-4"), ("fc7", "plain")],
)  # fmt: skip
def test_a_unit_s_picture_is_the_same_whatever_else_is_drawn(
    photos: Net, layer: str, preset: str
) -> None:
    """Byte for byte: in another batch size a climb of 256 steps ends in other details."""
    options = SynthesizeOptions(preset, starts=1, retries=0, steps=24)  # type: ignore[arg-type]
    together = synthesize(photos, f"{layer}:0..4", options)
    for channel in (0, 4):
        alone = synthesize(photos, f"{layer}:{channel}", options)
        assert alone.pictures[0].tobytes() == together.pictures[channel].tobytes()
        assert alone.values[0] == together.values[channel]


def test_the_same_seed_gives_the_same_bytes_after_other_draws(photos: Net) -> None:
    options = SynthesizeOptions("natural", starts=1, retries=0, steps=12)
    torch.manual_seed(1)
    one = synthesize(photos, "relu2:0..2", options).pictures
    torch.manual_seed(2)
    torch.randn(7)
    assert one.tobytes() == synthesize(photos, "relu2:0..2", options).pictures.tobytes()
    other = SynthesizeOptions("natural", starts=1, retries=0, steps=12, seed=5)
    assert one.tobytes() != synthesize(photos, "relu2:0..2", other).pictures.tobytes()


def test_batches_are_as_large_as_the_canvas_is_small() -> None:
    cpu = torch.device("cpu")
    rows = [rows_for((side, side), cpu) for side in range(8, 260)]
    assert rows == sorted(rows, reverse=True)
    assert (rows[0], rows[-1]) == (16, 1)
    assert rows_for((227, 227), torch.device("cuda")) == 16


def test_the_last_batch_is_filled_with_copies() -> None:
    assert filled([3, 4, 5], 4) == [3, 4, 5, 5]
    assert filled((1, 2), 2) == [1, 2]
    assert filled([7], 1) == [7]


def test_losses_are_what_the_last_step_saw(photos: Net) -> None:
    """With one step, the mean of the start's maps: of colors that are not yet standardized."""
    made = synthesize(photos, "relu2:0..2", SynthesizeOptions("keras-blog", starts=1, steps=1))
    recipe, size = PRESETS["keras-blog"], made.pictures.shape[1:3]
    start = parameterize(
        recipe, Natural.usual(3), (size[0], size[1]), 72, photos.device
    ).start([0])  # fmt: skip
    prep = photos.preprocessing
    mean, std = (torch.tensor(v)[:, None, None] for v in (prep.mean, prep.std))
    layer = photos.tape().layer("relu2").number
    with photos.hosted(), torch.no_grad():
        maps = forward_to(photos, [layer], (size[0], size[1]))((start / 255 - mean) / std)[layer]
    assert made.losses is not None
    assert np.abs(made.losses - maps[0, :3].mean((1, 2)).numpy()).max() < 1e-5
    assert made.of([2]).losses.tolist() == [made.losses[2]]  # type: ignore[union-attr]
