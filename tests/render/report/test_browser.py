"""The report in a real browser, from disk: no console errors, drawn pages, nothing hostile runs."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from convscope.render.report.report import ReportOptions, write_report
from tests.render.fake import FakeAtlas, blocks, synthesis

CHROMIUM = next(
    filter(None, map(shutil.which, ["chromium", "chromium-browser", "google-chrome"])), None
)
SOME = "features.3.expand3x3_activation"
SOME_PAGE = "layer/002-features-3-expand3x3_activation.html"
HOSTILE = '<img src=x onerror="document.title=1">'

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
]


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    atlas = FakeAtlas(labels=[HOSTILE, "b"] * 5, classes=(HOSTILE, "b", "c"))
    many = FakeAtlas(
        rows=(("features.1", 60, 111, 7, 2), *atlas.rows[1:]),
        labels=atlas.labels,
        classes=atlas.classes,
        pictures={SOME: synthesis(SOME, range(7))},
    )
    out = tmp_path_factory.mktemp("browser") / "report"
    write_report(many, out, blocks(many), ReportOptions())
    return out


def visit(url: str, folder: Path, *flags: str) -> tuple[str, str]:
    """The page's DOM after its scripts ran, and what the console said."""
    command = [
        str(CHROMIUM), "--headless=new", "--no-sandbox", "--disable-gpu", "--window-size=1280,800",
        f"--user-data-dir={folder}", "--virtual-time-budget=3000", "--enable-logging=stderr",
        *flags, "--dump-dom", url,
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    return done.stdout, "\n".join(line for line in done.stderr.splitlines() if "CONSOLE" in line)


PAGES = {  # what each page must show once its scripts ran
    "index.html": "Each pair is one channel",
    "made.html": "How this was made",
    "layer/000-features-1.html": 'class="card live',
    "layer/000-features-1.html#view=patches&sort=peak&size=S&show=live": 'data-view="patches"',
    "layer/003-features-9-expand3x3_activation.html#show=dead": "no image of 10 fires it",
    "unit.html#000:5": "features.1:<b>5</b>",
    "unit.html#000:5&rank=4": "Projection of rank 4",
    "unit.html#003:2": "No image of <b>10</b> fires it, so there is nothing to show.",
    f"{SOME_PAGE}#view=synthesis": "score 1.8",
    f"{SOME_PAGE}#view=synthesis&show=weaker": "2 of 2 weaker, 10 in all",
    "unit.html#002:1": "Weaker than reality: it reaches <b>0.7</b>",
    "unit.html#002:2": "no start woke it",
    "unit.html#002:9": 'id="drawn" hidden=""',
    "unit.html#000:999": "Channel 999 is out of range",
    "unit.html": "No channel is named",
}


@pytest.mark.parametrize("page", PAGES)
def test_pages_are_drawn_without_console_errors(report: Path, tmp_path: Path, page: str) -> None:
    dom, console = visit(f"file://{report}/{page}", tmp_path)
    assert PAGES[page] in dom
    assert console == ""


RANKED = ("triptych", "nine", "reading", "classes-panel", "histogram-panel")


def test_the_page_of_a_dead_channel_says_once_that_there_is_nothing(
    report: Path, tmp_path: Path
) -> None:
    dom, _ = visit(f"file://{report}/unit.html#003:2", tmp_path)
    for name in RANKED:
        assert re.search(rf'id="{name}"[^>]* hidden=""', dom), name
    assert not re.search("waiting|not projected|not above zero", dom)
    live, _ = visit(f"file://{report}/unit.html#003:1", tmp_path / "live")
    assert re.search(r'<p class="empty" id="nothing" hidden=""', live)
    assert not re.search(r'id="nine"[^>]* hidden=""', live)


def test_the_command_of_a_channel_draws_that_channel(report: Path, tmp_path: Path) -> None:
    dom, _ = visit(f"file://{report}/unit.html#002:1", tmp_path)
    name = "002-features-3-expand3x3_activation-1.png"
    said = f"convscope figure sq.atlas {SOME} --out {name} --only 1 --trust"
    assert f'<code id="command">{said}</code>' in dom


def test_some_cells_above_zero_are_not_said_to_be_none(report: Path, tmp_path: Path) -> None:
    dom, _ = visit(f"file://{report}/unit.html#002:1", tmp_path)
    assert re.search(r'<span class="of-all">[\d,]+ cells, &gt; 99.9 % of them at zero<', dom)


def test_a_finished_report_waits_for_nothing(report: Path, tmp_path: Path) -> None:
    dom, _ = visit(f"file://{report}/unit.html#002:1", tmp_path)
    assert dom.count('<span class="rank">') == 4
    assert "waiting" not in dom


def test_cards_beyond_the_first_48_come_from_the_shard(report: Path, tmp_path: Path) -> None:
    dom, console = visit(f"file://{report}/layer/000-features-1.html#at=59&sort=number", tmp_path)
    assert len(re.findall(r'<article class="card', dom)) == 60
    assert console == ""


def test_the_synthesized_view_lists_what_was_drawn(report: Path, tmp_path: Path) -> None:
    dom, _ = visit(f"file://{report}/{SOME_PAGE}#view=synthesis&sort=score", tmp_path)
    assert re.findall(r'<article class="card [a-z]+" id="c(\d)"', dom) == list("0531624")
    assert dom.count('class="pixel" src="../drawn/002/') == 6
    assert "no start woke it" in dom
    assert "7 of 7 synthesized, 10 in all" in dom


KEYS = """
window.addEventListener("load", function () {
  var said = [], grid = document.getElementById("cards");
  function press(key) {
    document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key: key, bubbles: true }));
    var card = document.activeElement.closest(".card");
    said.push(grid.dataset.view + " " + grid.children.length + " " + (card ? card.id : "none"));
  }
  document.querySelector("#c5 h2 a").focus();
  ["4", "1", "4", "3"].forEach(press);
  document.title = said.join("; ");
});
"""


def test_key_4_shows_them_and_keeps_the_place(report: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(report, tmp_path / "report"))
    (copy / "static/keys.js").write_text(KEYS)
    page = copy / SOME_PAGE
    script = '<script defer src="../static/keys.js"></script></head>'
    page.write_text(page.read_text().replace("</head>", script))
    dom, console = visit(f"file://{page}", tmp_path / "profile")
    said = "synthesis 7 c5; both 10 c5; synthesis 7 c5; patches 10 c5"
    assert f"<title>{said}</title>" in dom
    assert console == ""


WIDTHS = (320, 390, 720, 1000, 1100, 1200, 1280, 1440)
OVER = """
window.addEventListener("load", function () {
  var frames = WIDTHS.map(function (width) {
    var frame = document.createElement("iframe");
    frame.width = width; frame.height = 800; frame.src = "PAGE";
    document.body.append(frame);
    return frame;
  });
  function over(node) { return node.scrollWidth - node.clientWidth; }
  setTimeout(function () {
    document.title = "OVER " + JSON.stringify(frames.map(function (frame) {
      var page = frame.contentDocument;
      var wide = [].slice.call(page.querySelectorAll(".readings *"));
      return [over(page.documentElement)].concat(wide.filter(function (node) {
        return node.clientWidth && over(node) > 1;
      }).map(function (node) { return node.id || node.className; }));
    }));
  }, 2000);
});
"""


@pytest.mark.parametrize("page", ["unit.html#000:5", "unit.html#002:1", "unit.html#003:2"])
def test_the_page_of_a_channel_fits_every_window(report: Path, tmp_path: Path, page: str) -> None:
    copy = Path(shutil.copytree(report, tmp_path / "report"))
    script = OVER.replace("WIDTHS", str(list(WIDTHS))).replace("PAGE", page)
    (copy / "static/over.js").write_text(script)
    frame = '<script defer src="static/over.js"></script><body></body>'
    (copy / "over.html").write_text(f"<!doctype html><html lang='en'>{frame}</html>")
    # frames of one file:// page may read each other where the file is said to be an origin
    flags = ("--allow-file-access-from-files", "--disable-web-security")
    dom, _ = visit(f"file://{copy}/over.html", tmp_path / "profile", *flags)
    assert re.findall("<title>OVER (.*)</title>", dom) == [
        str([[0]] * len(WIDTHS)).replace(" ", "")
    ]


def test_hostile_labels_do_nothing(report: Path, tmp_path: Path) -> None:
    dom, console = visit(f"file://{report}/unit.html#000:5", tmp_path)
    assert "<title>features.1:5" in dom
    assert "<img src=x" not in dom
    assert "&lt;img src=x" in dom
    assert console == ""
