from __future__ import annotations

import random
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import fields, replace
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image

from convscope.atlas import schema, seal, store
from convscope.atlas.build import build_atlas
from convscope.atlas.check import check
from convscope.atlas.options import AtlasOptions
from convscope.atlas.read import Atlas, open_atlas
from convscope.errors import AddressError, AtlasError, CorruptError, LockedError, UsageError
from convscope.images import open_images
from convscope.results.synthesis import Synthesis
from tests.atlas.fakes import FakeCapture, photographs, synthesis
from tests.cli.setting import command

FILE = "synthesis/001-1.parquet"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("synthesis")
    images = open_images(photographs(folder / "images", 4))
    options = AtlasOptions(top=1, sampled=False)
    return build_atlas(FakeCapture(), images, folder / "atlas", options).path


@pytest.fixture
def atlas(built: Path, tmp_path: Path) -> Atlas:
    return open_atlas(shutil.copytree(built, tmp_path / "copy"))


def assert_same(one: Synthesis | None, other: Synthesis) -> None:
    assert one is not None
    for field in fields(one):
        a, b = getattr(one, field.name), getattr(other, field.name)
        if isinstance(b, np.ndarray):
            assert a.dtype == b.dtype
            assert np.array_equal(a, b, equal_nan=b.dtype.kind == "f"), field.name
        elif field.name not in ("note", "provenance"):
            assert a == b, field.name


# -- what is kept ----------------------------------------------------------------------------------
def test_what_is_kept_comes_back(atlas: Atlas) -> None:
    assert atlas.synthesis("1") is None
    assert atlas.synthesized == {}
    made = synthesis()
    atlas.keep(made)
    found = open_atlas(atlas.path).synthesis("stem")
    assert_same(found, made)
    assert found is not None
    assert found.provenance["options"]["recipe"]["box"] == [1.0, 0.5]
    assert list(atlas.synthesized) == ["1"]
    assert atlas.synthesis("3") is None


@pytest.mark.parametrize("channels", [1, 2, 5])
def test_inputs_of_any_number_of_channels_come_back(atlas: Atlas, channels: int) -> None:
    made = synthesis(size=(9, 8, channels))
    atlas.keep(made)
    assert_same(atlas.synthesis(1), made)


def test_channels_are_added_and_replaced(atlas: Atlas) -> None:
    atlas.keep(synthesis((3, 0)))
    again = synthesis((3,), values=np.array([9.0]))
    atlas.keep(again)
    atlas.keep(synthesis((5,)))
    found = atlas.synthesis("1")
    assert found is not None
    assert found.channels == (0, 3, 5)
    assert found.values.tolist() == [2.0, 9.0, 7.0]


def test_the_bytes_do_not_depend_on_how_the_channels_came(atlas: Atlas, tmp_path: Path) -> None:
    other = open_atlas(shutil.copytree(atlas.path, tmp_path / "other"))
    atlas.keep(synthesis((0, 1, 2, 3)))
    for part in ((2,), (0, 3), (1,)):
        other.keep(synthesis(part))
    assert (atlas.path / FILE).read_bytes() == (other.path / FILE).read_bytes()


def test_the_note_is_counted_again_over_all_channels(atlas: Atlas) -> None:
    atlas.keep(synthesis((0,)))
    atlas.keep(synthesis((1, 2, 4)))
    found = atlas.synthesis("1")
    assert found is not None
    assert "1 of 4 stays weaker than the strongest photograph: 1:0." in found.note
    assert "1 of 4 diverged, the best before shown: 1:1." in found.note


def test_the_file_has_the_schema_and_pictures_that_any_viewer_opens(atlas: Atlas) -> None:
    made = synthesis()
    atlas.keep(made)
    table = pq.read_table(atlas.path / FILE)
    assert table.schema.equals(schema.SYNTHESIS.schema())
    with Image.open(BytesIO(table.column("picture")[1].as_py())) as image:
        assert image.format == "PNG"
        assert np.array_equal(np.asarray(image), made.pictures[1])


# -- what is not -----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"recipe": {"steps": 8}}, r"recipe\.steps \(4 there, 8 now\)"),
        ({"options": {"seed": 1}}, r"seed \(0 there, 1 now\)"),
        ({"size": (7, 7, 3)}, r"shape \(\[9, 8, 3\] there, \[7, 7, 3\] now\)"),
    ],
)
def test_pictures_drawn_otherwise_are_not_mixed(
    atlas: Atlas, changed: dict[str, Any], said: str
) -> None:
    atlas.keep(synthesis((0, 1)))
    before = (atlas.path / FILE).read_bytes()
    other = synthesis((2,), **changed)
    with pytest.raises(AtlasError, match=f"holds 2 pictures .*{said}.*replace=True"):
        atlas.keep(other)
    assert (atlas.path / FILE).read_bytes() == before
    atlas.keep(other, replace=True)
    assert_same(atlas.synthesis("1"), other)


def test_replacing_keeps_pictures_drawn_alike(atlas: Atlas) -> None:
    atlas.keep(synthesis((0,)))
    atlas.keep(synthesis((1,), options={"batch": 2, "preset": "natural"}), replace=True)
    found = atlas.synthesis("1")
    assert found is not None
    assert found.channels == (0, 1)


def test_pictures_of_other_weights_are_refused(atlas: Atlas) -> None:
    made = synthesis()
    made.provenance["weights"] = "f" * 64
    with pytest.raises(AtlasError, match=r"other weights \(ffffffff\).*\(00000000\)"):
        atlas.keep(made, replace=True)
    assert not (atlas.path / "synthesis").exists()


