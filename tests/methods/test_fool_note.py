from __future__ import annotations

import pytest
import torch
from torch import nn

from convscope.methods.fool import fool
from convscope.methods.options.fool import FoolOptions
from convscope.net.net import Net
from tests.methods.test_fool import glass, gray, linear, network, photo_of, sigmoids
from tests.net.zoo import fill

KINDS = ("fgsm", "pgd")


def margin(net: Net, levels: float) -> Net:
    """Two linear classes whose answer turns once every value has moved by so many levels."""
    weight: torch.Tensor = net.module[1].weight  # type: ignore[index]
    bias: torch.Tensor = net.module[1].bias  # type: ignore[index]
    photo = gray(net)
    with torch.no_grad():
        bias.zero_()
        lead = net.module(net.one(photo))[0]
        std = torch.tensor(net.preprocessing.std).double().repeat_interleave(12 * 14)
        reach = ((weight[0] - weight[1]).abs() / std).sum() * levels / 255
        bias[0] += reach - (lead[0] - lead[1])
    return net


@pytest.mark.parametrize("kind", KINDS)
def test_an_eps_of_zero_changes_nothing_and_says_so(kind: str) -> None:
    net = network()
    found = fool(net, photo_of(net), options=FoolOptions(kind, 0))  # type: ignore[arg-type]
    assert not found.perturbation.any()
    assert (found.fooled == found.shown).all()
    assert (found.scores == found.scores[0]).all()
    assert not found.is_fooled("after")
    assert found.first == -1
    assert found.note == "eps is 0: nothing changes."


def test_an_eps_below_half_a_level_is_rounded_away_and_says_so() -> None:
    net = margin(linear(2), 0.2)
    found = fool(net, gray(net), options=FoolOptions("fgsm", 0.4))
    assert found.is_fooled("after")
    assert not found.is_fooled("rounded")
    assert (found.fooled == found.shown).all()
    assert found.note == (
        "eps is 0.4 of 255 levels, which 8 bits cannot hold: rounding undoes it. 8/255 of the "
        "range is written 8."
    )


def test_what_rounding_undoes_is_said() -> None:
    net = margin(linear(2), 1.2)
    found = fool(net, gray(net), options=FoolOptions("fgsm", 1.4))
    assert found.is_fooled("after")
    assert not found.is_fooled()
    assert found.norms_rounded["linf"] == 1
    assert found.note.startswith("Rounded to 8 bits, as a saved picture holds it, the network is")
    kept = fool(net, gray(net), options=FoolOptions("fgsm", 1.6))
    assert kept.is_fooled()
    assert kept.note == ""


def test_a_control_that_fools_as_well_is_said() -> None:
    net = margin(linear(2), 0.01)
    said = []
    for seed in range(12):
        found = fool(net, gray(net), options=FoolOptions("fgsm", 20, seed=seed))
        assert found.is_fooled("after")
        assert ("Random signs of the same size turn the answer too" in found.note) == (
            found.is_fooled("random")
        )
        said.append(found.is_fooled("random"))
    assert any(said)
    assert not all(said)


@pytest.mark.parametrize("kind", [*KINDS, "noise"])
def test_a_slope_of_zero_everywhere_is_said(kind: str) -> None:
    net = network()
    with torch.no_grad():
        net.module[0].weight.zero_()  # type: ignore[index]
    given = None if kind == "noise" else photo_of(net)
    options = FoolOptions(kind, random_start=False, noise_steps=5)  # type: ignore[arg-type]
    number = int(fool(net, photo_of(net)).scores[0].argmin())
    found = fool(net, given, f"class:{number}", options)
    assert not found.perturbation.any()
    assert "is zero everywhere: no small change of any pixel moves it, so the" in found.note


def test_a_class_that_was_the_answer_is_said() -> None:
    net = network()
    answer = fool(net, photo_of(net)).target
    raised = fool(net, photo_of(net), f"class:{answer}", FoolOptions("fgsm"))
    assert raised.note == f"{answer} was the answer before any change."
    assert not raised.is_fooled("after")
    assert raised.is_met("after")
    other = next(name for name in net.labels or () if name != answer)
    lowered = fool(net, photo_of(net), f"class:{other}", FoolOptions("fgsm", away=True))
    assert lowered.note == f"{other} was not the answer before any change."


def test_of_a_sigmoid_it_is_on_which_side_of_one_half_it_was() -> None:
    net = sigmoids(1, 5.0)
    found = fool(net, photo_of(net), "class:0", FoolOptions("fgsm", 1))
    assert found.probability("before") > 0.5
    assert found.note == "class 0 was above one half before any change."


def test_noise_that_is_not_sure_yet_is_said() -> None:
    net = network()
    found = fool(net, None, "class:crane", FoolOptions("noise", noise_steps=1, sure=0.9999))
    assert found.probability("after") < 0.9999
    assert "Its probability is still below 0.9999 after the last step: give more" in found.note


def test_a_network_that_is_blind_to_signs_is_not_fooled_and_nothing_is_claimed() -> None:
    net = glass(fill(nn.Sequential(nn.Flatten(), nn.Linear(3 * 12 * 14, 2))))
    with torch.no_grad():
        net.module[1].bias[0] += 1e6  # type: ignore[index]
    found = fool(net, gray(net), options=FoolOptions("fgsm"))
    assert not found.is_fooled("after")
    assert found.first == -1
    assert found.note == ""
