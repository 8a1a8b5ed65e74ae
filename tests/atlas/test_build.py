from __future__ import annotations

import errno
import json
import os
import random
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
import torch

from convscope.atlas import journal, store
from convscope.atlas.build import build_atlas
from convscope.atlas.check import check
from convscope.atlas.options import AtlasOptions
from convscope.errors import AtlasError, DataError, ForwardError, LockedError, StorageError
from convscope.images import open_images
from convscope.preprocess import Preprocessing
from convscope.tally.histogram import edges
from tests.atlas.fakes import FakeCapture, photographs
from tests.twins import tallies

OPTIONS = AtlasOptions(batch=4, shard=8)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """27 readable images and two that are not."""
    root = photographs(tmp_path_factory.mktemp("images"), 27)
    (root / "a" / "0003x.png").write_bytes(b"\x89PNG\r\n\x1a\nnot really")
    (root / "b" / "9999.jpg").write_bytes(b"")
    return root


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@pytest.fixture(scope="module")
def golden(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The atlas of an undisturbed pass."""
    out = tmp_path_factory.mktemp("golden")
    build_atlas(FakeCapture(), open_images(folder), out, OPTIONS)
    return contents(out)


def inputs(folder: Path) -> tuple[torch.Tensor, list[int]]:
    source, settings = open_images(folder), None
    settings = Preprocessing.from_dict(FakeCapture().provenance["preprocessing"])
    readable = [i for i in range(len(source)) if "x.png" not in source.uri(i)][:-1]
    arrays = [settings.apply(source.pixels(i)).array for i in readable]
    return torch.from_numpy(np.stack(arrays)), readable


def test_every_kept_cell_equals_a_full_dump(folder: Path, tmp_path: Path) -> None:
    atlas = build_atlas(FakeCapture(), open_images(folder), tmp_path / "out", OPTIONS)
    batch, numbers = inputs(folder)
    for layer, maps in zip(atlas.layers, FakeCapture().dump(batch), strict=True):
        for side, sign in (("top", 1), ("bottom", -1)):
            if side == "bottom" and not layer.signed:
                continue
            found = atlas.top(layer, side)
            for channel in range(layer.channels):
                expected = tallies.ranked(sign * maps[:, channel], 9)
                assert found.image[channel].tolist() == [numbers[c[1]] for c in expected]
                assert found.y[channel].tolist() == [c[2] for c in expected]
                assert found.x[channel].tolist() == [c[3] for c in expected]
                assert (sign * found.value[channel]).tolist() == [c[0] for c in expected]
        units = atlas.units(layer)
        np.testing.assert_allclose(units.mean, maps.mean((0, 2, 3), np.float64), rtol=1e-5)
        assert units.maximum.tolist() == maps.max((0, 2, 3)).tolist()
        assert units.class_means.shape == (layer.channels, 2)
        assert units.histogram.shape == (layer.channels, len(atlas.histogram_edges) - 1)


@pytest.mark.parametrize("exact", [False, True])
def test_histograms_count_every_cell_that_is_looked_at(
    exact: bool, folder: Path, tmp_path: Path
) -> None:
    """16 x 16 pixels are maps of 8 x 8 cells, of 48 x 48 of 24 x 24: a lattice of 12 x 12."""
    large = photographs(tmp_path / "large", 5, size=48)
    options = AtlasOptions(batch=4, shard=8, exact=exact)
    for images, size, cells in ((folder, 16, 64), (large, 48, 24 * 24 if exact else 144)):
        source = open_images(images)
        atlas = build_atlas(FakeCapture(size), source, tmp_path / f"out{size}", options)
        for layer in atlas.layers:
            counted = atlas.units(layer).histogram.sum(axis=1)
            assert counted.tolist() == [atlas.images_read * cells] * layer.channels


def test_bad_images_are_set_aside_with_the_reason(folder: Path, tmp_path: Path) -> None:
    atlas = build_atlas(FakeCapture(), open_images(folder), tmp_path / "out", OPTIONS)
    assert (atlas.image_count, atlas.images_read) == (29, 27)
    assert [row.uri for row in atlas.failed()] == ["a/0003x.png", "b/9999.jpg"]
    assert all(row.error for row in atlas.failed())
    assert atlas.image(0).sha256 == open_images(folder).record(0).sha256


@pytest.mark.parametrize("batch", [8, 16])
def test_tables_do_not_depend_on_the_batch(
    batch: int, folder: Path, golden: dict[str, bytes], tmp_path: Path
) -> None:
    build_atlas(
        FakeCapture(), open_images(folder), tmp_path / "a", AtlasOptions(batch=batch, shard=8)
    )
    found = contents(tmp_path / "a")
    assert {k: v for k, v in found.items() if k != "manifest.json"} == {
        k: v for k, v in golden.items() if k != "manifest.json"
    }


class Stop(BaseException):
    """An interruption that nothing may swallow."""


@pytest.mark.parametrize("batches", range(1, 8))
def test_an_interrupted_pass_goes_on_to_the_same_bytes(
    batches: int, folder: Path, golden: dict[str, bytes], tmp_path: Path
) -> None:
    capture, seen = FakeCapture(), []

    def stop() -> None:
        seen.append(1)
        if len(seen) == batches:
            raise Stop

    capture.after_batch = stop
    with pytest.raises(Stop):
        build_atlas(capture, open_images(folder), tmp_path / "out", OPTIONS)
    build_atlas(FakeCapture(), open_images(folder), tmp_path / "out", OPTIONS)
    assert contents(tmp_path / "out") == golden


def test_shards_done_are_not_done_again(folder: Path, tmp_path: Path) -> None:
    first, again = FakeCapture(), FakeCapture()
    ran: list[int] = []

    def stop() -> None:
        ran.append(1)
        if len(ran) == 5:
            raise Stop

    first.after_batch = stop
    with pytest.raises(Stop):
        build_atlas(first, open_images(folder), tmp_path, OPTIONS)
    rerun: list[int] = []
    again.after_batch = lambda: rerun.append(1)
    build_atlas(again, open_images(folder), tmp_path, OPTIONS)
    assert len(rerun) == 3  # two of four shards were done


def test_the_same_atlas_is_returned_at_once(folder: Path, tmp_path: Path) -> None:
    build_atlas(FakeCapture(), open_images(folder), tmp_path, OPTIONS)
    capture = FakeCapture()
    capture.run = None  # type: ignore[assignment]
    assert build_atlas(capture, open_images(folder), tmp_path, OPTIONS).images_read == 27


def test_another_atlas_is_left_alone(folder: Path, tmp_path: Path) -> None:
    build_atlas(FakeCapture(), open_images(folder), tmp_path, OPTIONS)
    before = contents(tmp_path)
    with pytest.raises(AtlasError, match=r"options.top \(9 there, 3 now\)"):
        build_atlas(
            FakeCapture(), open_images(folder), tmp_path, AtlasOptions(top=3, batch=4, shard=8)
        )
    with pytest.raises(AtlasError, match=r"preprocessing.mean"):
        build_atlas(FakeCapture(shift=0.1), open_images(folder), tmp_path, OPTIONS)
    with pytest.raises(AtlasError, match="allow_mixed"):
        build_atlas(FakeCapture(threads=2), open_images(folder), tmp_path, OPTIONS)
    assert contents(tmp_path) == before


def test_other_threads_resume_only_when_allowed(folder: Path, tmp_path: Path) -> None:
    capture, seen = FakeCapture(), []

    def stop() -> None:
        seen.append(1)
        if len(seen) == 3:
            raise Stop

    capture.after_batch = stop
    with pytest.raises(Stop):
        build_atlas(capture, open_images(folder), tmp_path, OPTIONS)
    with pytest.raises(AtlasError, match=r"threads \(1 there, 2 now\)"):
        build_atlas(FakeCapture(threads=2), open_images(folder), tmp_path, OPTIONS)
    mixed = AtlasOptions(batch=4, shard=8, allow_mixed=True)
    atlas = build_atlas(FakeCapture(threads=2), open_images(folder), tmp_path, mixed)
    assert atlas.manifest["mixed"] == ["threads (1 there, 2 now)"]


def test_a_foreign_folder_is_left_alone(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(AtlasError, match=r"thesis\.tex.*nothing was changed"):
        build_atlas(FakeCapture(), open_images(folder), tmp_path, OPTIONS)
    assert contents(tmp_path) == {"thesis.tex": b"years of work"}
    with pytest.raises(AtlasError, match="is a file"):
        build_atlas(FakeCapture(), open_images(folder), tmp_path / "thesis.tex", OPTIONS)


def test_no_readable_image_makes_no_atlas(tmp_path: Path) -> None:
    images = tmp_path / "images"
    images.mkdir()
    for index in range(11):
        (images / f"{index:02d}.png").write_bytes(b"not an image")
    with pytest.raises(DataError, match=r"None of the 11 images.*00\.png"):
        build_atlas(FakeCapture(), open_images(images), tmp_path / "out", OPTIONS)
    assert not (tmp_path / "out").exists()


def test_an_image_the_network_refuses_is_found_and_set_aside(folder: Path, tmp_path: Path) -> None:
    batch, numbers = inputs(folder)
    capture = FakeCapture()
    capture.refuses = lambda image: torch.equal(image, batch[9])
    atlas = build_atlas(capture, open_images(folder), tmp_path, OPTIONS)
    failed = {row.number: row.error for row in atlas.failed()}
    assert atlas.images_read == 26
    assert "boom" in failed[numbers[9]]
    answers = atlas.answers()
    assert answers is not None
    assert answers.image.tolist() == [n for n in numbers if n != numbers[9]]
    assert atlas.rank_samples("1") == 26 * 8


def test_a_network_that_refuses_every_image_raises(folder: Path, tmp_path: Path) -> None:
    capture = FakeCapture()
    capture.refuses = lambda image: True
    with pytest.raises(ForwardError, match="boom"):
        build_atlas(capture, open_images(folder), tmp_path / "out", OPTIONS)
    assert not (tmp_path / "out").exists()


def test_nonfinite_activations_are_named(folder: Path, tmp_path: Path) -> None:
    batch, numbers = inputs(folder)
    cells = FakeCapture().dump(batch)[1][:, 2, 1, 1]
    which = int(np.flatnonzero(cells)[1])
    target = cells[which]

    def spoil(k: int, x: torch.Tensor) -> None:
        if k == 1:
            x[:, 2, 1, 1][x[:, 2, 1, 1] == float(target)] = torch.nan

    capture = FakeCapture()
    capture.spoil = spoil
    atlas = build_atlas(capture, open_images(folder), tmp_path, OPTIONS)
    assert atlas.manifest["nonfinite"][0] == {
        "image": numbers[which],
        "uri": atlas.image(numbers[which]).uri,
        "layer": "1",
        "cells": 1,
    }
    units = atlas.units("1")
    assert units.nonfinite.tolist() == [0, 0, 1, 0, 0, 0]
    assert units.status[2] == "nonfinite"
    assert np.isfinite(atlas.top("1").value).all()


def test_progress_is_told(folder: Path, tmp_path: Path) -> None:
    heard: list[tuple[int, int, str]] = []
    build_atlas(
        FakeCapture(), open_images(folder), tmp_path, OPTIONS, lambda *told: heard.append(told)
    )
    assert [done for done, _, _ in heard] == sorted(done for done, _, _ in heard)
    assert heard[-1] == (29, 29, "writing the atlas")
    assert heard[-2] == (29, 29, "comparing the channels of 3")


def test_a_pass_that_another_version_began_is_refused_and_left_alone(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    capture, seen = FakeCapture(), []

    def stop() -> None:
        seen.append(1)
        if len(seen) == 4:
            raise Stop

    capture.after_batch = stop
    with monkeypatch.context() as patch:
        patch.setattr(journal, "to_arrays", lambda state: {"total": state.total})
        with pytest.raises(Stop):
            build_atlas(capture, open_images(folder), tmp_path, OPTIONS)
    before = (tmp_path / journal.FOLDER / "state").read_bytes()
    with pytest.raises(AtlasError, match=r"another version of convscope began.*give another one"):
        build_atlas(FakeCapture(), open_images(folder), tmp_path, OPTIONS)
    assert (tmp_path / journal.FOLDER / "state").read_bytes() == before


def test_a_second_writer_is_told_of_the_first(folder: Path, tmp_path: Path) -> None:
    capture = FakeCapture()

    def second() -> None:
        with pytest.raises(LockedError, match=rf"process {os.getpid()} on "):
            build_atlas(FakeCapture(), open_images(folder), tmp_path, OPTIONS)

    capture.after_batch = second
    build_atlas(capture, open_images(folder), tmp_path, OPTIONS)
    assert check(tmp_path).ok


@pytest.mark.parametrize("call", ["_open", "_write", "_fsync", "_replace", "_fsync_folder"])
def test_a_full_disk_at_any_call_leaves_a_pass_that_goes_on(
    call: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = photographs(tmp_path / "images", 9)
    build_atlas(FakeCapture(), open_images(few), tmp_path / "golden", OPTIONS)
    expected = contents(tmp_path / "golden")
    real, failing = getattr(store, call), 0
    while True:
        made = 0

        def full(*args: object, _at: int = failing) -> object:
            nonlocal made
            made += 1
            if made == _at + 1:
                raise OSError(errno.ENOSPC, "No space left on device")
            return real(*args)

        out = tmp_path / f"{call}{failing}"
        monkeypatch.setattr(store, call, full)
        with suppress(StorageError):
            build_atlas(FakeCapture(), open_images(few), out, OPTIONS)
            break
        monkeypatch.setattr(store, call, real)
        assert not list(out.rglob("*.part"))
        build_atlas(FakeCapture(), open_images(few), out, OPTIONS)
        assert contents(out) == expected
        failing += 1 if failing < 12 else 11
    assert failing >= 9
    assert contents(out) == expected


def test_a_full_disk_is_told_with_bytes_needed_and_free(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*args: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(store, "_write", full)
    with pytest.raises(StorageError, match=r"no space left. At least [\d,]+ bytes .* are free"):
        build_atlas(FakeCapture(), open_images(folder), tmp_path, OPTIONS)


_CHILD = """
import sys, time
from pathlib import Path
from convscope.atlas.build import build_atlas
from convscope.atlas.options import AtlasOptions
from convscope.images import open_images
from tests.atlas.fakes import FakeCapture
capture = FakeCapture()
capture.after_batch = lambda: time.sleep(0.01)
print("start", flush=True)
build_atlas(capture, open_images(sys.argv[1]), sys.argv[2], AtlasOptions(batch=4, shard=8))
"""


def test_kill_9_at_random_moments_changes_no_byte(
    folder: Path, golden: dict[str, bytes], tmp_path: Path, root: Path
) -> None:
    dice, killed = random.Random(0), 0
    for _ in range(8):
        child = subprocess.Popen(
            [sys.executable, "-c", _CHILD, str(folder), str(tmp_path / "out")],
            cwd=root,
            stdout=subprocess.PIPE,
        )
        assert child.stdout is not None
        child.stdout.readline()
        time.sleep(dice.random() * 0.12)
        child.send_signal(signal.SIGKILL)
        killed += child.wait() == -signal.SIGKILL
        child.stdout.close()
    assert killed
    build_atlas(FakeCapture(), open_images(folder), tmp_path / "out", OPTIONS)
    assert contents(tmp_path / "out") == golden


def test_more_cells_of_one_image_lie_half_a_field_apart(folder: Path, tmp_path: Path) -> None:
    options = AtlasOptions(batch=4, shard=8, per_image=3)
    atlas = build_atlas(FakeCapture(), open_images(folder), tmp_path, options)
    batch, numbers = inputs(folder)
    found = atlas.top("3")  # field 7, stride 2: two cells apart
    for channel, maps in enumerate(FakeCapture().dump(batch)[2].swapaxes(0, 1)):
        expected = tallies.ranked(maps, 9, 3, (2, 2))
        assert found.image[channel].tolist() == [numbers[c[1]] for c in expected]
        assert found.x[channel].tolist() == [c[3] for c in expected]


def test_the_manifest_is_plain_json(folder: Path, golden: dict[str, bytes]) -> None:
    values = json.loads(golden["manifest.json"])
    assert values["images"]["read"] == 27
    assert values["labels"] == ["a", "b"]
    assert set(values["files"]) == set(golden) - {"manifest.json"}
    assert len(edges()) == len(values["histogram_edges"])
