from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import numpy as np
from PIL import Image

from convscope.methods.enlarge import enlarged
from convscope.render.display import png_of
from convscope.render.pictures.attribution import compared
from convscope.render.pictures.heatmap import heatmap_pictures, over, said
from convscope.results.heatmap import Heatmap

SIDE = 48


def heat(**changed: Any) -> Heatmap:
    """A 3 x 3 map whose first cell speaks for a cat and whose last speaks against it."""
    cells = np.zeros((3, 3), np.float32)
    cells[0, 0], cells[2, 2] = 4, -2
    shown = np.random.default_rng(0).integers(0, 255, (SIDE, SIDE, 3), dtype=np.uint8)
    given: dict[str, Any] = {
        "map": cells,
        "large": enlarged(cells, (SIDE, SIDE)).astype(np.float32),
        "shown": shown,
        "target": "cat",
        "against": None,
        "layer": "relu3",
        "reason": "relu3, the last layer with cells in space before global average pooling: "
        "3 × 3 cells",
        "value": 7.25,
        "probability": 0.61,
        "guided": None,
        "twin": -cells[::-1] / 100,
        "similarity": 0.12,
        "note": "",
        "provenance": {"method": "heatmap", "options": {"kind": "gradcam"}},
    }
    return Heatmap(**(given | changed))


def grey(shown: Any) -> Any:
    return np.rint(0.75 * shown.mean(axis=2, keepdims=True) + 32).repeat(3, axis=2)


def test_zero_stays_the_photograph_and_the_ends_are_tides() -> None:
    result = heat()
    one, other = heatmap_pictures(result)
    assert (one.name, other.name) == ("Grad-CAM", "Random weights")
    factor = one.pixels.shape[0] // SIDE
    small = one.pixels[::factor, ::factor].astype(int)
    untouched = result.large == 0
    assert untouched.sum() > 300
    assert np.array_equal(small[untouched], grey(result.shown)[untouched])
    assert small[0, 0].tolist() == [255, 241, 156]  # tide's light end: all for it
    assert small[-1, -1, 2] > small[-1, -1, 0] + 20  # blue: against it


def test_the_scale_is_the_maps_own_and_symmetric() -> None:
    one, other = heatmap_pictures(heat())
    assert one.scale is not None
    assert other.scale is not None
    assert (one.scale.low, one.scale.middle, one.scale.high) == ("−4", "0", "+4")
    assert (other.scale.low, other.scale.high) == ("−0.04", "+0.04")
    assert "from −2 to 4; zero is the photograph" in one.says


def test_an_empty_map_is_the_photograph_and_says_so() -> None:
    shown, none = heat().shown, np.zeros((3, 3), np.float32)
    one = over("CAM", shown, np.zeros((SIDE, SIDE), np.float32), none, "CAM of cat")
    factor = one.pixels.shape[0] // SIDE
    assert np.array_equal(one.pixels[::factor, ::factor], grey(shown))
    assert (one.measure, one.scale) == ("zero everywhere", None)


def test_guided_gradcam_has_the_map_and_the_product() -> None:
    guided = np.random.default_rng(1).standard_normal((3, SIDE, SIDE)).astype(np.float32)
    options = {"method": "heatmap", "options": {"kind": "guided_gradcam"}}
    made = heatmap_pictures(heat(guided=guided, provenance=options))
    assert [one.name for one in made] == ["Grad-CAM", "Random weights", "Guided Grad-CAM"]


def test_what_is_said_names_score_share_and_layer() -> None:
    assert said(heat()) == (
        "cat: score 7.25 (61 %). Read at relu3, the last layer with cells in space before global "
        "average pooling: 3 × 3 cells."
    )
    both = said(heat(against="dog", against_value=-1.5, probability=None))
    assert both.startswith("cat: score 7.25, against dog: −1.5. Read at relu3")


def test_the_whole_picture_is_a_png_in_a_row() -> None:
    size = Image.open(io.BytesIO(png_of(heat()))).size
    alone = Image.open(io.BytesIO(png_of(replace(heat(), twin=None, similarity=None)))).size
    assert size[0] > alone[0] > 2 * 180
    assert heat()._repr_png_() == png_of(heat())


def test_guided_gradcams_correlation_is_said_to_be_the_maps() -> None:
    assert compared(heat()).startswith("Rank correlation with random weights: 0.12")
    guided = compared(heat(guided=np.ones((3, SIDE, SIDE), np.float32)))
    assert guided.startswith("Of the map, not of the guided picture: rank correlation")
    assert compared(heat(similarity=None)) == ""
