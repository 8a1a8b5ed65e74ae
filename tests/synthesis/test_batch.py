from __future__ import annotations

import pytest
import torch

from convscope.methods.options.synthesize import SynthesizeOptions
from convscope.methods.synthesize import synthesize
from convscope.net.intake import load
from convscope.net.net import Net
from convscope.synthesis.batch import filled, rows_for


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
