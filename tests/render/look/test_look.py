"""The comparison page on the bundled network: its panels, sentences, numbers, and bad input."""

from __future__ import annotations

import json
import re
from dataclasses import fields, replace
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as Pillow

from convscope.address import Address, Class
from convscope.errors import AddressError, StorageError, UsageError
from convscope.images.image import Image
from convscope.images.photos import photographs
from convscope.methods.activations import activations
from convscope.methods.curves import curves
from convscope.methods.gradient import gradient
from convscope.methods.heatmap import heatmap
from convscope.methods.occlude import occlude
from convscope.methods.options.curves import CurvesOptions
from convscope.methods.options.gradient import GradientOptions
from convscope.methods.options.heatmap import HeatmapOptions
from convscope.methods.options.look import PANELS, LookOptions
from convscope.methods.options.occlude import OccludeOptions
from convscope.net.intake import load
from convscope.net.net import Net
from convscope.render.look.look import Look, look
from convscope.render.look.panel import TITLES
from convscope.results.file import load_result
from tests.render.fits import assert_words_fit

COARSE = LookOptions(occluder=24, stride=24, samples=3, steps=4)
GRADIENTS = ("deconvnet", "gradient", "guided", "input_gradient", "smoothgrad", "integrated")


@pytest.fixture(scope="module")
def net() -> Net:
    return load("bundled:photos", device="cpu")


@pytest.fixture(scope="module")
def photo(net: Net) -> Image:
    cup = photographs()["coffee"]
    return Image.from_array(cup, net.preprocessing, id="cup.png", label="coffee")


@pytest.fixture(scope="module")
def made(net: Net, photo: Image, tmp_path_factory: pytest.TempPathFactory) -> Look:
    out = tmp_path_factory.mktemp("look") / "page"
    return look(net, photo, out=out, options=COARSE)


