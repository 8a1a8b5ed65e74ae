from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from convscope.errors import AddressError, LockedError, StorageError, UsageError
from convscope.render.report.condition import KINDS, MEANINGS
from convscope.render.report.report import Report, ReportOptions, done_blocks, write_report
from convscope.results.projection_block import ProjectionBlock
from tests.render.fake import FakeAtlas, blocks

HOSTILE = '<img src=x onerror="document.title=1">"\'&</script>\u2028'


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Report:
    atlas = FakeAtlas()
    weights = np.random.default_rng(0).normal(size=(12, 3, 7, 7))
    out = tmp_path_factory.mktemp("made") / "report"
    return write_report(atlas, out, blocks(atlas), filters={0: weights})


def interrupted(after: int, atlas: FakeAtlas) -> Iterator[ProjectionBlock]:
    yield from islice(blocks(atlas), after)
    raise KeyboardInterrupt


def size_of(path: Path) -> tuple[int, int]:
    with Image.open(path) as image:
        return image.size


def text(out: Path, name: str) -> str:
    return (out / name).read_text()


def shard(out: Path, number: int) -> dict:  # type: ignore[type-arg]
    found: dict = json.loads(text(out, f"data/{number:03d}.js").split(",", 1)[1][:-3])  # type: ignore[type-arg]
    return found


def test_it_is_complete_and_leaves_no_work_behind(made: Report) -> None:
    assert made.complete
    assert (made.channels, made.ranks, made.left_out) == (42, 9, ())
    assert not list(Path(made.path).glob(".work*"))
    assert not list(Path(made.path).rglob("*.part"))


def test_one_sheet_a_channel_that_fires(made: Report) -> None:
    sheets = sorted(path.name for path in (made.path / "tiles/003").iterdir())
    assert sheets == [f"{channel:04d}.jpg" for channel in (0, 1, 3, 4, 6, 7, 8)]
    assert size_of(made.path / "tiles/003/0000.jpg") == tuple(
        shard(made.path, 3)["sheet"]["size"][::-1]
    )


def test_each_used_image_is_there_once_at_the_networks_size(made: Report) -> None:
    images = sorted((made.path / "img").glob("[0-9]*.jpg"))
    assert [path.name for path in images] == [f"{number:06d}.jpg" for number in range(10)]
    assert size_of(images[0]) == (96, 96)


def test_the_same_place_in_both_blocks_is_the_same_rank(made: Report) -> None:
    atlas = FakeAtlas()
    with Image.open(made.path / "tiles/000/0000.jpg") as image:
        sheet = np.asarray(image).astype(int)
    top, shape = atlas.top(atlas.layers[0]), shard(made.path, 0)["sheet"]
    block = 3 * shape["tile"] + 2 * shape["gap"]
    for rank in range(9):
        box = atlas.layers[0].field.box((int(top.y[0, rank]), int(top.x[0, rank])))
        inside = box.clip(96, 96)
        if inside != box:
            continue
        wanted = atlas.images[top.image[0, rank]][box.y0 : box.y1, box.x0 : box.x1].mean()
        row, column = (place * (shape["tile"] + shape["gap"]) for place in divmod(rank, 3))
        left = block + shape["middle"] + column
        seen = sheet[row : row + shape["tile"], left : left + shape["tile"]]
        assert abs(seen.mean() - wanted) < 4


class Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.headings = 0
        self.bare: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.found += [given[key] or "" for key in ("href", "src") if key in given]
        self.headings += tag == "h1"
        if tag == "img" and (
            "alt" not in given or (("width" not in given) and given.get("class") != "pixel")
        ):
            self.bare.append(str(given))
        self.bare += [f"{tag} {key}" for key in given if key == "style" or key.startswith("on")]


def pages(out: Path) -> list[Path]:
    return sorted(out.rglob("*.html"))


def parsed(path: Path) -> Links:
    links = Links()
    links.feed(path.read_text())
    return links


def test_every_link_leads_somewhere_inside(made: Report) -> None:
    for path in pages(made.path):
        for link in parsed(path).found:
            assert not re.match(r"[a-z]+:|//|/", link), link
            target = link.split("#")[0]
            assert not target or (path.parent / target).resolve().is_relative_to(
                Path(made.path).resolve()
            )
            assert not target or (path.parent / target).exists(), (path, link)


def test_pictures_named_in_the_data_are_there(made: Report) -> None:
    for number in range(5):
        for unit in shard(made.path, number)["units"]:
            assert not unit["s"] or (made.path / unit["s"]).exists()
            assert all((made.path / f"img/{row[1]:06d}.jpg").exists() for row in unit["top"])


