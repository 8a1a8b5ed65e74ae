from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import nn

from convscope.preprocess import Preprocessing
from convscope.training.augment import gather, ten_places
from convscope.training.data import Images
from convscope.training.evaluate import BATCH, evaluate, evaluating, log_probabilities
from convscope.training.inputs import Inputs

INPUTS = Inputs(10, Preprocessing((6, 6), 10, mean=(0.5,) * 3, std=(0.25,) * 3))


def network() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Dropout(0.5), nn.Flatten(), nn.Linear(64, 5)
    )


def images(count: int = 20) -> Images:
    rng = np.random.default_rng(0)
    return Images(rng.integers(0, 255, (count, 10, 10, 3), np.uint8), rng.integers(0, 5, count))


def alone(net: nn.Module, crop: np.ndarray) -> np.ndarray:
    """Probabilities of one crop (h, w, c) of bytes, by itself."""
    array = (crop.astype(np.float32) / 255 - 0.5) / 0.25
    with torch.no_grad(), evaluating(net):
        scores = net(torch.from_numpy(array.transpose(2, 0, 1)[None]))
    return scores.softmax(1)[0].double().numpy()


def test_ten_crops_are_the_mean_of_ten_single_ones() -> None:
    net, given = network(), images(3)
    with torch.no_grad(), evaluating(net):
        found = log_probabilities(net, given.pixels, INPUTS, ten_crops=True).exp().numpy()
    for image, probability in zip(given.pixels, found, strict=True):
        singles = [alone(net, crop) for crop in gather(image, ten_places(10, 6))]
        assert len(singles) == 10
        assert np.abs(probability - np.mean(singles, 0)).max() < 1e-6
        assert probability.sum() == pytest.approx(1)


def test_a_probability_of_nothing_is_no_infinite_loss() -> None:
    net = network()
    net[-1].weight.data.mul_(1e4)
    for ten_crops in (False, True):
        assert math.isfinite(evaluate(net, images(), INPUTS, ten_crops=ten_crops).loss)


@pytest.mark.parametrize("count", [1, 20, BATCH + 3])
def test_loss_and_accuracy_are_those_of_each_image(count: int) -> None:
    net, given = network(), images(count)
    found = evaluate(net, given, INPUTS, ten_crops=False)
    p = np.array([alone(net, pixels[2:8, 2:8]) for pixels in given.pixels])
    of_label = p[np.arange(count), given.targets]
    assert found.loss == pytest.approx(-np.log(of_label).mean(), rel=1e-5)
    assert found.accuracy == pytest.approx((p.argmax(1) == given.targets).mean(), abs=1e-12)


def test_dropout_is_off_and_every_part_is_in_its_mode_again() -> None:
    net = network().train()
    net[0].eval()  # one part frozen by its owner
    once = evaluate(net, images(), INPUTS, ten_crops=False)
    assert evaluate(net, images(), INPUTS, ten_crops=False) == once  # two evaluations, one number
    assert [part.training for part in net] == [False, True, True, True, True]
    x = torch.ones(2, 3, 6, 6)
    assert not torch.equal(net(x), net(x))  # in training it is on


def test_modes_come_back_after_an_exception() -> None:
    net = network().train()
    with pytest.raises(KeyboardInterrupt), evaluating(net):
        raise KeyboardInterrupt
    assert all(part.training for part in net.modules())


def test_a_network_that_counts_its_images_is_as_it_was() -> None:
    """An evaluation between two epochs changes no bit of the training."""
    net = Counting().train()
    random = torch.get_rng_state()
    evaluate(net, images(), INPUTS, ten_crops=False)
    assert int(net.seen) == 0
    assert net.switched == 1  # an overridden ``train`` does not run
    assert torch.equal(torch.get_rng_state(), random)


class Counting(nn.Module):
    """One that draws, counts, and does something of its own when it is switched."""

    seen: torch.Tensor

    def __init__(self) -> None:
        super().__init__()
        self.body, self.switched = network(), 0
        self.register_buffer("seen", torch.zeros((), dtype=torch.long))

    def train(self, mode: bool = True) -> Counting:
        """Count it."""
        self.switched += 1
        return super().train(mode)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Scores, a little noisy."""
        self.seen += len(x)
        scores: torch.Tensor = self.body(x)
        return scores + 0.01 * torch.rand(1)


def test_nothing_held_out_is_no_number() -> None:
    found = evaluate(network(), images(0), INPUTS, ten_crops=False)
    assert math.isnan(found.loss)
    assert math.isnan(found.accuracy)
