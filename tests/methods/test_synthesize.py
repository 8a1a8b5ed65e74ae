from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from convscope.errors import AddressError, DataError, GradientCutError, UsageError
from convscope.methods.options.synthesize import SynthesizeOptions
from convscope.methods.synthesize import synthesize
from convscope.net.net import Net
from convscope.preprocess import Preprocessing
from convscope.results.file import load_result
from convscope.results.synthesis import Synthesis
from convscope.synthesis.presets import PRESETS, preset
from tests.net.zoo import Forward, conv, fill

QUICK = SynthesizeOptions("natural", starts=1, retries=0, steps=8)


def deep(channels: int = 3, size: int = 20, classes: int = 4) -> Net:
    """Three convolutions, a pool between them, and a head, in float32."""
    torch.manual_seed(0)
    layers = (
        *(conv(channels, 6, padding=1), nn.BatchNorm2d(6), nn.ReLU()),
        *(nn.MaxPool2d(2), conv(6, 8), nn.ReLU(inplace=True)),
        *(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, classes)),
    )
    module = fill(nn.Sequential(*layers)).float()
    prep = Preprocessing((size, size), None, mean=(0.5,) * channels, std=(0.25,) * channels)
    return Net(module, prep, labels=["ant", "bee", "cow", "dog"][:classes])


def value(net: Net, picture: Any, layer: int, channel: int) -> float:
    """The unit's strongest cell on a picture, by the plain module."""
    prep = net.preprocessing
    x = (picture / np.float32(255) - np.float32(prep.mean)) / np.float32(prep.std)
    with torch.no_grad():
        maps = net.module[: layer + 1](torch.from_numpy(x.transpose(2, 0, 1))[None])  # type: ignore[index]
    return float(maps.flatten(2).amax(2)[0, channel])


@pytest.mark.parametrize("name", sorted(n for n in PRESETS if not n.startswith("yosinski")))
def test_every_preset_raises_every_living_unit(name: str) -> None:
    net = deep()
    start = synthesize(net, "5", replace(QUICK, preset=name, steps=0))
    end = synthesize(net, "5", replace(QUICK, preset=name, steps=40))
    alive = [i for i, status in enumerate(end.status) if status == "drawn"]
    assert len(alive) >= 3
    assert (end.values[alive] > start.values[alive]).mean() >= 0.8
    assert end.pictures.dtype == np.uint8


def test_values_are_those_of_the_pictures_as_shown() -> None:
    net = deep()
    made = synthesize(net, "5", replace(QUICK, starts=2))
    for i, status in enumerate(made.status):
        if status == "drawn":
            assert made.values[i] == pytest.approx(value(net, made.pictures[i], 5, i), rel=1e-5)


@pytest.mark.parametrize("rectifier", [nn.ReLU6(), nn.GELU(), nn.LeakyReLU(0.5)])
def test_values_are_of_what_the_rectifier_gives_though_its_input_is_climbed(
    rectifier: nn.Module,
) -> None:
    """As the data's best is; the input of a ReLU6 climbs far beyond 6."""
    module = fill(nn.Sequential(conv(3, 6), rectifier)).float()
    with torch.no_grad():
        module[0].weight *= 40  # type: ignore[index,operator]
        module[0].bias[1] = -1e3  # type: ignore[index,operator]
    net = Net(module, Preprocessing((9, 9), None, mean=(0.5,) * 3, std=(0.25,) * 3))
    made = synthesize(net, "1", replace(QUICK, keep="all"))
    apart = 0
    for i, status in enumerate(made.status):
        if status == "drawn":
            assert made.values[i] == pytest.approx(value(net, made.pictures[i], 1, i), rel=1e-5)
            apart += abs(value(net, made.pictures[i], 0, i) - made.values[i]) > 1e-3
    assert apart or isinstance(rectifier, nn.GELU)  # which leaves large values as they are