def test_every_page_has_one_heading_and_nothing_inline(made: Report) -> None:
    for path in pages(made.path):
        links = parsed(path)
        assert (links.headings, links.bare) == (1, []), path
        assert "<style" not in path.read_text()
        assert not re.search(r"<script(?![^>]*src=)", path.read_text())


def test_budgets(made: Report) -> None:
    for page in pages(made.path):
        assert_light(page)
    assert all(path.stat().st_size < 120_000 for path in pages(made.path / "layer"))


def assert_light(page: Path) -> None:
    """What one page loads: styles under 30 KB, scripts but for its data under 60 KB."""
    loaded = [(page.parent / link).resolve() for link in parsed(page).found if "static/" in link]
    for kind, most in ((".css", 30_000), (".js", 60_000)):
        sizes = [path.stat().st_size for path in loaded if path.suffix == kind]
        assert sizes, page
        assert sum(sizes) < most, page


def test_no_path_of_the_machine_in_any_file(made: Report) -> None:
    import getpass
    import socket

    words = ["/nowhere", "nowhere/at", str(Path.home()) + "/", str(made.path), "file://"]
    words += [name for name in (socket.gethostname(), getpass.getuser()) if len(name) > 5]
    for path in Path(made.path).rglob("*"):
        if path.suffix in (".html", ".js", ".json", ".css", ".svg"):
            found = [word for word in words if word in path.read_text().replace("file: ", "")]
            assert not found, (path, found)


def test_the_pages_say_what_is_shown_and_count_every_kind(made: Report) -> None:
    overview, page = (
        text(made.path, "index.html"),
        text(made.path, "layer/003-features-9-expand3x3_activation.html"),
    )
    assert "42 channels" in overview
    assert "2 channels never fired" in overview
    assert "2 dead" in overview
    assert "Grey is zero" in overview
    assert "Grey is zero" in page
    assert "no image of 10 fires it" in page
    assert "A tile is 91 × 91 pixels" in page
    assert "constant: the same value everywhere" in text(
        made.path, "layer/001-features-3-squeeze_activation.html"
    )
    assert "fires on 0 of 10 images" in text(
        made.path, "layer/002-features-3-expand3x3_activation.html"
    )


def test_a_channel_that_never_fires_has_no_ranking_and_no_classes(made: Report) -> None:
    dead, constant = shard(made.path, 3)["units"][2], shard(made.path, 1)["units"][3]
    for one in (dead, constant):
        assert (one["top"], one["cls"], one["s"]) == ([], [], "")
        assert one["say"].count("nothing to show") == 1
    index = json.loads(text(made.path, "data/index.js").split("(", 1)[1][:-3])
    firsts = index["layers"][3]["first"]
    assert [channel for channel, label in enumerate(firsts) if label < 0] == [2, 5]


def test_the_overview_says_what_each_kind_of_channel_is(made: Report) -> None:
    overview = re.sub(r"&#39;", "'", text(made.path, "index.html"))
    assert "4 border (strongest only on the edge of its map, on the padding)" in overview
    assert "2 dead (no image fires it), 1 rare (fires on fewer than 1 % of the images)" in overview
    assert "34 live (none of the others)" in overview
    assert "The atlas counts 39 live: all that fire and vary." in overview
    page = text(made.path, "layer/000-features-1.html")
    assert "on the edge of its map, on the padding)" in page.split('<dd title="')[1].split('"')[0]


def test_every_kind_has_a_meaning() -> None:
    assert set(MEANINGS) == set(KINDS)


def test_the_command_names_the_folder_the_report_is_in(tmp_path: Path) -> None:
    atlas = FakeAtlas()
    out = write_report(atlas, tmp_path / "rep", blocks(atlas), ReportOptions(ranks=4)).path
    index = json.loads(text(out, "data/index.js").split("(", 1)[1][:-3])
    assert index["command"].startswith("convscope report sq.atlas --out rep --ranks 4")
    assert "convscope report sq.atlas --out rep --ranks 4" in text(out, "made.html")


def test_a_rare_channel_shows_only_the_images_that_fire_it(made: Report) -> None:
    rare = shard(made.path, 2)["units"][1]
    assert len(rare["top"]) == 4
    assert all(row[0] > 0 and row[6] is not None for row in rare["top"])
    assert [value > 0 for _, value in rare["cls"]] == [True]


