from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from convscope.errors import AddressError, DataError, TwinError, UsageError
from convscope.images.image import Image
from convscope.methods.gradient import gradient
from convscope.methods.heatmap import heatmap
from convscope.methods.method import METHODS
from convscope.methods.options.gradient import GradientOptions
from convscope.methods.options.heatmap import HeatmapOptions
from convscope.methods.options.project import ProjectOptions
from convscope.methods.options.sanity import SanityOptions
from convscope.methods.project import project
from convscope.methods.sanity import sanity
from convscope.methods.similarity import inside, similarity
from convscope.net.net import Net
from convscope.net.twin import twin
from convscope.results.file import load_result
from convscope.results.sanity import Sanity
from tests.contract.fingerprint import fingerprint
from tests.methods.test_gradient import SIZE, firing, network, photo_of
from tests.net.zoo import Forward, conv, glass

OTHERS = ("project", "gradient", "heatmap")


@pytest.fixture(scope="module")
def net() -> Net:
    return network()


@pytest.fixture(scope="module")
def photo(net: Net) -> Image:
    return photo_of(net)


def picture(net: Net, photo: Image, method: str, target: str) -> Any:
    if method == "project":
        return project(net, photo, target, ProjectOptions()).array
    if method == "gradient":
        return gradient(net, photo, target, GradientOptions(sanity=False)).array
    return heatmap(net, photo, target, HeatmapOptions(sanity=False)).map


@pytest.mark.parametrize("method", OTHERS)
def test_the_cascade_goes_from_the_top_down(net: Net, photo: Image, method: str) -> None:
    found = sanity(net, photo, "class:1", method)
    assert found.layers == ("10", "8", "3", "0")
    assert found.method == method
    assert np.array_equal(found.original, picture(net, photo, method, "class:1"))
    random: list[str] = []
    seeds = found.provenance["seeds"]
    for step, names in enumerate((["10"], ["8"], ["3", "4"], ["0"])):
        random += names
        expected = picture(twin(net, seeds[step], random), photo, method, "class:1")
        assert np.array_equal(found.maps[step], expected)
        if expected.any():
            assert found.similarity[step] == similarity(found.original, expected)
        else:
            assert np.isnan(found.similarity[step])
    assert np.isfinite(found.similarity).sum() >= 3
    assert seeds == sorted(seeds)


@pytest.mark.parametrize("method", OTHERS)
def test_of_the_unchanged_network_the_picture_is_the_same(
    net: Net, photo: Image, method: str
) -> None:
    for target in ("class:0", "class:1"):
        one, other = (picture(n, photo, method, target) for n in (net, twin(net, 0, [])))
        assert one.any()
        assert np.array_equal(one, other)
        assert similarity(one, other) == 1.0


def test_what_lies_above_a_unit_is_not_in_its_cascade(net: Net, photo: Image) -> None:
    channel = firing(net, photo, "5")
    found = sanity(net, photo, f"5:{channel}")
    assert found.layers == ("3", "0")
    cell = gradient(net, photo, f"5:{channel}").cell
    at = f"5:{channel}@{cell[0]},{cell[1]}"  # type: ignore[index]
    assert found.provenance["of"]["target"] == at
    expected = picture(twin(net, found.provenance["seeds"][0], ["3", "4"]), photo, "gradient", at)
    frame = gradient(net, photo, at).frame
    assert np.array_equal(found.maps[0], expected)
    if expected.any():
        assert found.similarity[0] == similarity(
            inside(found.original, frame), inside(expected, frame)
        )


@pytest.mark.parametrize(("steps", "layers"), [(1, ("0",)), (2, ("8", "0")), (99, None)])
def test_fewer_steps_are_spread_evenly(
    net: Net, photo: Image, steps: int, layers: tuple[str, ...] | None
) -> None:
    found = sanity(net, photo, "class:1", sanity=SanityOptions(steps=steps))
    whole = sanity(net, photo, "class:1")
    assert found.layers == (layers or whole.layers)
    names, seed = ["10", "8", "3", "4", "0"], found.provenance["seeds"][-1]
    random = picture(twin(net, seed, names), photo, "gradient", "class:1")
    assert np.array_equal(found.maps[-1], random)


@pytest.mark.parametrize(
    ("kind", "same"),
    [("gradient", True), ("guided", True), ("deconvnet", True), ("smoothgrad", True),
     ("input_gradient", False), ("integrated", False)],
)  # fmt: skip
def test_only_what_uses_the_inputs_own_values_changes_with_a_shift(
    net: Net, photo: Image, kind: str, same: bool
) -> None:
    options = GradientOptions(kind, samples=4, steps=8)  # type: ignore[arg-type]
    found = sanity(net, photo, "class:1", options=options, sanity=SanityOptions(steps=1))
    assert found.shift_similarity is not None
    assert (found.shift_similarity > 0.999) == same
    assert found.shifted is not None
    if same:
        largest = np.abs(found.original).max()
        assert np.abs(found.shifted - found.original).max() < 1e-4 * largest
    else:
        assert found.shift_similarity < 0.95


