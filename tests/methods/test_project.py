from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from convscope.address import Direction
from convscope.errors import AddressError, DataError, UsageError
from convscope.images.image import Image
from convscope.images.read import read
from convscope.methods.options.project import ProjectOptions
from convscope.methods.project import project
from convscope.net.full import Blend, Seed, activations, project_full
from convscope.net.net import Net
from convscope.net.rules import Rule
from convscope.net.twin import twin
from tests.net.zoo import conv, fill, glass


def network() -> Net:
    """Rectified maps, a signed sum, a vector, logits."""
    module = nn.Sequential(
        *(conv(3, 4, padding=1), nn.ReLU(), nn.MaxPool2d(2), conv(4, 5, padding=1)),
        *(nn.ReLU(), nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(20, 6), nn.ReLU()),
        nn.Linear(6, 3),
    )
    return glass(fill(module), (16, 18))


@pytest.fixture(scope="module")
def net() -> Net:
    return network()


@pytest.fixture(scope="module")
def photo(net: Net) -> Image:
    pixels = np.random.default_rng(3).random((16, 18, 3)).astype(np.float32)
    return read(pixels, net.preprocessing, id="noise")


def maps(net: Net, photo: Image, name: str) -> Tensor:
    number = net.tape().layer(name).number
    return activations(net, net.tape(), net.batch([photo.array]), [number])[number][0]


def whole(net: Net, photo: Image, name: str, seed: Seed | Blend, rule: Rule = Rule()) -> np.ndarray:  # type: ignore[type-arg] # noqa: B008
    number = net.tape().layer(name).number
    batch = net.batch([photo.array])
    ((_, array),) = project_full(net, net.tape(), rule, batch, number, [seed])
    return array.float().numpy()


def firing(net: Net, photo: Image, name: str) -> int:
    return int(maps(net, photo, name).reshape(net.tape().layer(name).channels, -1).amax(1).argmax())


def test_a_unit_is_projected_from_its_strongest_cell(net: Net, photo: Image) -> None:
    channel = firing(net, photo, "4")
    values = maps(net, photo, "4")[channel]
    y, x = divmod(int(values.argmax()), values.shape[1])
    found = project(net, photo, f"4:{channel}")
    assert (found.layer, found.channel, found.cell) == ("4", channel, (y, x))
    assert found.value == float(values.max())
    assert found.array.dtype == np.float32
    assert np.array_equal(found.array, whole(net, photo, "4", Seed(channel, (y, x))))
    assert np.array_equal(found.shown, photo.shown)
    assert found.note == ""
    assert not found.is_zero


def test_a_given_cell(net: Net, photo: Image) -> None:
    channel = firing(net, photo, "1")
    y, x = (int(i) for i in (maps(net, photo, "1")[channel] > 0).nonzero()[-1])
    found = project(net, photo, f"1:{channel}@{y},{x}")
    assert found.cell == (y, x)
    assert found.frame == (y - 1, x - 1, y + 2, x + 2)
    assert found.tile().shape == (3, 3, 3)
    assert np.array_equal(found.array, whole(net, photo, "1", Seed(channel, (y, x))))
    assert np.abs(found.tile()).sum() == pytest.approx(np.abs(found.array).sum())


def test_the_whole_map(net: Net, photo: Image) -> None:
    channel = firing(net, photo, "4")
    found = project(net, photo, f"4:{channel}", ProjectOptions(seed="map"))
    assert found.cell is None
    assert found.frame == (0, 0, 16, 18)
    assert found.value == pytest.approx(float(maps(net, photo, "4")[channel].sum()))
    assert np.array_equal(found.array, whole(net, photo, "4", Seed(channel, None)))
    with pytest.raises(UsageError, match=r"4:0@1,1 is one cell, and seed='map'"):
        project(net, photo, "4:0@1,1", ProjectOptions(seed="map"))


@pytest.mark.parametrize("name", ["8", "9"])
def test_a_fully_connected_unit_and_a_logit(net: Net, photo: Image, name: str) -> None:
    channel = firing(net, photo, name)
    found = project(net, photo, f"{name}:{channel}")
    assert found.cell is None
    assert found.frame == (0, 0, 16, 18)
    assert np.array_equal(found.array, whole(net, photo, name, Seed(channel, (0, 0))))


def test_a_negative_value_of_a_signed_layer_is_projected(net: Net, photo: Image) -> None:
    logits = maps(net, photo, "9").flatten()
    channel = int(logits.argmin())
    assert logits[channel] < 0
    found = project(net, photo, f"9:{channel}")
    assert found.value == float(logits[channel])
    assert np.array_equal(found.array, whole(net, photo, "9", Seed(channel, (0, 0))))


