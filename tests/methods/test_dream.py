from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from convscope.errors import AddressError, DataError, GradientCutError, ScoresError, UsageError
from convscope.images.image import Image
from convscope.images.read import read
from convscope.methods.dream import dream
from convscope.methods.dream_octaves import resized
from convscope.methods.options.dream import DreamOptions
from convscope.net.intake import load
from convscope.net.net import Net
from convscope.preprocess import Preprocessing
from convscope.results.dream import Dream
from convscope.results.file import load_result
from tests.net.zoo import Forward, conv, fill
from tests.twins import dream as twin

SIZE = (24, 21)
MEAN, STD = (0.5, 0.4, 0.3), (0.2, 0.25, 0.5)
STILL = DreamOptions(steps=4, octaves=3, lr=2.0, jitter=0.0)
SIZES = ((12, 11), (17, 15), (24, 21))


def glass(module: nn.Module, channels: int = 3) -> Net:
    return Net(module, Preprocessing(SIZE, None, mean=MEAN[:channels], std=STD[:channels]))


def chain(channels: int = 3) -> nn.Sequential:
    made = nn.Sequential(
        *(conv(channels, 4, padding=1), nn.ReLU(), nn.MaxPool2d(3, 2, ceil_mode=True)),
        *(conv(4, 5, padding=1), nn.ReLU()),
    )
    fill(made, seed=2)
    return made


def network(channels: int = 3) -> Net:
    return glass(chain(channels), channels)


def classifier() -> Net:
    """It takes no other size than its own."""
    return glass(fill(nn.Sequential(*chain(), nn.Flatten(), nn.Linear(5 * 12 * 10, 3))))


def photo_of(net: Net, seed: int = 3) -> Image:
    """Smooth, with both ends of the range."""
    drawn = np.random.default_rng(seed)
    coarse = drawn.random((1, net.preprocessing.channels, 6, 5))
    smooth = resized(torch.from_numpy(coarse), SIZE)[0].numpy().transpose(1, 2, 0)
    pixels = np.rint(300 * smooth - 20).clip(0, 255).astype(np.uint8)
    return read(pixels, net.preprocessing, id="smooth")


def levels(pixels: NDArray[Any]) -> NDArray[np.float64]:
    return pixels.astype(np.float64).transpose(2, 0, 1)


def scaling() -> Any:
    return tuple(np.array(v)[:, None, None] for v in (MEAN, STD))


@pytest.fixture(scope="module")
def net() -> Net:
    return network()


@pytest.fixture(scope="module")
def photo(net: Net) -> Image:
    return photo_of(net)


WANTED: dict[str, twin.Seed] = {
    "4": twin.energy,
    "4:2": twin.weighed({2: 1}),
    "4:1-0.5*3": twin.weighed({1: 1, 3: -0.5}),
}


# -- the slow twin --------------------------------------------------------------------------------
@pytest.mark.parametrize("target", WANTED)
def test_it_is_the_slow_twins(net: Net, photo: Image, target: str) -> None:
    module: Any = net.module
    found = dream(net, photo, target, STILL)
    assert found.octaves == SIZES
    expected = twin.dream(
        module, levels(photo.shown), scaling(), WANTED[target], SIZES, STILL.steps, STILL.lr
    )
    assert np.array_equal(levels(found.picture), np.rint(expected))
    for pixels, value in ((photo.shown, found.before), (found.picture, found.after)):
        theirs = twin.pulled(module, levels(pixels), scaling(), WANTED[target])[0]
        assert value == pytest.approx(theirs, rel=1e-9)
    assert found.after > found.before
    assert found.note == ""


def test_of_a_class_it_is_the_slow_twins_at_the_networks_own_size() -> None:
    net = classifier()
    module: Any = net.module
    photo, seed = photo_of(net), twin.weighed({1: 1})
    found = dream(net, photo, "class:1", STILL)
    assert (found.measure, found.channel, found.target) == ("score", 1, "class 1")
    assert found.octaves == (SIZE,) * 3
    given = (module, levels(photo.shown), scaling(), seed)
    assert np.array_equal(
        levels(found.picture), np.rint(twin.dream(*given, (SIZE,) * 3, STILL.steps, STILL.lr))
    )
    assert found.before == pytest.approx(twin.pulled(*given)[0], rel=1e-9)
    assert found.note == (
        "The network cannot compute 6 at 12 by 11 px, 17 by 15 px; those octaves are at 24 by 21 "
        "px too."
    )


def test_a_cell_lies_at_the_same_place_in_every_octave(net: Net, photo: Image) -> None:
    module: Any = net.module
    unit = next(u for u in range(5) if dream(net, photo, f"4:{u}@9,3", STILL).before > 0)
    one = dataclasses.replace(STILL, octaves=1)
    found = dream(net, photo, f"4:{unit}@9,3", one)
    assert found.measure == "value in its cell"
    given = (module, levels(photo.shown), scaling(), twin.weighed({unit: 1}, (9, 3)))
    expected = twin.dream(*given, (SIZE,), one.steps, one.lr)
    assert np.array_equal(levels(found.picture), np.rint(expected))
    changed = np.argwhere((found.picture != photo.shown).any(2))
    assert changed.min(0).tolist() >= [13, 1]  # the field of the cell, and nothing around it
    assert (changed.max(0) <= [23, 11]).all()
    many = np.abs(dream(net, photo, f"4:{unit}@9,3", STILL).picture.astype(int) - photo.shown)
    y, x = (np.average(axis, weights=many.sum(2)) for axis in np.indices(SIZE))
    assert abs(y - 18.5) < 3
    assert abs(x - 6.5) < 3