@pytest.mark.parametrize(("dtype", "near"), [(torch.float16, 0.01), (torch.bfloat16, 0.05)])
@pytest.mark.parametrize("name", ["natural", "maco", "lucid", "plain"])
def test_networks_of_half_precision_are_drawn_too(
    name: str, dtype: torch.dtype, near: float
) -> None:
    """Fourier transforms need single precision, which what is climbed has."""
    single, half = deep(), deep()
    half.module.to(dtype)
    made = synthesize(half, "5", replace(QUICK, preset=name))
    assert made.status.count("drawn") >= 2
    for i in (i for i, status in enumerate(made.status) if status == "drawn"):
        expected = value(single, made.pictures[i], 5, i)
        assert made.values[i] == pytest.approx(expected, rel=near, abs=near)


@pytest.mark.parametrize(
    ("target", "size", "name"),
    [
        ("5", (20, 20), "fourier"),  # 8 px of 20
        ("5", (14, 14), "phase"),
        ("5", (14, 40), "fourier"),  # of the width, a fifth
        ("5", (40, 14), "fourier"),
        ("class:ant", (40, 40), "phase"),
    ],
)
def test_cells_that_see_most_of_the_image_are_drawn_by_phases(
    target: str, size: tuple[int, int], name: str
) -> None:
    prep = Preprocessing(size, None, mean=(0.5,) * 3, std=(0.25,) * 3)
    net = Net(deep().module, prep, labels=["ant", "bee", "cow", "dog"])
    made = synthesize(net, target, SynthesizeOptions(starts=1, retries=0, steps=0))
    assert made.provenance["options"]["recipe"]["parameterization"] == name


def test_the_start_that_outlives_a_blur_best_is_kept_and_every_start_is_known() -> None:
    options = replace(QUICK, starts=3, seed=4)
    made, every = (synthesize(deep(), "5", replace(options, keep=k)) for k in ("best", "all"))
    assert made.tries.shape == (3, 8)
    robust = np.where(np.array(every.status) == "silent", -np.inf, every.robust).reshape(8, 3)
    for i in (i for i, status in enumerate(made.status) if status == "drawn"):
        assert made.starts[i] == 4 + robust[i].argmax()
        assert made.values[i] == made.tries[made.starts[i] - 4, i]


def test_all_starts_may_be_kept() -> None:
    made = synthesize(deep(), "5:1,2", replace(QUICK, starts=3, keep="all"))
    assert made.channels == (1, 1, 1, 2, 2, 2)
    assert made.starts == (0, 1, 2, 0, 1, 2)
    alone = synthesize(deep(), "5:2", replace(QUICK, starts=1, seed=1))
    assert np.abs(made.pictures[4].astype(int) - alone.pictures[0]).max() <= 1


def test_diversity_keeps_starts_apart() -> None:
    def spread(weight: float) -> float:
        options = replace(QUICK, steps=40, starts=3, keep="all", diversity=weight)
        pictures = synthesize(deep(), "5:2", options).pictures.astype(float)
        return float(np.mean([np.abs(a - b).mean() for a in pictures for b in pictures]))

    assert spread(100.0) > 1.02 * spread(0.0)


def test_a_batch_gives_what_each_gives_alone() -> None:
    net = deep()
    together = synthesize(net, "5", replace(QUICK, steps=64, batch=8))
    single = synthesize(net, "5", replace(QUICK, steps=64, batch=1))
    assert np.abs(together.pictures.astype(int) - single.pictures).max() <= 1
    assert together.values == pytest.approx(single.values, rel=1e-3, abs=1e-4)


def test_the_same_seed_gives_the_same_bytes_and_another_others() -> None:
    net = deep()
    one = synthesize(net, "5", QUICK)
    torch.rand(7)
    assert one.pictures.tobytes() == synthesize(net, "5", QUICK).pictures.tobytes()
    assert one.pictures.tobytes() != synthesize(net, "5", replace(QUICK, seed=1)).pictures.tobytes()


