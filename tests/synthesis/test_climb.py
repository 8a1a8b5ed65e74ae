from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from convscope.errors import DataError
from convscope.net.net import Net
from convscope.synthesis.climb import Ascent, climb, has_fallen, steps_of
from convscope.synthesis.natural import Natural
from convscope.synthesis.objective import Channels, Objective
from convscope.synthesis.presets import PRESETS, preset
from convscope.synthesis.recipe import Recipe
from convscope.synthesis.shown import pictures
from convscope.synthesis.transform import transformed
from tests.contract.fingerprint import fingerprint
from tests.net.zoo import LOCAL, Forward, conv, fill
from tests.synthesis.climbs import MEAN, PLAIN, SIZE, STD, Normed, ascent, chain, hosted
from tests.twins import ascent as twin
from tests.twins import gradients

Array = NDArray[np.float64]
FULL = ["natural", "lucid", "maco"]


def pull_of(module: nn.Sequential, channel: int) -> Callable[[Array], tuple[float, Array]]:
    """A unit's middle cell and its gradient by pixels 0..255, without autograd."""
    mean, std = (np.array(v)[:, None, None] for v in (MEAN, STD))

    def pull(pixels: Array) -> tuple[float, Array]:
        x = (pixels / 255 - mean) / std
        top, _ = gradients.run(module, x, "gradient")
        at = (channel, top.shape[1] // 2, top.shape[2] // 2)
        return float(top[at]), gradients.derivative(module, x, at) / std / 255

    return pull


@pytest.fixture
def net() -> Net:
    return hosted(chain())


# -- steps --------------------------------------------------------------------------------------
@pytest.mark.parametrize("parameterization", ["pixels", "fourier", "phase"])
def test_a_small_step_brings_the_rate_times_the_squared_slope(
    net: Net, parameterization: str
) -> None:
    """f(p + lr g) - f(p) = lr |g|^2 to first order, in float64, where no color is clipped."""
    recipe = replace(PLAIN, parameterization=parameterization, start=0.3, steps=1)
    usual = Natural.usual(3)
    one = ascent(net, recipe, natural=replace(usual, color=0.1 * usual.color))
    start = one.parameterization.start(range(4)).requires_grad_()
    before, _ = one.seen(start, 0)
    (slope,) = torch.autograd.grad(before.sum(), start)
    rate = 1e-6 / float(slope.pow(2).flatten(1).sum(1).max())
    made = climb(replace(one, recipe=replace(recipe, lr=rate)), start)
    gain = one.values(made.colors) - before.detach()
    expected = rate * slope.pow(2).flatten(1).sum(1)
    assert (expected > 0).all()
    assert ((gain - expected).abs() <= 0.01 * expected).all()


def test_without_regularizers_it_is_plain_ascent(net: Net) -> None:
    """Five steps of x + lr g, by the twin's own forward and gradient."""
    recipe = replace(PLAIN, lr=40.0, steps=5)
    one = ascent(net, recipe)
    start = one.parameterization.start(range(4))
    made = climb(one, start)
    for row in range(4):
        pull, x = pull_of(net.module, row), start[row].numpy()  # type: ignore[arg-type]
        for step in range(5):
            value, gradient = pull(x)
            assert made.values[step, row] == pytest.approx(value, abs=1e-10)
            x = x + 40 * gradient
        assert np.abs(made.parameters[row].numpy() - x).max() < 1e-9
        assert np.abs(255 * made.colors[row].numpy() - x).max() < 1e-9


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_yosinski_s_whole_program(number: int) -> None:
    """Without pooling: what is set to the mean is flat, and ties break by rounding."""
    net = hosted(chain(pooled=False))
    recipe = replace(PRESETS[f"yosinski-{number}"], steps=9)
    one = ascent(net, recipe)
    start = one.parameterization.start(range(4))
    made = climb(one, start)
    mean = np.full((3, 1, 1), 127.5)
    for row in range(4):
        pull = pull_of(net.module, row)  # type: ignore[arg-type]
        expected = twin.yosinski(pull, start[row].numpy(), mean, recipe)
        assert np.abs(made.parameters[row].numpy() - expected).max() < 1e-6


def test_the_blog_s_steps_have_rms_1(net: Net) -> None:
    recipe = replace(PRESETS["keras-blog"], steps=1)
    one = ascent(net, recipe)
    start = one.parameterization.start(range(4))
    step = (climb(one, start).parameters - start).flatten(1)
    assert (step.pow(2).mean(1).sqrt() - 1).abs().max() < 1e-9


@pytest.mark.parametrize("scale", [1.0, 1e-6, 1e-24])
def test_normalized_steps_do_not_depend_on_the_network_s_scale(scale: float) -> None:
    """Also where squares of the gradient are zero in float32."""
    module = chain().float()
    with torch.no_grad():
        module[3].weight.mul_(scale), module[3].bias.mul_(scale)
    net = hosted(module)
    for gradient, norm in (("rms", (3 * SIZE[0] * SIZE[1]) ** 0.5), ("l2", 1.0)):
        one = ascent(net, replace(PLAIN, gradient=gradient, steps=1))
        start = one.parameterization.start(range(4))
        step = (climb(one, start).parameters - start).flatten(1).norm(dim=1)
        assert (step / norm - 1).abs().max() < 1e-3


@pytest.mark.parametrize(("lr", "wanted"), [(1e8, 2.0), (1e-3, 2.0), (50.0, 1e-4)])
def test_progress_is_the_smaller_of_two_rates(net: Net, lr: float, wanted: float) -> None:
    recipe = replace(PLAIN, gradient="progress", lr=lr, progress=wanted, steps=1)
    one = ascent(net, recipe)
    start = one.parameterization.start(range(4))
    made = climb(one, start)
    for row in range(4):
        x = start[row].numpy()
        _, gradient = pull_of(net.module, row)(x)  # type: ignore[arg-type]
        square = (gradient**2).sum()
        rate = min(lr, wanted / square) if square else 0.0
        assert np.abs(made.parameters[row].numpy() - (x + rate * gradient)).max() < 1e-6


def test_a_slope_of_zero_moves_nothing() -> None:
    net = hosted(chain(rectified=True))
    dead = Channels(net.tape().layers[-1].number, (0,), "center", "x")
    with torch.no_grad():
        net.module[3].bias[0] = -1e6  # type: ignore[index,union-attr,operator]
    for gradient in ("plain", "rms", "l2", "progress"):
        recipe = replace(PLAIN, gradient=gradient, progress=2.0, steps=3)
        one = ascent(net, recipe, dead)
        start = one.parameterization.start([0])
        made = climb(one, start)
        assert made.moved.tolist() == [False]
        assert (made.parameters - start).abs().max() < 1e-9


def test_momentum_and_rates_are_those_of_sgd(net: Net) -> None:
    """v <- m v + g, p <- p + lr v; where the rate changes, v begins anew."""
    recipe = replace(PLAIN, lr=20.0, momentum=0.9, rates=(1.0, 0.1), steps=6)
    one = ascent(net, recipe)
    start = one.parameterization.start([0, 1, 2, 3])
    made = climb(one, start)
    for row in range(4):
        pull, x = pull_of(net.module, row), start[row].numpy()  # type: ignore[arg-type]
        velocity = np.zeros_like(x)
        for step in range(6):
            if step == 3:
                velocity = np.zeros_like(x)
            velocity = 0.9 * velocity + pull(x)[1]
            x = x + (20.0 if step < 3 else 2.0) * velocity
        assert np.abs(made.parameters[row].numpy() - x).max() < 1e-8


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("plain", {"lr": 0.2}),
        ("natural", {"lr": 0.002, "jitter": 0.0, "scale": 0.0, "rotate": 0.0, "defocus": ()}),
        ("maco", {"lr": 0.002, "jitter": 0.0, "scale": 0.0, "rotate": 0.0, "defocus": ()}),
    ],
)
def test_small_steps_rise_nine_times_of_ten(name: str, changes: dict[str, Any]) -> None:
    net = hosted(chain())
    made = climb(*_begun(net, preset(name, steps=60, **changes)))
    assert made.moved.all()
    assert (np.diff(made.values, axis=0) > 0).mean() >= 0.9


