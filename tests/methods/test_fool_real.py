"""Fooling on SqueezeNet: the direction does it, not the size."""

from __future__ import annotations

from pathlib import Path

import pytest

from convscope.images.read import read
from convscope.methods.fool import fool
from convscope.methods.options.fool import FoolOptions
from convscope.net.intake import load
from convscope.net.net import Net


@pytest.fixture(scope="module")
def squeezenet(shared: Path) -> Net:
    return load(shared / "data" / "squeezenet1_0-imagenet.safetensors", device="cpu")


def test_one_level_of_255_in_the_gradients_direction_turns_what_random_signs_leave(
    shared: Path, squeezenet: Net
) -> None:
    paths = sorted((shared / "data" / "imagenet-sample").glob("*/*.jpg"))[::60]
    found = [
        fool(squeezenet, read(path, squeezenet.preprocessing), None, FoolOptions("fgsm", 1))
        for path in paths
    ]
    assert len(found) >= 8
    turned, control = (sum(one.is_fooled(row) for one in found) for row in ("rounded", "random"))
    assert turned >= 0.8 * len(found)
    assert control <= 0.2 * len(found)
    assert all(one.norms_rounded["linf"] == 1 for one in found)


def test_a_photograph_becomes_any_class_within_two_levels(shared: Path, squeezenet: Net) -> None:
    path = sorted((shared / "data" / "imagenet-sample").glob("*/*.jpg"))[41]
    photo, options = read(path, squeezenet.preprocessing), FoolOptions(eps=2, steps=15)
    found = fool(squeezenet, photo, "class:859", options)
    assert found.probability("before") < 0.01
    assert found.probability("rounded") > 0.9
    assert found.probability("random") < 0.01
    assert 0 < found.first < 15


def test_noise_is_a_beagle_to_it(squeezenet: Net) -> None:
    found = fool(squeezenet, None, "class:162", FoolOptions("noise"))
    assert found.probability("before") < 0.01
    assert found.probability("rounded") > 0.95
    assert found.probability("random") < 0.01
    assert found.norms["mean"] < 10
    assert found.note == ""