def test_a_shallow_layer_needs_no_more_than_its_field_and_room() -> None:
    made = synthesize(deep(size=60), "2", QUICK)
    assert made.pictures.shape == (6, 7, 7, 3)  # 3 px, and 2 px of jitter to both sides
    assert made.provenance["canvas"] == [7, 7]


def test_a_dead_channel_is_said_and_not_drawn() -> None:
    net = deep()
    with torch.no_grad():
        net.module[4].bias[3] = -1e6  # type: ignore[index,union-attr]
    made = synthesize(net, "5", replace(QUICK, retries=2))
    assert made.status[3] == "silent"
    assert (made.pictures[3] == 128).all()
    assert np.isfinite(made.tries[:, 3]).sum() == 3
    assert "silent from 3 starts" in made.note
    assert "5:3" in made.note


def test_a_unit_that_may_be_negative_is_not_silent_below_zero() -> None:
    net = deep()
    with torch.no_grad():
        net.module[8].bias[1] = -1e3  # type: ignore[index,union-attr]
    made = synthesize(net, "class:ant,bee", QUICK)
    assert made.values[1] < 0
    assert made.status[1] == "drawn"
    assert made.pictures[1].std() > 0


def test_a_silent_unit_is_tried_again_from_other_noise() -> None:
    """Climbed where it is cut off, so that where nothing fires there is no slope."""
    plain = replace(QUICK, recipe=preset("plain", start=40.0), steps=2)
    zero, one = (synthesize(deep(), "5", replace(plain, seed=seed)) for seed in (0, 1))
    woken = [i for i in range(8) if (zero.status[i], one.status[i]) == ("silent", "drawn")]
    assert woken
    again = synthesize(deep(), "5", replace(plain, retries=1))
    for i in woken:
        assert (again.status[i], again.starts[i]) == ("drawn", 1)
        assert again.pictures[i].tobytes() == one.pictures[i].tobytes()
        assert again.tries[:, i] == pytest.approx([zero.tries[0, i], one.tries[0, i]])


def test_a_rectified_unit_that_starts_silent_climbs_out_of_it() -> None:
    net = deep()
    start = synthesize(net, "5", replace(QUICK, steps=0, retries=0))
    silent = [i for i, status in enumerate(start.status) if status == "silent"]
    made = synthesize(net, "5", replace(QUICK, steps=60))
    assert silent
    assert any(made.status[i] == "drawn" for i in silent)


def test_branches_that_are_joined_climb_as_they_do_alone() -> None:
    """A fire module: what its concatenation calls channel 7 is channel 3 of the second branch."""
    parts = {"squeeze": conv(3, 4), "one": conv(4, 4, 1), "three": conv(4, 4, padding=1)}

    def forward(self: Any, x: torch.Tensor) -> torch.Tensor:
        y = torch.relu(self.squeeze(x))
        return torch.cat([torch.relu(self.one(y)), torch.relu(self.three(y))], 1)

    net = Net(fill(Forward(forward, **parts)).float(), Preprocessing((12, 12), None))
    joined = synthesize(net, "/cat", replace(QUICK, canvas=12))
    second = synthesize(net, "/relu@3", replace(QUICK, canvas=12))
    assert joined.values[4:] == pytest.approx(second.values, rel=1e-4)
    assert joined.status[4:] == second.status
    assert joined.status.count("silent") <= 2


def test_a_step_that_diverges_keeps_the_best_and_says_so() -> None:
    module = Forward(lambda _, x: torch.exp(30 * x.mean(1, keepdim=True)).expand(-1, 2, -1, -1))
    net = Net(module, Preprocessing((8, 8), None))
    wild = SynthesizeOptions("plain", starts=1, retries=0, steps=30, lr=3e3)
    made = synthesize(net, net.tape().layers[-1].name + ":0", wild)
    assert made.status == ("diverged",)
    assert "smaller --lr" in made.note
    assert np.isfinite(made.values).all()