@pytest.mark.parametrize("rule", ["deconvnet", "guided", "gradient"])
def test_every_rule(net: Net, photo: Image, rule: str) -> None:
    channel = firing(net, photo, "8")
    found = project(net, photo, f"8:{channel}", ProjectOptions(rule=rule))  # type: ignore[arg-type]
    assert np.array_equal(found.array, whole(net, photo, "8", Seed(channel, (0, 0)), Rule(rule)))  # type: ignore[arg-type]
    assert found.provenance["options"]["rule"] == rule


def test_a_silent_unit_is_said_and_not_drawn(photo: Image) -> None:
    net = network()
    with torch.no_grad():
        net.module[0].bias[2] = -100.0  # type: ignore[index,union-attr,operator]
    found = project(net, photo, "1:2")
    assert found.is_zero
    assert found.note == "Silent on this image: its strongest activation in 1 is 0."
    found = project(net, photo, "1:2@3,4")
    assert found.note == "Silent here: its activation in this cell of 1 is 0."
    assert found.is_zero


def test_a_unit_driven_by_its_bias_is_said(photo: Image) -> None:
    net = network()
    with torch.no_grad():
        net.module[0].weight[1], net.module[0].bias[1] = 0.0, 2.0  # type: ignore[index,union-attr,operator]
    found = project(net, photo, "1:1")
    assert found.value == 2.0
    assert found.is_zero
    assert "only biases do" in found.note


def test_a_signed_value_of_zero_is_said(photo: Image) -> None:
    net = network()
    with torch.no_grad():
        net.module[9].weight[1], net.module[9].bias[1] = 0.0, 0.0  # type: ignore[index,union-attr,operator]
    assert project(net, photo, "9:1").note.startswith("The activation is exactly zero")


def test_what_is_not_finite_is_named(photo: Image) -> None:
    net = network()
    with torch.no_grad():
        net.module[0].bias[1] = torch.nan  # type: ignore[index,union-attr,operator]
    with pytest.raises(DataError, match="1:1 is not finite on this image, so it has no strongest"):
        project(net, photo, "1:1")


def test_a_derivative_that_overflows_is_named(photo: Image) -> None:
    class Root(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return torch.sqrt(x * x)

    net = glass(fill(nn.Sequential(conv(3, 2, 1, bias=False), Root())), (16, 18))
    array = photo.array.copy()
    array[:, 3, 4] = 0
    photo = dataclasses.replace(photo, array=array)
    with pytest.raises(DataError, match="The projection of 1:0 is not finite: the network's deriv"):
        project(net, photo, "1:0", ProjectOptions(rule="gradient", seed="map"))


def test_an_image_of_another_size_is_refused(net: Net, photo: Image) -> None:
    small = dataclasses.replace(photo, array=photo.array[:, :9])
    with pytest.raises(DataError, match=r"prepared as \(3, 9, 18\), this network takes \(3, 16"):
        project(net, small, "1:0")


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("4", r"4 is a whole layer; a projection is of one unit: 4:0 to 4:4"),
        ("4:5", r"Channel 5 is out of range: 4 has 5, numbered 0 to 4"),
        ("4:0@8,0", r"Cell 8,0 is out of range: the maps of 4 are 8 by 9 \(y before x, from 0\)"),
        ("44:0", r"No layer '44'\. Nearest: 4"),
        ("4:a", r"'4:a' is no address"),
    ],
)
def test_an_address_that_is_none(net: Net, photo: Image, target: str, said: str) -> None:
    with pytest.raises(AddressError, match=said):
        project(net, photo, target)


