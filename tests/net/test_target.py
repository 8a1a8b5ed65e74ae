from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from convscope.address import Address, Class, Direction, parse_look
from convscope.errors import AddressError, ScoresError
from convscope.net.net import Net
from convscope.net.scores import class_name, class_number, link_of, scores_layer
from convscope.net.target import find_target
from tests.net.zoo import Forward, conv, fill, glass, photograph

NAMES = ("tabby", "beagle", "crane", "crane")
KEYS = ("n1", "n2", "n3", "n4")


def classifier(*tail: nn.Module) -> Net:
    module = nn.Sequential(
        *(conv(3, 5), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(5, 4)), *tail
    )
    net = glass(fill(module))
    net.labels, net.keys = NAMES, KEYS
    return net


@pytest.mark.parametrize("tail", [(), (nn.Softmax(1),), (nn.LogSoftmax(1), nn.Identity())])
def test_scores_are_what_softmax_takes(tail: tuple[nn.Module, ...]) -> None:
    assert scores_layer(classifier(*tail)).name == "4"


def test_several_outputs_ask_for_the_layer() -> None:
    net = glass(
        fill(
            Forward(lambda self, x: (self.a(x), self.b(x).mean((2, 3))), a=conv(3, 4), b=conv(3, 4))
        )
    )
    with pytest.raises(
        ScoresError, match=r"returns 1x4x22x27, 1x4, not one vector.*--scores.*mean"
    ):
        scores_layer(net)
    net.scores = "/mean"
    assert scores_layer(net).channels == 4
    net.scores = "a"
    with pytest.raises(ScoresError, match="a is a map, not one vector of scores"):
        scores_layer(net)


def test_a_map_is_no_vector_of_scores() -> None:
    with pytest.raises(ScoresError, match="no layer that is one vector"):
        scores_layer(glass(fill(nn.Sequential(conv(3, 4), nn.ReLU()))))


@pytest.mark.parametrize(
    ("given", "number"), [("beagle", 1), ("Beagle", 1), ("n4", 3), ("2", 2), (0, 0)]
)
def test_classes_by_name_key_and_number(given: str | int, number: int) -> None:
    assert class_number(classifier(), given) == number


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("beagel", r"No class 'beagel'\. Nearest: beagle\. They are numbered 0 to 3"),
        ("4", "No class '4'"),
        ("-1", "No class '-1'"),
        ("crane", "the name of 2 classes. Write the key: n3, n4"),
    ],
)  # fmt: skip
def test_no_such_class(given: str, said: str) -> None:
    with pytest.raises(AddressError, match=said):
        class_number(classifier(), given)


def test_classes_without_names() -> None:
    net = classifier()
    net.labels = net.keys = None
    assert class_name(net, 2) == "class 2"
    with pytest.raises(AddressError, match="have no names, only numbers 0 to 3"):
        class_number(net, "beagle")


@pytest.mark.parametrize("target", ["relu@2:3", "relu@2:3@10,12", "relu@2:3-0.5*1@10,12"])
def test_a_target_is_named_with_the_cell_that_was_asked_for(target: str) -> None:
    net = glass(fill(Forward(lambda self, x: self.relu(-self.relu(self.a(x))), a=conv(3, 4),
                             relu=nn.ReLU())))  # fmt: skip
    found = find_target(net, target)
    assert (found.layer.name, found.name) == ("relu@2", target)
    assert found.cell == ((10, 12) if target.endswith("@10,12") else None)


def test_looks_are_parsed_and_printed() -> None:
    for text in (
        "a.b:3",
        "a/add@2:3@4,5",
        "a:random.7",
        "a:3-0.5*4@1,2",
        "a:-3",
        "class:tennis ball",
    ):
        assert str(parse_look(text)) == text
    assert parse_look("a:-3") == Direction("a", ((3, -1.0),))
    assert parse_look("a:3") == Address("a", 3)
    assert parse_look("class:3") == Class("3")
    with pytest.raises(AddressError, match="names a channel twice"):
        parse_look("a:3+3")
    with pytest.raises(AddressError, match=r"is no address.*class:beagle"):
        parse_look("a:3+")


def _result(net: Net, name: str) -> Tensor:
    from convscope.net.full import activations

    number = net.tape().layer(name).number
    return activations(net, net.tape(), photograph(net), [number])[number]


