"""The page of the verdict in a report: everything is on it, linked, escaped, and folds."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html import unescape
from pathlib import Path

import numpy as np
import pytest

from convscope.render.health.page import LINKED, SHOWN, finding_counts
from convscope.render.report.report import Report, ReportOptions, write_report
from convscope.results.caption import CAPTIONS
from convscope.results.health import Health
from tests.render.fake import FakeAtlas, blocks
from tests.render.made_health import ADVICE, FINDINGS, LAYERS, THRESHOLDS, finding, health
from tests.render.report.test_report import HOSTILE, Links, assert_light, parsed, shard

DEAD_LAYER = "layer/003-features-9-expand3x3_activation.html"


def made(out: Path, verdict: Health | None, **options: object) -> Report:
    atlas = FakeAtlas()
    chosen = ReportOptions(**options)  # type: ignore[arg-type]
    return write_report(atlas, out / "r", blocks(atlas), chosen, health=verdict)


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(tmp_path_factory.mktemp("health"), health()).path


def page(out: Path, name: str = "health.html") -> str:
    """The page's text, with the places left out at which long names may break."""
    whole = (out / name).read_text()
    return unescape(re.sub(r"<wbr>|<span class=\"whole\">|</span>", "", whole))


def articles(out: Path) -> list[str]:
    return re.findall(r"<article.*?</article>", page(out), re.S)


# -- what is on it ---------------------------------------------------------------------------------
def test_every_finding_is_on_the_page_with_its_evidence(report: Path) -> None:
    found = articles(report)
    assert len(found) == len(FINDINGS)
    for one, article in zip(FINDINGS, found, strict=True):
        for said in (one.says, one.evidence, one.remedy, one.certainty, one.layer):
            assert said in article, said
        assert f'data-kind="{one.kind}"' in article


def test_every_advice_is_there_with_its_answer_and_number(report: Path) -> None:
    rows = re.findall(r'<li><b>(.*?)</b><span class="answer (\w+)">(\w+)(.*?)</li>', page(report))
    assert [row[:3] for row in rows] == [
        (one.what, one.is_indicated, one.is_indicated) for one in ADVICE
    ]
    for one, row in zip(ADVICE, rows, strict=True):
        assert one.why in row[3]
        assert row[3].endswith(f'class="sure">{one.certainty}')


def test_the_verdict_is_the_heading(report: Path) -> None:
    text = page(report)
    assert "<h1>This network looks trained.</h1>" in text
    assert "4 of 5 layers have patterns that stand out of a shuffle" in text
    for fact in ("likely, beyond the threshold",
                 "2 clear, 1 faint, 1 none, 1 unknown (of 5 layers)",
                 "right on 82 % of 500 images, 93 % sure; guessing is right on 20 %", "500 images",
                 "overfitting would not show"):  # fmt: skip
        assert fact in text, fact


def test_every_layer_has_its_bars_and_both_floors_in_words(report: Path) -> None:
    lines = re.findall(r'<li class="layer-line"><.*?</li>', page(report), re.S)
    assert len(lines) == len(LAYERS)
    first = re.findall(r'aria-label="(.*?)"', lines[0])
    assert first == [
        "prominence 1.46, 1.01 at its start, 0.998 shuffled", "dead 0 %, 0 % at its start, "
        "0 % shuffled", "firing 51 %, 50 % at its start, 47 % shuffled",
        "effective rank 62 %, 30 % at its start, 35 % shuffled",
        "filter noise 0.2, 1 at its start, 0.99 shuffled",
    ]  # fmt: skip
    width = re.findall(r'class="b2" y="4" width="([\d.]+)"', lines[0])
    assert [float(one) for one in width] == [93.4, 0, 49.0, 74.4, 16.0]
    assert "does not apply" in lines[1]
    assert all(f"{LAYERS[n]}</a>" in lines[n] for n in range(5))
    assert "at its start, untrained (epoch 0 of its run)" in page(report)


def test_the_thresholds_are_a_table_with_their_source(report: Path) -> None:
    text = page(report)
    for name, row in THRESHOLDS.items():
        assert f'<th scope="row">{name}</th>' in text
        assert f"<td>{row['says']}</td><td>{row['source']}</td>" in text
    assert '<td class="value">30 %</td>' in text
    assert '<td class="value">0.98 correlation</td>' in text


def test_it_says_what_it_does_not_show(report: Path) -> None:
    for sentence in CAPTIONS["health"]:
        assert sentence in page(report)


def test_the_numbers_are_beside_it_as_json(report: Path) -> None:
    said = json.loads((report / "data/health.json").read_text())
    assert len(said["findings"]) == len(FINDINGS)
    assert 'href="data/health.json"' in page(report)


