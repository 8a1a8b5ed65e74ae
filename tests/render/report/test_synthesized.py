"""Synthesized pictures in a report: files, words, counts, and nothing where there are none."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from convscope.render.report.report import Report, ReportOptions, write_report
from convscope.render.report.survey import survey
from convscope.render.report.synthesized import LayerDrawn, drawn_sentence, scale_words, write_drawn
from convscope.results.caption import CAPTIONS
from convscope.results.synthesis import Synthesis
from tests.render.fake import FakeAtlas, blocks, photographs, synthesis
from tests.render.report.test_report import shard, text

LAYER = "features.3.expand3x3_activation"
PAGE = "layer/002-features-3-expand3x3_activation.html"
RECIPE = "Recipe natural, with steps 64 (256). "
WORDS = {
    0: "It drives the unit to 1.8 times the strongest photograph; 84 % of that is left after a "
    "shift of 3 px and a blur.",
    1: "Weaker than reality: it reaches 0.7 of the strongest photograph; 84 % of that is left "
    "after a shift of 3 px and a blur.",
    2: "No start woke it: nothing is drawn.",
    3: "The step was too large, so this is the best before. It drives the unit to 1.5 times the "
    "strongest photograph; 84 % of that is left after a shift of 3 px and a blur.",
    4: "No photograph fires the unit, and this picture drives it to 30; 84 % of that is left after "
    "a shift of 3 px and a blur.",
}


def with_pictures(**pictures: Synthesis) -> FakeAtlas:
    return FakeAtlas(pictures={LAYER: synthesis(LAYER, range(7))} | pictures)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Report:
    atlas = with_pictures()
    return write_report(atlas, tmp_path_factory.mktemp("drawn") / "report", blocks(atlas))


def drawn(tmp_path: Path, made: Synthesis) -> LayerDrawn:
    atlas = FakeAtlas(pictures={made.layer: made})
    (found,) = write_drawn(survey(atlas, ReportOptions()), tmp_path).values()
    return found


# -- files -----------------------------------------------------------------------------------------
def test_small_pictures_are_kept_pixel_for_pixel(made: Report) -> None:
    files = sorted(path.name for path in (made.path / "drawn/002").iterdir())
    assert files == [f"{channel:04d}.png" for channel in (0, 1, 3, 4, 5, 6)]
    with Image.open(made.path / "drawn/002/0003.png") as image:
        assert np.array_equal(np.asarray(image), photographs(40)[3])


def test_large_pictures_are_jpeg_in_full_color(tmp_path: Path) -> None:
    found = drawn(tmp_path, synthesis(LAYER, [4], side=120, status=("drawn",)))
    assert found.channels[4].file == "drawn/002/0004.jpg"
    with Image.open(tmp_path / "drawn/002/0004.jpg") as image:
        off = np.asarray(image).astype(int) - photographs(120)[4]
    assert np.abs(off).mean() < 3


def test_one_channel_pictures_are_gray(tmp_path: Path) -> None:
    gray = photographs(40)[0][None, :, :, :1]
    drawn(tmp_path, synthesis(LAYER, [0], pictures=gray))
    with Image.open(tmp_path / "drawn/002/0000.png") as image:
        assert np.array_equal(np.asarray(image), np.repeat(gray[0], 3, axis=2))


# -- words -----------------------------------------------------------------------------------------
@pytest.mark.parametrize("channel", WORDS)
def test_how_far_each_picture_drives_its_unit(made: Report, channel: int) -> None:
    assert shard(made.path, 2)["drawn"]["units"][str(channel)]["say"] == WORDS[channel]


def test_numbers_below_1_never_read_1(tmp_path: Path) -> None:
    close = synthesis(LAYER, [0], values=np.array([99.99]), robust=np.array([101.0]))
    said = drawn(tmp_path, close).channels[0].says
    assert said.startswith("Weaker than reality: it reaches 0.999 of the strongest")
    assert "; nothing of that is lost to a shift of 3 px and a blur." in said


def test_below_zero_and_without_data_there_is_no_ratio(tmp_path: Path) -> None:
    below = drawn(tmp_path, synthesis(LAYER, [0], best=np.array([-2.5]))).channels[0]
    assert "the strongest photograph to −2.5, which is below zero" in below.says
    without = drawn(tmp_path, synthesis(LAYER, [0], best=np.array([np.nan]))).channels[0]
    assert "nothing says whether photographs do better." in without.says
    assert (below.peak, without.score, without.mark) == ("no score", None, "")


def test_starts_and_their_median(made: Report) -> None:
    units = shard(made.path, 2)["drawn"]["units"]
    said = [units[str(channel)]["t"].removeprefix(RECIPE) for channel in (0, 1, 2, 4)]
    assert said == [
        "Best of 3 starts, seed 0; median score 1.4.",
        "Best of 2 starts, seed 1; median score 0.525.",
        "2 starts were tried.",
        "Best of 2 starts, seed 4; median 22.5.",
    ]


def test_one_start_is_called_that(tmp_path: Path) -> None:
    one = synthesis(LAYER, [0], tries=np.array([[180.0]]))
    assert drawn(tmp_path, one).channels[0].made == f"{RECIPE}One start, seed 0."
    one.provenance["spectrum_images"] = 0
    assert drawn(tmp_path, one).channels[0].made.endswith("its spectrum is the usual 1/f.")


def test_the_recipe_is_a_preset_and_what_differs(tmp_path: Path) -> None:
    made = synthesis(LAYER, [0])
    found = drawn(tmp_path, made)
    assert found.recipe == "natural, with steps 64 (256)"
    assert scale_words(found) == "40 × 40 pixels, by the recipe natural, with steps 64 (256)."
    made.provenance["options"]["preset"] = "maco"
    assert drawn(tmp_path, made).recipe.startswith("maco, with parameterization fourier (phase)")


def test_marks_and_counts(tmp_path: Path) -> None:
    found = drawn(tmp_path, synthesis(LAYER, range(7)))
    marks = {channel: one.mark for channel, one in found.channels.items() if one.mark}
    assert marks == {1: "weaker", 2: "silent", 3: "diverged", 6: "weaker"}
    assert found.counts == "6 pictures, 2 of them weaker than reality, 1 channel silent"
    said = drawn_sentence({2: found})
    assert said == (
        f"The network also drew 6 pictures, for channels of {LAYER}; 2 are weaker than reality: "
        "the strongest photograph drives the channel further. 1 channel stayed silent from every "
        "start."
    )
    strong = drawn(tmp_path, synthesis(LAYER, [0]))
    assert "1 picture, for" in drawn_sentence({2: strong})
    assert "none is weaker than reality" in drawn_sentence({2: strong})


# -- pages -----------------------------------------------------------------------------------------
def test_pages_offer_them_with_their_sentences(made: Report) -> None:
    page = unescape(text(made.path, PAGE))
    assert 'data-view="synthesis"' in page
    assert '<option value="weaker">synthesis weaker, 2</option>' in page
    assert '<option value="score">score</option>' in page
    assert "6 pictures, 2 of them weaker than reality" in page
    for name in (PAGE, "unit.html", "made.html"):
        for sentence in CAPTIONS["synthesis"]:
            assert sentence in unescape(text(made.path, name)), name
    assert "2 are weaker than reality" in text(made.path, "index.html")
    assert f"{PAGE}#view=synthesis" in text(made.path, "index.html")
    assert "natural, with steps 64 (256)" in text(made.path, "made.html")
    assert "<kbd>4</kbd>" in text(made.path, "index.html")


def test_without_scripts_each_can_be_reached(made: Report) -> None:
    found = set(re.findall(r'href="\.\./(drawn/002/\d{4}\.png)"', text(made.path, PAGE)))
    assert found == {f"drawn/002/{channel:04d}.png" for channel in (0, 1, 3, 4, 5, 6)}
    assert "2 (silent)" in text(made.path, PAGE)


def test_numbers_are_in_the_data_of_the_page(made: Report) -> None:
    units = shard(made.path, 2)["drawn"]["units"]
    assert list(units) == [str(channel) for channel in range(7)]
    numbers = dict(units["0"]["n"])
    assert numbers["value on the picture"] == 180.0
    assert numbers["strongest in the data"] == 100.0
    assert (numbers["score"], numbers["value after shift and blur"]) == (1.8, 151.2)
    assert [numbers[f"value of start {n}"] for n in (1, 2, 3)] == [180.0, 140.0, 90.0]
    assert dict(units["4"]["n"])["score"] is None


def test_what_is_not_synthesized_shows_nothing_new(made: Report, tmp_path: Path) -> None:
    assert "drawn" not in shard(made.path, 1)
    for name in ("layer/001-features-3-squeeze_activation.html",):
        assert "ynthes" not in text(made.path, name).replace("<kbd>4</kbd></dt><dd>synthesis", "")
    atlas = FakeAtlas()
    plain = write_report(atlas, tmp_path / "plain", blocks(atlas))
    assert not (plain.path / "drawn").exists()
    for path in plain.path.rglob("*.html"):
        assert "ynthes" not in path.read_text(), path


def test_pictures_kept_later_make_the_report_anew(tmp_path: Path) -> None:
    atlas = FakeAtlas()
    write_report(atlas, tmp_path / "r", blocks(atlas))
    more = write_report(with_pictures(), tmp_path / "r", blocks(atlas))
    assert (more.path / "drawn/002/0000.png").exists()
    other = synthesis(LAYER, [1])
    fewer = write_report(with_pictures(**{LAYER: other}), tmp_path / "r", blocks(atlas))
    assert [path.name for path in (fewer.path / "drawn/002").iterdir()] == ["0001.png"]


def test_what_does_not_fit_is_left_out_and_said(made: Report, tmp_path: Path) -> None:
    atlas = with_pictures()
    pictures = sum(path.stat().st_size for path in (made.path / "drawn").rglob("*.png"))
    fewest = write_report(atlas, tmp_path / "one", blocks(atlas), ReportOptions(ranks=1))
    limit = (fewest.bytes - pictures / 2) / 1e6
    report = write_report(atlas, tmp_path / "r", blocks(atlas), ReportOptions(max_mb=limit))
    said = f"Not in this report: the synthesized pictures, to stay under {limit:g} MB."
    assert said in report.left_out
    assert not (report.path / "drawn").exists()
    assert 'data-view="synthesis"' not in text(report.path, PAGE)


def test_only_the_layers_of_the_report_are_read(tmp_path: Path) -> None:
    atlas = with_pictures()
    chosen = ReportOptions(layers=("features.1",))
    part = replace(atlas, rows=atlas.rows[:1])
    report = write_report(atlas, tmp_path / "r", blocks(part), chosen)
    assert not (report.path / "drawn").exists()