def _begun(net: Net, recipe: Recipe, **more: Any) -> tuple[Ascent, Tensor]:
    one = ascent(net, recipe, **more)
    return one, one.parameterization.start(range(4))


# -- rows ---------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", FULL)
@pytest.mark.parametrize("module", [Normed, LOCAL["residual"], LOCAL["fires"]])
def test_rows_of_a_batch_are_what_each_is_alone(name: str, module: Callable[[], nn.Module]) -> None:
    """With BatchNorm and functional rectifiers, over whole recipes; in float64, for in float32
    rounding grows to 1e-2 and more in 256 steps (`convscope.synthesis.batch`)."""
    net = hosted(fill(module()))
    one, start = _begun(net, preset(name, steps=64))
    both = climb(one, start)
    for row in (0, 3):
        objective = Channels(one.objective.numbers[0], (row,), one.recipe.at, "x")
        alone = climb(ascent(net, one.recipe, objective), start[row : row + 1])
        assert (alone.colors - both.colors[row : row + 1]).abs().max() < 1e-4
        assert np.abs(alone.values[:, 0] - both.values[:, row]).max() < 1e-4


@pytest.mark.parametrize("name", FULL)
def test_also_in_float32_while_rounding_is_small(name: str) -> None:
    net = hosted(fill(Normed()).float())
    one, start = _begun(net, preset(name, steps=24))
    both = climb(one, start)
    for row in range(4):
        objective = Channels(one.objective.numbers[0], (row,), one.recipe.at, "x")
        alone = climb(ascent(net, one.recipe, objective), start[row : row + 1])
        assert (alone.colors - both.colors[row : row + 1]).abs().max() < 1e-4


