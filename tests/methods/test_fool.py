from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image as Pillow
from torch import Tensor, nn

from convscope.errors import (
    AddressError,
    DataError,
    GradientCutError,
    ScoresError,
    UsageError,
)
from convscope.images.image import Image
from convscope.images.read import read
from convscope.methods.fool import fool
from convscope.methods.options.fool import FoolOptions
from convscope.net.net import Net
from convscope.preprocess import Preprocessing
from convscope.results.file import load_result
from convscope.results.fooling import ROWS, Fooling
from tests.net.zoo import Forward, conv, fill
from tests.twins import fooling as twin

SIZE = (12, 14)
MEAN, STD = (0.5, 0.4, 0.3), (0.2, 0.25, 0.5)
NAMES = ("beagle", "tabby", "crane")
EDGES = (0, 3, 250, 255)
"""Levels near both ends of the range, where a change is cut off."""


def glass(module: nn.Module, channels: int = 3) -> Net:
    return Net(module, Preprocessing(SIZE, None, mean=MEAN[:channels], std=STD[:channels]))


def classifier() -> nn.Sequential:
    return nn.Sequential(
        *(conv(3, 4, padding=1), nn.ReLU(), nn.MaxPool2d(3, 2, ceil_mode=True), conv(4, 5)),
        *(nn.ReLU(), nn.AvgPool2d(2), nn.Flatten(), nn.Linear(20, 3)),
    )


def network() -> Net:
    net = glass(fill(classifier()))
    net.labels = net.keys = NAMES
    return net


def linear(classes: int) -> Net:
    return glass(fill(nn.Sequential(nn.Flatten(), nn.Linear(3 * SIZE[0] * SIZE[1], classes))))


def photo_of(net: Net, pixels: NDArray[Any] | None = None, seed: int = 3) -> Image:
    shape = (*SIZE, net.preprocessing.channels)
    drawn = np.random.default_rng(seed)
    if pixels is None:
        pixels = drawn.integers(0, 256, shape).astype(np.uint8)
        pixels[:4] = drawn.choice(EDGES, pixels[:4].shape)
    return read(pixels, net.preprocessing, id="noise")


def gray(net: Net) -> Image:
    """Nothing near the ends of the range."""
    shape = (*SIZE, net.preprocessing.channels)
    pixels = np.random.default_rng(1).integers(60, 190, shape)
    return photo_of(net, pixels.astype(np.uint8))


def levels(pixels: NDArray[Any]) -> NDArray[np.float64]:
    return pixels.astype(np.float64).transpose(2, 0, 1)


def model_of(net: Net) -> twin.Model:
    mean, std = (np.array(v)[:, None, None] for v in (MEAN, STD))
    return twin.Model(net.module, mean, std)  # type: ignore[arg-type]


def even(seed: int) -> NDArray[np.float64]:
    """Noise of 255 levels round 128, as recipes draw it, within the range."""
    uniform = torch.rand((3, *SIZE), generator=torch.Generator().manual_seed(seed))
    noise: NDArray[np.float64] = np.clip(128 + 255 * (uniform.double().numpy() - 0.5), 0, 255)
    return noise


@pytest.fixture(scope="module")
def net() -> Net:
    return network()


@pytest.fixture(scope="module")
def photo(net: Net) -> Image:
    return photo_of(net)


def ends(photo: Image, target: str | None, away: bool) -> tuple[int, bool]:
    """The class and whether it is raised."""
    model = model_of(network())
    if target is None:
        return int(model.scores(levels(photo.shown)).argmax()), False
    return NAMES.index(target), not away


ASKED = [(None, False), ("beagle", False), ("tabby", False), ("tabby", True), ("crane", False)]


# -- the slow twin --------------------------------------------------------------------------------
@pytest.mark.parametrize(("target", "away"), ASKED)
@pytest.mark.parametrize("eps", [1, 8, 2.5])
def test_one_signed_step_is_the_slow_twins(
    net: Net, photo: Image, target: str | None, away: bool, eps: float
) -> None:
    asked = target and f"class:{target}"
    found = fool(net, photo, asked, FoolOptions("fgsm", eps, away))
    number, toward = ends(photo, target, away)
    expected = twin.fgsm(model_of(net), levels(photo.shown), number, eps, toward)
    assert np.abs(found.perturbation - (expected - levels(photo.shown))).max() < 1e-5
    assert (found.target, found.target_number, found.toward) == (NAMES[number], number, toward)
    assert np.allclose(found.scores[1], model_of(net).scores(expected), rtol=1e-9)
    assert np.allclose(found.scores[0], model_of(net).scores(levels(photo.shown)), rtol=1e-9)


