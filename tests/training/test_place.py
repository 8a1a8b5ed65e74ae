from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from convscope.errors import ConvscopeError, StorageError, UsageError
from convscope.training.loop import train
from convscope.training.place import check_place, made_if_begun
from tests.training.setting import SIDE, pictures, quick


def failing(data: Path, code: Path, tmp_path: Path) -> dict[str, tuple[str, Path, dict[str, Any]]]:
    """Calls that name a network, images and options of which no run can be made."""
    one, bad = tmp_path / "one" / "class", pictures(tmp_path / "bad")
    one.mkdir(parents=True)
    Image.new("RGB", (SIDE, SIDE)).save(one / "0.png")
    for path in bad.rglob("*.png"):
        path.write_bytes(b"no picture")
    (tmp_path / "empty").mkdir()
    return {
        "no such network": ("nets:zf31", data, {}),
        "no such file": (f"{code}:plain", tmp_path / "absent", {}),
        "no images": (f"{code}:plain", tmp_path / "empty", {}),
        "one class": (f"{code}:plain", one.parent, {}),
        "unreadable": (f"{code}:plain", bad, {}),
        "no convolution": (f"{code}:dense", data, {}),
        "other scores": (f"{code}:five", data, {}),
        "another size": (f"{code}:plain", data, {"size": 24, "resize": 24}),
        "options": (f"{code}:plain", data, {"center": "own"}),
        "too many": (f"{code}:plain", data, {"data_size": 1000}),
        "layers nobody sees": (f"{code}:hidden", data, {"probes": 4}),
    }


NAMES = (
    "no such network", "no such file", "no images", "one class", "unreadable", "no convolution",
    "other scores", "another size", "options", "too many", "layers nobody sees",
)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_a_run_that_never_began_leaves_nothing(
    data: Path, code: Path, tmp_path: Path, name: str
) -> None:
    model, images, options = failing(data, code, tmp_path)[name]
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(ConvscopeError):
        train(model, images, tmp_path / "above" / "run", quick(**options), device="cpu")
    assert sorted(tmp_path.rglob("*")) == before


def test_a_folder_that_was_there_stays(data: Path, tmp_path: Path) -> None:
    (tmp_path / "above").mkdir()
    with pytest.raises(ConvscopeError):
        train("nets:zf31", data, tmp_path / "above" / "run", quick(), device="cpu")
    assert list(tmp_path.rglob("*")) == [tmp_path / "above"]
    (tmp_path / "above" / "run").mkdir()
    with pytest.raises(ConvscopeError):
        train("nets:zf31", data, tmp_path / "above" / "run", quick(), device="cpu")
    assert sorted(tmp_path.rglob("*")) == [tmp_path / "above", tmp_path / "above" / "run"]


@pytest.mark.parametrize("name", ["reading images", "training"])
def test_stopped_before_and_after_it_began(
    data: Path, code: Path, tmp_path: Path, name: str
) -> None:
    def stop(done: int, total: int, what: str) -> None:
        if what.startswith(name):
            raise KeyboardInterrupt

    run = tmp_path / "above" / "run"
    with pytest.raises(KeyboardInterrupt):
        train(f"{code}:plain", data, run, quick(), device="cpu", progress=stop)
    assert (run / "run.json").exists() == (name == "training")
    assert (tmp_path / "above").exists() == (name == "training")


def test_what_somebody_else_put_there_stays(tmp_path: Path) -> None:
    with made_if_begun(tmp_path / "a" / "b" / "run"):
        (tmp_path / "a" / "theirs").touch()
    assert [path.name for path in tmp_path.rglob("*")] == ["a", "theirs"]


def test_a_place_by_way_of_a_folder_that_is_not_there(
    data: Path, code: Path, tmp_path: Path
) -> None:
    place = tmp_path / "absent" / ".." / "run"
    assert len(train(f"{code}:plain", data, place, quick(epochs=1), device="cpu").checkpoints) == 2


def test_a_folder_that_cannot_be_made_leaves_none_above(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = Path.mkdir

    def mkdir(path: Path, *args: Any, **given: Any) -> None:
        if path.name == "run" and path.parent.exists():
            raise PermissionError(13, "Permission denied")
        own(path, *args, **given)

    monkeypatch.setattr(Path, "mkdir", mkdir)
    with pytest.raises(StorageError), made_if_begun(tmp_path / "above" / "run"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_places_that_no_run_can_lie_in(tmp_path: Path) -> None:
    images, file = tmp_path / "images", tmp_path / "notes.txt"
    (images / "a").mkdir(parents=True)
    file.touch()
    with pytest.raises(UsageError, match=r"notes.txt is a file; a run is a folder"):
        check_place(file, images)
    for inside in (images, images / "run", tmp_path / "other" / ".." / "images" / "a" / "run"):
        with pytest.raises(
            UsageError, match=r"is the folder of the images.* or lies in it.*beside it"
        ):
            check_place(inside, images)
    for beside in (tmp_path / "run", tmp_path / "images-run", tmp_path):
        check_place(beside, images)
    check_place(tmp_path / "run", "bundled:photos")
    check_place(tmp_path / "run", tmp_path / "cifar.parquet")