class Page(HTMLParser):
    """Elements with their attributes, and all text."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.source = path.read_text(encoding="utf-8")
        self.feed(self.source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture(scope="module")
def page(made: Look) -> Page:
    assert made.path is not None
    return Page(made.path)


def equal(one: Any, other: Any) -> bool:
    """Bit for bit, field by field."""
    pairs = ((getattr(one, f.name), getattr(other, f.name)) for f in fields(one))
    return all(
        np.array_equal(a, b, equal_nan=a.dtype.kind == "f") if isinstance(a, np.ndarray) else a == b
        for a, b in pairs
    )


# -- row 9.3: every panel is the stand-alone tool's result -----------------------------------------
@pytest.mark.parametrize("kind", GRADIENTS)
def test_gradients_are_those_of_the_tool(net: Net, photo: Image, made: Look, kind: str) -> None:
    target = made.subject.unit if kind == "deconvnet" else "class:coffee"
    options = GradientOptions(kind=kind, samples=3, steps=4)  # type: ignore[arg-type]
    assert equal(made.result(kind), gradient(net, photo, target, options))


@pytest.mark.parametrize("kind", ["gradcam", "guided_gradcam", "hirescam", "layercam"])
def test_heat_maps_are_those_of_the_tool(net: Net, photo: Image, made: Look, kind: str) -> None:
    key = kind if "gradcam" in kind else f"heatmaps:{kind}"
    options = HeatmapOptions(kind=kind)  # type: ignore[arg-type]
    assert equal(made.result(key), heatmap(net, photo, "class:coffee", options))


def test_the_other_panels_are_those_of_their_tools(net: Net, photo: Image, made: Look) -> None:
    assert equal(made.result("activations"), activations(net, photo, made.subject.layer.name))
    swept = occlude(net, photo, "class:coffee", OccludeOptions(occluder=24, stride=24))
    assert equal(made.result("occlusion"), swept)
    map_of = made.result("gradcam")
    drawn = curves(net, photo, "class:coffee", map_of, CurvesOptions())
    assert equal(made.result("curves"), drawn)


def test_saved_numbers_are_the_panels(made: Look) -> None:
    assert made.path is not None
    data = made.path.parent / "data"
    assert equal(load_result(data / "guided.safetensors"), made.result("guided"))
    assert equal(load_result(data / "occlusion.safetensors"), made.result("occlusion"))
    said = json.loads((data / "gradcam.json").read_text())
    assert said["map"] == made.result("gradcam").map.tolist()
    assert said["large"] == {"shape": [72, 72], "dtype": "float32", "in": "safetensors"}


# -- the page --------------------------------------------------------------------------------------
def test_the_page_has_every_panel_in_the_order_of_the_house(made: Look, page: Page) -> None:
    shown = [a["id"] for tag, a in page.found if tag == "article"]
    expected = [name for name in PANELS if name not in ("ranks", "weights")]
    unit = [name for name in expected if name in ("activations", "deconvnet", "synthesis")]
    assert shown == unit + [name for name in expected if name not in unit]
    assert [panel.key for panel in made.panels] == shown
    assert all(TITLES[name] in page.text for name in expected)


def test_every_panel_has_its_sentences_numbers_and_recipe(made: Look, page: Page) -> None:
    parts = re.split(r"<article", page.source)[1:]
    for panel, part in zip(made.panels, parts, strict=True):
        for sentence in panel.caption.values():
            assert sentence.replace("'", "&#39;") in part
        if panel.absent is not None:
            continue
        assert "How this was made" in part
        assert "convscope." in part
        for recipe in panel.recipes:
            if recipe.file and panel.key != "saliency":
                assert f'href="data/{recipe.file}.safetensors"' in part
    similarity = made.result("gradient").similarity
    assert f"Rank correlation with random weights: {round(similarity, 2):g} (1" in page.text


def test_what_cannot_be_right_says_why_in_place_of_a_picture(made: Look, page: Page) -> None:
    (others,) = (panel for panel in made.panels if panel.key == "heatmaps")
    ((names, message),) = others.errors
    assert names == "CAM, fast.ai heat map"
    assert "stands in the way" in message
    assert f"{names} cannot be right here." in page.text
    assert len(others.pictures) == 3
    with pytest.raises(AddressError, match="heatmaps:cam"):
        made.result("heatmaps:cam")


def test_pictures_have_sizes_and_words_and_lie_beside_the_page(made: Look, page: Page) -> None:
    assert made.path is not None
    for tag, a in page.found:
        if tag == "img":
            assert a["width"]
            assert a["height"]
            assert (made.path.parent / str(a["src"])).is_file()
            assert a["alt"] or str(a["src"]).startswith("img/bar-")
        if tag == "svg" and a.get("role") == "img":
            assert a["aria-label"]
    says = [a["alt"] for tag, a in page.found if tag == "img" and a["alt"]]
    assert any("Gradient of coffee, full scale ±" in str(one) for one in says)


def test_the_page_holds_no_inline_code_and_no_path_of_this_machine(
    made: Look, page: Page, tmp_path_factory: pytest.TempPathFactory
) -> None:
    for tag, a in page.found:
        assert "style" not in a
        assert not [name for name in a if name.startswith("on")]
        assert tag != "style"
        if tag == "script":
            assert a["src"]
    assert made.path is not None
    for file in made.path.parent.rglob("*"):
        if file.suffix in (".html", ".json", ".js"):
            assert str(tmp_path_factory.getbasetemp()) not in file.read_text()
    assert str(tmp_path_factory.getbasetemp()) not in page.source


def test_the_pictures_on_the_page_are_those_of_the_results(made: Look) -> None:
    assert made.path is not None
    with Pillow.open(made.path.parent / "img/gradient-1.png") as image:
        drawn = np.asarray(image.convert("RGB"))
    (panel,) = (one for one in made.panels if one.key == "gradient")
    assert (drawn == panel.pictures[0].pixels).all()


# -- what is looked at -----------------------------------------------------------------------------
def test_without_a_target_the_label_is_looked_at_else_the_answer(net: Net, photo: Image) -> None:
    few = LookOptions(panels=("gradcam",))
    assert look(net, photo, options=few).subject.target == "class:coffee"
    unlabeled = replace(photo, label=None)
    subject = look(net, unlabeled, options=few).subject
    assert subject.name == subject.answers[0].name
    other = look(net, replace(photo, label="moon"), options=few).subject
    assert (other.name, other.answers[-1].name) == ("moon", "moon")
    assert [one.is_label for one in other.answers] == [False] * 5 + [True]


def test_a_unit_is_looked_at_by_every_method(net: Net, photo: Image, tmp_path: Path) -> None:
    few = LookOptions(panels=("activations", "gradient", "gradcam", "curves"))
    made = look(net, photo, Address("relu3", 5), out=tmp_path / "u", options=few)
    assert made.subject.unit == "relu3:5"
    assert [section.id for section in made.site.sections] == ["unit"]
    assert made.result("gradient").target == "relu3:5"
    assert made.result("activations").layer == "relu3"
    assert (tmp_path / "u" / "index.html").is_file()


def test_a_unit_of_the_first_layer_shows_its_weights(net: Net, photo: Image) -> None:
    made = look(net, photo, "relu1:5", options=LookOptions(panels=("weights",)))
    (panel,) = made.panels
    own, among = panel.pictures
    assert own.pixels.shape == (224, 224, 3)
    assert among.box is not None
    assert made.result("weights").layer == "conv1"
    assert not look(net, photo, "relu3:5", options=LookOptions(panels=("weights",))).panels


def test_where_a_method_is_silent_its_panel_says_so(net: Net, photo: Image) -> None:
    black = replace(photo, array=np.zeros_like(photo.array), shown=np.zeros_like(photo.shown))
    found = activations(net, black, "relu5").maps.reshape(96, -1).max(1)
    silent = int(found.argmin())
    assert found[silent] == 0
    options = LookOptions(panels=("activations", "deconvnet"))
    made = look(net, black, f"relu5:{silent}", options=options)
    zero = next(panel for panel in made.panels if panel.key == "deconvnet")
    assert zero.notes
    assert (zero.pictures[0].pixels == 128).all()


# -- bad input -------------------------------------------------------------------------------------
def test_a_class_that_does_not_exist_names_the_nearest(net: Net, photo: Image) -> None:
    with pytest.raises(AddressError, match=r"No class 'cofee'\. Nearest: coffee"):
        look(net, photo, Class("cofee"))


def test_a_panel_that_does_not_exist_names_the_nearest() -> None:
    with pytest.raises(UsageError, match=r"No panel 'gradients'.*Nearest: gradient"):
        LookOptions(panels=("gradients",))


def test_a_folder_that_holds_something_else_is_left_alone(
    net: Net, photo: Image, tmp_path: Path
) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(StorageError, match="holds other files"):
        look(net, photo, out=tmp_path, options=LookOptions(panels=("gradient",)))
    assert [file.name for file in tmp_path.iterdir()] == ["mine.txt"]
    with pytest.raises(StorageError, match="holds other files"):
        look(net, photo, out=tmp_path / "mine.txt")


def test_an_earlier_comparison_is_written_over(net: Net, photo: Image, tmp_path: Path) -> None:
    few = LookOptions(panels=("gradcam",))
    for title in ("one", "two"):
        made = look(net, photo, out=tmp_path / "page", options=replace(few, title=title))
    assert made.path is not None
    assert "<h1>two</h1>" in made.path.read_text()


def test_progress_walks_over_the_looks(net: Net, photo: Image) -> None:
    heard: list[tuple[int, int, str]] = []
    few = LookOptions(panels=("activations", "gradient"))
    look(net, photo, options=few, progress=lambda *said: heard.append(said))
    assert (0, 2, "looking: activations") in heard
    assert (1, 2, "looking: gradient") in heard
    assert heard[-1] == (2, 2, "looking")


# -- one figure ------------------------------------------------------------------------------------
def test_the_figure_has_every_picture_as_png_and_svg(made: Look, tmp_path: Path) -> None:
    figure = made.figure()
    assert_words_fit(figure.canvas)
    svg = figure.save(tmp_path / "f.svg").read_text(encoding="utf-8")
    assert svg.count("<image ") >= sum(len(panel.pictures) for panel in made.panels)
    for words in ("Gradient", "Occlusion", "Insertion and deletion", "coffee"):
        assert words in svg
    with Pillow.open(figure.save(tmp_path / "f.png")) as image:
        assert image.size == (2 * figure.canvas.width, 2 * figure.canvas.height)
    said = json.loads((tmp_path / "f.json").read_text())
    assert "similarity" in said["looks"]["gradient"]
    with Pillow.open(BytesIO(made._repr_png_())) as image:
        assert image.size[0] == 2 * figure.canvas.width


def test_a_figure_of_another_kind_is_refused(made: Look, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"'f\.gif' names no kind of figure"):
        made.figure().save(tmp_path / "f.gif")