@pytest.mark.parametrize(("target", "away"), ASKED)
@pytest.mark.parametrize(("steps", "step"), [(1, 3), (7, 1.5), (12, 0)])
@pytest.mark.parametrize("seed", [None, 4])
def test_projected_steps_are_the_slow_twins(
    net: Net, photo: Image, target: str | None, away: bool, steps: int, step: float, seed: int
) -> None:
    options = FoolOptions("pgd", 6, away, steps, step, seed is not None, seed=seed or 0)
    found = fool(net, photo, target and f"class:{target}", options)
    number, toward = ends(photo, target, away)
    x = start = levels(photo.shown)
    if seed is not None:
        start = x + np.random.default_rng(seed).uniform(-6, 6, x.shape)
    asked = (number, 6, toward, steps, step or 2.5 * 6 / steps)
    expected = twin.pgd(model_of(net), x, start, *asked)
    assert np.abs(found.perturbation - (expected - x)).max() < 1e-5
    assert np.allclose(found.scores[1], model_of(net).scores(expected), rtol=1e-9)
    assert found.steps == steps


def test_in_float32_it_is_the_same_but_where_the_slope_is_nearly_zero(photo: Image) -> None:
    single = network()
    single.module.float()
    one, other = (fool(n, photo, options=FoolOptions("fgsm")) for n in (single, network()))
    assert (one.perturbation == other.perturbation).mean() > 0.99
    assert np.allclose(one.scores[1], other.scores[1], rtol=1e-3, atol=1e-3)


# -- sizes ----------------------------------------------------------------------------------------
@pytest.mark.parametrize("eps", [1, 8, 40])
@pytest.mark.parametrize("target", [None, "class:tabby", "class:crane"])
def test_one_step_changes_every_value_by_eps_unless_it_is_cut_off(
    net: Net, photo: Image, target: str | None, eps: int
) -> None:
    found = fool(net, photo, target, FoolOptions("fgsm", eps))
    x = levels(photo.shown)
    number, toward = found.target_number, found.toward
    slope = model_of(net).loss_gradient(x, number) * (-1 if toward else 1)
    free = (x - eps >= 0) & (x + eps <= 255) & (slope != 0)
    assert free.mean() > 0.5 if eps < 40 else free.any()
    assert (np.abs(found.perturbation[free]) == eps).all()
    after = x + found.perturbation
    cut = (np.abs(found.perturbation) != eps) & (slope != 0)
    assert cut.any()
    assert np.isin(after[cut], (0, 255)).all()
    assert after.min() >= 0
    assert after.max() <= 255
    assert found.norms["linf"] == eps
    assert found.norms["l2"] == pytest.approx(np.linalg.norm(found.perturbation))
    assert found.norms["mean"] == pytest.approx(np.abs(found.perturbation).mean())
    assert np.array_equal(found.fooled, (after + 0.5).astype(np.uint8).transpose(1, 2, 0))
    assert found.norms_rounded == found.norms  # whole levels: rounding changes nothing


@pytest.mark.parametrize("eps", [0.3, 2, 9.7])
@pytest.mark.parametrize("random_start", [True, False])
def test_projected_steps_stay_within_eps_and_within_the_range(
    net: Net, photo: Image, eps: float, random_start: bool
) -> None:
    options = FoolOptions("pgd", eps, steps=9, step=eps, random_start=random_start)
    found = fool(net, photo, "class:crane", options)
    assert np.abs(found.perturbation).max() == pytest.approx(eps, abs=1e-5)
    after = levels(photo.shown) + found.perturbation
    assert after.min() >= 0
    assert after.max() <= 255


