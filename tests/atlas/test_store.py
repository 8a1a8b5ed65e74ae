from __future__ import annotations

import errno
import multiprocessing
import os
import signal
from pathlib import Path

import pytest

from convscope.atlas import lock, store
from convscope.errors import LockedError, StorageError


def test_a_file_appears_whole_or_keeps_what_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a"
    store.write(path, b"old")
    for call in ("_open", "_write", "_fsync", "_replace"):

        def fail(*args: object) -> int:
            raise OSError(errno.EIO, "Input/output error")

        with monkeypatch.context() as patch:
            patch.setattr(store, call, fail)
            with pytest.raises(StorageError, match="Input/output error"):
                store.write(path, b"new")
        assert [p.name for p in tmp_path.iterdir()] == ["a"]
        assert path.read_bytes() == b"old"


def test_short_writes_are_gone_on_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "_write", lambda fd, data: os.write(fd, data[:3]))
    store.write(tmp_path / "a", b"0123456789")
    assert (tmp_path / "a").read_bytes() == b"0123456789"


def test_an_interruption_leaves_no_temporary_file(tmp_path: Path) -> None:
    def interrupted() -> None:
        with store.replacing(tmp_path / "a") as file:
            file.write(b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert not list(tmp_path.iterdir())


def test_a_lock_names_its_holder_and_goes_with_it(tmp_path: Path) -> None:
    with (
        lock.locked(tmp_path),
        pytest.raises(LockedError, match=f"process {os.getpid()} on"),
        lock.locked(tmp_path),
    ):
        pass
    assert not list(tmp_path.iterdir())
    with lock.locked(tmp_path):
        pass


def _hold(folder: Path, ready: object) -> None:
    with lock.locked(folder):
        ready.set()
        signal.pause()


def test_the_kernel_frees_the_lock_of_a_killed_process(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    ready = context.Event()
    child = context.Process(target=_hold, args=(tmp_path, ready))
    child.start()
    assert ready.wait(60)
    with pytest.raises(LockedError, match=f"process {child.pid}"), lock.locked(tmp_path):
        pass
    child.kill()
    child.join()
    with lock.locked(tmp_path):
        pass