def test_classes_directions_and_one_cell() -> None:
    net = deep()
    classes = synthesize(net, "class:bee,dog", QUICK)
    assert classes.names == ("bee", "dog")
    assert classes.channels == (1, 3)
    direction = synthesize(net, "5:1-0.5*2", QUICK)
    assert direction.channels == (-1,)
    assert synthesize(net, "5:1@2,3", QUICK).pictures.shape == (1, 20, 20, 3)


@pytest.mark.parametrize("channels", [1, 5])
def test_any_number_of_channels(channels: int) -> None:
    made = synthesize(deep(channels), "5:0..1", QUICK)
    assert made.pictures.shape[-1] == channels


def test_a_result_survives_its_file(tmp_path: Any) -> None:
    made = synthesize(deep(), "5:0..2", QUICK)
    again: Synthesis = load_result(made.save(tmp_path / "one.safetensors"))
    assert again.names == made.names
    assert again.provenance == made.provenance
    assert again.pictures.tobytes() == made.pictures.tobytes()


def test_ones_own_recipe_stands_in_for_a_preset() -> None:
    recipe = preset("plain", steps=3, start=0.0)
    made = synthesize(deep(), "5:0..1", SynthesizeOptions(recipe=recipe, starts=1))
    assert made.provenance["options"]["recipe"]["start"] == 0.0


@pytest.mark.parametrize(
    ("target", "options", "error", "said"),
    [
        ("5:0..9", QUICK, AddressError, "Channel 8 is out of range"),
        ("class:emu", QUICK, AddressError, "No class 'emu'"),
        ("class:7", QUICK, AddressError, "numbered 0 to 3"),
        (
            "5",
            replace(QUICK, canvas=3),
            UsageError,
            "cannot be drawn on a canvas of 3 px",
        ),
    ],
)
def test_what_cannot_be_drawn_is_refused(
    target: str, options: SynthesizeOptions, error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        synthesize(deep(), target, options)


def test_a_canvas_that_cuts_most_of_the_field_is_refused() -> None:
    wide = nn.Sequential(nn.Conv2d(3, 4, 13, padding=6), nn.ReLU())
    net = Net(fill(wide), Preprocessing((40, 40), None))
    with pytest.raises(UsageError, match=r"smaller than 1 needs: a cell of it sees 13 by 13 px"):
        synthesize(net, "1", replace(QUICK, canvas=6))
    assert synthesize(net, "1", replace(QUICK, canvas=8)).pictures.shape[1:3] == (8, 8)


def test_a_canvas_the_network_does_not_take_is_refused() -> None:
    layers = (conv(3, 4), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 18 * 18, 3))
    net = Net(fill(nn.Sequential(*layers)), Preprocessing((20, 20), None))
    with pytest.raises(UsageError, match=r"cannot be drawn on a canvas of 12 px.*--canvas 20"):
        synthesize(net, "class:1", replace(QUICK, canvas=12))


def test_values_that_are_not_finite_are_refused() -> None:
    module = Forward(lambda _, x: torch.log(x.mean(1, keepdim=True) - 9).expand(-1, 2, -1, -1))
    net = Net(module, Preprocessing((8, 8), None))
    layer = net.tape().layers[-1].name
    with pytest.raises(DataError, match="not finite at the start"):
        synthesize(net, layer, QUICK)


def test_a_cut_gradient_is_named() -> None:
    module = Forward(lambda self, x: self.conv(x.detach()), conv=conv(3, 2))
    net = Net(fill(module), Preprocessing((8, 8), None))
    with pytest.raises(GradientCutError):
        synthesize(net, "conv", QUICK)


def test_diversity_without_several_starts_is_refused() -> None:
    with pytest.raises(UsageError, match="--starts 4 --keep all"):
        SynthesizeOptions(diversity=1.0)