@pytest.mark.parametrize("toward", [True, False])
@pytest.mark.parametrize("eps", [0.5, 8])
@pytest.mark.parametrize("kind", ["fgsm", "pgd"])
def test_a_linear_models_logit_changes_by_eps_times_the_sum_of_its_weights(
    kind: str, eps: float, toward: bool
) -> None:
    net = linear(1)
    weight = net.module[1].weight.detach().numpy().reshape(3, -1)  # type: ignore[index]
    options = FoolOptions(kind, eps, away=not toward, steps=5)  # type: ignore[arg-type]
    found = fool(net, gray(net), "class:0", options)
    change = float(found.scores[1, 0] - found.scores[0, 0])
    expected = eps / 255 * (np.abs(weight).sum(1) / np.array(STD)).sum()
    assert change == pytest.approx(expected if toward else -expected, rel=1e-9)


def test_of_two_classes_it_is_the_difference_of_logits() -> None:
    net = linear(2)
    weight = net.module[1].weight.detach().numpy()  # type: ignore[index]
    found = fool(net, gray(net), "class:1", FoolOptions("fgsm", 4))
    differences = found.scores[:, 1] - found.scores[:, 0]
    per_channel = np.abs(weight[1] - weight[0]).reshape(3, -1).sum(1)
    expected = 4 / 255 * (per_channel / np.array(STD)).sum()
    assert differences[1] - differences[0] == pytest.approx(expected, rel=1e-9)
    control = differences[ROWS.index("random")] - differences[0]
    assert abs(control) < 0.3 * expected


def test_many_steps_raise_the_class_more_than_one(net: Net, photo: Image) -> None:
    for name in NAMES:
        one, many = (
            fool(net, photo, f"class:{name}", FoolOptions(kind, 12)).probability("after")
            for kind in ("fgsm", "pgd")
        )
        assert many >= one - 1e-9


# -- eight bits, and random signs -----------------------------------------------------------------
@pytest.mark.parametrize("kind", ["fgsm", "pgd", "noise"])
def test_the_saved_picture_is_answered_as_was_said(
    net: Net, photo: Image, kind: str, tmp_path: Path
) -> None:
    given = None if kind == "noise" else photo
    found = fool(net, given, "class:tabby", FoolOptions(kind, 7.3, noise_steps=5))  # type: ignore[arg-type]
    Pillow.fromarray(found.fooled).save(tmp_path / "one.png")
    again = read(tmp_path / "one.png", net.preprocessing)
    assert np.array_equal(again.shown, found.fooled)
    with torch.no_grad():
        scores = net.module(torch.from_numpy(again.array).double()[None])[0].numpy()
    assert np.allclose(scores, found.scores[ROWS.index("rounded")], rtol=1e-5, atol=1e-6)
    assert not np.array_equal(found.scores[1], found.scores[2])  # so rounding is not left out


@pytest.mark.parametrize("kind", ["fgsm", "pgd", "noise"])
def test_the_control_is_random_signs_of_the_same_size(net: Net, photo: Image, kind: str) -> None:
    given = None if kind == "noise" else photo
    options = FoolOptions(kind, 6, seed=5, noise_steps=5)  # type: ignore[arg-type]
    found = fool(net, given, "class:tabby", options)
    signs = np.random.default_rng([5, 1]).choice([-1.0, 1.0], found.perturbation.shape)
    assert abs(signs.mean()) < 0.2
    is_noise = kind == "noise"
    start = even(5) if is_noise else levels(photo.shown)
    size = np.abs(found.perturbation) if is_noise else np.full(start.shape, 6)
    control = np.clip(start + size * signs, 0, 255)
    expected = model_of(net).scores(control)
    assert np.allclose(found.scores[ROWS.index("random")], expected, rtol=1e-5, atol=1e-5)


# -- when the answer turned -----------------------------------------------------------------------
def test_the_first_step_is_the_one_at_which_the_answer_turned(net: Net, photo: Image) -> None:
    turned = 0
    for name in NAMES:
        options = FoolOptions("pgd", 30, steps=20, step=2, random_start=False)
        found = fool(net, photo, f"class:{name}", options)
        if found.first <= 0:
            assert found.first == -1 or found.is_met("before")
            continue
        turned += 1
        for steps, is_there in ((found.first, True), (found.first - 1, False)):
            if steps:
                fewer = dataclasses.replace(options, steps=steps)
                assert fool(net, photo, f"class:{name}", fewer).is_met("after") == is_there
    assert turned


