"""The page of the verdict in a real browser, from disk: filters, keys, no sideways scroll."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from convscope.render.report.report import write_report
from tests.render.fake import FakeAtlas, blocks
from tests.render.made_health import FINDINGS, finding, health
from tests.render.report.test_browser import CHROMIUM, visit

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
]
LONG = "stem.block.10.expand_convolution_with_an_uncommonly_long_name.activation"
FILTER = """
window.addEventListener("load", function () {
  var said = [];
  function look() {
    var open = [].filter.call(document.querySelectorAll(".finding"), function (one) {
      return one.checkVisibility();
    });
    var count = document.getElementById("count").textContent;
    said.push(open.length + " " + count + " " + location.hash);
  }
  function press(kind) {
    var button = document.querySelector('.tools [data-kind="' + kind + '"]');
    button.focus();
    button.click();
    look();
  }
  look();
  press("duplicate"); press("noise"); press("");
  document.title = said.join("; ");
});
"""
WIDE = """
window.addEventListener("load", function () { setTimeout(function () {
  var frames = [1280, 800, 390, 320].map(function (width) {
    var frame = document.createElement("iframe");
    frame.width = width; frame.height = 800; frame.src = "health.html";
    document.body.append(frame);
    return frame;
  });
  setTimeout(function () {
    document.title = "OVER " + JSON.stringify(frames.map(function (frame) {
      var page = frame.contentDocument.documentElement;
      return page.scrollWidth - page.clientWidth;
    }));
  }, 1200);
}, 100); });
"""
SMALL = """
window.addEventListener("load", function () {
  var nodes = document.querySelectorAll("main a, main button, main summary");
  var lost = [].filter.call(nodes, function (node) { return node.tabIndex < 0; });
  document.title = "LOST " + lost.length + " of " + nodes.length;
});
"""


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    atlas = FakeAtlas()
    more = [finding("duplicate", n % 3, tuple(range(4 * n))).to_dict() for n in range(20)]
    found = (*(one.to_dict() for one in FINDINGS), *more)
    found[0]["evidence"] = f"{LONG}: {LONG}"
    out = tmp_path_factory.mktemp("health") / "report"
    write_report(atlas, out, blocks(atlas), health=health(found=found))
    return out


def with_script(report: Path, folder: Path, script: str) -> str:
    """A copy of the report whose page runs one more script, from a file."""
    copy = Path(shutil.copytree(report, folder / "report"))
    (copy / "static/probe.js").write_text(script)
    page = (copy / "health.html").read_text()
    one = '<script defer src="static/probe.js"></script></head>'
    (copy / "probe.html").write_text(page.replace("</head>", one))
    return f"file://{copy}/probe.html"


@pytest.mark.parametrize("page", ["health.html", "health.html#kind=dead", "unit.html#000:4",
                                  "layer/000-features-1.html#show=duplicate"])  # fmt: skip
def test_pages_are_drawn_without_console_errors(report: Path, tmp_path: Path, page: str) -> None:
    dom, console = visit(f"file://{report}/{page}", tmp_path)
    assert console == ""
    assert "Health</a>" in dom


def test_a_filter_leaves_one_kind_and_opens_what_is_folded(report: Path, tmp_path: Path) -> None:
    dom, console = visit(with_script(report, tmp_path, FILTER), tmp_path / "profile")
    said = "12 26 of 26 ; 21 21 of 26 #kind=duplicate; 1 1 of 26 #kind=noise; 26 26 of 26 "
    assert f"<title>{said}</title>" in dom
    assert console == ""


def test_an_address_names_the_kind_that_is_shown(report: Path, tmp_path: Path) -> None:
    dom, _ = visit(f"file://{report}/health.html#kind=dead", tmp_path)
    assert 'data-kind="dead" aria-pressed="true"' in dom
    assert len(re.findall(r'<article class="finding" data-kind="\w[\w ]*">', dom)) == 1
    other, _ = visit(f"file://{report}/health.html#kind=nothing", tmp_path)
    assert 'data-kind="" aria-pressed="true"' in other


def test_no_width_scrolls_the_page_sideways(report: Path, tmp_path: Path) -> None:
    flags = ("--allow-file-access-from-files",)
    dom, _ = visit(with_script(report, tmp_path, WIDE), tmp_path / "profile", *flags)
    found = re.search(r"<title>OVER (.*?)</title>", dom)
    assert found is not None
    assert json.loads(found[1]) == [0, 0, 0, 0]


def test_everything_is_reached_by_the_keyboard(report: Path, tmp_path: Path) -> None:
    dom, _ = visit(with_script(report, tmp_path, SMALL), tmp_path / "profile")
    assert re.search(r"<title>LOST 0 of \d\d\d", dom)


def test_a_layer_filters_by_the_doctors_kinds(report: Path, tmp_path: Path) -> None:
    dom, _ = visit(f"file://{report}/layer/000-features-1.html#show=duplicate", tmp_path)
    assert sorted(re.findall(r'<article class="card [\w-]+" id="c(\d+)"', dom)) == ["4", "9"]
    assert "2 of 2 duplicate, 12 in all" in dom
    always, _ = visit(
        f"file://{report}/layer/002-features-3-expand3x3_activation.html#show=always%20on", tmp_path
    )
    assert re.findall(r'<article class="card [\w-]+" id="c(\d+)"', always) == ["3"]


def test_a_twin_is_a_link_on_the_page_of_its_channel(report: Path, tmp_path: Path) -> None:
    dom, _ = visit(f"file://{report}/unit.html#000:4", tmp_path)
    assert re.search(r'<a href="unit.html#000:9"><span class="badge duplicate"[^>]*>twin of 9', dom)
