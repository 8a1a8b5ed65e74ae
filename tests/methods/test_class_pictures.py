from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from convscope.address import Class
from convscope.atlas.make import build_atlas
from convscope.atlas.read import open_atlas
from convscope.errors import AddressError, DataError, GradientCutError, ScoresError, UsageError
from convscope.methods.class_pictures import class_pictures
from convscope.methods.options.class_pictures import ClassPicturesOptions
from convscope.net.intake import load
from convscope.net.net import Net
from convscope.preprocess import Preprocessing
from convscope.results.class_pictures import ClassPictures
from convscope.results.file import load_result
from convscope.synthesis.natural import Natural
from convscope.synthesis.presets import preset
from tests.cli.setting import photographs
from tests.net.zoo import Forward, conv, fill
from tests.twins import class_pictures as twin
from tests.twins.fooling import Model

SIZE = (14, 12)
MEAN, STD = (0.5, 0.4, 0.3), (0.2, 0.25, 0.5)
NAMES = ("beagle", "tabby", "crane", "flute")
PLAIN = ClassPicturesOptions("plain", steps=9, seed=5)


def chain() -> nn.Sequential:
    return nn.Sequential(
        *(conv(3, 6, padding=1), nn.ReLU(), nn.MaxPool2d(2), conv(6, 5), nn.ReLU()),
        *(nn.AvgPool2d((5, 4)), nn.Flatten(), nn.Linear(5, 4)),
    )


def glass(module: nn.Module) -> Net:
    net = Net(module, Preprocessing(SIZE, None, mean=MEAN, std=STD))
    net.labels, net.keys = NAMES, ("n1", "n2", "n3", "n4")
    return net


def network(link: str = "softmax") -> Net:
    ends = [] if link == "softmax" else [nn.Sigmoid()]
    module = fill(nn.Sequential(*chain(), *ends))
    with torch.no_grad():
        module[7].weight *= 4  # type: ignore[index]
    return glass(module)


def model_of(net: Net) -> Model:
    mean, std = (np.array(v)[:, None, None] for v in (MEAN, STD))
    return Model(net.module[:8], mean, std)  # type: ignore[index]


def noise(seed: int) -> NDArray[np.float64]:
    """As recipes of pixels begin: middle grey and normal noise of ten levels."""
    drawn = torch.randn((3, *SIZE), generator=torch.Generator().manual_seed(seed))
    return np.asarray(127.5 + 10 * drawn.double().numpy())


