from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.torch import load_file, save_file

from convscope.errors import CorruptError, IntakeError, RunError
from convscope.net.intake import load
from convscope.training.loop import train
from convscope.training.run import Run, open_run
from tests.training.setting import CLASSES, quick


@pytest.fixture
def run(data: Path, tmp_path: Path) -> Run:
    options = quick(size=0, resize=0, epochs=2, checkpoints=(1,), radius=0.0)
    return train("nets:zf32,width=0.25", data, tmp_path / "run", options, device="cpu")


def test_what_was_trained_is_opened(run: Run) -> None:
    again = open_run(run.path)
    assert again.spec == "nets:zf32,width=0.25,classes=3"
    assert again.options == run.options
    assert [one.epoch for one in again.checkpoints] == [0, 1, 2]
    assert list(again.history) == [
        *("epoch", "step", "rate", "train_loss", "train_accuracy"),
        *("validation_loss", "validation_accuracy", "seconds"),
    ]
    assert again.history["epoch"].tolist() == [1, 2]
    assert again.facts["classes"] == list(CLASSES)


def test_its_networks_need_no_trust_where_a_library_builds_them(run: Run) -> None:
    opened = open_run(run.path)
    last, first = opened.net(device="cpu"), opened.net(0, device="cpu")
    assert last.labels == CLASSES
    assert last.preprocessing.to_dict() == run.facts["preprocessing"]
    assert last.fingerprint() != first.fingerprint()
    assert first.fingerprint() == run.facts["start"]
    alone = load(opened.checkpoints[-1].path, device="cpu")  # the file says all of it by itself
    assert alone.fingerprint() == last.fingerprint()
    assert alone.preprocessing == last.preprocessing


def test_code_of_ones_own_is_trusted_in_so_many_words(
    data: Path, code: Path, tmp_path: Path
) -> None:
    made = train(f"{code}:plain", data, tmp_path / "run", quick(epochs=1), device="cpu")
    assert made.net(device="cpu").labels == CLASSES  # it ran just now
    with pytest.raises(RunError, match=r"open_run.path, trust=True.*--weights"):
        open_run(made.path).net()
    assert open_run(made.path, trust=True).net(device="cpu").labels == CLASSES


def test_an_epoch_that_was_not_kept(run: Run) -> None:
    with pytest.raises(RunError, match=r"no checkpoint of epoch 7. There are: 0, 1, 2."):
        run.net(7)


def test_no_run(tmp_path: Path) -> None:
    for place in (tmp_path, tmp_path / "absent"):
        with pytest.raises(RunError, match=r"holds no run \(no run.json in it\). Make one with"):
            open_run(place)


def test_no_checkpoints(run: Run) -> None:
    for one in run.checkpoints:
        one.path.unlink()
    with pytest.raises(RunError, match=r"has no checkpoints .* go on"):
        open_run(run.path)


def test_checkpoints_of_another_architecture(run: Run) -> None:
    weights = load_file(run.checkpoints[1].path)
    weights["conv2.weight"] = weights["conv2.weight"][:, :, :3, :3].contiguous()
    save_file(weights, run.checkpoints[1].path, {"size": "32", "mean": "0,0,0", "std": "1,1,1"})
    with pytest.raises(IntakeError, match=r"does not fit nets:zf32.*Of another shape .1.: conv2"):
        open_run(run.path).net(1)


def test_another_version(run: Run) -> None:
    path = run.path / "run.json"
    said = json.loads(path.read_text())
    path.write_text(json.dumps({**said, "options": {**said["options"], "fancy": 1}}))
    with pytest.raises(RunError, match="does not know: fancy"):
        open_run(run.path)
    path.write_text(json.dumps({**said, "format": 99}))
    with pytest.raises(RunError, match="is not as this version of convscope writes it"):
        open_run(run.path)
    path.write_text("{")
    with pytest.raises(RunError, match="is not as this version of convscope writes it"):
        open_run(run.path)


def test_a_torn_table(run: Run) -> None:
    path = run.path / "history.parquet"
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(CorruptError, match=r"history.parquet is not as it was written"):
        open_run(run.path)


def test_health_of_every_epoch_and_of_the_start(data: Path, tmp_path: Path) -> None:
    options = quick(size=0, resize=0, epochs=2, probes=5)
    run = train("nets:zf32,width=0.25", data, tmp_path, options, device="cpu")
    health = run.health()
    seen = ~np.isnan(health["dead"])
    assert sorted(set(health["epoch"][seen])) == [0, 1, 2]
    assert sorted(set(health["epoch"][~seen])) == [1, 2]
    assert {"conv1", "fc8"} <= set(health["layer"][~seen])
    shares = np.concatenate([health["dead"][seen], health["sparsity"][seen]])
    assert ((shares >= 0) & (shares <= 1)).all()
