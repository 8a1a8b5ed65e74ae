from __future__ import annotations

from itertools import product

import numpy as np
import pytest
import torch
from scipy.special import log_expit, log_softmax
from torch import Tensor

from convscope.synthesis.objective import (
    Channels,
    Direction,
    Diversity,
    Energy,
    Likeness,
    Objective,
    Probability,
    Sum,
)

MAPS, SCORES = 3, 8


def reached(rows: int = 4, size: tuple[int, int] = (5, 6)) -> dict[int, Tensor]:
    """Maps of seven channels at one number of the tape, scores of five classes at another."""
    drawn = torch.Generator().manual_seed(2)
    maps = torch.randn(rows, 7, *size, generator=drawn, dtype=torch.float64)
    scores = 4 * torch.randn(rows, 5, 1, 1, generator=drawn, dtype=torch.float64)
    return {MAPS: maps, SCORES: scores}


def unit(channel: int, number: int = MAPS) -> Channels:
    return Channels(number, (channel,), "center", f"relu3:{channel}")


@pytest.mark.parametrize(
    ("place", "read"),
    [
        ("center", lambda plane: plane[2, 3]),
        ("mean", lambda plane: plane.mean()),
        ((4, 0), lambda plane: plane[4, 0]),
    ],
)
def test_channels_read_one_of_a_list_a_row(place: object, read: object) -> None:
    given, channels = reached(), (6, 0, 3, 3)
    found = Channels(MAPS, channels, place, "x").values(given)  # type: ignore[arg-type]
    planes = given[MAPS].numpy()
    expected = [read(planes[row, c]) for row, c in enumerate(channels)]  # type: ignore[operator]
    assert np.abs(found.numpy() - expected).max() < 1e-12


