from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from convscope.address import Direction, parse_look
from convscope.errors import AddressError, DataError, ForwardError, ImageError, UsageError
from convscope.images.source import Entry, Job, Record, Source
from convscope.methods.options.ranks import RanksOptions
from convscope.methods.ranks import ranks
from convscope.net.full import activations
from convscope.net.net import Net
from convscope.net.target import find_target
from convscope.results.file import load_result
from convscope.results.ranks import Ranks
from tests.net.zoo import Forward, conv, fill, glass
from tests.twins import ranks as twin

SIZE = (16, 18)
PLAIN = RanksOptions(control=False)


class Pictures(Source):
    """Images in memory; None cannot be read."""

    name = "pictures"

    def __init__(self, pixels: list[Any], labels: str = "") -> None:
        self._pixels, self._labels = pixels, labels

    def __len__(self) -> int:
        return len(self._pixels)

    def uri(self, index: int) -> str:
        return f"{index:03d}.png"

    def label(self, index: int) -> str | None:
        return self._labels[index] if self._labels else None

    def record(self, index: int) -> Record:
        return Record(self.uri(index), self.label(index), self.uri(index))

    def pixels(self, index: int) -> Any:
        if self._pixels[index] is None:
            raise ImageError(f"{self.uri(index)} is torn")
        return self._pixels[index]

    def jobs(self, start: int = 0, stop: int | None = None) -> Iterator[Job]:
        for index in range(start, len(self) if stop is None else stop):
            yield partial(self._entry, index)

    def _entry(self, index: int) -> Entry:
        if self._pixels[index] is None:
            return Entry(index, self.record(index), error="it is torn")
        return Entry(index, self.record(index), self._pixels[index])


def pictures(count: int = 37, labels: str = "", seed: int = 0) -> Pictures:
    drawn = np.random.default_rng(seed)
    return Pictures(
        [drawn.integers(0, 256, (*SIZE, 3), dtype=np.uint8) for _ in range(count)], labels
    )


def network() -> Net:
    """Rectified maps, signed maps, a vector, logits."""
    module = nn.Sequential(
        *(conv(3, 4, padding=1), nn.ReLU(), nn.MaxPool2d(2), conv(4, 5, padding=1)),
        *(nn.ReLU(), nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(20, 6), nn.ReLU()),
        nn.Linear(6, 3),
    )
    return glass(fill(module), SIZE)


@pytest.fixture(scope="module")
def net() -> Net:
    return network()


def maps(net: Net, source: Pictures, name: str) -> list[np.ndarray]:
    """Every activation of a layer, an image at a time: (c, h, w)."""
    number = net.tape().layer(name).number
    found = []
    for index in range(len(source)):
        batch = net.batch([net.preprocessing.apply(source.pixels(index)).array])
        one = activations(net, net.tape(), batch, [number])[number][0]
        found.append(one.reshape(len(one), *(one.shape[1:] or (1, 1))).numpy())
    return found


TARGETS = ["1:2", "3:1", "4:3", "7:0", "9:2", "4:0-0.5*3+2", "4:random.5", "3:1@4,5", "9:1-2*0"]


@pytest.mark.parametrize("target", TARGETS)
def test_what_is_shown_are_the_order_statistics_of_the_full_list(net: Net, target: str) -> None:
    source = pictures()
    found = ranks(net, source, target, PLAIN)
    aim = find_target(net, target)
    everything = twin.ranked(maps(net, source, aim.layer.name), aim.terms, aim.cell)
    values = [entry.value for entry in everything]
    assert np.allclose(found.spectrum, values, rtol=1e-6, atol=1e-6)
    groups = {"strongest": everything[:9], "median": everything[14:23], "weakest": everything[-9:]}
    shown = [entry for group in groups.values() for entry in group]
    assert found.groups[:27] == tuple(name for name in groups for _ in range(9))
    assert found.images[:27].tolist() == [entry.image for entry in shown]
    assert np.allclose(found.values[:27], [entry.value for entry in shown], rtol=1e-6, atol=1e-6)
    assert found.ranks[:27].tolist() == [*range(1, 10), *range(15, 24), *range(29, 38)]
    for cell, entry in zip(found.cells[:27].tolist(), shown, strict=True):
        assert tuple(cell) == entry.cell


@pytest.mark.parametrize("target", ["3:1", "4:0-0.5*3+2", "4:-2"])
def test_the_negative_side_is_the_list_of_the_opposite(net: Net, target: str) -> None:
    """Of whatever can be negative: the images with the lowest cells, lowest first."""
    source = pictures()
    found = ranks(net, source, target, PLAIN)
    aim = find_target(net, target)
    terms = [(channel, -weight) for channel, weight in aim.terms]
    opposite = twin.ranked(maps(net, source, aim.layer.name), terms, None)[:9]
    assert found.groups[27:] == ("most negative",) * 9
    assert found.images[27:].tolist() == [entry.image for entry in opposite]
    assert np.allclose(found.values[27:], [-entry.value for entry in opposite], rtol=1e-6)
    assert [tuple(cell) for cell in found.cells[27:].tolist()] == [e.cell for e in opposite]


