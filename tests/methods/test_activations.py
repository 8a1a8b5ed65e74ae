from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from convscope.errors import AddressError, AtlasError, DataError
from convscope.geometry.box import Box
from convscope.images.image import Image
from convscope.methods.activations import activations, activations_of
from convscope.methods.options.activations import ActivationsOptions
from convscope.net.net import Net
from convscope.results.activations import Activations
from convscope.results.file import load_result
from tests.net.zoo import LOCAL, Forward, conv, fill, glass, local, photograph
from tests.twins.activations import histogram, hooked


def photo(net: Net, array: Any = None) -> Image:
    array = photograph(net)[0].numpy() if array is None else array
    height, width = net.preprocessing.size
    shown = np.zeros((height, width, array.shape[0]), np.uint8)
    whole = Box(0, 0, height, width)
    return Image(array, shown, "photo", None, "photo.png", (height, width), whole)


def small() -> Net:
    """Convolution, in-place rectifier, pool, a second rectifier, flat, linear."""
    module = nn.Sequential(
        *(conv(3, 5, padding=1), nn.ReLU(inplace=True), nn.MaxPool2d(2)),
        *(conv(5, 6, padding=1), nn.BatchNorm2d(6), nn.ReLU(inplace=True), nn.Flatten()),
        *(nn.Linear(6 * 5 * 6, 4),),
    )
    return glass(fill(module), (10, 12))


def atlas_of(net: Net, *numbers: int, **changed: Any) -> Any:
    """What `activations` asks of an opened atlas: channel 0 of each layer is dead."""
    layers = [layer for layer in net.tape().layers if layer.number in numbers]

    def units(layer: Any) -> Any:
        share = np.linspace(0, 1, layer.channels)
        status = np.array(["dead", *["live"] * (layer.channels - 1)])
        counts = np.full((layer.channels, 197), layer.number)
        return SimpleNamespace(
            status=status, fired_images=share, fired_cells=share / 2, histogram=counts
        )

    from convscope.tally.histogram import edges

    found = {
        "layers": tuple(layers),
        "units": units,
        "images_read": 7,
        "histogram_edges": edges(),
        "preprocessing": net.preprocessing,
        "manifest": {"network": {"sha256": net.fingerprint()}},
    }
    return SimpleNamespace(**(found | changed))


@pytest.mark.parametrize("name", ["0", "1", "2", "3", "4", "5", "7"])
def test_every_map_is_what_a_hook_reads(name: str) -> None:
    net = small()
    found = activations(net, photo(net), name)
    expected = hooked(net.module, photograph(net), name)
    assert np.array_equal(found.maps.reshape(expected.shape), expected.astype(np.float32))
    assert len(found.maps) == net.tape().layer(name).channels


def test_a_layer_is_read_before_an_in_place_op_overwrites_it() -> None:
    net = small()
    one, two = activations(net, photo(net), "0"), activations(net, photo(net), "1")
    assert (one.maps < 0).any()
    assert np.array_equal(np.maximum(one.maps, 0), two.maps)


@pytest.mark.filterwarnings("ignore:Using padding='same'")
@pytest.mark.parametrize("name", LOCAL)
def test_all_layers_of_many_networks_come_from_one_forward(name: str) -> None:
    net = local(name)
    layers = net.tape().layers
    calls: list[int] = []
    net.module.register_forward_hook(lambda m, given, result: calls.append(1))
    net.module.register_forward_pre_hook(lambda m, given: calls.append(0))
    together = activations_of(net, photo(net), layers)
    assert calls.count(0) == 1
    for layer, one in zip(layers, together, strict=True):
        assert one.layer == layer.name
        assert one.maps.shape == (layer.channels, layer.height, layer.width)
        assert np.isfinite(one.maps).all()


def test_channels_last_maps_come_channel_first() -> None:
    net = glass(fill(LOCAL["convnext"]()), (24, 28))
    last = next(layer for layer in net.tape().layers if layer.op == "layer_norm")
    found = activations(net, photo(net), last.name)
    kept = hooked(net.module, photograph(net), "1.norm")
    assert np.array_equal(found.maps, np.moveaxis(kept, 2, 0).astype(np.float32))


def test_a_unit_a_direction_and_a_class_stand_for_their_layer() -> None:
    net = small()
    for target, layer in (("1:3", "1"), ("1:3@2,4", "1"), ("1:3-0.5*4", "1"), ("class:2", "7")):
        assert activations(net, photo(net), target).layer == layer