def test_without_a_shift(net: Net, photo: Image) -> None:
    found = sanity(net, photo, "class:1", sanity=SanityOptions(steps=1, shift=0))
    assert found.shifted is None
    assert found.shift_similarity is None


def test_chance_is_the_likeness_of_two_random_networks(net: Net, photo: Image) -> None:
    found = sanity(net, photo, "class:1", sanity=SanityOptions(seed=4))
    names, last = ["10", "8", "3", "4", "0"], found.provenance["seeds"][-1]
    drawn = (
        picture(twin(net, seed, names), photo, "gradient", "class:1") for seed in range(last, 99)
    )
    one, other = [made for made, _ in zip((d for d in drawn if d.any()), "12", strict=False)]
    assert np.array_equal(one, found.maps[-1])
    assert found.chance == similarity(one, other)


def test_what_random_networks_share_is_said(photo: Image) -> None:
    """Input times gradient of one layer: the image is in every picture."""
    net = glass(nn.Sequential(conv(3, 4, 15), nn.ReLU()).double().eval(), (16, 18))
    bright = dataclasses.replace(photo, array=photo.array**3 * 100)
    found = sanity(net, bright, "0:1@0,0", options=GradientOptions("input_gradient"))
    assert found.chance is not None
    assert found.chance > 0.5
    assert f"two networks with random weights correlate by {found.chance:.2f}" in found.note


def test_shuffles_in_which_the_target_is_silent_are_passed_over(photo: Image) -> None:
    seeds = set()
    for seed in range(0, 120, 20):
        net = network()
        channel = firing(net, photo, "1")
        found = sanity(net, photo, f"1:{channel}", sanity=SanityOptions(seed=seed))
        assert np.isfinite(found.similarity).all()
        assert "silent" not in found.note
        seeds.add(found.provenance["seeds"][0] - seed)
    assert len(seeds) > 1


def test_steps_without_a_picture_are_said(photo: Image) -> None:
    first: Any = conv(3, 300)
    with torch.no_grad():  # one bias lets the unit fire, and it is seldom that unit's again
        first.weight.mul_(1e-9)
        first.bias.fill_(-1)
        first.bias[11] = 9
    net = glass(nn.Sequential(first, nn.ReLU()).double().eval(), SIZE)
    bright = dataclasses.replace(photo, array=np.abs(photo.array) + np.float32(0.1))
    found = sanity(net, bright, "1:11")
    assert found.original.any()
    assert np.isnan(found.similarity).tolist() == [not one.any() for one in found.maps] == [True]
    assert found.note.startswith("In 8 shuffles the target is silent, so there is no picture")
    assert found.chance is None


def test_it_is_saved_and_read_back(net: Net, photo: Image, tmp_path: Path) -> None:
    for options in (SanityOptions(), SanityOptions(steps=2, shift=0)):
        made = sanity(net, photo, "class:1", "heatmap", sanity=options)
        found = load_result(made.save(tmp_path / "one.safetensors"))
        assert isinstance(found, Sanity)
        for field in dataclasses.fields(made):
            mine, theirs = (getattr(r, field.name) for r in (made, found))
            same = (
                np.array_equal(mine, theirs, equal_nan=True)
                if isinstance(mine, np.ndarray)
                else mine == theirs
            )
            assert same, field.name
        assert found.caption["easily_misread"].startswith("A high number says")


def test_the_guest_is_as_it_was_and_progress_is_heard(photo: Image) -> None:
    net = network()
    net.module.train()
    before = fingerprint(net.module)
    heard: list[tuple[int, int, str]] = []
    one = sanity(net, photo, "class:1", progress=lambda *said: heard.append(said))
    assert fingerprint(net.module) == before
    assert heard == [(i, 7, "pictures") for i in range(1, 8)]
    assert np.array_equal(one.similarity, sanity(net, photo, "class:1").similarity)


def test_what_is_refused(net: Net, photo: Image) -> None:
    with pytest.raises(UsageError, match=r"No method 'gradent'\..*Nearest: gradient"):
        sanity(net, photo, "class:1", "gradent")
    assert not METHODS["occlude"].is_gradient
    with pytest.raises(UsageError, match=r"occlude draws no picture from gradients\. These"):
        sanity(net, photo, "class:1", "occlude")
    with pytest.raises(AddressError, match="No class '9'"):
        sanity(net, photo, "class:9")
    with pytest.raises(UsageError, match="steps is -1; it must be 0 or more"):
        SanityOptions(steps=-1)


def test_a_silent_unit_has_nothing_to_check(photo: Image) -> None:
    net = network()
    with torch.no_grad():
        net.module[0].bias[2] = -100.0  # type: ignore[index,union-attr,operator]
    with pytest.raises(DataError, match=r"There is no picture to check\. 1:2@0,0 is silent"):
        sanity(net, photo, "1:2")


def test_a_target_without_weights_is_named(photo: Image) -> None:
    net = glass(Forward(lambda self, x: x.relu().mean((2, 3))).double(), (16, 18))
    with pytest.raises(TwinError, match="class 1 depends on no weights"):
        sanity(net, photo, "class:1")