@pytest.mark.parametrize(("given", "wanted"), [(21, 15), (15, 21), (9, 9), (30, 7)])
def test_pictures_are_resized_as_the_twin_does(given: int, wanted: int) -> None:
    planes = np.random.default_rng(0).random((2, given, given + 3))
    found = resized(torch.from_numpy(planes)[None], (wanted, wanted + 2))[0].numpy()
    assert np.allclose(found, twin.resized(planes, (wanted, wanted + 2)), atol=1e-9)


# -- no step, one step ----------------------------------------------------------------------------
@pytest.mark.parametrize("target", ["4", "4:2", "4:2@1,1", "4:1-0.5*3", "4:random.7"])
@pytest.mark.parametrize("seed", range(4))
def test_no_step_leaves_the_photograph(net: Net, target: str, seed: int) -> None:
    photo = photo_of(net, seed)
    found = dream(net, photo, target, DreamOptions(steps=0))
    assert np.array_equal(found.picture, photo.shown)
    assert found.before == found.after
    assert (found.note, found.change) == ("", 0.0)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_no_step_leaves_every_level(dtype: torch.dtype) -> None:
    net = Net(chain().to(dtype), Preprocessing((16, 48), None, mean=MEAN, std=STD))
    every = np.arange(16 * 48, dtype=np.int64).reshape(16, 48, 1) % 256
    photo = read(
        np.concatenate([every, every[::-1], 255 - every], 2).astype(np.uint8), net.preprocessing
    )
    found = dream(net, photo, "4", DreamOptions(steps=0))
    assert np.array_equal(found.picture, photo.shown)
    assert len(np.unique(photo.shown)) == 256