def test_scores_have_the_names_of_classes() -> None:
    net = small()
    assert activations(net, photo(net), "7").names == ()
    net.labels = ("a", "b", "c", "d")
    assert activations(net, photo(net), "7").names == ("a", "b", "c", "d")
    assert activations(net, photo(net), "5").names == ()


def test_what_stood_before_the_rectifier_is_found_on_the_tape() -> None:
    net = small()
    found = activations(net, photo(net), "5")
    given = hooked(net.module, photograph(net), "4")
    assert np.allclose(found.before, given.max(axis=(1, 2)), rtol=1e-6)
    for channel, (y, x) in enumerate(found.before_cell.tolist()):
        assert given[channel, y, x] == given[channel].max()
    assert np.isnan(activations(net, photo(net), "3").before).all()
    assert np.isnan(
        activations(net, photo(net), "5", ActivationsOptions(before=False)).before
    ).all()


def test_joined_branches_each_have_their_own_rectifier() -> None:
    net = glass(fill(LOCAL["fires"]()), (24, 29))
    name = next(layer.name for layer in net.tape().layers if layer.op == "cat")
    found = activations(net, photo(net), name)
    branches = [activations(net, photo(net), f"3.expand{k}_activation") for k in ("1x1", "3x3")]
    assert np.array_equal(found.before, np.concatenate([one.before for one in branches]))
    assert np.array_equal(found.maps, np.concatenate([one.maps for one in branches]))


def silenced() -> Net:
    """Channels 0 and 2 of the first rectifier never rise above zero; channel 3 is constant."""
    net = small()
    with torch.no_grad():
        first: Any = net.module[0]  # type: ignore[index]
        first.bias[[0, 2]] = -1e6
        first.weight[3], first.bias[3] = 0, 0.25
    return net


def test_a_blank_map_says_why() -> None:
    net = silenced()
    found = activations(net, photo(net), "1")
    assert found.kinds == ("below zero", "below zero", "constant")
    given = hooked(net.module, photograph(net), "0")[0]
    y, x = divmod(int(given.argmax()), given.shape[1])
    assert found.blank[0] == (
        0,
        f"Never above zero before the rectifier here: highest \u2212{-given.max():,.0f} "
        f"at cell ({y}, {x}).",
    )
    assert found.blank[2] == (
        3,
        "Constant: 0.25 in every cell, whatever the image shows there.",
    )
    assert found.note == "3 of 5 maps are blank: 2 below zero, 1 constant."


def test_an_atlas_tells_dead_from_silent() -> None:
    net = silenced()
    found = activations(net, photo(net), "1", atlas=atlas_of(net, 1))
    assert found.kinds == ("dead", "silent", "constant")
    assert found.blank[0][1].startswith("No image of 7 fires it, nor does this one. Often a ")
    assert found.blank[1][1].startswith("Silent on this image. It fires on 50 % of the others. N")
    assert found.atlas_images == 7
    assert found.atlas_fired is not None
    assert found.atlas_fired.tolist() == [0, 0.125, 0.25, 0.375, 0.5]
    assert found.atlas_histogram is not None
    assert (found.atlas_histogram == 1).all()


def test_an_atlas_without_the_layer_is_said() -> None:
    net = silenced()
    found = activations(net, photo(net), "2", atlas=atlas_of(net, 1))
    assert "The atlas does not hold 2" in found.note
    assert found.atlas_images == 0
    assert found.atlas_histogram is None


def test_an_atlas_of_the_branches_is_one_of_their_join() -> None:
    net = glass(fill(LOCAL["fires"]()), (24, 29))
    tape = net.tape()
    ends = [tape.layer(f"3.expand{k}_activation").number for k in ("1x1", "3x3")]
    name = next(layer.name for layer in tape.layers if layer.op == "cat")
    found = activations(net, photo(net), name, atlas=atlas_of(net, *ends))
    assert found.atlas_histogram is not None
    assert found.atlas_histogram[:, 0].tolist() == [ends[0]] * 4 + [ends[1]] * 4


def test_an_atlas_of_other_weights_is_refused() -> None:
    net = small()
    other = atlas_of(net, 1, manifest={"network": {"sha256": "0" * 64}})
    with pytest.raises(AtlasError, match="belongs to other weights"):
        activations(net, photo(net), "1", atlas=other)


def test_the_histogram_and_the_share_of_cells_are_counted_by_hand() -> None:
    net = small()
    for name in ("0", "1", "7"):
        found = activations(net, photo(net), name)
        for one, counts, fired in zip(found.maps, found.histogram, found.fired, strict=True):
            assert counts.tolist() == histogram(one, found.edges)
            assert fired == sum(value > 0 for value in one.ravel().tolist()) / one.size


