"""The page of an evolution in a real browser, from disk."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from convscope.render.evolution.page import evolution_report
from tests.render.report.test_browser import CHROMIUM, visit
from tests.results.made_evolution import evolution

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
]
PRESS = """
window.addEventListener("load", function () {
  var said = [], slider = document.getElementById("slider");
  function tell() {
    said.push([document.getElementById("epoch").textContent, location.hash,
      document.querySelectorAll(".cell.now[data-at]").length, document.body.dataset.view,
      document.querySelector("[data-values]").textContent, slider.getAttribute("aria-valuetext")]);
  }
  function press(key, on) {
    (on || document.body).dispatchEvent(new KeyboardEvent("keydown", { key: key, bubbles: true }));
    tell();
  }
  tell();
  ["ArrowRight", "ArrowRight", ",", "Home", "2"].forEach(function (key) { press(key); });
  press("ArrowRight", slider);
  slider.value = 980;
  slider.dispatchEvent(new Event("input"));
  tell();
  document.querySelector("a.cell[data-at='1']").click();
  tell();
  document.title = "SAID " + JSON.stringify(said);
});
"""
OVER = """
window.addEventListener("load", function () {
  var frames = WIDTHS.map(function (width) {
    var frame = document.createElement("iframe");
    frame.width = width; frame.height = 800; frame.src = "index.html";
    document.body.append(frame);
    return frame;
  });
  setTimeout(function () {
    document.title = "OVER " + JSON.stringify(frames.map(function (frame) {
      var page = frame.contentDocument.querySelector("MEASURED");
      return page.scrollWidth - page.clientWidth;
    }));
  }, 1200);
});
"""


@pytest.fixture
def page(tmp_path: Path) -> Path:
    views = [("../report/index.html", "Layers"), ("../report/health.html", "Health")]
    return evolution_report(evolution(), tmp_path / "evolution", views=views)


def with_script(page: Path, script: str) -> str:
    (page.parent / "static/test.js").write_text(script)
    text = page.read_text(encoding="utf-8")
    tag = '<script defer src="static/test.js"></script></head>'
    other = page.with_name("test.html")
    other.write_text(text.replace("</head>", tag), encoding="utf-8")
    return f"file://{other}"


def test_it_opens_from_disk_without_a_word_on_the_console(page: Path, tmp_path: Path) -> None:
    dom, console = visit(f"file://{page}#epoch=9&view=one", tmp_path / "profile")
    assert '<b id="epoch">epoch 9</b>' in dom
    assert 'data-view="one"' in dom
    assert console == ""


def test_slider_keys_and_pictures_move_the_one_checkpoint(page: Path, tmp_path: Path) -> None:
    dom, console = visit(with_script(page, PRESS), tmp_path / "profile")
    said = json.loads(re.findall(r"<title>SAID (.*)</title>", dom)[0].replace("&amp;", "&"))
    epochs = [row[0].removeprefix("epoch ") for row in said]
    #          start, →,   →,   ,    Home, 2,   → on the slider, dragged near the end, clicked
    assert epochs == ["4", "9", "9", "4", "0", "0", "4", "9", "4"]
    assert [row[2] for row in said] == [3] * 9  # one checkpoint of each unit
    values = {"0": "−0.05", "4": "0.80", "9": "1.00"}
    assert [row[4] for row in said] == [values[epoch] for epoch in epochs]
    assert [row[5] for row in said] == [f"epoch {epoch}" for epoch in epochs]
    assert [row[3] for row in said] == ["all"] * 5 + ["one"] * 4
    assert said[4][1] == "#epoch=0"
    assert said[7][1] == "#epoch=9&view=one"
    assert console == ""


def test_it_fits_a_phone(page: Path, tmp_path: Path) -> None:
    # frames of one file:// page may read each other where the file is said to be an origin
    flags = ("--allow-file-access-from-files", "--disable-web-security")
    script = OVER.replace("WIDTHS", "[390, 320, 1185]").replace("MEASURED", "html")
    dom, _ = visit(with_script(page, script), tmp_path / "profile", *flags)
    assert "<title>OVER [0,0,0]</title>" in dom


def test_the_table_of_measures_fits_a_window_of_1200_px_with_its_scrollbar(
    page: Path, tmp_path: Path
) -> None:
    flags = ("--allow-file-access-from-files", "--disable-web-security")
    script = OVER.replace("WIDTHS", "[1165, 1185, 1280, 1440]").replace("MEASURED", ".wide-table")
    dom, _ = visit(with_script(page, script), tmp_path / "profile", *flags)
    assert "<title>OVER [0,0,0,0]</title>" in dom
