from __future__ import annotations

from typing import Any

import numpy as np

from convscope.render.display import png_of
from convscope.render.pictures.caricature import caricature_pictures, control, said
from convscope.results.caricature import Caricature


def drawn(**changed: Any) -> Caricature:
    pixels = np.random.default_rng(0).integers(0, 256, (2, 40, 40, 3)).astype(np.uint8)
    given: dict[str, Any] = {
        "shown": pixels[0],
        "picture": pixels[1],
        "layer": "features.5",
        "cosine": 0.826,
        "ratio": 1.91,
        "noise_cosine": 0.5821,
        "noise_ratio": 0.2389,
        "note": "",
        "provenance": {},
    }
    return Caricature(**(given | changed))


def test_the_photograph_and_the_caricature() -> None:
    one, other = caricature_pictures(drawn())
    assert (one.name, other.name) == ("Photograph", "Caricature")
    assert other.measure == "cosine 0.83, ×1.91"
    assert np.array_equal(other.pixels[::5, ::5], drawn().picture)
    assert png_of(drawn())[1:4] == b"PNG"


def test_how_alike_they_are_and_the_noise() -> None:
    assert said(drawn()) == (
        "features.5: cosine with the photograph 0.826, 1.91 times as long, 1.58 times along it."
    )
    assert control(drawn()) == ("The noise it started from: cosine 0.582, 0.239 times as long.")


def test_of_a_silent_layer_there_is_no_number() -> None:
    nothing = drawn(cosine=float("nan"), ratio=float("nan"))
    assert caricature_pictures(nothing)[1].measure == "cosine no number, ×no number"
    assert png_of(nothing)[1:4] == b"PNG"