def bits(x: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.rint(np.clip(x, 0, 255))


@pytest.fixture(scope="module")
def net() -> Net:
    return network()


# -- the slow twin --------------------------------------------------------------------------------
@pytest.mark.parametrize("link", ["softmax", "sigmoid"])
def test_pictures_and_numbers_are_the_slow_twins(link: str) -> None:
    net = network(link)
    found, model = class_pictures(net, NAMES, PLAIN), model_of(net)
    assert (found.link, found.classes, found.numbers) == (link, NAMES, (0, 1, 2, 3))
    start = noise(5)
    for label in range(4):
        climbed = [
            twin.climb(model, start, label, 9, 1.0, wanted, link)
            for wanted in ("score", "probability")
        ]
        for column, expected in enumerate((start, *climbed)):
            shown = (found.start, found.by_score[label], found.by_probability[label])[column]
            assert np.array_equal(shown.transpose(2, 0, 1), bits(expected))
            z = model.scores(bits(expected))
            p = twin.probabilities(z, link)
            assert found.scores[label, column] == pytest.approx(z[label], rel=1e-9)
            assert found.probabilities[label, column] == pytest.approx(p[label], rel=1e-9)
            odds = np.log(p[label] / (1 - p[label]))
            assert found.odds[label, column] == pytest.approx(odds, rel=1e-7)
            assert found.answers[label][column] == NAMES[int(z.argmax())]


def test_the_rise_of_the_odds_is_its_own_scores_and_the_fall_of_the_others(net: Net) -> None:
    found, model = class_pictures(net, NAMES, PLAIN), model_of(net)
    for label in range(4):
        before, after = (
            model.scores(x.transpose(2, 0, 1).astype(np.float64))
            for x in (found.start, found.by_probability[label])
        )
        others = [np.log(np.exp(np.delete(z, label)).sum()) for z in (before, after)]
        assert found.own_rise[label] == pytest.approx(after[label] - before[label])
        assert found.others_fall[label] == pytest.approx(others[0] - others[1])
    assert (found.others_fall > 0).any()
    alone = class_pictures(network("sigmoid"), NAMES, PLAIN)
    assert np.abs(alone.others_fall).max() < 1e-12


def test_the_score_rises_by_score_and_the_probability_by_probability(net: Net) -> None:
    found = class_pictures(net, NAMES, ClassPicturesOptions("plain", steps=60))
    assert (found.scores[:, 1] > found.scores[:, 0]).all()
    assert (found.probabilities[:, 2] > found.probabilities[:, 0]).all()


# -- batches, seeds, spellings --------------------------------------------------------------------
@pytest.mark.parametrize("name", ["auto", "lucid", "maco", "plain", "keras-blog"])
def test_the_batch_changes_nothing(net: Net, name: Any) -> None:
    whole, alone = (
        class_pictures(net, NAMES, ClassPicturesOptions(name, steps=4, batch=batch))
        for batch in (8, 1)
    )
    assert np.array_equal(whole.start, alone.start)
    for one, other in (
        (whole.by_score, alone.by_score), (whole.by_probability, alone.by_probability)
    ):  # fmt: skip
        assert np.abs(one.astype(int) - other).max() <= 1
    assert np.allclose(whole.scores, alone.scores, rtol=1e-4)
    assert whole.scores.shape == whole.odds.shape == (4, 3)


def test_the_same_seed_gives_the_same_bytes(net: Net) -> None:
    one, again, other = (
        class_pictures(network(), ["crane"], ClassPicturesOptions(steps=3, seed=seed))
        for seed in (1, 1, 2)
    )
    assert np.array_equal(one.by_score, again.by_score)
    assert np.array_equal(one.by_probability, again.by_probability)
    assert one.provenance == again.provenance
    assert not np.array_equal(one.start, other.start)


def test_no_steps_leave_the_noise(net: Net) -> None:
    found = class_pictures(net, [2], ClassPicturesOptions("plain", steps=0))
    assert np.array_equal(found.by_score[0], found.start)
    assert np.array_equal(found.by_probability[0], found.start)
    assert np.ptp(found.scores) == 0
    assert found.status == (("", ""),)


def test_classes_are_named_as_elsewhere(net: Net) -> None:
    few = ClassPicturesOptions("plain", steps=0)
    given = ["tabby", 0, "n3", Class("flute")]
    assert class_pictures(net, given, few).numbers == (1, 0, 2, 3)
    assert class_pictures(net, ["class:tabby", "3"], few).classes == ("tabby", "flute")


def test_progress_counts_pictures_steps(net: Net) -> None:
    heard: list[tuple[int, int, str]] = []
    options = ClassPicturesOptions("plain", steps=3, batch=3)
    class_pictures(net, NAMES, options, progress=lambda *told: heard.append(told))
    done = [told[0] for told in heard]
    assert done == sorted(done)
    assert heard[-1] == (24, 24, "drawing classes")


# -- what is said ---------------------------------------------------------------------------------
def test_what_is_sure_and_what_is_not_is_said(net: Net) -> None:
    found = class_pictures(net, NAMES, ClassPicturesOptions("plain", steps=2))
    below = int((found.probabilities[:, 2] <= 0.99).sum())
    assert below > 0
    assert f"By probability {4 - below} of 4 pass 99%. Below it: " in found.note
    assert f"{found.classes[0]} ({found.probabilities[0, 2]:.1%})" in found.note
    others = [name for name, said in zip(NAMES, found.answers, strict=True) if said[1] != name]
    assert ("are taken for another class" in found.note) == bool(others)
    assert "No atlas was given" in found.note
    rises = found.own_rise / (found.scores[:, 1] - found.scores[:, 0])
    assert (rises > 0).all()
    assert f"The class's own score rose by {np.median(rises):.0%} of what it rises" in found.note
    fell = int((found.others_fall > 0).sum())
    assert f"where other scores fall, as they did for {fell} of 4." in found.note


def test_own_scores_and_others_are_told_apart_in_the_note() -> None:
    """Two scores of which one only falls: the class's own cannot rise."""

    def forward(self: Any, x: Tensor) -> Tensor:
        y = self.a(x).mean((2, 3))
        return torch.cat([0 * y[:, :1], y[:, 1:]], 1)

    net = glass(fill(Forward(forward, a=conv(3, 2))))
    found = class_pictures(net, [0], ClassPicturesOptions("plain", steps=30))
    assert found.own_rise[0] == 0
    assert found.others_fall[0] > 0
    assert "other scores fall, as they did for 1 of 1." in found.note
    assert "That did more than the class's own rise for beagle." in found.note
    assert "The score of beagle has no slope on the noise" in found.note
    assert found.status == (("flat", ""),)
    assert np.array_equal(found.by_score[0], found.start)


def test_pictures_are_as_large_as_the_networks_input(net: Net) -> None:
    for options in (
        ClassPicturesOptions("lucid", steps=1),
        ClassPicturesOptions(recipe=preset("plain", size=5, steps=1)),
    ):
        found = class_pictures(net, [0], options)
        assert found.start.shape == found.by_score.shape[1:] == (*SIZE, 3)


def test_the_blogs_pictures_are_standardized_and_it_is_said(net: Net) -> None:
    found = class_pictures(net, [1], ClassPicturesOptions("keras-blog", steps=2))
    assert "shown with their contrast standardized" in found.note
    assert abs(float(found.by_score[0].mean()) - 127.5) < 3
    assert abs(float(found.by_score[0].std()) - 25.5) < 3


def test_an_atlas_gives_the_largest_scores_and_the_spectrum(tmp_path: Path) -> None:
    net = network()
    photographs(tmp_path / "photos", 6)
    build_atlas(net, tmp_path / "photos", tmp_path / "atlas")
    atlas = open_atlas(tmp_path / "atlas")
    found = class_pictures(net, NAMES, ClassPicturesOptions(steps=2), atlas=atlas)
    source, best = atlas.source(), []
    for i in range(6):
        shown = net.preprocessing.apply(source.pixels(i)).shown
        best.append(model_of(net).scores(shown.transpose(2, 0, 1).astype(np.float64)))
    assert np.allclose(found.best, np.max(best, axis=0), rtol=1e-5)
    weaker = int((found.scores[:, 2] < found.best).sum())
    assert ("score below the strongest photograph" in found.note) == (weaker > 0)
    assert "No atlas" not in found.note
    assert "No images" not in found.note
    assert found.provenance["spectrum_images"] == 6
    given = class_pictures(net, [0], ClassPicturesOptions(steps=2), natural=Natural.usual(3))
    assert "No images were given, so the spectrum is the usual 1/f." in given.note


def test_a_climb_that_is_no_longer_finite_is_said() -> None:
    def forward(self: Any, x: Tensor) -> Tensor:
        y = self.a(x).mean((2, 3))
        return y * torch.where(x.abs().amax((1, 2, 3)) > 4, torch.nan, 1.0)[:, None]  # type: ignore[no-any-return]

    net = glass(fill(Forward(forward, a=conv(3, 2))))
    found = class_pictures(net, [1], ClassPicturesOptions(recipe=preset("plain", lr=9.0, steps=40)))
    assert found.status[0][0] == "diverged"
    assert "The score of tabby diverged, and its best before is shown" in found.note
    assert found.scores[0, 1] > found.scores[0, 0]


def test_what_cannot_be_is_told(net: Net) -> None:
    for none in ((), [], "beagle"):
        with pytest.raises(UsageError, match=r"by name, key or number \(0 to 3\)") as said:
            class_pictures(net, none)
        assert "class-pictures MODEL NAME NUMBER" in str(said.value)
    with pytest.raises(UsageError, match="named twice: beagle, beagle"):
        class_pictures(net, ["beagle", 0])
    with pytest.raises(AddressError, match=r"No class 'beagel'\. Nearest: beagle"):
        class_pictures(net, ["beagel"])
    with pytest.raises(AddressError, match="numbered 0 to 3"):
        class_pictures(net, [4])
    maps = glass(fill(nn.Sequential(conv(3, 4))))
    with pytest.raises(ScoresError, match="not one vector of scores"):
        class_pictures(maps, [0])
    with pytest.raises(UsageError, match="No preset 'lucent'"):
        ClassPicturesOptions("lucent")  # type: ignore[arg-type]


def test_values_that_are_not_finite_are_refused() -> None:
    net = network()
    with torch.no_grad():
        net.module[7].weight[1] = torch.nan  # type: ignore[index,union-attr,operator]
    with pytest.raises(DataError, match="not finite"):
        class_pictures(net, [1], PLAIN)


def test_a_cut_gradient_is_told() -> None:
    def forward(self: Any, x: Tensor) -> Tensor:
        return self.a(x).detach().mean((2, 3))  # type: ignore[no-any-return]

    with pytest.raises(GradientCutError):
        class_pictures(glass(fill(Forward(forward, a=conv(3, 4)))), [0])


def test_it_is_saved_and_read_back(net: Net, tmp_path: Path) -> None:
    made = class_pictures(net, ["tabby", "crane"], PLAIN)
    found = load_result(made.save(tmp_path / "one.safetensors"))
    assert isinstance(found, ClassPictures)
    for field in dataclasses.fields(made):
        mine, theirs = (getattr(r, field.name) for r in (made, found))
        is_array = isinstance(mine, np.ndarray)
        same = (
            np.array_equal(mine, theirs, equal_nan=mine.dtype.kind == "f")
            if is_array
            else mine == theirs
        )
        assert same, field.name
    assert found.caption == made.caption


def test_squeezenet_is_sure_of_what_it_draws(shared: Path) -> None:
    """The paper's point, measured: sure by probability, far stronger by score."""
    net = load(shared / "data" / "squeezenet1_0-imagenet.safetensors", device="cpu")
    found = class_pictures(net, ["goldfish"], ClassPicturesOptions(steps=64))
    assert found.probabilities[0, 0] < 0.01
    assert found.probabilities[0, 2] > 0.99
    assert found.answers[0][2] == "goldfish"
    assert found.scores[0, 1] > 5 * found.scores[0, 2]