def test_a_step_is_as_long_as_it_is_said(net: Net, photo: Image) -> None:
    inner = read((photo.shown // 2 + 60).astype(np.uint8), net.preprocessing)
    one = dream(net, inner, "4", DreamOptions(steps=1, octaves=1, lr=6.0, jitter=0.0))
    assert one.change == pytest.approx(6, abs=0.02)
    assert dream(net, inner, "4", DreamOptions(steps=1, octaves=1, lr=0.0)).change == 0


def test_shifts_change_the_picture_and_come_again(net: Net, photo: Image) -> None:
    still, shaken = (dream(net, photo, "4", DreamOptions(jitter=j)) for j in (0.0, 0.2))
    assert not np.array_equal(still.picture, shaken.picture)
    assert shaken.after > shaken.before
    again = dream(network(), photo, "4", DreamOptions(jitter=0.2))
    assert np.array_equal(shaken.picture, again.picture)
    assert shaken.provenance == again.provenance


def test_one_channel() -> None:
    net = network(1)
    found = dream(net, photo_of(net), "4", DreamOptions())
    assert found.picture.shape == (*SIZE, 1)
    assert found.after > found.before


def test_progress_counts_every_step(net: Net, photo: Image) -> None:
    heard: list[tuple[int, int, str]] = []
    dream(net, photo, "4:2", STILL, progress=lambda *told: heard.append(told))
    assert [done for done, _, _ in heard] == list(range(1, 13))
    assert {told[1:] for told in heard} == {(12, "dreaming of 4:2")}


# -- what is said ---------------------------------------------------------------------------------
def silenced(amount: float) -> Net:
    """Channel 2 of the last layer is silent on the photograph."""
    net = network()
    module: Any = net.module
    with torch.no_grad():
        module[3].bias[2] -= amount
    return net


def test_a_silent_unit_is_woken_by_what_its_rectifier_takes() -> None:
    loud = network()
    module, photo = loud.module, photo_of(loud)
    top = twin.pulled(module, levels(photo.shown), scaling(), twin.energy)  # type: ignore[arg-type]
    assert top[0] > 0
    mean, std = scaling()
    x = torch.from_numpy((levels(photo.shown) / 255 - mean) / std)[None]
    with torch.no_grad():
        highest = float(module[:4](x)[0, 2].max())  # type: ignore[index,operator]
    net = silenced(highest + 0.01)
    found = dream(net, photo, "4:2", DreamOptions(octaves=1, lr=8.0, jitter=0.0))
    assert found.before == 0
    assert found.after > 0
    assert found.note == (
        "4:2 is silent on the photograph at 24 by 21 px, where its rectifier has no slope: there "
        "what the rectifier takes was climbed."
    )


def test_what_has_no_slope_is_said_and_the_photograph_stays() -> None:
    net = silenced(1000.0)
    module: Any = net.module
    pooled = glass(nn.Sequential(*module, nn.MaxPool2d(2)))
    photo = photo_of(net)
    found = dream(pooled, photo, "5:2", STILL)  # a pool has no rectifier of its own
    assert np.array_equal(found.picture, photo.shown)
    assert found.note == (
        "No small change of any pixel changes 5:2 here, so this is the photograph as it was. Take "
        "another photograph or target."
    )
    with torch.no_grad():
        module[3].bias -= 1000.0
    assert "No small change of any pixel changes 4 here" in dream(net, photo, "4", STILL).note


def test_a_climb_that_is_no_longer_finite_keeps_its_best() -> None:
    def forward(self: Any, x: Tensor) -> Tensor:
        y = self.a(x)
        return y * torch.where(x.amax((1, 2, 3), keepdim=True) > 0.9, torch.nan, 1.0)  # type: ignore[no-any-return]

    net = glass(fill(Forward(forward, a=conv(3, 4, padding=1))))
    gray = read(np.full((*SIZE, 3), 100, np.uint8), net.preprocessing)
    found = dream(net, gray, "/mul:1", DreamOptions(steps=20, octaves=1, lr=5.0, jitter=0.0))
    assert found.note == (
        "The climb diverged at 24 by 21 px, and its best before was kept: give a smaller --lr."
    )
    assert found.after > found.before


def test_values_that_are_not_finite_are_refused(photo: Image) -> None:
    net = network()
    module: Any = net.module
    with torch.no_grad():
        module[3].weight[2] = torch.nan
    with pytest.raises(DataError, match="4:2 is not finite at the start"):
        dream(net, photo, "4:2", STILL)


def test_what_cannot_be_is_told(net: Net, photo: Image) -> None:
    with pytest.raises(AddressError, match="No layer 'nowhere'"):
        dream(net, photo, "nowhere")
    with pytest.raises(AddressError, match="Channel 9 is out of range: 4 has 5"):
        dream(net, photo, "4:9")
    with pytest.raises(AddressError, match="Cell 99,0 is out of range"):
        dream(net, photo, "4:1@99,0")
    with pytest.raises(ScoresError, match="not one vector of scores"):
        dream(net, photo, "class:1")
    with pytest.raises(AddressError, match="A target is text"):
        dream(net, photo, 3)  # type: ignore[arg-type]
    named = classifier()
    named.labels = named.keys = ("beagle", "tabby", "crane")
    with pytest.raises(AddressError, match="A class is written class:beagle"):
        dream(named, photo, "beagle")
    with pytest.raises(AddressError, match=r"No class 'beagel'\. Nearest: beagle"):
        dream(named, photo, "class:beagel")
    with pytest.raises(DataError, match="this network takes"):
        dream(load("bundled:photos", device="cpu"), photo, "relu3")


def test_a_cut_gradient_is_told(photo: Image) -> None:
    def forward(self: Any, x: Tensor) -> Tensor:
        return self.a(x).detach().relu()  # type: ignore[no-any-return]

    net = glass(fill(Forward(forward, a=conv(3, 4, padding=1))))
    with pytest.raises(GradientCutError):
        dream(net, photo, "/relu")


@pytest.mark.parametrize("wrong", [{"steps": -1}, {"octaves": 0}, {"octave_scale": 0.9}])
def test_numbers_that_are_no_choice_are_refused(wrong: Any) -> None:
    with pytest.raises(UsageError, match=f"{next(iter(wrong))} is"):
        DreamOptions(**wrong)


def test_it_is_saved_and_read_back(net: Net, photo: Image, tmp_path: Path) -> None:
    for target in ("4", "4:2", "4:1-0.5*3"):
        made = dream(net, photo, target, STILL)
        found = load_result(made.save(tmp_path / "one.safetensors"))
        assert isinstance(found, Dream)
        for field in dataclasses.fields(made):
            mine, theirs = (getattr(r, field.name) for r in (made, found))
            same = np.array_equal(mine, theirs) if isinstance(mine, np.ndarray) else mine == theirs
            assert same, field.name
        assert found.caption == made.caption


def test_squeezenet_dreams(shared: Path) -> None:
    """What people know of dreams: much more of what the layer finds, and still the photograph."""
    net = load(shared / "data" / "squeezenet1_0-imagenet.safetensors", device="cpu")
    photo = read(
        sorted((shared / "data" / "imagenet-sample").glob("*/cliff.jpg"))[0], net.preprocessing
    )
    found = dream(net, photo, "features.10.expand3x3_activation")
    assert found.times > 10
    assert found.change < 25
    beagle = dream(net, photo, "class:beagle")
    assert beagle.after > beagle.before + 50
    assert found.note == beagle.note == ""


def test_pixels_that_cannot_be_written_are_read(net: Net, photo: Image) -> None:
    shown = photo.shown.copy()
    shown.flags.writeable = False
    found = dream(net, dataclasses.replace(photo, shown=shown), "4", STILL)
    assert np.array_equal(found.picture, dream(net, photo, "4", STILL).picture)
