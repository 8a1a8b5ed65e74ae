from __future__ import annotations

from dataclasses import asdict, replace
from typing import get_args, get_type_hints

import pytest

from convscope.errors import UsageError
from convscope.methods.options.synthesize import SynthesizeOptions
from convscope.synthesis.presets import PRESETS, preset

TABLE = {
    1: {"decay": 0.0, "blur": 0.5, "blur_every": 4, "norm_percentile": 50.0,
        "contribution_percentile": 0.0, "steps": 500, "gradient": "progress", "lr": 100.0,
        "progress": 2.0},
    2: {"decay": 0.3, "blur": 0.0, "norm_percentile": 20.0, "contribution_percentile": 0.0,
        "steps": 750, "gradient": "plain", "lr": 100.0},
    3: {"decay": 1e-4, "blur": 1.0, "blur_every": 4, "norm_percentile": 0.0,
        "contribution_percentile": 0.0, "steps": 1000, "gradient": "plain", "lr": 100.0},
    4: {"decay": 0.0, "blur": 0.5, "blur_every": 4, "norm_percentile": 0.0,
        "contribution_percentile": 90.0, "steps": 1000, "gradient": "progress", "lr": 1e8,
        "progress": 2.0},
}  # fmt: skip
"""Yosinski et al. 2015, Table 1, with what their program was called with."""
BLOG = {"parameterization": "pixels", "at": "mean", "before": False, "size": 128, "steps": 20,
        "optimizer": "sgd", "gradient": "rms", "lr": 1.0, "start": 20.0, "is_uniform": True,
        "shown": "standardized", "is_whole": True,
        "jitter": 0.0, "scale": 0.0, "rotate": 0.0}  # fmt: skip
LUCID = {"parameterization": "fourier", "spectrum": "power", "at": "mean", "size": 128,
         "steps": 512, "optimizer": "adam", "lr": 0.05, "start": 0.01}  # fmt: skip


@pytest.mark.parametrize("number", TABLE)
def test_the_four_have_the_numbers_of_the_table(number: int) -> None:
    found = asdict(PRESETS[f"yosinski-{number}"])
    assert {name: found[name] for name in TABLE[number]} == TABLE[number]
    common = {"parameterization": "pixels", "start": 10.0, "is_uniform": False, "clip": True,
              "optimizer": "sgd", "at": "center", "before": False, "jitter": 0.0, "scale": 0.0,
              "rotate": 0.0, "noise": 0.0, "crops": 1, "taken": "best",
              "shown": "centered"}  # fmt: skip
    assert {name: found[name] for name in common} == common


@pytest.mark.parametrize(("name", "published"), [("keras-blog", BLOG), ("lucid", LUCID)])
def test_the_other_published_ones(name: str, published: dict[str, object]) -> None:
    found = asdict(PRESETS[name])
    assert {key: found[key] for key in published} == published


def test_plain_is_gradient_ascent_and_nothing_else() -> None:
    plain = PRESETS["plain"]
    off = ("jitter", "scale", "rotate", "defocus", "noise", "lowpass", "decay", "blur",
           "norm_percentile", "contribution_percentile", "clip", "momentum")  # fmt: skip
    assert not any(getattr(plain, name) for name in off)
    assert (plain.parameterization, plain.optimizer, plain.crops) == ("pixels", "sgd", 1)


def test_the_command_s_choices_are_the_presets() -> None:
    choices = get_args(get_type_hints(SynthesizeOptions)["preset"])
    assert set(choices) == {"auto", *PRESETS}


def test_a_preset_can_be_changed_in_part() -> None:
    assert preset("maco", steps=7) == replace(PRESETS["maco"], steps=7)
    with pytest.raises(UsageError, match=r"No preset 'lucent'. There are: natural, lucid, maco"):
        preset("lucent")
