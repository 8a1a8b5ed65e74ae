from __future__ import annotations

import json
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow
from torch import nn

from convscope.atlas.make import build_atlas
from convscope.atlas.options import AtlasOptions
from convscope.atlas.read import Atlas
from convscope.errors import AddressError, AtlasError
from convscope.methods.options.project import ProjectOptions
from convscope.net.net import Net
from convscope.net.rules import RuleName
from convscope.render.health.numbers import health_json
from convscope.render.health.words import sentences
from convscope.render.report.make import figure, report
from convscope.render.report.options import FigureOptions, ReportOptions
from tests.net.zoo import conv, fill, glass


def network(seed: int = 0) -> Net:
    module = nn.Sequential(
        *(conv(3, 6, padding=1), nn.BatchNorm2d(6), nn.ReLU(), nn.MaxPool2d(2)),
        *(conv(6, 6, padding=1), nn.ReLU()),
    )
    return glass(fill(module, seed), (16, 18))


@pytest.fixture(scope="module")
def net() -> Net:
    return network()


@pytest.fixture(scope="module")
def atlas(net: Net, tmp_path_factory: pytest.TempPathFactory) -> Atlas:
    folder = tmp_path_factory.mktemp("make")
    (folder / "photos").mkdir()
    drawn = np.random.default_rng(0)
    for i in range(4):
        pixels = drawn.integers(0, 255, (16, 18, 3), dtype=np.uint8)
        Pillow.fromarray(pixels).save(folder / "photos" / f"{i}.png")
    return build_atlas(net, folder / "photos", folder / "atlas")


def test_a_report_of_an_atlas_or_its_folder(net: Net, atlas: Atlas, tmp_path: Path) -> None:
    made = report(atlas, tmp_path / "one", net=net, options=ReportOptions(ranks=2))
    assert made.complete
    assert made.channels == 12
    again = report(atlas.path, tmp_path / "one", net=net, options=ReportOptions(ranks=2))
    assert again == made
    some = report(atlas, tmp_path / "two", net=net, options=ReportOptions(layers=("5",), ranks=1))
    assert some.channels == 6


def test_a_report_asks_the_doctor_where_the_atlas_can_answer(
    net: Net, atlas: Atlas, tmp_path: Path
) -> None:
    from convscope.doctor.health import health

    made = report(atlas, tmp_path / "one", net=net, options=ReportOptions(ranks=1))
    verdict = health(atlas, net=net)
    page = unescape((made.path / "health.html").read_text())
    assert sentences(verdict.headline)[0] in page
    said = json.loads((made.path / "data/health.json").read_text())
    assert said == json.loads(health_json(verdict))
    stamp = (made.path / "health.html").stat().st_mtime_ns
    given = report(atlas, tmp_path / "one", net=net, options=ReportOptions(ranks=1), health=verdict)
    assert given == made
    assert (made.path / "health.html").stat().st_mtime_ns == stamp


def test_an_atlas_without_health_has_a_report_without(net: Net, tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    for i in range(2):
        pixels = np.full((16, 18, 3), 90 * i, np.uint8)
        Pillow.fromarray(pixels).save(tmp_path / "photos" / f"{i}.png")
    options = AtlasOptions(health=False)
    plain = build_atlas(net, tmp_path / "photos", tmp_path / "atlas", options=options)
    made = report(plain, tmp_path / "one", net=net, options=ReportOptions(ranks=1))
    assert not (made.path / "health.html").exists()


def test_a_report_that_was_stopped_goes_on(net: Net, atlas: Atlas, tmp_path: Path) -> None:
    def stop(done: int, total: int, what: str) -> None:
        if what == "drawing projections" and done > 20:
            raise KeyboardInterrupt

    options = ReportOptions(ranks=4)
    with pytest.raises(KeyboardInterrupt):
        report(atlas, tmp_path / "one", net=net, options=options, progress=stop)
    drawn: list[int] = []
    made = report(
        atlas, tmp_path / "one", net=net, options=options,
        progress=lambda done, total, what: drawn.append(done) if "draw" in what else None,
    )  # fmt: skip
    assert made.complete
    assert min(drawn) > 20  # what was drawn is not drawn again
    whole = report(atlas, tmp_path / "two", net=net, options=options)
    assert (whole.channels, whole.ranks) == (made.channels, made.ranks)
    for path in (tmp_path / "two" / "tiles").rglob("*"):
        if path.is_file():
            other = tmp_path / "one" / path.relative_to(tmp_path / "two")
            assert other.read_bytes() == path.read_bytes()


def test_a_figure_of_a_layer_by_name_or_number(net: Net, atlas: Atlas) -> None:
    layer = atlas.layer("5")
    one = figure(atlas, "5", net=net, channels=[3, 1])
    other = figure(atlas.path, layer.number, net=net, channels=[3, 1])
    assert np.array_equal(one.pixels, other.pixels)
    assert list(dict.fromkeys(tile["channel"] for tile in one.numbers["tiles"])) == [3, 1]
    heard: list[tuple[int, int, str]] = []
    few = figure(
        atlas, "5", net=net, options=FigureOptions(channels=2, ranks=1),
        progress=lambda *said: heard.append(said),
    )  # fmt: skip
    assert len(few.numbers["tiles"]) == 2
    assert heard[-1] == (2, 2, "projecting rank 1")  # the others are not projected at all
    assert all(tile["full_scale"] for tile in few.numbers["tiles"])
    with pytest.raises(AddressError, match="No layer"):
        figure(atlas, "55", net=net)
    with pytest.raises(AddressError, match="Channel 6 is out of range"):
        figure(atlas, "5", net=net, channels=[6])


def test_another_network_is_refused_before_anything_is_written(
    atlas: Atlas, tmp_path: Path
) -> None:
    with pytest.raises(AtlasError, match="This atlas belongs to other weights"):
        report(atlas, tmp_path / "one", net=network(seed=3))
    assert not (tmp_path / "one").exists()
    with pytest.raises(AtlasError, match="other weights"):
        figure(atlas, "5", net=network(seed=3))
    with pytest.raises(AtlasError, match="network built in Python"):
        report(atlas, tmp_path / "one")


@pytest.mark.parametrize("method", ["deconvnet", "gradient"])
def test_the_method_of_a_report_is_the_rule_of_its_projections(
    atlas: Atlas, net: Net, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: RuleName
) -> None:
    asked: list[ProjectOptions] = []

    def listen(*args: object, options: ProjectOptions, **rest: object) -> Iterator[None]:
        asked.append(options)
        return iter(())

    monkeypatch.setattr("convscope.methods.project_atlas.project_all", listen)
    report(atlas, tmp_path / method, net=net, options=ReportOptions(method=method))
    assert [options.rule for options in asked] == [method]