@pytest.mark.parametrize("target", ["1:2", "7:0", "9:2", "3:1@4,5"])
def test_where_the_list_reversed_is_the_negative_side_it_is_not_said_twice(
    net: Net, target: str
) -> None:
    assert set(ranks(net, pictures(), target, PLAIN).groups) == {"strongest", "median", "weakest"}


def same(one: Ranks, other: Ranks) -> None:
    for name in ("values", "ranks", "images", "cells", "patches", "spectrum"):
        assert np.array_equal(getattr(one, name), getattr(other, name)), name
    assert (one.groups, one.uris, one.labels) == (other.groups, other.uris, other.labels)


@pytest.mark.parametrize("layer", ["1", "4", "7", "9"])
def test_the_direction_of_one_channel_has_the_list_of_the_unit(net: Net, layer: str) -> None:
    source = pictures()
    unit = ranks(net, source, f"{layer}:1", PLAIN)
    same(ranks(net, source, Direction(layer, ((1, 1.0),)), PLAIN), unit)
    several = ranks(net, source, f"{layer}:1+0*0", PLAIN)  # through the sum, not as a unit
    assert find_target(net, f"{layer}:1+0*0").channel is None
    same(several, unit)


@pytest.mark.parametrize("target", ["9:{}1", "4:{}3@2,2"])
def test_the_opposite_direction_has_the_list_in_reverse(net: Net, target: str) -> None:
    source = pictures()
    unit, other = (ranks(net, source, target.format(sign), PLAIN) for sign in ("", "-"))
    assert np.array_equal(other.spectrum, -unit.spectrum[::-1])
    if not np.unique(unit.spectrum).size < len(unit.spectrum):  # equals stand by number both ways
        assert other.images[:9].tolist() == unit.images[-9:][::-1].tolist()


@pytest.mark.parametrize("target", ["4:3", "4:random.5", "9:1"])
def test_the_batch_changes_nothing(net: Net, target: str) -> None:
    source = pictures(labels="ab" * 18 + "a")
    first = ranks(net, source, target, RanksOptions(batch=4))
    for batch in (8, 32):
        other = ranks(net, source, target, RanksOptions(batch=batch))
        same(other, first)
        assert np.array_equal(other.control_telling, first.control_telling)
        assert np.array_equal(other.control_share, first.control_share)


def test_equal_values_stand_by_the_number_of_the_image(net: Net) -> None:
    one, two = pictures(2).pixels(0), pictures(2).pixels(1)
    source = Pictures([one, two, one, two, two, one, one, two, one])
    found = ranks(net, source, "4:3", PLAIN)
    assert len(np.unique(found.spectrum)) == 2
    high = [0, 2, 5, 6, 8] if found.images[0] == 0 else [1, 3, 4, 7]
    assert found.images.tolist() == (high + [i for i in range(9) if i not in high])
    assert "share the least" not in found.note
    assert f"{9 - len(high)} of 9 images give the least" in found.note


def test_an_image_that_leaves_the_unit_silent_is_shown_whole() -> None:
    net, source = network(), pictures(9)
    with torch.no_grad():
        net.module[0].weight[2], net.module[0].bias[2] = 1.0, -26.9  # type: ignore[index,union-attr,operator]
    source._pixels[4][:] = 255
    found = ranks(net, source, "1:2", PLAIN)
    assert (found.images[0], found.values[0] > 0) == (4, True)
    assert not found.values[1:].any()
    assert (found.cells[1:] == -1).all()
    assert found.patches.shape == (9, 3, 3, 3)
    assert found.note.startswith("8 of 9 images do not fire it; the weakest are the last of them.")


@pytest.mark.parametrize("control", [False, True])
@pytest.mark.parametrize("target", ["1:2", "1:2@3,3", "3:2", "9:2"])
def test_a_unit_that_no_image_fires_has_no_order(
    control: bool, target: str, tmp_path: Path
) -> None:
    net, source = network(), pictures(9, "aabbaabba")
    with torch.no_grad():
        for place in (0, 3, 9):
            net.module[place].weight[2], net.module[place].bias[2] = 0.0, 0.0  # type: ignore[index,union-attr,operator]
    found = ranks(net, source, target, RanksOptions(control=control))
    assert (found.groups, found.uris, found.control, found.share) == ((), (), "", None)
    assert len(found.values) == len(found.patches) == found.telling == 0
    assert found.spectrum.tolist() == [0.0] * 9
    begin = f"No image fires {target}: it" if target.startswith("1") else target
    assert found.note == (
        f"{begin} is 0 on all 9 images, so there is no strongest and no weakest to show."
    )
    assert load_result(found.save(tmp_path / "one.safetensors")).note == found.note