def test_a_file_of_another_atlas_is_refused(atlas: Atlas) -> None:
    atlas.keep(synthesis())
    atlas.manifest["network"]["sha256"] = "a" * 64
    with pytest.raises(AtlasError, match=r"other weights \(00000000\).*\(aaaaaaaa\)"):
        atlas.synthesis("1")


def test_only_channels_of_the_layer_have_a_place(atlas: Atlas) -> None:
    with pytest.raises(UsageError, match=r"one picture of each .* 0 to 5; given .*\(-1,\)"):
        atlas.keep(replace(synthesis((0,)), channels=(-1,)))
    with pytest.raises(UsageError, match=r"given are the channels \(6,\)"):
        atlas.keep(replace(synthesis((0,)), channels=(6,)))
    with pytest.raises(UsageError, match=r"given are the channels \(1, 1\)"):
        atlas.keep(replace(synthesis((0, 1)), channels=(1, 1)))
    with pytest.raises(AddressError, match="No layer 'conv9'"):
        atlas.keep(synthesis(layer="conv9"))
    assert not (atlas.path / "synthesis").exists()


def test_two_writers_do_not_meet(atlas: Atlas, monkeypatch: pytest.MonkeyPatch) -> None:
    real = store.write

    def meeting(path: Path, data: bytes) -> None:
        with pytest.raises(LockedError, match="being written by process"):
            atlas.keep(synthesis((4,)))
        real(path, data)

    monkeypatch.setattr(store, "write", meeting)
    atlas.keep(synthesis())
    assert_same(atlas.synthesis("1"), synthesis())


# -- bytes -----------------------------------------------------------------------------------------
def flipped(data: bytes, place: int) -> bytes:
    return data[:place] + bytes([data[place] ^ 1 << place % 8]) + data[place + 1 :]


def test_every_flipped_byte_is_found(atlas: Atlas) -> None:
    atlas.keep(synthesis())
    data = (atlas.path / FILE).read_bytes()
    assert seal.is_whole(data)
    assert not any(seal.is_whole(flipped(data, place)) for place in range(len(data)))
    assert not seal.is_whole(data + b" ")
    assert not seal.is_whole(data[:-1])


def test_a_flipped_byte_names_the_file_and_what_to_do(atlas: Atlas) -> None:
    assert check(atlas.path).files == 6
    atlas.keep(synthesis())
    sound = check(atlas.path)
    assert (sound.ok, sound.files) == (True, 7)
    data = (atlas.path / FILE).read_bytes()
    for place in (0, len(data) // 2, len(data) - 1):
        (atlas.path / FILE).write_bytes(flipped(data, place))
        assert check(atlas.path).changed == (FILE,)
        with pytest.raises(CorruptError, match=r"not as it was written.*convscope synthesize"):
            atlas.synthesis("1")
        with pytest.raises(CorruptError):
            atlas.keep(synthesis((4,)))
        with pytest.raises(CorruptError):
            _ = atlas.synthesized
    atlas.keep(synthesis((4,)), replace=True)
    assert check(atlas.path).ok


def test_the_command_ends_with_7_and_says_what_to_do(
    atlas: Atlas,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    run = command(monkeypatch, capsys, tmp_path)
    atlas.keep(synthesis())
    assert "7 files, every byte" in run("check", atlas.path).out
    (atlas.path / FILE).write_bytes(flipped((atlas.path / FILE).read_bytes(), 90))
    done = run("check", atlas.path)
    assert done.code == 7
    assert "draw those pictures again: convscope synthesize" in " ".join(done.err.split())


def test_a_file_under_another_name_is_found(atlas: Atlas) -> None:
    atlas.keep(synthesis())
    (atlas.path / FILE).rename(atlas.path / "synthesis/003-3.parquet")
    assert check(atlas.path).changed == ("synthesis/003-3.parquet",)
    with pytest.raises(CorruptError, match="003-3"):
        atlas.synthesis("3")


def test_other_things_beside_them_are_told(atlas: Atlas) -> None:
    atlas.keep(synthesis())
    (atlas.path / "synthesis/notes.txt").write_text("mine")
    assert check(atlas.path).extra == ("synthesis/notes.txt",)


def test_the_pass_leaves_them_where_they_are(atlas: Atlas, built: Path) -> None:
    atlas.keep(synthesis())
    images = open_images(built.parent / "images")
    options = AtlasOptions(top=1, sampled=False)
    again = build_atlas(FakeCapture(), images, atlas.path, options)
    assert_same(again.synthesis("1"), synthesis())


_CHILD = """
import sys
from convscope.atlas.read import open_atlas
from tests.atlas.fakes import synthesis
atlas = open_atlas(sys.argv[1])
for round in range(1000):
    for channel in range(6):
        atlas.keep(synthesis((channel,), size=(64, 64, 3)))
        if round == channel == 0:
            print("start", flush=True)
"""


def test_kill_9_at_random_moments_leaves_what_was_kept(atlas: Atlas, root: Path) -> None:
    dice, seen = random.Random(0), 0
    for _ in range(4):
        child = subprocess.Popen(
            [sys.executable, "-c", _CHILD, str(atlas.path)], cwd=root, stdout=subprocess.PIPE
        )
        assert child.stdout is not None
        child.stdout.readline()
        time.sleep(dice.random() * 0.1)
        child.send_signal(signal.SIGKILL)
        assert child.wait() == -signal.SIGKILL
        child.stdout.close()
        found = open_atlas(atlas.path).synthesis("1")
        assert check(atlas.path).ok
        assert found is not None
        assert len(found.channels) >= seen
        kept = synthesis(found.channels, size=(64, 64, 3))
        assert np.array_equal(found.pictures, kept.pictures)
        seen = len(found.channels)
    atlas.keep(synthesis(tuple(range(6)), size=(64, 64, 3)))
    assert not list(atlas.path.rglob("*.part"))