def test_without_scripts_every_picture_can_be_reached(tmp_path: Path) -> None:
    atlas = FakeAtlas(rows=(("features.1", 60, 111, 7, 2),), dead=(), rare=(), constant=())
    out = write_report(atlas, tmp_path / "r", blocks(atlas)).path
    page = text(out, "layer/000-features-1.html")
    assert page.count('class="plate"') == 48
    assert "The other 12 channels, as pictures" in page
    assert len(set(re.findall(r"tiles/000/\d{4}\.jpg", page))) == 60


def test_labels_are_shown_by_their_names(made: Report) -> None:
    page = text(made.path, "layer/000-features-1.html")
    assert "tabby cat" in page
    assert "tabby cat" in text(made.path, "data/index.js")


def test_hostile_labels_and_names_stay_text(tmp_path: Path) -> None:
    atlas = FakeAtlas(
        rows=((f"{HOSTILE}.1", 3, 20, 7, 2),),
        labels=[HOSTILE] * 10,
        classes=(HOSTILE,),
        dead=(),
        rare=(),
        constant=(),
    )
    atlas.manifest["network"] = {"spec": HOSTILE}
    out = write_report(atlas, tmp_path / "r", blocks(atlas), ReportOptions(command=HOSTILE)).path
    for path in pages(out):
        assert "<img src=x" not in path.read_text()
        assert parsed(path).headings == 1
    for path in (out / "data").iterdir():
        assert not set("<>&") & set(path.read_text())
        assert "\u2028" not in path.read_text()


def test_a_stopped_run_says_what_it_lacks_and_the_next_goes_on(tmp_path: Path) -> None:
    atlas, out = FakeAtlas(), tmp_path / "r"
    with pytest.raises(KeyboardInterrupt):
        write_report(atlas, out, interrupted(13, atlas))
    done = done_blocks(out)
    assert {(number, rank) for number in range(5) for rank in (1, 2)} <= done
    assert not {rank for _, rank in done} & {4, 5, 6, 7, 8, 9}
    overview = text(out, "index.html")
    assert "projections of rank 1 to 2 of 9 so far" in overview
    assert "convscope report sq.atlas" in overview
    report = write_report(atlas, out, blocks(atlas, skip=done))
    assert report.complete
    assert "so far" not in text(out, "index.html")
    whole = write_report(atlas, tmp_path / "whole", blocks(atlas))
    for path in sorted((whole.path / "tiles").rglob("*.jpg")):
        assert path.read_bytes() == (out / path.relative_to(whole.path)).read_bytes()


def test_a_first_rank_in_progress_is_counted_on_the_plates(tmp_path: Path) -> None:
    atlas = FakeAtlas()

    def some() -> Iterator[ProjectionBlock]:
        yield from islice(blocks(atlas, part=5), 1)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_report(atlas, tmp_path / "r", some())
    assert "projecting, 5 of 12" in text(tmp_path / "r", "layer/000-features-1.html")
    assert "5 of 39 channels are projected so far" in text(tmp_path / "r", "index.html")
    assert done_blocks(tmp_path / "r") == frozenset()


def test_blocks_of_several_layers_may_mix_within_a_rank(tmp_path: Path) -> None:
    atlas, out = FakeAtlas(), tmp_path / "r"
    parts = list(blocks(atlas, part=3))
    mixed = sorted(
        parts, key=lambda block: (block.rank, int(block.channels[0]), block.layer.number)
    )

    def some() -> Iterator[ProjectionBlock]:
        yield from mixed[:4]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_report(atlas, out, some())
    assert done_blocks(out) == frozenset()
    assert write_report(atlas, out, iter(mixed[4:])).complete


def test_a_channel_that_is_never_projected_does_not_keep_a_report_open(tmp_path: Path) -> None:
    atlas = FakeAtlas(rows=(("features.1", 4, 20, 7, 2),), dead=(), rare=(), constant=())
    fewer = (part for part in blocks(atlas, part=2) if part.channels[0] == 0)
    report = write_report(atlas, tmp_path / "r", fewer)
    assert report.complete
    assert "not projected" in text(report.path, "layer/000-features-1.html")


def test_blocks_that_end_early_do_not_pass_for_complete(tmp_path: Path) -> None:
    atlas = FakeAtlas()
    assert not write_report(atlas, tmp_path / "r", islice(blocks(atlas), 6)).complete