def test_patches_are_cut_at_the_frame_and_grey_outside(net: Net) -> None:
    source = pictures()
    found = ranks(net, source, "1:2", PLAIN)
    for patch, image, (y, x) in zip(found.patches, found.images, found.cells, strict=True):
        wide = np.pad(source.pixels(image), ((1, 1), (1, 1), (0, 0)), constant_values=128)
        assert np.array_equal(patch, wide[y : y + 3, x : x + 3])
    whole = ranks(net, source, "9:1", PLAIN)
    assert np.array_equal(whole.patches[0], source.pixels(int(whole.images[0])))


def test_images_that_cannot_be_read_are_left_out_and_counted(net: Net) -> None:
    source, less = pictures(), pictures()
    source._pixels[4] = None
    source._pixels[11] = np.zeros((16, 18, 7), np.uint8)  # of seven channels
    found = ranks(net, source, "4:3", PLAIN)
    kept = [i for i in range(37) if i not in (4, 11)]
    less._pixels = [source._pixels[i] for i in kept]
    other = ranks(net, less, "4:3", PLAIN)
    assert found.images.tolist() == [kept[i] for i in other.images]
    assert np.array_equal(found.values, other.values)
    assert found.left_out == 2
    assert found.note == "2 images are left out. The first: 004.png: it is torn"
    assert found.provenance["images"] == {"spec": "pictures", "count": 37, "read": 35}


class Touchy(nn.Module):
    """Fails, or gives NaN, on images whose first pixel is 255."""

    def __init__(self, fails: bool) -> None:
        super().__init__()
        self.fails = fails

    def forward(self, x: Tensor) -> Tensor:
        bright = x[:, :1, :1, :1] == 1
        if self.fails and bool(bright.any()):
            raise ValueError("too bright")
        return torch.where(bright, torch.nan, x)


@pytest.mark.parametrize("fails", [False, True])
@pytest.mark.parametrize("control", [False, True])
def test_images_the_network_fails_on_are_left_out_and_counted(fails: bool, control: bool) -> None:
    net = glass(fill(nn.Sequential(conv(3, 4), nn.ReLU(), Touchy(fails))), SIZE)
    net.tape()
    source = pictures()
    for number in (3, 20):
        source._pixels[number][0, 0] = 0
    clean = ranks(net, source, "1:2", PLAIN)
    for number in (3, 20):
        source._pixels[number][0, 0] = 255
    net = glass(fill(nn.Sequential(Touchy(fails), conv(3, 4), nn.ReLU())), SIZE)
    found = ranks(net, source, "2:2", RanksOptions(control=control))
    assert found.left_out == 2
    assert not {3, 20} & set(found.images.tolist())
    assert len(found.spectrum) == 35
    said = "ValueError: too bright" if fails else "2:2 is not finite on it"
    assert f"The first: 003.png: {said}" in found.note or said in found.note
    assert np.isfinite(found.control_telling).all()
    assert len(clean.spectrum) == 37


def test_a_network_that_fails_on_all_images_raises() -> None:
    net = glass(fill(nn.Sequential(Touchy(True), conv(3, 4), nn.ReLU())), SIZE)
    source = pictures(40)
    for pixels in source._pixels:
        pixels[0, 0] = 255
    with pytest.raises(ForwardError, match="too bright"):
        ranks(net, source, "2:1", PLAIN)


def test_no_image_at_all(net: Net) -> None:
    with pytest.raises(DataError, match=r"No image of pictures gave a value of 4:1\. The first: 0"):
        ranks(net, Pictures([None, None]), "4:1")


@pytest.mark.parametrize(
    ("target", "said"),
    [("4", "is a whole layer"), ("4:9", "Channel 9 is out"), ("x:1", "No layer")],
)
def test_a_target_that_is_none(net: Net, target: str, said: str) -> None:
    with pytest.raises(AddressError, match=said):
        ranks(net, pictures(4), target)


def test_options_that_mean_nothing() -> None:
    with pytest.raises(UsageError, match="count is 0; it must be 1 or more"):
        RanksOptions(count=0)


def test_few_images_are_parted_evenly(net: Net) -> None:
    found = ranks(net, pictures(7), "4:3", PLAIN)
    assert [found.groups.count(name) for name in ("strongest", "median", "weakest")] == [2, 2, 2]
    assert len(set(found.images.tolist())) == 6
    assert "Each group shows 2 of 7 images" in found.note
    assert len(ranks(net, pictures(1), "4:3", PLAIN).values) == 3