@pytest.mark.parametrize("size", [(1, 1), (2, 2), (3, 4), (4, 5)])
def test_the_middle_of_an_even_map_is_below_and_right_of_its_center(size: tuple[int, int]) -> None:
    given = reached(1, size)
    expected = given[MAPS][0, 2, size[0] // 2, size[1] // 2]
    assert unit(2).values(given).tolist() == [expected]


def test_one_channel_is_every_row_s_and_crops_repeat_the_list() -> None:
    given = reached(4)
    assert torch.equal(unit(1).values(given), given[MAPS][:, 1, 2, 3])
    crops = Channels(MAPS, (6, 0), "center", "x").values(given)  # two rows, drawn twice
    assert torch.equal(crops, given[MAPS][torch.arange(4), [6, 0, 6, 0], 2, 3])


def test_a_direction_weighs_its_channels() -> None:
    given = reached()
    found = Direction(MAPS, ((0, 1.0), (4, -0.5), (6, 2.0)), "mean", "x")
    planes = given[MAPS].numpy()
    maps = planes[:, 0] - 0.5 * planes[:, 4] + 2 * planes[:, 6]
    assert np.abs(found.values(given).numpy() - maps.mean((1, 2))).max() < 1e-12
    assert np.abs(found.maps(given[MAPS]).numpy() - maps).max() < 1e-12


def test_a_unit_is_the_direction_of_its_channel_alone() -> None:
    given = reached()
    assert torch.equal(
        Direction(MAPS, ((4, 1.0),), "center", "x").values(given), unit(4).values(given)
    )


def test_energy_is_half_the_mean_square_of_a_row_s_layer() -> None:
    given = reached()
    expected = [0.5 * np.mean(row**2) for row in given[MAPS].numpy()]
    assert np.abs(Energy(MAPS, "layer").values(given).numpy() - expected).max() < 1e-12


def test_probabilities_are_scipy_s() -> None:
    given, classes = reached(), (4, 0, 1, 1)
    scores = given[SCORES].flatten(1).numpy()
    rows = np.arange(4)
    soft = Probability(SCORES, classes, "softmax", "p").values(given).numpy()
    single = Probability(SCORES, classes, "sigmoid", "p").values(given).numpy()
    assert np.abs(soft - log_softmax(scores, 1)[rows, list(classes)]).max() < 1e-12
    assert np.abs(single - log_expit(scores)[rows, list(classes)]).max() < 1e-12


@pytest.mark.parametrize("link", ["softmax", "sigmoid"])
def test_a_class_that_is_all_but_impossible_still_has_a_slope(link: str) -> None:
    """exp(-200) is zero in float32, and so is its slope; that of its logarithm is 1."""
    scores = torch.tensor([[200.0, -200.0, 0.0]])[..., None, None].requires_grad_()
    one = Probability(SCORES, (1,), link, "p")  # type: ignore[arg-type]
    value = one.values({SCORES: scores})
    (slope,) = torch.autograd.grad(value.sum(), scores)
    assert value.isfinite().all()
    assert slope.flatten()[1] == 1
    assert slope.isfinite().all()
    assert torch.exp(scores.flatten().log_softmax(0)[1]) == 0


@pytest.mark.parametrize("power", [0.0, 1.0, 2.0])
def test_likeness_is_the_dot_product_times_a_power_of_the_cosine(power: float) -> None:
    given = reached()
    wanted = reached(1)[MAPS][0] + 0.1
    found = Likeness(MAPS, wanted, power, "x").values(given).numpy()
    w = wanted.numpy().ravel()
    for row, value in zip(given[MAPS].numpy(), found, strict=True):
        dot = row.ravel() @ w
        cosine = dot / np.linalg.norm(row) / np.linalg.norm(w)
        assert value == pytest.approx(dot / np.linalg.norm(w) * max(cosine, 0.1) ** power)


def test_nothing_is_like_a_silent_layer_and_no_slope_is_broken() -> None:
    planes = torch.zeros(2, 7, 5, 6, dtype=torch.float64, requires_grad=True)
    value = Likeness(MAPS, reached(1)[MAPS][0], 2.0, "x").values({MAPS: planes})
    (slope,) = torch.autograd.grad(value.sum(), planes)
    assert value.tolist() == [0, 0]
    assert slope.isfinite().all()


def test_diversity_is_minus_the_mean_cosine_of_gram_matrices() -> None:
    given = reached(5)
    found = Diversity(MAPS).values(given).numpy()
    grams = []
    for row in given[MAPS].numpy():
        flat = row.reshape(7, -1)
        grams.append(flat @ flat.T)
    expected = np.zeros(5)
    for i, j in product(range(5), range(5)):
        if i != j:
            cosine = (grams[i] * grams[j]).sum()
            cosine /= np.linalg.norm(grams[i]) * np.linalg.norm(grams[j])
            expected[i] -= cosine / 4
    assert np.abs(found - expected).max() < 1e-12


def test_draws_of_one_picture_are_not_told_to_differ() -> None:
    """Three rows, drawn twice: each draw is compared with its own."""
    given = reached(6)[MAPS]
    whole = Diversity(MAPS, crops=2).values({MAPS: given})
    parts = [Diversity(MAPS).values({MAPS: part}) for part in given.split(3)]
    assert (whole - torch.cat(parts)).abs().max() < 1e-12


def test_a_row_by_itself_differs_from_nothing() -> None:
    assert Diversity(MAPS).values(reached(1)).abs().max() < 1e-12


def test_objectives_add_subtract_and_scale() -> None:
    given = reached()
    one, two, three = (unit(c).values(given) for c in (1, 2, 3))
    made = [
        (unit(1) + unit(2), one + two),
        (unit(1) - unit(2), one - two),
        (-unit(1), -one),
        (0.5 * unit(1), 0.5 * one),
        (unit(1) - 0.5 * (unit(2) - 3 * unit(3)), one - 0.5 * (two - 3 * three)),
        (unit(1) - (unit(2) + unit(3)), one - two - three),
    ]
    for objective, expected in made:
        assert (objective.values(given) - expected).abs().max() < 1e-12


@pytest.mark.parametrize(
    ("objective", "name"),
    [
        (unit(3) - 0.5 * unit(5), "relu3:3 - 0.5 * relu3:5"),
        (unit(3) + unit(5), "relu3:3 + relu3:5"),
        (-unit(3), "-relu3:3"),
        (-unit(3) + 2 * unit(5), "-relu3:3 + 2 * relu3:5"),
        (unit(3) - (unit(4) + unit(5)), "relu3:3 - relu3:4 - relu3:5"),
        (-(unit(4) - unit(5)), "-relu3:4 + relu3:5"),
        (unit(3) - 0.5 * (unit(4) - 3 * unit(5)), "relu3:3 - 0.5 * relu3:4 + 1.5 * relu3:5"),
        (0.25 * Channels(SCORES, (0,), "center", "tiger cat"), "0.25 * (tiger cat)"),
    ],
)
def test_objectives_say_their_names(objective: Objective, name: str) -> None:
    assert str(objective) == name


def test_a_sum_reads_each_layer_once() -> None:
    made = unit(3) - unit(5) + 2.0 * Energy(SCORES, "scores")
    assert made.numbers == (MAPS, SCORES)
    assert isinstance(made, Sum)
    assert set(made.numbers) == {n for _, term in made.terms for n in term.numbers}
