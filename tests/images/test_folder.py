"""Folders as people have them: nested, linked, unreadable, oddly named."""

from __future__ import annotations

import hashlib
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from PIL import Image as Pillow

from convscope.errors import ImageError, SourceError
from convscope.images.folder import FolderSource


def put(path: Path, value: int = 7) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    format = "PNG" if path.suffix.lower() not in (".jpg", ".JPG") else "JPEG"
    Pillow.new("L", (4, 3), value).save(path, format)
    return path


def uris(source: FolderSource) -> list[str]:
    return [source.uri(i) for i in range(len(source))]


def test_files_are_ranked_by_the_bytes_of_their_paths(tmp_path: Path) -> None:
    names = ["b/2.png", "b/10.png", "B/1.png", "a.png", "b-c/1.png", "é/1.png", "z/y/x.JPG"]
    for name in names:
        put(tmp_path / name)
    source = FolderSource(tmp_path)
    assert uris(source) == sorted(names, key=str.encode)
    assert [source.label(i) for i in range(3)] == ["B", None, "b-c"]
    assert source.label(5) == "z"
    assert source.name == str(tmp_path)


def test_a_record_knows_its_bytes(tmp_path: Path) -> None:
    path = put(tmp_path / "cat" / "1.png")
    record = FolderSource(tmp_path).record(0)
    assert (record.uri, record.label, record.source, record.source_box) == (
        "cat/1.png",
        "cat",
        "cat/1.png",
        None,
    )
    assert record.bytes == path.stat().st_size
    assert record.mtime == path.stat().st_mtime
    assert record.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_pass_goes_on_over_what_cannot_be_read(tmp_path: Path) -> None:
    put(tmp_path / "1.png")
    (tmp_path / "2.png").touch()
    (tmp_path / "3.jpg").write_bytes(b"%PDF-1.7")
    (tmp_path / "4.png").symlink_to(tmp_path / "gone.png")
    (tmp_path / "5.png").write_bytes((tmp_path / "1.png").read_bytes()[:-30])
    put(tmp_path / "6.png", 9)
    entries = list(FolderSource(tmp_path).iterate())
    assert [entry.index for entry in entries] == list(range(6))
    assert [bool(entry.error) for entry in entries] == [False, True, True, True, True, False]
    assert entries[1].error == "0 bytes"
    assert entries[2].error.startswith("begins like a PDF")
    assert entries[3].error == "is a link to nothing"
    assert entries[3].record.sha256 == ""
    assert entries[4].record.bytes > 0
    assert entries[5].size == (3, 4)
    assert entries[5].pixels is not None
    assert entries[5].pixels.max() == 9


def test_pixels_raise_with_the_name_and_the_reason(tmp_path: Path) -> None:
    put(tmp_path / "1.png")
    (tmp_path / "2.png").touch()
    source = FolderSource(tmp_path)
    assert np.array_equal(source.pixels(0), np.full((3, 4, 1), 7))
    with pytest.raises(ImageError, match=r"^2\.png: 0 bytes\.$"):
        source.pixels(1)


def test_part_of_a_folder(tmp_path: Path) -> None:
    for i in range(5):
        put(tmp_path / f"{i}.png", i)
    source = FolderSource(tmp_path)
    assert [entry.index for entry in source.iterate(1, 3)] == [1, 2]
    assert [entry.index for entry in source.iterate(3)] == [3, 4]
    assert list(source.iterate(5)) == []