def test_random_directions_are_what_they_are_as_targets(net: Net) -> None:
    """The control's numbers are those that each of its directions has when it is asked for."""
    source = pictures(labels="aab" * 12 + "c")
    for target in ("4:3", "9:1", "3:2@1,1"):
        found = ranks(net, source, target, RanksOptions(random_controls=3, seed=5))
        layer, cell = found.layer, "@1,1" if "@" in target else ""
        for place, seed in enumerate((5, 6, 7)):
            one = ranks(net, source, f"{layer}:random.{seed}{cell}", PLAIN)
            assert found.control_telling[place] == pytest.approx(one.telling, rel=1e-6)
            assert found.control_share[place] == one.share


def test_the_control_says_what_is_compared(net: Net) -> None:
    source = pictures(labels="aab" * 12 + "c")
    found = ranks(net, source, "4:3")
    values = found.spectrum.astype(float)
    assert found.telling == pytest.approx((values[:9].mean() - values.mean()) / values.std())
    known = [source.label(int(i)) for i in found.images[:9]]
    assert found.share == max(known.count(label) for label in "abc") / 9
    assert len(found.control_telling) == len(found.control_share) == 20
    assert f"The 9 strongest lie {found.telling:.1f} standard deviations" in found.control
    assert "20 random directions of 4 lie" in found.control
    assert f"{round(found.share * 9)} of the 9 are {max(known, key=known.count)}; " in found.control
    assert ranks(net, source, "4:3", PLAIN).control == ""


def test_classes_that_no_two_images_share_tell_nothing(net: Net) -> None:
    found = ranks(net, pictures(9, "abcdefghi"), "4:3")
    assert found.share is None
    assert not len(found.control_share)
    assert "Classes tell nothing here" in found.control
    assert ranks(net, pictures(9), "4:3").share is None


def test_classes_go_by_the_names_the_network_has_for_them() -> None:
    net = network()
    net.keys, net.labels = ("a", "b", "c"), ("cat", "dog", "cow")
    found = ranks(net, pictures(9, "aabbccabx"), "class:dog", PLAIN)
    assert found.target == "dog"
    assert set(found.labels) <= {"cat", "dog", "cow", "x"}
    assert found.labels[0] == dict(a="cat", b="dog", c="cow", x="x")["aabbccabx"[found.images[0]]]


def test_layers_with_channels_last_are_read_too() -> None:
    def forward(self: nn.Module, x: Tensor) -> Tensor:
        return self.b(self.a(x).permute(0, 2, 3, 1)).permute(0, 3, 1, 2)  # type: ignore[operator]

    net = glass(fill(Forward(forward, a=conv(3, 4), b=nn.Linear(4, 5))), SIZE)
    source = pictures(9)
    found = ranks(net, source, "b:3", RanksOptions(random_controls=2))
    truth = [float(one[..., 3].max()) for one in maps_last(net, source)]
    assert np.allclose(found.spectrum, sorted(truth, reverse=True), rtol=1e-6)


def maps_last(net: Net, source: Pictures) -> list[Tensor]:
    number = net.tape().layer("b").number
    return [
        activations(
            net,
            net.tape(),
            net.batch([net.preprocessing.apply(source.pixels(index)).array]),
            [number],
        )[number][0]
        for index in range(len(source))
    ]


def test_it_says_where_it_comes_from_and_is_read_back(net: Net, tmp_path: Path) -> None:
    found = ranks(net, pictures(labels="ab" * 18 + "a"), "4:3")
    again = load_result(found.save(tmp_path / "ranks.safetensors"))
    same(again, found)
    assert (again.control, again.note, again.share) == (found.control, found.note, found.share)
    assert again.provenance == found.provenance
    assert found.provenance["method"] == "ranks"
    assert found.provenance["weights"] == net.fingerprint()
    assert set(found.caption) == {"shows", "does_not_show", "easily_misread"}


def test_progress_is_told(net: Net) -> None:
    heard: list[tuple[int, int, str]] = []
    ranks(net, pictures(10), "4:3", RanksOptions(batch=4), progress=lambda *a: heard.append(a))
    assert [done for done, _, _ in heard] == [4, 8, 10]
    assert heard[-1] == (10, 10, "looking at images")


def test_a_folder_and_the_bundled_photographs_open_by_name() -> None:
    from convscope.net.intake import load

    net = load("bundled:photos", device="cpu")
    layer = net.tape().default_layers[0].name
    found = ranks(net, "bundled:photos", parse_look(f"{layer}:3"), RanksOptions(count=2))
    assert len(found.values) == 6