def test_a_finished_report_is_left_as_it_is(tmp_path: Path) -> None:
    atlas = FakeAtlas()
    first = write_report(atlas, tmp_path / "r", blocks(atlas))
    before = {path: path.stat().st_mtime_ns for path in first.path.rglob("*")}
    assert write_report(atlas, tmp_path / "r", iter(())) == first
    assert before == {path: path.stat().st_mtime_ns for path in first.path.rglob("*")}


def test_two_writers_do_not_meet(tmp_path: Path) -> None:
    atlas = FakeAtlas()

    def meeting() -> Iterator[ProjectionBlock]:
        with pytest.raises(LockedError, match="being written by process"):
            write_report(atlas, tmp_path / "r", iter(()))
        yield from blocks(atlas)

    assert write_report(atlas, tmp_path / "r", meeting()).complete


@pytest.mark.parametrize("wrong", [{"ranks": 0}, {"max_mb": 0}, {"quality": 101}])
def test_options_that_cannot_be_met_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(UsageError, match="ranks are at least 1"):
        ReportOptions(**wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["notes.txt", "index.html"])
def test_a_folder_with_something_else_is_refused_and_untouched(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("mine")
    atlas = FakeAtlas()
    with pytest.raises(StorageError, match="holds other files"):
        write_report(atlas, tmp_path, blocks(atlas))
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_text() == "mine"


def test_a_report_of_another_atlas_is_refused(tmp_path: Path) -> None:
    atlas, other = FakeAtlas(), FakeAtlas()
    write_report(atlas, tmp_path / "r", blocks(atlas))
    other.manifest["network"] = {"sha256": "90aa41c7"}
    with pytest.raises(StorageError, match="another atlas or with other options"):
        write_report(other, tmp_path / "r", blocks(other))


def test_a_small_limit_leaves_out_the_last_ranks_and_says_so(tmp_path: Path, made: Report) -> None:
    atlas = FakeAtlas()
    limit = made.bytes / 1e6 * 0.8
    report = write_report(atlas, tmp_path / "r", blocks(atlas), ReportOptions(max_mb=limit))
    assert report.ranks < 9
    assert report.bytes <= limit * 1e6
    assert report.complete
    assert f"Not in this report: ranks {report.ranks + 1} to 9" in text(
        report.path, "index.html"
    ) or (report.ranks == 8 and "Not in this report: rank 9" in text(report.path, "index.html"))


def test_a_tiny_limit_leaves_out_layers_too(tmp_path: Path) -> None:
    atlas = FakeAtlas()
    report = write_report(atlas, tmp_path / "r", blocks(atlas), ReportOptions(max_mb=0.1))
    assert report.ranks == 1
    assert "the pictures of" in " ".join(report.left_out)
    for path in pages(report.path):
        for link in parsed(path).found:
            target = link.split("#")[0]
            assert not target or (path.parent / target).exists(), (path, link)


def test_a_projection_of_zero_is_said(tmp_path: Path) -> None:
    atlas = FakeAtlas(rows=(("features.1", 2, 20, 7, 2),), dead=(), rare=(), constant=())
    zero = (
        ProjectionBlock(
            b.layer, b.rank, b.channels, np.zeros_like(b.tiles), b.values, np.ones(2, bool)
        )
        for b in blocks(atlas)
    )
    out = write_report(atlas, tmp_path / "r", zero).path
    assert [row[6] for row in shard(out, 0)["units"][0]["top"]] == [0.0] * 9
    assert "projection zero: driven by its bias" in text(out, "layer/000-features-1.html")


def test_only_the_layers_asked_for(tmp_path: Path) -> None:
    atlas = FakeAtlas()
    options = ReportOptions(layers=("classifier.2",), ranks=4)
    report = write_report(atlas, tmp_path / "r", blocks(atlas), options)
    assert [path.name for path in (report.path / "layer").iterdir()] == ["004-classifier-2.html"]
    assert shard(report.path, 4)["sheet"]["across"] == 2
    with pytest.raises(AddressError):
        write_report(atlas, tmp_path / "q", blocks(atlas), ReportOptions(layers=("conv9",)))


def test_progress_is_told(tmp_path: Path) -> None:
    atlas, told = FakeAtlas(), []
    write_report(atlas, tmp_path / "r", blocks(atlas), progress=lambda *step: told.append(step))
    assert {what for _, _, what in told} == {
        "cutting patches",
        "drawing projections",
        "writing sheets",
    }
    assert all(0 <= done <= total for done, total, _ in told)
    assert any(done == total for done, total, what in told if what == "drawing projections")
