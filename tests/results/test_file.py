from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import save_file

import convscope
from convscope.errors import StorageError, UsageError
from convscope.results.file import load_result
from tests.results.projections import projection


def test_what_is_saved_is_read_back(tmp_path: Path) -> None:
    result = projection()
    path = result.save(tmp_path / "new" / "one.safetensors")
    assert os.listdir(path.parent) == ["one.safetensors"]
    found = convscope.load_result(path)
    for name in ("array", "shown"):
        assert np.array_equal(getattr(found, name), getattr(result, name))
        assert getattr(found, name).dtype == getattr(result, name).dtype
    for name in ("layer", "channel", "cell", "value", "frame", "note", "provenance", "caption"):
        assert getattr(found, name) == getattr(result, name)


def test_a_pictures_name_gives_the_picture_or_is_refused(tmp_path: Path) -> None:
    path = projection().save(tmp_path / "one.png")
    assert path.read_bytes().startswith(b"\x89PNG")
    with pytest.raises(UsageError, match=r"one\.jpg is a picture's name.*pictures as \.png"):
        projection().save(tmp_path / "one.jpg")
    assert os.listdir(tmp_path) == ["one.png"]


def test_a_fresh_process_reads_it_without_torch(tmp_path: Path) -> None:
    path = projection().save(tmp_path / "one.safetensors")
    code = (
        "import sys, convscope; found = convscope.load_result(sys.argv[1]);"
        "print(type(found).__name__, found.cell, 'torch' in sys.modules)"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True
    )
    assert run.stdout.split("\n")[0] == "Projection (2, 1) False"


def test_a_whole_map_has_no_cell(tmp_path: Path) -> None:
    result = projection(cell=None)
    assert load_result(result.save(tmp_path / "a.safetensors")).cell is None


def test_a_direction_has_no_channel_and_files_of_before_have_no_target(tmp_path: Path) -> None:
    found = load_result(projection(channel=None, target="a:1-2").save(tmp_path / "a.safetensors"))
    assert (found.channel, found.name) == (None, "a:1-2")
    with safe_open(str(tmp_path / "a.safetensors"), framework="numpy") as file:
        said = json.loads(file.metadata()["convscope"])
        arrays = {name: file.get_tensor(name) for name in ("array", "shown")}
    del said["values"]["target"]
    said["values"]["channel"] = 4
    save_file(arrays, tmp_path / "old.safetensors", {"convscope": json.dumps(said)})
    assert load_result(tmp_path / "old.safetensors").name == "features.3:4"


def _broken(folder: Path, kind: str) -> Path:
    path = folder / "broken.safetensors"
    if kind == "weights":
        save_file({"a": np.zeros(2)}, path)
    elif kind == "metadata":
        save_file({"a": np.zeros(2)}, path, {"convscope": "{"})
    elif kind == "no dict":
        save_file({"a": np.zeros(2)}, path, {"convscope": "[1]"})
    elif kind == "fields":
        said = json.dumps({"kind": "Projection", "values": {"layer": "a"}})
        save_file({"a": np.zeros(2)}, path, {"convscope": said})
    elif kind == "torn":
        whole = projection().save(path).read_bytes()
        path.write_bytes(whole[: len(whole) // 2])
    elif kind == "text":
        path.write_text("a result")
    elif kind == "folder":
        path.mkdir()
    return path


@pytest.mark.parametrize(
    "kind", ["weights", "metadata", "no dict", "fields", "torn", "text", "folder", "missing"]
)
def test_a_file_that_is_no_result_is_named(tmp_path: Path, kind: str) -> None:
    path = _broken(tmp_path, kind)
    with pytest.raises(StorageError, match=re.escape(f"{path} is no result convscope saved")):
        load_result(path)


def test_a_missing_file_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="no such file"):
        load_result(tmp_path / "none.safetensors")


def test_a_result_of_another_version_is_named(tmp_path: Path) -> None:
    said = json.dumps({"kind": "Cinema", "values": {}})
    save_file({"a": np.zeros(2)}, tmp_path / "a.safetensors", {"convscope": said})
    with pytest.raises(UsageError, match=r"No kind of result 'Cinema'\. There are: .*Projection"):
        load_result(tmp_path / "a.safetensors")


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="could not be written"):
        projection().save(tmp_path / "file" / "one.safetensors")