# -- where it leads --------------------------------------------------------------------------------
def test_findings_lead_to_their_layers_and_channels(report: Path) -> None:
    dead, duplicate, *_ = articles(report)
    assert f'href="{DEAD_LAYER}#show=dead"' in dead
    assert re.findall(r'href="(unit.html#.*?)">(\d+)<', dead) == [
        ("unit.html#003:2", "2"), ("unit.html#003:5", "5"),
    ]  # fmt: skip
    assert 'href="layer/000-features-1.html#show=duplicate"' in duplicate
    assert "#show=always%20on" in articles(report)[3]
    assert 'href="layer/004-classifier-2.html"' in articles(report)[4]  # no channel is noise
    for path in (report / "health.html", report / "index.html", report / DEAD_LAYER):
        for link in parsed(path).found:
            target = link.split("#")[0]
            assert not target or (path.parent / target).exists(), link


def test_pages_lead_to_it(report: Path) -> None:
    assert 'href="health.html">Health</a>' in page(report, "index.html")
    assert '<a href="health.html">This network looks trained.</a>' in page(report, "index.html")
    assert 'href="../health.html">Health</a>' in page(report, DEAD_LAYER)
    assert '<a href="../health.html#layers">unknown</a>' in page(report, DEAD_LAYER)
    assert 'href="health.html">Health</a>' in page(report, "unit.html")
    here = re.search(r'<nav class="views".*?</nav>', page(report), re.S)
    assert here is not None
    assert 'href="health.html" aria-current="page"' in here[0]


def test_a_layer_that_is_not_in_the_report_is_named_without_a_link(tmp_path: Path) -> None:
    atlas = FakeAtlas()
    chosen = ReportOptions(layers=("features.1",))
    part = replace(atlas, rows=atlas.rows[:1])
    out = write_report(atlas, tmp_path / "r", blocks(part), chosen, health=health()).path
    dead = articles(out)[0]
    assert "<a " not in dead
    assert "features.9.expand3x3_activation" in dead
    assert "<span>2 " in dead
    for link in parsed(out / "health.html").found:
        target = link.split("#")[0]
        assert not target or (out / target).exists(), link


def test_channels_wear_their_badges_on_every_page(report: Path) -> None:
    text = page(report, "layer/000-features-1.html")
    assert re.findall(r'class="badge ([\w-]+)" data-show="([\w -]+)">(.*?)<', text) == [
        ("dominant", "dominant", "dominant"), ("duplicate", "duplicate", "twin of 4"),
        ("duplicate", "duplicate", "twin of 9"), ("border", "border", "border"),
    ]  # fmt: skip
    assert '<option value="duplicate">duplicate, 2</option>' in text
    assert "8 live, 1 border, 2 duplicate, 1 dominant" in text
    units = shard(report, 0)["units"]
    assert units[4]["b"] == [["duplicate", "twin of 9", 9]]
    assert units[4]["k"] == ["duplicate"]
    assert units[4]["say"].endswith("(correlation 0.991 over these images).")
    assert units[0]["k"] == ["live"]
    assert shard(report, 2)["units"][1]["k"] == ["rare", "duplicate"]
    index = json.loads((report / "data/index.js").read_text().split("(", 1)[1][:-3])
    assert index["layers"][2]["kinds"]["duplicate"] == [1]
    assert index["layers"][2]["kinds"]["always on"] == [3]


# -- little, much, hostile -------------------------------------------------------------------------
def test_a_health_with_no_findings_says_so(tmp_path: Path) -> None:
    none = health(found=(), unit_kinds=np.zeros_like(health().unit_kinds), advised=(), note="")
    out = made(tmp_path, none).path
    text = page(out)
    assert articles(out) == []
    assert "no layer and no channel is beyond a threshold" in text
    assert "toolbar" not in text
    assert "What to change" not in text
    assert "Layer by layer" in text


