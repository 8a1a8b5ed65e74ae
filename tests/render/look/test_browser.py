"""The comparison page in a real browser, from disk."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from convscope.images.image import Image
from convscope.images.photos import photographs
from convscope.methods.options.look import LookOptions
from convscope.net.intake import load
from convscope.render.look.look import look
from tests.render.report.test_browser import CHROMIUM, visit

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
]
HOSTILE = '<img src=x onerror="document.title=1">'
PROBE = """
window.addEventListener("load", function () { setTimeout(function () {
  var wide = [390, 320].map(function (width) {
    var frame = document.createElement("iframe");
    frame.width = width; frame.height = 800; frame.src = "index.html";
    document.body.append(frame);
    return frame;
  });
  setTimeout(function () {
    var found = wide.map(function (frame) {
      var page = frame.contentDocument.documentElement;
      return page.scrollWidth - page.clientWidth;
    });
    document.title = "OVER " + JSON.stringify(found);
  }, 1200);
}, 100); });
"""
POINT = """
window.addEventListener("load", function () {
  var ground = document.querySelector("[data-map=gradcam-1]");
  var place = ground.getBoundingClientRect();
  ground.dispatchEvent(new PointerEvent("pointermove",
    { clientX: place.left + place.width / 2, clientY: place.top + place.height / 2 }));
});
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    net = load("bundled:photos", device="cpu")
    cup = photographs()["coffee"]
    photo = Image.from_array(cup, net.preprocessing, id=HOSTILE, label="coffee")
    out = tmp_path_factory.mktemp("look") / "page"
    options = LookOptions(occluder=24, stride=12, samples=2, steps=2, title=HOSTILE)
    look(net, photo, out=out, options=options)
    return out


def with_script(folder: Path, name: str, script: str) -> str:
    """A copy of the page that runs one more script, from a file as the page's policy asks."""
    (folder / f"{name}.js").write_text(script)
    page = (folder / "index.html").read_text()
    (folder / f"{name}.html").write_text(
        page.replace("</head>", f'<script defer src="{name}.js"></script></head>')
    )
    return f"file://{folder}/{name}.html"


def test_the_page_opens_from_disk_without_console_errors(folder: Path, tmp_path: Path) -> None:
    dom, console = visit(f"file://{folder}/index.html", tmp_path)
    assert console == ""
    assert dom.count("<article") == 14
    assert "<img src=x" not in dom
    assert "&lt;img src=x" in dom


def test_the_page_never_scrolls_sideways_on_a_phone(folder: Path, tmp_path: Path) -> None:
    # frames of one file:// page may read each other where the file is said to be an origin
    url = with_script(folder, "probe", PROBE)
    dom, _ = visit(url, tmp_path, "--allow-file-access-from-files", "--disable-web-security")
    found = re.search(r"<title>OVER (\[.*?\])", dom)
    assert found is not None
    assert max(json.loads(found[1])) <= 0


def test_pointing_at_a_map_reads_its_value(folder: Path, tmp_path: Path) -> None:
    dom, console = visit(with_script(folder, "point", POINT), tmp_path)
    line = re.search(r'id="reading">(.*?)</p>', dom)
    assert line is not None
    assert re.fullmatch(r"Grad-CAM, cell \(3, 3\): [+−]?[\d.e−-]+ evidence", line[1])
    assert console == ""