def test_a_random_start_may_turn_it_already(net: Net) -> None:
    model, found = model_of(net), []
    for seed in range(20):
        photo = photo_of(net, seed=seed)
        found.append(fool(net, photo, options=FoolOptions("pgd", 120, steps=1, seed=seed)))
        drawn = np.random.default_rng(seed).uniform(-120, 120, found[-1].perturbation.shape)
        start = np.clip(levels(photo.shown) + drawn, 0, 255)
        is_turned = int(model.scores(start).argmax()) != found[-1].target_number
        assert (found[-1].first == 0) == is_turned
    assert any(one.first == 0 for one in found)


# -- networks -------------------------------------------------------------------------------------
def sigmoids(classes: int, shift: float) -> Net:
    head = nn.Sequential(nn.Flatten(), nn.Linear(3 * SIZE[0] * SIZE[1], classes), nn.Sigmoid())
    net = glass(fill(head))
    with torch.no_grad():
        net.module[1].weight /= 3  # type: ignore[index]
        net.module[1].bias.fill_(shift)  # type: ignore[index]
    return net


@pytest.mark.parametrize("classes", [1, 3])
@pytest.mark.parametrize("shift", [-0.7, 0.7])
def test_a_sigmoids_class_is_moved_to_the_other_side_of_one_half(
    classes: int, shift: float
) -> None:
    net = sigmoids(classes, shift)
    plain = photo_of(net, np.full((*SIZE, 3), 100, np.uint8))
    found = fool(net, plain, options=FoolOptions("fgsm", 60))
    held = found.scores[0].max() > 0
    assert found.link == "sigmoid"
    assert found.target_number == found.scores[0].argmax()
    assert found.toward == (not held)
    assert (found.probability("before") > 0.5) == held
    assert (found.probability("after") > 0.5) != held
    assert found.is_fooled("after")
    assert found.first == 1


def test_where_the_network_is_so_sure_that_float32_has_no_loss_left(photo: Image) -> None:
    net = network()
    with torch.no_grad():
        net.module[7].weight.mul_(4000)  # type: ignore[index]
        net.module[7].bias.zero_()  # type: ignore[index]
    net.module.float()
    found = fool(net, photo, options=FoolOptions("fgsm", 2))
    assert found.probability("before") == 1
    loss = nn.functional.cross_entropy(
        torch.from_numpy(found.scores[:1]).float(), torch.tensor([found.target_number])
    )
    assert loss == 0
    assert found.norms["linf"] == 2
    number = found.target_number
    others = np.delete(found.scores, number, axis=1).max(1)
    assert found.scores[1, number] - others[1] < found.scores[0, number] - others[0]