def test_a_direction_is_the_weighted_sum_of_its_channels() -> None:
    net = classifier()
    result = _result(net, "1")
    target = find_target(net, "1:0-0.5*3")
    expected = result[:, 0] - 0.5 * result[:, 3]
    assert torch.equal(target.values(result, net.tape()), expected)
    y, x = target.strongest(expected[0])
    assert expected[0, y, x] == expected.max()
    assert target.channel is None


def test_a_random_direction_has_length_one_and_comes_again() -> None:
    net = classifier()
    one, again, other = (find_target(net, f"1:random.{seed}").terms for seed in (7, 7, 8))
    assert one == again != other
    assert np.linalg.norm([w for _, w in one]) == pytest.approx(1)


def test_a_class_is_a_unit_of_the_scores() -> None:
    net = classifier(nn.Softmax(1))
    target = find_target(net, "class:beagle")
    assert (target.layer.name, target.channel, target.name) == ("4", 1, "beagle")
    assert target.is_class


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("1", "is a whole layer"),
        ("1:9", "Channel 9 is out of range"),
        ("1:0+9", "Channel 9 is out of range"),
        ("1:0*2", "points nowhere"),
        ("1:2@99,0", "Cell 99,0 is out of range"),
        ("7:1", "No layer '7'"),
    ],
)  # fmt: skip
def test_what_is_not_there(given: str, said: str) -> None:
    with pytest.raises(AddressError, match=said):
        find_target(classifier(), given)


def test_channels_last_layers_are_read_too() -> None:
    def forward(self: nn.Module, x: Tensor) -> Tensor:
        return self.b(self.a(x).permute(0, 2, 3, 1)).permute(0, 3, 1, 2)  # type: ignore[operator]

    net = glass(fill(Forward(forward, a=conv(3, 4), b=nn.Linear(4, 5))))
    result = _result(net, "b")
    assert torch.equal(find_target(net, "b:3").values(result, net.tape()), result[..., 3])


def test_of_equal_cells_the_first_is_the_strongest() -> None:
    target = find_target(classifier(), "1:3")
    values = torch.zeros(target.layer.height, target.layer.width)
    assert target.strongest(values) == (0, 0)
    values[2, 5] = values[2, 9] = values[7, 1] = 1
    assert target.strongest(values) == (2, 5)


def test_scores_are_what_a_sigmoid_takes_too_and_it_makes_their_probabilities() -> None:
    for tail, link in [
        ((), "softmax"),
        ((nn.Softmax(1),), "softmax"),
        ((nn.Sigmoid(),), "sigmoid"),
        ((nn.Sigmoid(), nn.Identity()), "sigmoid"),
    ]:
        net = classifier(*tail)
        assert scores_layer(net).name == "4"
        assert link_of(net) == link


def test_a_sigmoid_elsewhere_is_not_that_of_the_scores() -> None:
    def forward(self: Forward, x: Tensor) -> Tensor:
        x = torch.relu(self.a(x)).mean((2, 3))
        return self.b(x * torch.sigmoid(x))  # type: ignore[no-any-return]

    assert link_of(glass(fill(Forward(forward, a=conv(3, 4), b=nn.Linear(4, 3))))) == "softmax"


def test_a_sigmoid_of_named_scores_and_of_one_score_alone() -> None:
    def forward(self: Forward, x: Tensor) -> tuple[Tensor, ...]:
        x = torch.relu(self.a(x)).mean((2, 3))
        return torch.sigmoid(self.b(x)), self.c(x)

    net = glass(fill(Forward(forward, a=conv(3, 4), b=nn.Linear(4, 3), c=nn.Linear(4, 6))))  # type: ignore[arg-type]
    for layer, link in (("b", "sigmoid"), ("c", "softmax")):
        net.scores = layer
        assert link_of(net) == link
    one = nn.Sequential(conv(3, 4), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 1))
    assert link_of(glass(fill(one))) == "sigmoid"


def test_a_class_without_its_prefix_is_told_apart() -> None:
    with pytest.raises(AddressError, match=r"No layer .beagle.*A class is written class:beagle"):
        find_target(classifier(), "beagle")
    with pytest.raises(AddressError, match=r"A target is text .* this is int: 3"):
        find_target(classifier(), 3)  # type: ignore[arg-type]
