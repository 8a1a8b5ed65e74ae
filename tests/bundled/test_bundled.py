from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import safe_open

from convscope.bundled import bundled_weights
from convscope.images import photos
from convscope.nets.zeiler import load_zeiler
from convscope.preprocess import Preprocessing

MOMENTS = ("start", "early", "end")


@pytest.mark.parametrize("which", MOMENTS)
def test_weights_are_half_precision_and_say_what_they_need(which: str) -> None:
    with safe_open(bundled_weights(which), "pt") as file:
        metadata = file.metadata()
        assert {file.get_tensor(key).dtype for key in file.keys()} == {torch.float16}  # noqa: SIM118
    assert metadata["arch"] == "bundled:photos"
    assert tuple(metadata["classes"].split(",")) == tuple(photos.photographs())
    assert Preprocessing.from_metadata(metadata).size == (photos.SIZE, photos.SIZE)
    assert {"recipe", "seed", "epochs", "accuracy"} <= set(metadata)


def test_all_together_take_at_most_six_megabytes() -> None:
    assert sum(bundled_weights(which).stat().st_size for which in MOMENTS) <= 6_000_000


def test_a_tile_reaches_the_network_unresampled() -> None:
    tile = photos.PhotoTiles().pixels(100)
    with safe_open(bundled_weights(), "pt") as file:
        prepared = Preprocessing.from_metadata(file.metadata()).apply(tile)
    assert (prepared.shown == tile).all()


def guesses(which: str, tiles: tuple[photos.Tile, ...]) -> list[bool]:
    net, metadata = load_zeiler(bundled_weights(which))
    preprocessing, classes = Preprocessing.from_metadata(metadata), metadata["classes"].split(",")
    x = torch.from_numpy(np.stack([preprocessing.apply(photos.cut(t)).array for t in tiles]))
    with torch.inference_mode():
        return [classes[k] == t.photograph for k, t in zip(net(x).argmax(1), tiles, strict=True)]


def test_accuracy_on_regions_training_never_saw_is_the_card_s() -> None:
    _, metadata = load_zeiler(bundled_weights())
    card = Path(bundled_weights()).with_name("README.md").read_text(encoding="utf-8")
    right = guesses("end", photos.held_out_tiles())
    assert np.mean(right) == pytest.approx(float(metadata["accuracy"]), abs=0.01)
    assert f"{100 * float(metadata['accuracy']):.1f} %" in card


def test_the_network_becomes_better_from_start_to_end() -> None:
    start, early, end = (
        float(load_zeiler(bundled_weights(which))[1]["accuracy"]) for which in MOMENTS
    )
    assert start < 0.15 < early < end


def test_the_network_comes_in_eval_mode_and_single_precision() -> None:
    net, _ = load_zeiler(bundled_weights("early"))
    assert not net.training
    assert {p.dtype for p in net.parameters()} == {torch.float32}