def test_a_network_that_mixes_its_batch_climbs_row_by_row() -> None:
    module = nn.Sequential(
        conv(3, 6, padding=1), nn.BatchNorm2d(6, track_running_stats=False), nn.ReLU(), conv(6, 4)
    )
    net = hosted(fill(module))
    one, start = _begun(net, preset("natural", steps=20))
    assert one.forward.rows == 1  # type: ignore[union-attr]
    both = climb(one, start)
    for row in range(4):
        objective = Channels(one.objective.numbers[0], (row,), "center", "x")
        alone = climb(ascent(net, one.recipe, objective), start[row : row + 1])
        assert (alone.colors - both.colors[row : row + 1]).abs().max() < 1e-9


@pytest.mark.parametrize("name", [*FULL, "keras-blog", "yosinski-1"])
def test_the_same_seed_gives_the_same_bytes(name: str) -> None:
    net = hosted(fill(Normed()).float())
    recipe = preset(name, steps=15)
    torch.manual_seed(3)
    first = pictures(climb(*_begun(net, recipe)).colors, recipe)
    torch.manual_seed(4)
    torch.randn(11)
    np.random.default_rng(0).normal()
    again = pictures(climb(*_begun(net, recipe)).colors, recipe)
    assert first.tobytes() == again.tobytes()


# -- what goes wrong ----------------------------------------------------------------------------
class Broken(Objective):
    """Not a number for one row, from a step on."""

    def __init__(self, inner: Objective, row: int, after: int, value: float = torch.nan) -> None:
        self.inner, self.row, self.after, self.value = inner, row, after, value
        self.name, self.numbers, self.step = "broken", inner.numbers, -1

    def values(self, reached: Any) -> Tensor:
        self.step += 1
        found = self.inner.values(reached)
        if self.step < self.after:
            return found
        factor = torch.ones_like(found)
        factor[self.row] = self.value
        return found * factor


