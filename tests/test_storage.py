from __future__ import annotations

import os
from pathlib import Path

import pytest

from convscope.errors import StorageError
from convscope.storage import write_whole


def test_a_file_is_replaced_and_nothing_else_is_left(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "a.png"
    assert [write_whole(path, data) for data in (b"first", b"2")] == [5, 1]
    assert path.read_bytes() == b"2"
    assert [entry.name for entry in path.parent.iterdir()] == ["a.png"]


@pytest.mark.parametrize("stopped", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_what_was_there_stays_when_writing_stops(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stopped: BaseException
) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"before")

    def replace(*names: object) -> None:
        raise stopped

    monkeypatch.setattr(os, "replace", replace)
    expected = StorageError if isinstance(stopped, OSError) else KeyboardInterrupt
    with pytest.raises(expected) as caught:
        write_whole(path, b"after")
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.png"]
    assert path.read_bytes() == b"before"
    if expected is StorageError:
        assert f"{path} could not be written (No space left on device)" in str(caught.value)