def test_a_network_of_one_channel() -> None:
    module = fill(nn.Sequential(conv(1, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()))
    net = glass(module, 1)
    found = fool(net, photo_of(net), "class:1", FoolOptions("fgsm", 3))
    assert found.perturbation.shape == (1, *SIZE)
    assert found.fooled.shape == (*SIZE, 1)
    assert found.probability("after") > found.probability("before")
    made = fool(net, None, "class:1", FoolOptions("noise", noise_steps=3))
    assert made.shown.shape == (*SIZE, 1)


def test_a_network_that_writes_into_its_input(photo: Image) -> None:
    writing = nn.Sequential(nn.ReLU(inplace=True), *classifier())
    net = glass(fill(writing))
    found = fool(net, photo, "class:1", FoolOptions("fgsm"))
    safe = nn.Sequential(nn.ReLU(), *classifier())
    other = fool(glass(fill(safe)), photo, "class:1", FoolOptions("fgsm"))
    assert np.array_equal(found.perturbation, other.perturbation)
    assert found.perturbation.any()


def test_colors_outside_the_range_stay_or_come_nearer() -> None:
    net = network()
    pixels = np.random.default_rng(2).uniform(-0.3, 1.3, (*SIZE, 3)).astype(np.float32)
    photo = read(pixels, net.preprocessing, id="wild")
    x = levels(pixels) * 255
    still = fool(net, photo, options=FoolOptions("pgd", 0))
    assert not still.perturbation.any()
    after = x + fool(net, photo, options=FoolOptions("fgsm", 8)).perturbation
    low, high = np.minimum(x, 0), np.maximum(x, 255)
    assert (after >= low - 1e-3).all()
    assert (after <= high + 1e-3).all()
    assert (after != x).mean() > 0.5


# -- noise ----------------------------------------------------------------------------------------
def test_noise_is_climbed_until_the_network_is_sure(net: Net) -> None:
    reached = 0
    for name in NAMES:
        found = fool(net, None, f"class:{name}", FoolOptions("noise", noise_step=20))
        if found.probability("after") < 0.99:
            continue
        reached += 1
        assert found.is_met("after")
        assert found.toward
        assert found.steps <= 200
        assert 0 <= found.first <= found.steps
        fewer = FoolOptions("noise", noise_step=20, noise_steps=max(found.steps - 1, 1))
        before = fool(net, None, f"class:{name}", fewer)
        assert found.steps <= 1 or before.probability("after") < 0.99
        assert found.steps == 0 or found.perturbation.any()
    assert reached >= 2


def test_noise_is_even_over_the_whole_range_and_stays_in_it(net: Net) -> None:
    found = fool(net, None, "class:crane", FoolOptions("noise", noise_steps=4, noise_step=30))
    assert found.shown.min() < 5
    assert found.shown.max() > 250
    assert abs(float(found.shown.mean()) - 127.5) < 12
    assert found.eps == 255
    assert found.provenance["image"] is None
    change = found.fooled.astype(float) - found.shown
    assert np.abs(change.transpose(2, 0, 1) - found.perturbation).max() <= 1


def test_a_step_up_the_log_probability_has_the_length_asked_for(net: Net) -> None:
    options = FoolOptions("noise", noise_steps=1, noise_step=1e-3, sure=0.999999)
    found = fool(net, None, "class:crane", options)
    assert found.steps == 1
    x = even(0)
    slope = -model_of(net).loss_gradient(x, 2)
    expected = 1e-3 * slope / np.sqrt(np.square(slope).mean())
    inside = (x > 1) & (x < 254)
    assert np.abs(found.perturbation - expected)[inside].max() < 1e-2 * np.abs(expected).max()


# -- as everything --------------------------------------------------------------------------------
@pytest.mark.parametrize("kind", ["fgsm", "pgd", "noise"])
def test_it_comes_again_and_the_seed_matters(photo: Image, kind: str) -> None:
    given = None if kind == "noise" else photo
    one, again, other = (
        fool(network(), given, "class:tabby", FoolOptions(kind, seed=s, noise_steps=4))  # type: ignore[arg-type]
        for s in (1, 1, 2)
    )
    for field in ("fooled", "perturbation", "scores"):
        assert getattr(one, field).tobytes() == getattr(again, field).tobytes()
    assert one.provenance == again.provenance
    assert np.array_equal(one.perturbation, other.perturbation) == (kind == "fgsm")
    assert not np.array_equal(one.scores[3], other.scores[3])


@pytest.mark.parametrize("kind", ["fgsm", "pgd", "noise"])
def test_it_is_saved_and_read_back(net: Net, photo: Image, kind: str, tmp_path: Path) -> None:
    given = None if kind == "noise" else photo
    made = fool(net, given, "class:tabby", FoolOptions(kind, noise_steps=4))  # type: ignore[arg-type]
    found = load_result(made.save(tmp_path / "one.safetensors"))
    assert isinstance(found, Fooling)
    for field in dataclasses.fields(made):
        mine, theirs = (getattr(r, field.name) for r in (made, found))
        same = np.array_equal(mine, theirs) if isinstance(mine, np.ndarray) else mine == theirs
        assert same, field.name
    assert found.caption == made.caption
    assert ("Noise" in found.caption["shows"]) == (kind == "noise")
    assert made.save(tmp_path / "one.png").read_bytes()[1:4] == b"PNG"
    assert made.provenance["method"] == "fool"
    assert made.provenance["options"]["kind"] == kind


@pytest.mark.parametrize(("kind", "steps"), [("fgsm", 1), ("pgd", 6), ("noise", 6)])
def test_progress_is_heard(net: Net, photo: Image, kind: str, steps: int) -> None:
    heard: list[tuple[int, int, str]] = []
    given = None if kind == "noise" else photo
    options = FoolOptions(kind, steps=6, noise_steps=6, sure=0.999999)  # type: ignore[arg-type]
    fool(net, given, "class:tabby", options, progress=lambda *said: heard.append(said))
    assert heard == [(i, steps, "steps") for i in range(1, steps + 1)]


# -- what is refused ------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("class:beagel", r"No class 'beagel'\. Nearest: beagle"),
        ("class:3", r"No class '3'\. .*numbered 0 to 2"),
        ("0:1", r"0:1 is no class\. A network is fooled about a class"),
        ("44:0", "No layer '44'"),
    ],
)
@pytest.mark.parametrize("kind", ["pgd", "noise"])
def test_a_target_that_is_none(net: Net, photo: Image, kind: str, target: str, said: str) -> None:
    with pytest.raises(AddressError, match=said):
        fool(net, None if kind == "noise" else photo, target, FoolOptions(kind))  # type: ignore[arg-type]


