from __future__ import annotations

import numpy as np
import pytest

from convscope.color.luts import LABELS, labels, lut
from convscope.color.oklab import srgb_to_oklab
from convscope.color.sight import simulate
from convscope.errors import UsageError

EMBER = ["090609", "301128", "5f1e3f", "932940", "be4839", "dd712f", "eda23d", "fad26e", "fcf7cd"]
TIDE = ["081b53", "183569", "334f77", "57687e", "808080", "a39b7e", "c4b67f", "e3d387", "fff19c"]


def hexes(name: str) -> list[str]:
    table = lut(name)
    places = np.rint(np.linspace(0, len(table) - 1, 9)).astype(int)
    return [bytes(row).hex() for row in table[places]]


def test_ember_has_the_listed_samples() -> None:
    assert (hexes("ember")[0], hexes("ember")[-1]) == (EMBER[0], EMBER[-1])


def test_tide_has_the_listed_samples_and_an_exact_zero() -> None:
    assert hexes("tide") == TIDE
    assert len(lut("tide")) == 257
    assert lut("tide")[128].tolist() == [128, 128, 128]


@pytest.mark.parametrize("name", ["ember", "tide", "ash"])
@pytest.mark.parametrize("sight", ["normal", "deutan", "protan"])
def test_lightness_rises_for_every_eye(name: str, sight: str) -> None:
    table = lut(name) if sight == "normal" else simulate(lut(name), sight)  # type: ignore[arg-type]
    lightness = srgb_to_oklab(table)[:, 0]
    every_eighth = lightness[:: len(table) // 64]
    assert (np.diff(every_eighth) > 0).all()


@pytest.mark.parametrize(("name", "allowed"), [("ember", 1.06), ("tide", 1.13)])
def test_steps_between_samples_are_even(name: str, allowed: float) -> None:
    words = {"ember": EMBER, "tide": TIDE}[name]
    samples = srgb_to_oklab(np.array([list(bytes.fromhex(word)) for word in words]))
    steps = np.linalg.norm(np.diff(samples, axis=0), axis=1)
    assert steps.max() / steps.min() < allowed


def test_halves_of_tide_are_equally_far_from_zero() -> None:
    lab = srgb_to_oklab(lut("tide"))
    away = np.linalg.norm(lab - lab[128], axis=1)
    np.testing.assert_allclose(away[:128], away[:128:-1], atol=0.02)


def test_ash_has_no_hue() -> None:
    assert (np.ptp(lut("ash").astype(int), axis=1) == 0).all()


def test_label_colours_stay_apart_for_every_eye() -> None:
    for table in (labels(), simulate(labels(), "deutan"), simulate(labels(), "protan")):
        lab = srgb_to_oklab(table)
        apart = np.linalg.norm(lab[:, None] - lab[None], axis=2) + np.eye(len(LABELS))
        assert apart.min() > 0.11


def test_an_unknown_map_names_the_known() -> None:
    with pytest.raises(UsageError, match="ember, tide, ash"):
        lut("jet")