@pytest.mark.parametrize("value", [torch.nan, torch.inf])
def test_a_row_that_is_no_longer_finite_stops_with_its_best(net: Net, value: float) -> None:
    recipe = replace(PLAIN, lr=40.0, steps=12)
    whole, start = _begun(net, recipe)
    broken = replace(whole, objective=Broken(whole.objective, 2, 7, value))
    made, fine = climb(broken, start), climb(whole, start)
    assert made.stopped.tolist() == [-1, -1, 7, -1]
    others = [0, 1, 3]
    assert torch.equal(made.colors[others], fine.colors[others])
    assert np.isnan(made.values[7:, 2]).all()
    assert np.isfinite(made.values[:7, 2]).all()
    best = int(np.argmax(made.values[:7, 2]))
    shorter = climb(replace(whole, recipe=replace(recipe, steps=best)), start)
    assert torch.equal(made.parameters[2], shorter.parameters[2])


def hill() -> nn.Module:
    """Units that fall again beyond what they like best."""

    def forward(self: Forward, x: Tensor) -> Tensor:
        y: Tensor = self.one(x)
        return y * torch.exp(-y * y / 8)

    return fill(Forward(forward, one=conv(3, 4)))


def test_steps_that_are_far_too_large_keep_the_best_and_are_said() -> None:
    net = hosted(hill())
    for lr, is_good in ((1e3, True), (1e6, False)):
        recipe = replace(PLAIN, lr=lr, steps=48)
        one, start = _begun(net, recipe)
        made = climb(one, start)
        fell = made.stopped == recipe.steps
        assert fell.any() != is_good
        reached = one.values(made.colors).numpy()
        best = made.values.max(0)
        assert np.allclose(reached[fell], best[fell], rtol=1e-9)
        assert (best[fell] > 0).all()


def test_pictures_that_overflow_keep_the_best() -> None:
    net = hosted(chain().float())
    recipe = replace(PLAIN, gradient="rms", lr=3e38, steps=1)
    one, start = _begun(net, recipe)
    made = climb(one, start)
    assert made.stopped.tolist() == [1] * 4
    assert torch.equal(made.parameters, start)


def test_what_is_not_finite_at_the_start_is_refused(net: Net) -> None:
    one, start = _begun(net, PLAIN)
    broken = replace(one, objective=Broken(one.objective, 0, 0))
    with pytest.raises(DataError, match=r"broken is not finite at the start. Look at the weights"):
        climb(broken, start)


@pytest.mark.parametrize("name", [*FULL, "plain", "yosinski-4"])
def test_no_steps_give_the_start(name: str) -> None:
    net = hosted(fill(Normed()))
    one, start = _begun(net, preset(name, steps=0))
    made = climb(one, start)
    assert torch.equal(made.parameters, start)
    assert torch.equal(made.colors, one.parameterization.draw(start))
    assert made.values.shape == (0, 4)
    assert made.stopped.tolist() == [-1] * 4


def test_the_start_is_the_caller_s_and_stays(net: Net) -> None:
    one, start = _begun(net, PLAIN)
    before = start.clone()
    made = climb(one, start)
    assert torch.equal(start, before)
    assert not start.requires_grad
    assert not made.parameters.requires_grad
    assert not made.colors.requires_grad


