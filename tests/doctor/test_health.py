"""The doctor is right on the bundled network in five states, and leaves it as it was."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from PIL import Image
from torch import nn

from convscope.atlas.make import build_atlas
from convscope.bundled import bundled_weights
from convscope.doctor.fit import recorded
from convscope.doctor.health import health
from convscope.doctor.options import HealthOptions
from convscope.doctor.thresholds import THRESHOLDS
from convscope.doctor.words import percent
from convscope.errors import AtlasError, SourceError, UsageError
from convscope.images.open import open_images
from convscope.images.photos import cut, tiles
from convscope.net.intake import load
from convscope.net.net import Net
from convscope.preprocess import Preprocessing
from convscope.results.file import load_result
from convscope.results.health import Health
from tests.doctor import states
from tests.doctor.fake import evidence

FIVE = ("untrained", "early", "trained", "dead", "overfitted")


@pytest.fixture(scope="module")
def found() -> dict[str, Health]:
    return {state: health(states.network(state), "bundled:photos") for state in FIVE}


@pytest.mark.parametrize("state", FIVE)
def test_the_verdict_is_right(found: dict[str, Health], state: str) -> None:
    assert found[state].state == state, found[state].headline


def test_every_number_is_held_to_the_table_that_is_shown(found: dict[str, Health]) -> None:
    for one in found.values():
        assert one.provenance["thresholds"].keys() == THRESHOLDS.keys()
        for finding in one.findings:
            if finding.threshold is not None:
                assert finding.threshold == THRESHOLDS[finding.measure].value


def test_the_remedy_fits_the_state(found: dict[str, Health]) -> None:
    advised = {
        state: {one.what: one.is_indicated for one in result.advice}
        for state, result in found.items()
    }
    assert advised["untrained"]["More epochs"] == "yes"
    assert advised["early"]["More epochs"] == "yes"
    assert advised["dead"]["A smaller learning rate"] == "yes"
    assert advised["overfitted"]["More data"] == "yes"
    assert advised["overfitted"]["More regularization"] == "yes"
    assert "yes" not in advised["trained"].values()


def test_first_layers_are_trained_before_last_ones(found: dict[str, Health]) -> None:
    early = dict(zip(found["early"].layers, found["early"].layer_states, strict=True))
    assert early["relu1"] == early["relu2"] == "trained"
    assert early["relu4"] == early["relu5"] == "begun"


def test_its_floors_know_nothing(found: dict[str, Health]) -> None:
    trained = found["trained"]
    row = trained.layer_measures.index("structure_z")
    convs = [trained.layers.index(f"relu{i}") for i in range(1, 6)]
    floors = trained.layer_floors[:, row, convs]
    assert (np.abs(floors) < THRESHOLDS["structure_z"].value).all()
    assert (trained.layer_values[row, convs] > 3 * np.abs(floors).max(0)).all()


def test_answers_are_those_of_the_network(found: dict[str, Health]) -> None:
    """Against a plain loop over a third of the tiles: the same network, the same accuracy."""
    net, right = states.network("trained"), []
    source, keys = open_images("bundled:photos"), list(net.keys or ())
    with torch.no_grad():
        for place in range(0, len(source), 3):
            array = net.preprocessing.apply(source.pixels(place)).array
            guess = int(net.module(torch.from_numpy(array)[None]).argmax())
            right.append(keys[guess] == source.label(place))
    answers = found["trained"].answers
    assert answers["images"] == len(source)
    assert answers["accuracy"] == pytest.approx(np.mean(right), abs=0.03)
    assert 1 / len(keys) < answers["chance"] < 0.08  # some photographs have more tiles than others


def test_a_result_is_saved_and_read_back(found: dict[str, Health], tmp_path: Path) -> None:
    again = load_result(found["early"].save(tmp_path / "health.safetensors"))
    assert again.findings == found["early"].findings
    assert again.advice == found["early"].advice
    assert again.channels("dead") == found["early"].channels("dead")
    assert np.array_equal(again.layer_floors, found["early"].layer_floors, equal_nan=True)


def test_silenced_channels_are_named_and_no_others() -> None:
    net = states.network("trained")
    before = health(net, "bundled:photos", options=HealthOptions(floors=False, shuffles=8))
    silenced = (3, 5, 40, 77, 101, 126)
    with torch.no_grad():
        net.module.conv3.bias[list(silenced)] = -1e6
    after = health(net, "bundled:photos", options=HealthOptions(floors=False, shuffles=8))
    assert before.channels("dead").get("relu3", ()) == ()
    assert after.channels("dead")["relu3"] == silenced
    finding = next(one for one in after.findings if (one.kind, one.layer) == ("dead", "relu3"))
    assert finding.channels == silenced
    assert "fewer than 0.22 % of images" in finding.evidence  # 1 - 0.05 ** (1 / 1389)


def test_weights_that_are_no_numbers_are_broken() -> None:
    net = states.network("trained")
    with torch.no_grad():
        net.module.fc6.weight[3, 4] = float("nan")
    found = health(net, "bundled:photos", options=HealthOptions(sample=40, shuffles=8))
    assert found.state == "broken"
    assert "fc6.weight hold values that are no numbers" in found.headline


def test_images_it_was_trained_on_show_overfitting_directly(tmp_path: Path) -> None:
    for number, tile in enumerate(states.few_tiles()):
        (tmp_path / tile.photograph).mkdir(exist_ok=True)
        Image.fromarray(cut(tile)).save(tmp_path / tile.photograph / f"{number}.png")
    net, options = states.network("overfitted"), HealthOptions(floors=False, sample=400)
    told = health(net, "bundled:photos", trained_on=tmp_path, options=options)
    assert told.answers["trained_on"] > 0.9 > 0.6 > told.answers["held_out"]
    assert (told.state, told.certainty) == ("overfitted", "likely")  # sure would take 60 images
    known = percent(told.answers["trained_on"])
    assert f"Right on {known} of what it was trained on" in told.headline
    same = health(net, tmp_path, trained_on=tmp_path, options=options)
    assert same.state != "overfitted"  # as good on both, for they are the same


def test_a_checkpoint_of_a_run_brings_what_its_training_recorded(tmp_path: Path) -> None:
    rows = {"epoch": [1, 2], "train_accuracy": [0.3, 0.97], "validation_accuracy": [0.3, 0.41],
            "train_loss": [2.0, 0.1], "step": [9, 18]}  # fmt: skip
    pq.write_table(pa.table(rows), tmp_path / "history.parquet")
    (tmp_path / "checkpoints").mkdir()
    found = []
    for epoch in (1, 2, 3):
        path = tmp_path / "checkpoints" / f"epoch-00{epoch}.safetensors"
        shutil.copy(bundled_weights(), path)
        found.append(recorded(load(path, device="cpu"), evidence("trained")))
    first, second, none = found
    assert none is None
    assert (first.trained, first.held_out) == (0.3, 0.3)
    assert (second.trained, second.held_out) == (0.97, 0.41)
    assert second.source == "its training at epoch 2"
    assert second.course.losses == (2.0, 0.1)
    assert recorded(load("bundled:photos", device="cpu"), evidence("trained")) is None


def test_an_atlas_and_its_network_say_the_same(tmp_path: Path) -> None:
    net = states.network("trained")
    atlas = build_atlas(net, "bundled:photos", tmp_path / "atlas")
    options = HealthOptions(floors=False, shuffles=8, sample=0)
    one, other = health(atlas, options=options), health(net, "bundled:photos", options=options)
    assert np.array_equal(one.layer_values, other.layer_values, equal_nan=True)
    assert (one.state, one.found) == (other.state, other.found)


def test_a_network_without_labels_is_judged_by_its_weights(tmp_path: Path) -> None:
    torch.manual_seed(0)
    body = nn.Sequential(nn.Conv2d(3, 16, 3), nn.ReLU(), nn.Conv2d(16, 8, 3))
    net = Net(body, Preprocessing((72, 72), None))
    found = health(net, "bundled:photos", options=HealthOptions(sample=20))
    assert (found.state, found.answers) == ("untrained", {})
    assert found.note.endswith("nothing says whether its answers are right.")


def test_what_cannot_be_examined_is_refused(tmp_path: Path) -> None:
    net = load("bundled:photos", device="cpu")
    with pytest.raises(UsageError, match=r"Give them after the network: a folder"):
        health(net)
    with pytest.raises(SourceError, match="no such file or folder"):
        health(net, tmp_path / "nowhere")
    atlas = build_atlas(net, "bundled:photos", tmp_path / "atlas")
    with pytest.raises(UsageError, match="An atlas has its images already"):
        health(atlas, "bundled:photos")
    with pytest.raises(AtlasError, match="belongs to other weights"):
        health(atlas, net=load("bundled:photos-early", device="cpu"))


def test_labels_that_are_no_classes_are_counted(tmp_path: Path) -> None:
    net = states.network("trained")
    for label in ("brick", "platypus"):
        (tmp_path / label).mkdir()
        for i, tile in enumerate([t for t in tiles() if t.photograph == "brick"][:12]):
            Image.fromarray(cut(tile)).save(tmp_path / label / f"{i}.png")
    found = health(net, tmp_path, options=HealthOptions(floors=False, shuffles=8))
    assert "Answers are counted on 12 of 24 images" in found.note
