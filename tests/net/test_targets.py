from __future__ import annotations

import pytest
from torch import nn

from convscope.address import Address, Class, Direction
from convscope.errors import AddressError, ScoresError
from convscope.net.net import Net
from convscope.net.targets import find_targets
from convscope.preprocess import Preprocessing
from tests.net.zoo import conv, fill


def glass(labels: list[str] | None = None) -> Net:
    layers = (conv(3, 6), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(6, 3))
    return Net(fill(nn.Sequential(*layers)), Preprocessing((9, 9), None), labels=labels)


def test_a_layer_is_all_its_channels() -> None:
    found = find_targets(glass(), "1")
    assert [target.channel for target in found] == [0, 1, 2, 3, 4, 5]
    assert find_targets(glass(), Address("1")) == find_targets(glass(), "1")


def test_lists_and_ranges_count_both_ends() -> None:
    assert [t.channel for t in find_targets(glass(), "1:4,0..2")] == [4, 0, 1, 2]


@pytest.mark.parametrize("given", ["1:3", "1:0-2", "1:random.4", "class:1"])
def test_one_target_is_one(given: str) -> None:
    assert len(find_targets(glass(), given)) == 1


def test_values_are_taken_as_they_are() -> None:
    direction = Direction("1", ((0, 1.0), (2, -1.0)))
    assert find_targets(glass(), direction)[0].terms == direction.terms
    assert find_targets(glass(), Class("2"))[0].channel == 2


def test_classes_are_listed_and_a_name_may_hold_commas() -> None:
    net = glass(["cat", "owl, barn", "owl"])
    assert [t.channel for t in find_targets(net, "class:cat, owl")] == [0, 2]
    assert [t.channel for t in find_targets(net, "class:owl, barn")] == [1]


@pytest.mark.parametrize("given", ["1:1,1", "1:0..2,2", "1:3..1"])
def test_channels_twice_and_empty_ranges_are_refused(given: str) -> None:
    with pytest.raises(AddressError, match=r"twice, or a range that ends before it begins"):
        find_targets(glass(), given)


@pytest.mark.parametrize(
    ("given", "said"), [("1:0..6", "Channel 6 is out of range"), ("x", "No layer 'x'")]
)
def test_what_is_not_there_is_named(given: str, said: str) -> None:
    with pytest.raises(AddressError, match=said):
        find_targets(glass(), given)


def test_classes_need_scores() -> None:
    net = Net(fill(nn.Sequential(conv(3, 6), nn.ReLU())), Preprocessing((9, 9), None))
    with pytest.raises(ScoresError):
        find_targets(net, "class:0,1")


def test_a_range_that_ends_before_it_begins_is_refused_beside_others() -> None:
    with pytest.raises(AddressError, match=r"a range that ends before it begins"):
        find_targets(glass(), "1:1,5..3")


def test_a_class_twice_is_refused_however_it_is_named() -> None:
    with pytest.raises(AddressError, match=r"'class:1,1' names a class twice"):
        find_targets(glass(), "class:1,1")
    with pytest.raises(AddressError, match=r"names a class twice"):
        find_targets(glass(["cat", "owl", "emu"]), "class:owl,1")
