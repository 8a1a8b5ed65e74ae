"""The picture the network would draw of the unit, on the comparison page."""

from __future__ import annotations

import re
from dataclasses import fields
from html import unescape
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import convscope
from convscope.atlas.make import build_atlas
from convscope.atlas.read import Atlas
from convscope.errors import AddressError
from convscope.images.image import Image
from convscope.images.photos import photographs
from convscope.methods.options.look import LookOptions
from convscope.methods.options.synthesize import SynthesizeOptions
from convscope.methods.synthesize import synthesize
from convscope.methods.synthesize_atlas import synthesize_atlas
from convscope.net.intake import load
from convscope.net.net import Net
from convscope.render.jpeg import png
from convscope.render.look.look import look
from convscope.render.look.panel import Panel
from convscope.results.caption import CAPTIONS
from convscope.results.file import load_result
from convscope.synthesis.presets import preset
from tests.render.fits import assert_words_fit

ONLY = LookOptions(panels=("synthesis",))


@pytest.fixture(scope="module")
def net() -> Net:
    return load("bundled:photos", device="cpu")


@pytest.fixture(scope="module")
def photo(net: Net) -> Image:
    return Image.from_array(photographs()["coffee"], net.preprocessing, id="cup.png")


@pytest.fixture(scope="module")
def atlas(net: Net, tmp_path_factory: pytest.TempPathFactory) -> Atlas:
    folder = tmp_path_factory.mktemp("atlas")
    for name in ("coffee", "motorcycle"):
        (folder / "photos").mkdir(exist_ok=True)
        (folder / f"photos/{name}.png").write_bytes(png(photographs()[name][:100, :100]))
    made = build_atlas(net, folder / "photos", folder / "atlas", layers=["relu3", "relu5"])
    synthesize_atlas(net, made, "relu3:4,5", SynthesizeOptions(starts=2, steps=3))
    return made


def panel_of(net: Net, photo: Image, unit: str, options: LookOptions, **given: Any) -> Panel:
    (found,) = look(net, photo, unit, options=options, **given).panels
    return found


def test_the_picture_of_the_atlas_is_shown(
    net: Net, photo: Image, atlas: Atlas, tmp_path: Path
) -> None:
    made = look(net, photo, "relu3:5", out=tmp_path / "page", atlas=atlas, options=ONLY)
    kept, found = atlas.synthesis("relu3"), made.result("synthesis")
    assert kept is not None
    assert found.names == ("relu3:5",)
    assert np.array_equal(found.pictures[0], kept.pictures[1])
    (panel,) = made.panels
    (picture,) = panel.pictures
    factor = 227 // found.pictures.shape[1]
    assert np.array_equal(picture.pixels[::factor, ::factor], found.pictures[0])
    assert f"\u00d7{factor}" in picture.measure
    page = unescape((tmp_path / "page/index.html").read_text(encoding="utf-8"))
    for sentence in CAPTIONS["synthesis"]:
        assert sentence in page
    assert "of the strongest photograph" in page or "times the strongest photograph" in page
    assert "Best of 2 starts" in page
    assert re.search(r"Recipe \w+, with steps 3 \(\d+\)", page)
    saved = load_result(tmp_path / "page/data/synthesis.safetensors")
    for field in fields(found):
        one, other = getattr(saved, field.name), getattr(found, field.name)
        if isinstance(other, np.ndarray):
            assert np.array_equal(one, other, equal_nan=other.dtype.kind == "f")


def test_the_recipe_draws_it_again(net: Net, photo: Image, atlas: Atlas) -> None:
    (recipe,) = panel_of(net, photo, "relu3:5", ONLY, atlas=atlas).recipes
    assert 'convscope.synthesize(net, "relu3:5", convscope.SynthesizeOptions(steps=3)' in (
        recipe.python
    )
    assert recipe.command.endswith("--steps 3")
    assert f"--atlas {atlas.path.name}" in recipe.command.replace(f"{atlas.path.parent}/", "")
    assert dict(recipe.facts)["recipe"].endswith("with steps 3 (256)")


def test_a_recipe_of_ones_own_is_spelled_out(net: Net, photo: Image, atlas: Atlas) -> None:
    own = preset("lucid", steps=2, size=0, decay=0.5)
    synthesize_atlas(net, atlas, "relu5:7", SynthesizeOptions(starts=1, recipe=own))
    (recipe,) = panel_of(net, photo, "relu5:7", ONLY, atlas=atlas).recipes
    assert "recipe=convscope.Recipe(" in recipe.python
    assert "decay=0.5" in recipe.python
    assert recipe.command == ""
    said = recipe.python.partition("recipe=")[2].rpartition("), atlas=")[0]
    scope: dict[str, Any] = {"convscope": convscope}
    exec(f"found = {said}", scope)
    assert scope["found"] == own


def test_without_a_picture_the_panel_says_how_to_make_one(
    net: Net, photo: Image, atlas: Atlas, tmp_path: Path
) -> None:
    for given in ({}, {"atlas": atlas}):
        made = look(net, photo, "relu3:6", out=tmp_path / "page", options=ONLY, **given)
        (panel,) = made.panels
        assert (panel.pictures, panel.errors, panel.recipes) == ((), (), ())
        assert panel.absent is not None
        assert panel.absent.command.startswith("convscope synthesize bundled:photos relu3:6")
        assert ("--atlas" in panel.absent.command) == bool(given)
        page = (tmp_path / "page/index.html").read_text(encoding="utf-8")
        assert "No picture of" in page
        assert "cannot be right here" not in page
        assert panel.absent.command in page
        with pytest.raises(AddressError, match="No result 'synthesis'"):
            made.result("synthesis")
    figure = made.figure()
    assert_words_fit(figure.canvas)
    assert "No picture of relu3:6 yet." in figure.svg


def test_steps_of_its_own_draw_it_for_the_page(net: Net, photo: Image) -> None:
    options = LookOptions(panels=("synthesis",), synthesis_steps=24, seed=3)
    made = look(net, photo, "relu3:6", options=options)
    alone = synthesize(net, "relu3:6", SynthesizeOptions(starts=1, steps=24, seed=3))
    found = made.result("synthesis")
    assert np.array_equal(found.pictures, alone.pictures)
    assert found.values.tolist() == alone.values.tolist()
    (panel,) = made.panels
    assert "so nothing says whether photographs do better." in panel.notes[0]
    assert "--synthesis-steps 2" in made.site.command


def test_a_direction_has_no_place_in_an_atlas(net: Net, photo: Image, atlas: Atlas) -> None:
    panel = panel_of(net, photo, "relu3:4+5", ONLY, atlas=atlas)
    assert panel.absent is not None


def test_a_damaged_file_is_named_in_the_panel(
    net: Net, photo: Image, atlas: Atlas, monkeypatch: pytest.MonkeyPatch
) -> None:
    from convscope.atlas import seal

    monkeypatch.setattr(seal, "is_whole", lambda data: False)
    panel = panel_of(net, photo, "relu3:5", ONLY, atlas=atlas)
    ((_, message),) = panel.errors
    assert "not as it was written" in message