def test_sixty_findings_fold_and_are_all_there(tmp_path: Path) -> None:
    kinds = ("dead", "duplicate", "always on")
    many = tuple(finding(kinds[n // 20], n % 5, tuple(range(n))) for n in range(60))
    verdict = health(found=tuple(one.to_dict() for one in many))
    out = made(tmp_path, verdict).path
    found = articles(out)
    assert len(found) == 60
    for one, article in zip(many, found, strict=True):
        assert one.says in article
        assert one.evidence in article
        numbers = re.findall(r'href="unit.html#\d+:(\d+)"', article)
        assert tuple(map(int, numbers)) == one.channels
    folded = page(out).split('<details id="rest">')[1].split('<h2 id="layers">')[0]
    assert folded.count("<article") == 60 - SHOWN
    assert f"{60 - SHOWN} more, less grave" in folded
    assert f"{50 - LINKED} more</summary>" in found[50]
    assert "<details" not in found[LINKED]
    assert finding_counts(verdict) == dict.fromkeys(kinds, 20)
    for kind in kinds:
        assert f'data-kind="{kind}" aria-pressed="false">{kind} 20</button>' in page(out)


def test_without_labels_nothing_is_said_of_answers(tmp_path: Path) -> None:
    said = "No image has a label that the network knows."
    out = made(tmp_path, health(answers={}, note=said)).path
    assert "<dt>answers</dt>" not in page(out)
    assert said in page(out)


def test_answers_on_what_it_was_trained_on_are_told_from_others(tmp_path: Path) -> None:
    answers = health().answers | {"trained_on": 1.0, "held_out": 0.82}
    out = made(tmp_path, health(answers=answers, state="overfitted")).path
    assert "in training right on 100 % of what it was shown" in page(out)


def test_many_layers_fold(tmp_path: Path) -> None:
    from convscope.render.health.page import LAYERS as OPEN

    count, one = OPEN + 5, health()
    deep = health(
        layers=tuple(f"layer.{n}" for n in range(count)),
        layer_states=("trained",) * count,
        layer_values=np.repeat(one.layer_values[:, :1], count, axis=1),
        layer_floors=np.repeat(one.layer_floors[:, :, :1], count, axis=2),
        found=(),
    )
    out = made(tmp_path, deep).path
    assert page(out).count('<li class="layer-line">') == count
    assert "5 more layers</summary>" in page(out)


def test_hostile_names_stay_text(tmp_path: Path) -> None:
    name = f"{HOSTILE}.1"
    atlas = FakeAtlas(rows=((name, 3, 20, 7, 2),), dead=(), rare=(), constant=())
    one = {**finding().to_dict(), "layer": name, "says": HOSTILE, "evidence": HOSTILE,
           "remedy": HOSTILE, "kind": "dead", "channels": (0, 1)}  # fmt: skip
    advice = {**ADVICE[0].to_dict(), "what": HOSTILE, "why": HOSTILE}
    row = {"value": 1.0, "unit": HOSTILE, "says": HOSTILE, "source": HOSTILE}
    first = health()
    verdict = health(
        layers=(name,), layer_states=("trained",), headline=f"{HOSTILE}. {HOSTILE}", note=HOSTILE,
        layer_values=first.layer_values[:, :1], layer_floors=first.layer_floors[:, :, :1],
        unit_layers=first.unit_layers[:3], unit_channels=first.unit_channels[:3],
        unit_kinds=first.unit_kinds[:, :3], unit_values=first.unit_values[:, :3],
        found=(one,), advised=(advice,), provenance={"thresholds": {HOSTILE: row}},
    )  # fmt: skip
    out = write_report(atlas, tmp_path / "r", blocks(atlas), health=verdict).path
    for path in sorted(out.rglob("*.html")):
        assert "<img src=x" not in path.read_text(), path
        links: Links = parsed(path)
        assert (links.headings, links.bare) == (1, []), path
    assert not set("<>&") & set((out / "data/health.json").read_text())


# -- with and without ------------------------------------------------------------------------------
def test_without_a_verdict_there_is_no_trace_of_it(tmp_path: Path) -> None:
    out = made(tmp_path, None).path
    assert not (out / "health.html").exists()
    assert not (out / "data/health.json").exists()
    for path in out.rglob("*.html"):
        assert "health.html" not in path.read_text(), path
        assert 'class="views"' not in path.read_text(), path


def test_a_verdict_given_later_makes_the_pages_anew_and_back(tmp_path: Path) -> None:
    made(tmp_path, None)
    assert (made(tmp_path, health()).path / "health.html").exists()
    changed = made(tmp_path, health(headline="This network looks untrained. Why."))
    assert "<h1>This network looks untrained.</h1>" in page(changed.path)
    gone = made(tmp_path, None)
    assert not (gone.path / "health.html").exists()
    assert not (gone.path / "data/health.json").exists()


def test_the_same_verdict_again_is_the_finished_report(tmp_path: Path) -> None:
    atlas, out = FakeAtlas(), tmp_path / "r"
    first = write_report(atlas, out, blocks(atlas), health=health())
    stamp = (out / "health.html").stat().st_mtime_ns

    def refuse() -> object:
        raise AssertionError("nothing need be drawn again")
        yield

    assert write_report(atlas, out, refuse(), health=health()) == first  # type: ignore[arg-type]
    assert (out / "health.html").stat().st_mtime_ns == stamp


def test_no_path_of_the_machine_and_nothing_inline(report: Path) -> None:
    for path in (report / "health.html", report / "data/health.json"):
        assert "nowhere" not in path.read_text()
    assert_light(report / "health.html")
    links = parsed(report / "health.html")
    assert (links.headings, links.bare) == (1, [])
    assert not re.search(r"<script(?![^>]*src=)", (report / "health.html").read_text())