def test_hidden_and_other_files_are_left_out(tmp_path: Path) -> None:
    put(tmp_path / "1.png")
    put(tmp_path / ".hidden.png")
    put(tmp_path / ".cache" / "2.png")
    (tmp_path / "notes.txt").write_text("no image")
    (tmp_path / "noend").write_text("no image")
    assert uris(FolderSource(tmp_path)) == ["1.png"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes on this system")
def test_pipes_sockets_and_devices_never_block(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path / "1.png")
    os.mkfifo(tmp_path / "2.png")
    (tmp_path / "3.png").symlink_to("/dev/zero")
    monkeypatch.chdir(tmp_path)  # socket paths are short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("4.png")
        source = FolderSource(tmp_path)
    assert uris(source) == ["1.png"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes on this system")
def test_a_file_that_became_a_pipe_does_not_block(tmp_path: Path) -> None:
    path = put(tmp_path / "1.png")
    source = FolderSource(tmp_path)
    path.unlink()
    os.mkfifo(path)
    (entry,) = source.iterate()
    assert "pipe" in entry.error


def test_a_folder_named_like_an_image_is_entered(tmp_path: Path) -> None:
    put(tmp_path / "x.jpg" / "1.png")
    assert uris(FolderSource(tmp_path)) == ["x.jpg/1.png"]


def test_links_are_followed_but_not_in_circles(tmp_path: Path) -> None:
    put(tmp_path / "root" / "a" / "1.png")
    put(tmp_path / "away" / "2.png")
    root = tmp_path / "root"
    (root / "a" / "up").symlink_to(root)
    (root / "a" / "self").symlink_to(root / "a")
    (root / "b").symlink_to(tmp_path / "away")
    (root / "c.png").symlink_to(tmp_path / "away" / "2.png")
    assert uris(FolderSource(root)) == ["a/1.png", "b/2.png", "c.png"]


@pytest.mark.skipif(sys.platform != "linux", reason="file names are text elsewhere")
def test_names_that_are_no_text_are_escaped(tmp_path: Path) -> None:
    put(tmp_path / "plain.png")
    odd = os.fsencode(tmp_path) + b"/\xff\xfe.png"
    os.rename(tmp_path / "plain.png", odd)
    put(tmp_path / "line\nbreak.png")
    put(tmp_path / "a b#?%.png")
    source = FolderSource(tmp_path)
    assert uris(source) == ["\\xff\\xfe.png", "a b#?%.png", "line\nbreak.png"]
    assert all(entry.pixels is not None for entry in source.iterate())
    assert all(uri.encode() for uri in uris(source))


def test_an_absent_folder(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"cannot be opened .*No such file"):
        FolderSource(tmp_path / "gone")


def test_an_empty_folder_says_what_was_looked_for(tmp_path: Path) -> None:
    (tmp_path / "a.heic").touch()
    (tmp_path / "b.parquet").touch()
    with pytest.raises(SourceError, match=r"\.jpeg .*\.webp; other.* 1 with \.heic") as raised:
        FolderSource(tmp_path)
    assert "Give one of the Parquet files" in str(raised.value)


@contextmanager
def as_nobody() -> Iterator[None]:
    """Root may read everything, so be somebody else for a while."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="no users on this system")
def test_what_may_not_be_read_is_recorded() -> None:
    with TemporaryDirectory() as name:  # tmp_path lies in a folder that is shut to others
        root = Path(name)
        root.chmod(0o755)
        put(root / "1.png").chmod(0)
        put(root / "2.png").chmod(0o644)
        put(root / "shut" / "3.png")
        (root / "shut").chmod(0)
        with as_nobody():
            entries = list(FolderSource(root).iterate())
            with pytest.raises(SourceError, match="Permission denied"):
                FolderSource(root / "shut")
        (root / "shut").chmod(0o755)
    denied = "cannot be opened: Permission denied"
    assert [(e.record.uri, e.error) for e in entries] == [
        ("1.png", denied),
        ("2.png", ""),
        ("shut/", denied),
    ]


def test_a_file_beyond_the_limit(tmp_path: Path) -> None:
    path = tmp_path / "big.png"
    with path.open("wb") as file:
        file.truncate(2**30)  # sparse: takes no disk
    (entry,) = FolderSource(tmp_path).iterate()
    assert entry.error == "is 1024 MiB; the limit is 512 MiB"