def test_an_ambiguous_address_lists_what_it_could_be() -> None:
    class Twice(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a, self.b, self.relu = conv(3, 3), conv(3, 3), nn.ReLU()

        def forward(self, x: Tensor) -> Tensor:
            return self.relu(self.b(self.relu(self.a(x))))

    net = glass(fill(Twice()), (9, 9))
    photo = read(np.zeros((9, 9, 3), np.uint8), net.preprocessing)
    with pytest.raises(AddressError, match=r"'relu' is ambiguous.*relu@1, relu@2"):
        project(net, photo, "relu:0")


def test_provenance_says_how_it_was_made(net: Net, photo: Image) -> None:
    made = project(net, photo, "1:0").provenance
    assert made["weights"] == net.fingerprint()
    assert made["image"] == "noise"
    assert made["method"] == "project"
    assert made["versions"]["torch"] == str(torch.__version__)
    assert made["preprocessing"] == net.preprocessing.to_dict()


@pytest.mark.parametrize("rule", ["deconvnet", "guided", "gradient"])
@pytest.mark.parametrize("seed", ["cell", "map"])
def test_the_direction_of_one_channel_is_the_unit(
    net: Net, photo: Image, rule: str, seed: str
) -> None:
    for layer in ("1", "4"):
        channel = firing(net, photo, layer)
        options = ProjectOptions(rule=rule, seed=seed)  # type: ignore[arg-type]
        unit = project(net, photo, f"{layer}:{channel}", options)
        one = project(net, photo, Direction(layer, ((channel, 1.0),)), options)
        assert np.array_equal(one.array, unit.array)
        assert (one.cell, one.value, one.frame) == (unit.cell, unit.value, unit.frame)
        if seed == "cell":
            assert unit.cell is not None
            blend = whole(net, photo, layer, Blend(((channel, 1.0),), unit.cell), Rule(rule))  # type: ignore[arg-type]
            assert np.array_equal(blend, unit.array)
        twice = project(net, photo, f"{layer}:2*{channel}", options)
        assert np.array_equal(twice.array, 2 * unit.array)  # doubling rounds nothing
        assert (twice.channel, twice.name) == (None, f"{layer}:2*{channel}")
        assert twice.value == 2 * unit.value


def test_a_direction_starts_from_its_channels_in_the_cell_where_it_is_strongest(
    net: Net, photo: Image
) -> None:
    values = maps(net, photo, "4")
    blend = 0.5 * values[0] + values[2] + 2 * values[3]
    y, x = divmod(int(blend.argmax()), blend.shape[1])
    found = project(net, photo, "4:0.5*0+2+2*3", ProjectOptions(rule="gradient"))
    assert (found.cell, found.value) == ((y, x), pytest.approx(float(blend.max())))
    parts = [
        weight * whole(net, photo, "4", Seed(channel, (y, x)), Rule("gradient")).astype(np.float64)
        for channel, weight in ((0, 0.5), (2, 1.0), (3, 2.0))
    ]
    assert np.abs(found.array - sum(parts)).max() < 1e-6 * np.abs(sum(parts)).max()
    assert found.note == ""


def test_a_given_cell_of_a_direction_is_said_once(net: Net, photo: Image) -> None:
    found = project(net, photo, "4:0+2@3,1")
    assert (found.cell, found.name) == ((3, 1), "4:0+2")


def test_what_counts_against_a_direction_is_said_where_a_rule_drops_it(
    net: Net, photo: Image
) -> None:
    firing_in = maps(net, photo, "4") > 0
    y, x = (int(i) for i in (firing_in.sum(0) > 1).nonzero()[0])
    strong, weak = (int(i) for i in firing_in[:, y, x].nonzero().flatten()[:2])
    given = f"4:1000*{strong}-{weak}@{y},{x}"
    found = project(net, photo, given)
    assert found.note == (
        "1 of its 2 channels count against it here; deconvnet draws only those that count for it."
    )
    alone = project(net, photo, f"4:1000*{strong}@{y},{x}")
    assert np.array_equal(found.array, alone.array)
    assert project(net, photo, given, ProjectOptions(rule="gradient")).note == ""


def test_a_direction_that_is_not_positive_in_a_rectified_layer_is_said(
    net: Net, photo: Image
) -> None:
    channel = firing(net, photo, "4")
    found = project(net, photo, f"4:-{channel}@0,0")
    assert found.is_zero
    assert found.note.startswith(f"Nothing to draw: 4:-{channel}@0,0 is ")
    assert found.note.endswith(
        "The maps of 4 are rectified, so only what is positive has a projection."
    )


def test_the_opposite_of_a_negative_logit_is_drawn(net: Net, photo: Image) -> None:
    """In a layer that may be negative a direction is drawn whatever its sign."""
    unit = project(net, photo, "9:1", ProjectOptions(rule="gradient"))
    other = project(net, photo, "9:-1", ProjectOptions(rule="gradient"))
    assert other.value == -unit.value
    assert np.array_equal(other.array, -unit.array)


def test_a_class_is_the_logit_of_its_number(photo: Image) -> None:
    net = network()
    net.labels = net.keys = ("cat", "dog", "crane")
    found, unit = project(net, photo, "class:dog"), project(net, photo, "9:1")
    assert (found.name, found.layer, found.channel) == ("dog", "9", 1)
    assert np.array_equal(found.array, unit.array)
    with pytest.raises(AddressError, match=r"No class 'dgo'\. Nearest: dog"):
        project(net, photo, "class:dgo")


def test_the_twins_projection_lies_beside_it_in_the_same_cell(net: Net, photo: Image) -> None:
    unit = f"1:{firing(net, photo, '1')}"
    found, alone = (
        project(net, photo, unit, ProjectOptions(sanity=sanity)) for sanity in (True, False)
    )
    np.testing.assert_array_equal(found.array, alone.array)
    assert (alone.twin, alone.similarity) == (None, None)
    assert found.twin is not None
    assert found.cell is not None
    other = twin(net, found.provenance["twin_seed"])
    at = f"{unit}@{found.cell[0]},{found.cell[1]}"
    expected = project(other, photo, at, ProjectOptions(sanity=False))
    np.testing.assert_array_equal(found.twin, expected.array)
    assert found.similarity is not None
    assert -1 <= found.similarity < 0.999
