"""Insertion and deletion curves against a loop of single images."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from convscope.errors import AddressError, DataError, ScoresError, UsageError
from convscope.images.image import Image
from convscope.images.read import read
from convscope.methods.curves import curves
from convscope.methods.heatmap import heatmap
from convscope.methods.options.curves import CurvesOptions
from convscope.methods.options.heatmap import HeatmapOptions
from convscope.methods.order import BLUR, blurred, order_of, random_order
from convscope.net.net import Net
from convscope.results.curves import ORDERS, Curves
from convscope.results.file import load_result
from tests.net.zoo import conv, fill, glass
from tests.twins import curves as slow

SIZE = (9, 12)


@pytest.fixture(scope="module")
def net() -> Net:
    module = nn.Sequential(
        *(conv(3, 4, padding=1), nn.ReLU(inplace=True), nn.MaxPool2d(2)),
        *(conv(4, 6, padding=1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()),
        nn.Linear(6, 3),
    )
    found = fill(module)
    with torch.no_grad():
        found[-1].weight.mul_(20)  # type: ignore[index,operator,union-attr]
    return glass(found, SIZE)


@pytest.fixture(scope="module")
def photo(net: Net) -> Image:
    pixels = np.random.default_rng(3).random((*SIZE, 3)).astype(np.float32)
    return read(pixels, net.preprocessing, id="noise")


@dataclasses.dataclass
class Pixels:
    """Anything that orders pixels."""

    saliency: Any


def drawn(net: Net, photo: Image, result: Any, target: str = "class:1", **given: Any) -> Curves:
    return curves(net, photo, target, result, CurvesOptions(**({"steps": 7} | given)))


@pytest.fixture(scope="module")
def ordered() -> Pixels:
    return Pixels(np.random.default_rng(5).standard_normal(SIZE).astype(np.float32))


@pytest.mark.parametrize("fill", ["blur", "mean"])
@pytest.mark.parametrize("batch", [1, 5, 64])
def test_all_four_curves_are_the_slow_ones(
    net: Net, photo: Image, ordered: Pixels, fill: str, batch: int
) -> None:
    found = drawn(net, photo, ordered, fill=fill, batch=batch)
    own = photo.array
    other = np.zeros_like(own) if fill == "mean" else slow.blurred(own, BLUR * 12)
    random = np.random.default_rng(0)
    mine = order_of(ordered.saliency, random)
    assert mine.tolist() == np.argsort(-ordered.saliency.reshape(-1)).tolist()
    chance = random_order(SIZE, SIZE, random)
    for name, order, start, end in (
        ("deletion", mine, own, other),
        ("insertion", mine, other, own),
        ("random_deletion", chance, own, other),
        ("random_insertion", chance, other, own),
    ):
        shares, scores = slow.curve(net.module, start, end, order, 7, 1)
        assert np.ptp(shares) > 0.01
        assert np.allclose(getattr(found, name), shares, rtol=0, atol=1e-6), name
        assert np.allclose(found.scores[ORDERS.index(name)], scores, rtol=0, atol=1e-5), name
        assert found.auc[name] == pytest.approx(slow.area(shares), abs=1e-6)
    assert np.allclose(found.share, np.arange(8) / 7)


def test_the_ends_are_the_images_own(net: Net, photo: Image, ordered: Pixels) -> None:
    found = drawn(net, photo, ordered)
    own, score = slow.probability(net.module, photo.array, 1)
    assert found.deletion[0] == found.insertion[-1]
    assert found.deletion[0] == found.random_deletion[0] == found.random_insertion[-1]
    assert found.insertion[0] == found.deletion[-1] == found.random_deletion[-1]
    assert found.deletion[0] == pytest.approx(own, abs=1e-12)
    assert found.scores[0, 0] == pytest.approx(score, abs=1e-12)


def test_no_number_depends_on_the_batch(net: Net, photo: Image, ordered: Pixels) -> None:
    small, large = (drawn(net, photo, ordered, batch=batch) for batch in (4, 32))
    assert np.allclose(small.scores, large.scores, rtol=0, atol=1e-12)


def test_one_step_has_only_ends(net: Net, photo: Image, ordered: Pixels) -> None:
    found = drawn(net, photo, ordered, steps=1)
    assert found.share.tolist() == [0, 1]
    assert found.deletion.tolist() == found.insertion[::-1].tolist()


def test_the_maps_order_beats_a_random_one_where_it_is_right(net: Net, photo: Image) -> None:
    """The score is the sum of a region's pixels: the region as a map, and the worst order."""
    module = nn.Sequential(conv(3, 2, 1, bias=False), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    with torch.no_grad():
        module[0].weight.copy_(torch.tensor([9.0, -9.0])[:, None, None, None].expand(2, 3, 1, 1))
    summed = glass(module.double(), SIZE)
    values = photo.array.sum(0)
    right, wrong = (
        drawn(summed, photo, Pixels(sign * values), "class:0", fill="mean") for sign in (1, -1)
    )
    assert right.auc["deletion"] < right.auc["random_deletion"] < wrong.auc["deletion"]
    assert right.auc["insertion"] > right.auc["random_insertion"] > wrong.auc["insertion"]
    assert right.note == ""
    assert "orders pixels no better than a random one" in wrong.note


def test_a_heat_maps_control_has_its_grain(net: Net, photo: Image) -> None:
    result = heatmap(net, photo, "class:1", HeatmapOptions(sanity=False))
    found = drawn(net, photo, result)
    random = np.random.default_rng(0)
    order_of(result.large, random)
    order = random_order(SIZE, result.map.shape, random)  # type: ignore[arg-type]
    other = blurred(photo.array)
    shares, _ = slow.curve(net.module, photo.array, other, order, 7, 1)
    assert np.allclose(found.random_deletion, shares, rtol=0, atol=1e-12)
    assert found.provenance["of"] == {
        "method": "heatmap",
        "options": result.provenance["options"],
    }


def test_what_is_no_class_has_scores_and_no_shares(net: Net, photo: Image, ordered: Pixels) -> None:
    found = drawn(net, photo, ordered, "3:2@1,4")
    assert not found.is_probability
    assert np.array_equal(found.deletion, found.scores[0])
    with torch.no_grad():
        value = net.module[:4](net.one(photo))[0, 2, 1, 4]  # type: ignore[index,operator]
    assert found.deletion[0] == pytest.approx(float(value), abs=1e-12)
    strongest = drawn(net, photo, ordered, "3:2")
    with torch.no_grad():
        maps = net.module[:4](net.one(photo))[0, 2]  # type: ignore[index,operator]
    assert strongest.deletion[0] == pytest.approx(float(maps.max()), abs=1e-12)


def test_ties_go_in_a_seeded_random_order() -> None:
    values = np.zeros((4, 5))
    values[1, 2] = 3
    first, again, other = (order_of(values, np.random.default_rng(s)).tolist() for s in (1, 1, 2))
    assert first[0] == other[0] == 7
    assert first == again != other
    assert sorted(first) == list(range(20))


def test_the_blur_is_the_slow_one() -> None:
    array = np.random.default_rng(2).standard_normal((2, 7, 10)).astype(np.float32)
    assert np.allclose(blurred(array), slow.blurred(array, BLUR * 10), rtol=0, atol=1e-6)
    assert np.allclose(blurred(np.ones((1, 6, 6), np.float32)), 1)


def test_it_says_when_there_is_little_to_take_away(net: Net, photo: Image, ordered: Pixels) -> None:
    notes = [drawn(net, photo, ordered, f"class:{c}") for c in range(3)]
    low = min(notes, key=lambda one: one.deletion[0])
    assert low.deletion[0] < 0.05
    assert f"{low.target} has only" in low.note


def test_a_result_survives_the_disk(net: Net, photo: Image, ordered: Pixels, tmp_path: Any) -> None:
    found = drawn(net, photo, ordered)
    again = load_result(found.save(tmp_path / "curves.safetensors"))
    for field in dataclasses.fields(Curves):
        a, b = getattr(found, field.name), getattr(again, field.name)
        assert np.array_equal(a, b) if isinstance(a, np.ndarray) else a == b, field.name
    assert set(again.caption) == {"shows", "does_not_show", "easily_misread"}


def test_progress_is_told(net: Net, photo: Image, ordered: Pixels) -> None:
    told: list[tuple[int, int]] = []
    options = CurvesOptions(steps=7, batch=8)
    curves(net, photo, "class:1", ordered, options, progress=lambda a, b, what: told.append((a, b)))
    assert told[-1] == (26, 26)
    assert [done for done, _ in told] == sorted({done for done, _ in told})


def test_what_cannot_be_is_refused(net: Net, photo: Image, ordered: Pixels) -> None:
    with pytest.raises(UsageError, match=r"A str orders no pixels.*\.large or \.saliency"):
        drawn(net, photo, "a map")
    with pytest.raises(UsageError, match="The map is of 3 by 4 pixels, the image of 9 by 12"):
        drawn(net, photo, Pixels(np.zeros((3, 4))))
    with pytest.raises(DataError, match="The map is not finite"):
        drawn(net, photo, Pixels(np.full(SIZE, np.nan)))
    with pytest.raises(AddressError, match="No class '9'"):
        drawn(net, photo, ordered, "class:9")
    with pytest.raises(UsageError, match="steps is 0; it must be 1 or more"):
        CurvesOptions(steps=0)
    maps = glass(fill(nn.Sequential(conv(3, 4), nn.ReLU())), SIZE)
    with pytest.raises(ScoresError, match="--scores"):
        drawn(maps, photo, ordered)
    broken = glass(fill(nn.Sequential(conv(3, 2), nn.Flatten(), nn.Linear(140, 2))), SIZE)
    with torch.no_grad():
        broken.module[-1].bias[1] = float("nan")  # type: ignore[index,union-attr]
    with pytest.raises(DataError, match="class 1 is not finite"):
        drawn(broken, photo, ordered)


def test_a_unit_is_watched_in_the_cell_that_is_strongest_on_the_image(
    net: Net, photo: Image, ordered: Pixels
) -> None:
    found = drawn(net, photo, ordered, "3:2", fill="blur", batch=4)
    module: Any = net.module
    with torch.no_grad():
        ends = [photo.array, blurred(photo.array)]
        own, other = (module[:4](net.batch([array]))[0, 2] for array in ends)
    y, x = divmod(int(own.argmax()), own.shape[1])
    assert int(other.argmax()) != int(own.argmax())  # the fill's own strongest is elsewhere
    assert found.scores[0, 0] == pytest.approx(float(own[y, x]), rel=1e-12)
    assert found.scores[0, -1] == pytest.approx(float(other[y, x]), rel=1e-12)
    given = drawn(net, photo, ordered, f"3:2@{y},{x}", fill="blur", batch=4)
    np.testing.assert_array_equal(found.scores, given.scores)


@pytest.mark.parametrize("seed", range(4))
def test_a_random_order_of_two_cells_goes_from_one_end_to_the_other(seed: int) -> None:
    order = random_order((16, 1), (2, 1), np.random.default_rng(seed)).tolist()
    inner = [place for place in order if 4 <= place < 12]  # beyond the centers all are equal
    assert inner in (list(range(4, 12)), list(range(11, 3, -1)))
    assert set(order[:4]) in ({0, 1, 2, 3}, {12, 13, 14, 15})
