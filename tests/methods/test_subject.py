from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from torch import nn

from convscope.errors import AddressError, DataError, NoLayersError
from convscope.images.read import read
from convscope.methods.subject import Subject, subject
from convscope.net.full import activations
from convscope.net.net import Net
from tests.net.zoo import conv, fill, fires, glass

NAMES = ("cat", "dog", "dog", "7")


def classifier() -> Net:
    made = nn.Sequential(
        *(conv(3, 5), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(5, 4))
    )
    bare = glass(fill(made))
    keys = tuple(f"n{number}" for number in range(4))
    return Net(bare.module, bare.preprocessing, labels=NAMES, keys=keys)


def seen(net: Net, target: Any = None, label: str | None = None) -> Subject:
    drawn = np.random.default_rng(3).integers(0, 255, (*net.preprocessing.size, 3), dtype=np.uint8)
    return subject(net, read(drawn, net.preprocessing, label=label), target)


def test_the_label_comes_before_the_answer_and_a_class_before_both() -> None:
    net = classifier()
    answer = seen(net).answers[0]
    assert seen(net).name == answer.name
    assert seen(net, label="cat").name == "cat"
    assert seen(net, label="n0").name == "cat"
    assert seen(net, label="a bird").name == answer.name
    assert seen(net, "class:n3", label="cat").name == "7"


def test_a_class_is_written_so_that_it_is_found_again() -> None:
    net = classifier()
    for number, written in enumerate(("class:cat", "class:1", "class:2", "class:3")):
        found = seen(net, f"class:n{number}")
        assert found.target == written
        assert seen(net, written).value == found.value


def test_answers_are_probabilities_in_order_with_the_label_marked() -> None:
    answers = seen(classifier(), label="cat").answers
    shares = [one.probability for one in answers]
    assert shares == sorted(shares, reverse=True)
    assert np.isclose(sum(shares), 1)
    assert [one.name for one in answers if one.is_label] == ["cat"]


def test_beside_a_class_stands_the_strongest_unit_of_the_last_maps() -> None:
    net = classifier()
    drawn = np.random.default_rng(3).integers(0, 255, (*net.preprocessing.size, 3), dtype=np.uint8)
    image = read(drawn, net.preprocessing)
    found = subject(net, image, "class:cat")
    layer = net.tape().layer("1")
    maps = activations(net, net.tape(), net.one(image), [layer.number])[layer.number][0].numpy()
    channel, y, x = np.unravel_index(maps.argmax(), maps.shape)
    assert found.unit == f"1:{channel}"
    assert found.cell == (y, x)
    assert found.unit_value == maps.max()
    assert "the strongest of 5 channels of 1" in found.reason


def test_a_unit_is_its_own_subject_in_its_given_cell() -> None:
    found = seen(classifier(), "1:2@3,4")
    assert (found.is_class, found.target, found.cell, found.reason) == (
        False,
        "1:2@3,4",
        (3, 4),
        "",
    )
    assert (found.name, found.unit) == ("1:2@3,4", "1:2@3,4")
    assert seen(classifier(), "1:0-0.5*3").terms == ((0, 1.0), (3, -0.5))


def test_without_scores_the_strongest_unit_is_looked_at() -> None:
    found = seen(glass(fill(fires())))
    assert not found.is_class
    assert found.answers == ()
    assert found.reason


def test_what_is_not_there_is_refused() -> None:
    with pytest.raises(AddressError, match="No class 'bird'"):
        seen(classifier(), "class:bird")
    with pytest.raises(AddressError, match="No layer"):
        seen(classifier(), "9:1")
    flat = glass(fill(nn.Sequential(nn.Flatten(), nn.Linear(3 * 24 * 29, 3))))
    with pytest.raises(NoLayersError, match="cells in space"):
        seen(flat)


def test_scores_that_are_not_finite_are_named() -> None:
    net = classifier()
    net.module[4].bias.data[0] = float("nan")  # type: ignore[index,operator,union-attr]
    with pytest.raises(DataError, match="not finite on this image"):
        seen(net)


def test_nothing_of_the_image_changes() -> None:
    net = classifier()
    drawn = np.zeros((*net.preprocessing.size, 3), np.uint8)
    image = read(drawn, net.preprocessing)
    before = replace(image, array=image.array.copy())
    subject(net, image)
    assert (image.array == before.array).all()


def test_what_is_missing_of_the_classes_is_said() -> None:
    (missing,) = seen(glass(fill(fires()))).notes
    assert missing.startswith("Classes are missing: this network returns ")
    assert seen(classifier()).notes == ()
    assert seen(classifier(), "class:cat", label="n2").notes == ()
    assert seen(classifier(), "1:2", label="catt").notes == (
        "No class has the label 'catt'. Nearest: cat.",
    )