def test_values_that_are_not_finite_are_named_and_counted() -> None:
    def forward(s: nn.Module, x: Tensor) -> Tensor:
        y = s.conv(x)  # type: ignore[operator]
        return F.relu(torch.cat([y[:, :1] / 0, y[:, 1:]], 1))

    net = glass(fill(Forward(forward, conv=conv(3, 3))), (6, 7))
    found = activations(net, photo(net), net.tape().layers[-1].name)
    assert found.kinds == ("not finite",)
    assert found.blank[0][0] == 0
    assert "cells are NaN or infinite. Look at the weights" in found.blank[0][1]
    assert found.histogram[0].sum() < 20 == found.histogram[1].sum()


def test_an_image_of_nan_is_not_finite_everywhere() -> None:
    net = small()
    found = activations(net, photo(net, np.full((3, 10, 12), np.nan)), "0")
    assert set(found.kinds) == {"not finite"}
    assert len(found.blank) == 5


def test_a_flat_vector_is_not_blank_for_being_one_value() -> None:
    assert activations(small(), photo(small()), "7").blank == ()


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("featurs", "No layer 'featurs'"),
        ("1:5", "Channel 5 is out of range: 1 has 5, numbered 0 to 4"),
        ("1:4@99,0", "Cell 99,0 is out of range"),
        ("1:2-9", "Channel 9 is out of range"),
        ("class:9", "No class '9'"),
    ],
)
def test_what_does_not_exist_is_named(target: str, said: str) -> None:
    net = small()
    with pytest.raises(AddressError, match=said):
        activations(net, photo(net), target)


def test_a_misspelt_layer_names_the_nearest() -> None:
    net = glass(fill(LOCAL["fires"]()), (24, 29))
    with pytest.raises(AddressError, match=r"Nearest: 3\.squeeze"):
        activations(net, photo(net), "3.squeezed")


def test_an_image_of_another_size_is_refused() -> None:
    with pytest.raises(DataError, match="Read it with this network's preprocessing"):
        activations(small(), photo(local("fires")), "1")


def test_it_is_the_same_when_it_is_asked_again_and_follows_no_random_state() -> None:
    net = small()
    one = activations(net, photo(net), "5")
    torch.rand(3)
    assert np.array_equal(one.maps, activations(net, photo(net), "5").maps)


def same(one: Any, other: Any) -> bool:
    if isinstance(one, np.ndarray):
        equal = np.array_equal(one, other, equal_nan=one.dtype.kind == "f")
        return bool(equal) and one.dtype == other.dtype
    return bool(one == other)


@pytest.mark.parametrize("with_atlas", [False, True])
def test_what_is_saved_is_read_back(tmp_path: Path, with_atlas: bool) -> None:
    net = silenced()
    atlas = atlas_of(net, 1) if with_atlas else None
    result = activations(net, photo(net), "1", atlas=atlas)
    found = load_result(result.save(tmp_path / "one.safetensors"))
    assert isinstance(found, Activations)
    for field in fields(result):
        assert same(getattr(result, field.name), getattr(found, field.name)), field.name
    assert found.caption["easily_misread"] == "Black is silent here, not broken."


def test_a_cell_knows_its_box() -> None:
    net = small()
    layer = net.tape().layer("5")
    found = activations(net, photo(net), "5")
    for cell in ((0, 0), (2, 3), (4, 5)):
        assert found.box(cell) == layer.field.frame(cell, 10, 12)


def test_squeezenets_maps_are_what_hooks_read_and_its_dead_channels_are_found(shared: Path) -> None:
    from convscope.images.read import read
    from convscope.net.intake import load

    net = load(shared / "data" / "squeezenet1_0-imagenet.safetensors", device="cpu")
    path = sorted((shared / "data" / "imagenet-sample").glob("*/*.jpg"))[41]
    image = read(path, net.preprocessing)
    layers = net.tape().default_layers
    found = activations_of(net, image, layers)
    for layer, one in zip(layers, found, strict=True):
        expected = hooked(net.module, net.one(image), layer.name)
        assert np.array_equal(one.maps, expected.astype(np.float32)), layer.name
        assert np.isfinite(one.before).all()
    nine = next(one for one in found if one.layer == "features.9.expand1x1_activation")
    assert dict(zip((c for c, _ in nine.blank), nine.kinds, strict=True))[19] == "constant"
    whole = activations(net, image, "features.8")
    halves = [one for one in found if one.layer.startswith("features.8.expand")]
    assert np.array_equal(whole.maps, np.concatenate([one.maps for one in halves]))