def test_what_does_not_go_together(net: Net, photo: Image) -> None:
    noise = FoolOptions("noise")
    with pytest.raises(UsageError, match="Noise begins from no image: give None"):
        fool(net, photo, "class:crane", noise)
    with pytest.raises(UsageError, match="name it"):
        fool(net, None, None, noise)
    with pytest.raises(UsageError, match="without away"):
        fool(net, None, "class:crane", FoolOptions("noise", away=True))
    with pytest.raises(UsageError, match="pgd changes an image: give one"):
        fool(net, None, "class:crane")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"eps": -1}, "eps is -1; it must be 0 or more"),
        ({"eps": float("nan")}, "eps is nan"),
        ({"eps": 256}, "eps is 256; it is in levels of 255, so 255 is all of the range"),
        ({"step": float("inf")}, "step is inf; it is in levels of 255"),
        ({"steps": 0}, "steps is 0; it must be 1 or more"),
        ({"kind": "fgms"}, "No kind 'fgms'. There are: fgsm, pgd, noise"),
        ({"sure": 1}, "sure is 1; it is a probability between 0 and 1"),
        ({"sure": 0}, "sure is 0; it is a probability between 0 and 1"),
    ],
)
def test_options_that_are_no_choice(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError) as raised:
        FoolOptions(**changes)
    assert said in str(raised.value)


def test_an_image_for_another_network(net: Net, photo: Image) -> None:
    small = dataclasses.replace(photo, array=photo.array[:, :9])
    with pytest.raises(DataError, match=r"prepared as \(3, 9, 14\), this network takes"):
        fool(net, small)


def test_a_network_without_scores(photo: Image) -> None:
    maps = glass(fill(nn.Sequential(conv(3, 4), nn.ReLU(), conv(4, 2))))
    for target in (None, "class:1"):
        with pytest.raises(ScoresError, match="not one vector of scores"):
            fool(maps, photo, target)


@pytest.mark.parametrize("kind", ["fgsm", "pgd", "noise"])
def test_what_is_not_finite(kind: str) -> None:
    net = network()
    photo = photo_of(net)
    broken = photo.array.copy()
    broken[1, 5, 6] = np.nan
    if kind != "noise":
        with pytest.raises(DataError, match="The image is not finite"):
            fool(net, dataclasses.replace(photo, array=broken), None, FoolOptions(kind))  # type: ignore[arg-type]
    with torch.no_grad():
        net.module[0].weight[0, 0, 0, 0] = torch.nan  # type: ignore[index]
    with pytest.raises(DataError, match="not finite"):
        fool(net, None if kind == "noise" else photo, "class:1", FoolOptions(kind))  # type: ignore[arg-type]


def test_a_slope_that_overflows(photo: Image) -> None:
    def rooted(self: Any, x: Tensor) -> Tensor:
        return (x * x).sqrt().mean((2, 3))

    net = glass(fill(Forward(rooted, a=conv(3, 2))))
    net.preprocessing = Preprocessing(SIZE, None)
    pixels = photo.shown.copy()
    pixels[3, 4] = 0
    with pytest.raises(DataError, match="The gradient of the class is not finite"):
        fool(net, read(pixels, net.preprocessing, id="zero"), "class:1", FoolOptions("fgsm"))


def test_a_gradient_that_is_cut(photo: Image) -> None:
    def cut(self: Any, x: Tensor) -> Tensor:
        return self.a(x).detach().relu().mean((2, 3))  # type: ignore[no-any-return]

    with pytest.raises(GradientCutError):
        fool(glass(fill(Forward(cut, a=conv(3, 2)))), photo)