@pytest.mark.parametrize("where", ["progress", "network"])
@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
def test_a_climb_that_is_stopped_leaves_the_network_as_it_was(
    where: str, error: type[BaseException]
) -> None:
    class Weary(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.left = 10**6

        def forward(self, x: Tensor) -> Tensor:
            if self.left < 0:
                raise error
            return x * 1

    module = fill(nn.Sequential(Normed(), Weary(), nn.Dropout(0.3)))
    module.train()
    net = hosted(module)
    one, start = _begun(net, preset("natural", steps=9))
    before = fingerprint(module)

    def stop(step: int) -> None:
        if step == 4 and where == "progress":
            raise error
        if step == 4:
            module[1].__dict__["left"] = -1

    with pytest.raises((error, Exception)), net.hosted():
        climb(one, start, stop)
    module[1].__dict__["left"] = 10**6
    assert fingerprint(module) == before


# -- which picture ------------------------------------------------------------------------------
def test_the_best_step_s_picture_can_be_taken(net: Net) -> None:
    recipe = replace(PLAIN, lr=200.0, steps=30, decay=0.05, norm_percentile=30.0)
    one, start = _begun(net, recipe)
    last = climb(one, start)
    best = climb(replace(one, recipe=replace(recipe, taken="best")), start)
    assert (last.values == best.values).all()
    reached = one.values(best.colors).numpy()
    assert np.allclose(reached, best.values.max(0), rtol=1e-9)
    assert (reached >= last.values[-1]).all()
    assert (reached > last.values[-1]).any()


def test_rows_stay_where_they_have_enough(net: Net) -> None:
    recipe = replace(PLAIN, lr=40.0, steps=60)
    one, start = _begun(net, recipe)
    whole = climb(one, start)
    wanted = float(np.median(whole.values[-1]))
    made = climb(one, start, enough=wanted)
    reached = one.values(made.colors).numpy()
    has = whole.values.max(0) >= wanted
    assert has.any()
    for row in np.flatnonzero(has):
        first = int(np.argmax(whole.values[:, row] >= wanted))
        assert reached[row] == pytest.approx(whole.values[first, row])
    assert torch.equal(made.colors[~has], whole.colors[~has])


def test_a_penalty_is_climbed_and_not_told(net: Net) -> None:
    recipe = replace(PLAIN, lr=40.0, steps=2)
    one, start = _begun(net, recipe)
    heavy = replace(one, penalty=lambda colors: 100 * (colors - 0.5).pow(2).flatten(1).sum(1))
    made = climb(heavy, start)
    assert np.allclose(made.values[0], one.values(one.parameterization.draw(start)).numpy())
    x = start[1].numpy()
    for _ in range(2):
        x = x + 40 * (pull_of(net.module, 1)(x)[1] - 200 * (x / 255 - 0.5) / 255)  # type: ignore[arg-type]
    assert np.abs(made.parameters[1].numpy() - x).max() < 1e-9


def test_falls_are_judged_by_means_of_many_steps() -> None:
    steady = np.linspace(1, 2, 64)
    shaken = steady + np.tile([0.9, -0.9], 32)
    fallen = np.concatenate([np.linspace(1, 4, 32), np.linspace(4, 1, 32)])
    below = -steady
    values = np.stack([steady, shaken, fallen, below], axis=1)
    assert has_fallen(values).tolist() == [False, False, True, False]
    assert has_fallen(np.empty((0, 3))).tolist() == [False] * 3


@pytest.mark.parametrize(("end", "expected"), [(0.6, False), (0.4, True)])
def test_half_of_the_best_may_be_lost(end: float, expected: bool) -> None:
    """Shaken pictures do not end at their best either."""
    values = np.r_[np.linspace(0, 1, 64), np.ones(32), np.full(32, end)][:, None]
    assert has_fallen(values).tolist() == [expected]


def test_a_step_sees_each_row_on_average_over_its_own_crops(net: Net) -> None:
    recipe = replace(PLAIN, crops=3, noise=0.2)
    one = ascent(net, recipe)
    start = one.parameterization.start(range(4))
    seen, _ = one.seen(start, 2)
    crops = transformed(one.parameterization.draw(start), recipe, 0.5, min(SIZE), 2)
    for row in range(4):
        own = torch.cat([one.values(part)[row : row + 1] for part in crops.split(4)])
        assert own.std() > 1e-3
        assert float(seen[row]) == pytest.approx(float(own.mean()), rel=1e-12)


def test_progress_counts_pictures_times_steps() -> None:
    told: list[tuple[int, int, str]] = []
    tick = steps_of(lambda *said: told.append(said), 100, 400, "drawing", rows=4)
    assert tick is not None
    tick(1), tick(2)
    assert told == [(104, 400, "drawing"), (108, 400, "drawing")]
