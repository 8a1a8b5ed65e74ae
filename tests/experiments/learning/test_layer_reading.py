"""Readings on disk."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from convscope.errors import StorageError
from convscope.experiments.learning.layer_reading import LayerReading, Reading, load_reading


def test_what_is_saved_is_what_is_read(tmp_path: Path) -> None:
    drawn = np.random.default_rng(0).random((5, 3)).astype(np.float32)
    layers = tuple(
        LayerReading(name, drawn + i, drawn, np.tile(drawn, 4), 0.1 + i, drawn[0])
        for i, name in enumerate(("relu1", "layer1.0/add"))
    )
    made = Reading(layers, np.arange(5), {"steps": 7, "seconds": 0.5})
    found = load_reading(made.save(tmp_path / "one.safetensors"))
    assert found.facts == {"steps": 7, "seconds": 0.5}
    assert found.answers.tolist() == [0, 1, 2, 3, 4]
    for one, other in zip(made.layers, found.layers, strict=True):
        assert (one.name, one.firing) == (other.name, other.firing)
        for name in ("maxima", "means", "blocks", "noise"):
            assert (getattr(one, name) == getattr(other, name)).all()


@pytest.mark.parametrize("text", [b"", b"{}", b"\x08\0\0\0\0\0\0\0{}      "])
def test_anything_else_is_named(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "torn.safetensors"
    path.write_bytes(text)
    with pytest.raises(StorageError, match=r"torn.safetensors is no reading.*Remove it"):
        load_reading(path)
