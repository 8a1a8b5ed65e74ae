from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from convscope.atlas.make import build_atlas
from convscope.atlas.read import open_atlas
from convscope.errors import PreprocessingError
from convscope.net.intake import load
from convscope.net.net import Net
from convscope.net.rebuild import rebuild
from convscope.preprocess import Preprocessing
from convscope.preprocess.mean_image import NAME, MeanImage, mean_image_bytes, mean_image_of

PLAIN = Preprocessing((8, 10), 12, mean=(0.4, 0.5, 0.6), std=(0.2, 0.25, 0.3))
PIXELS = np.random.default_rng(1).integers(0, 255, (14, 20, 3), np.uint8)


@pytest.fixture
def image() -> np.ndarray:
    return np.random.default_rng(0).random((12, 14, 3), np.float32)


@pytest.fixture
def settings(tmp_path: Path, image: np.ndarray) -> Preprocessing:
    data, digest = mean_image_bytes(image)
    (tmp_path / NAME).write_bytes(data)
    return replace(PLAIN, mean_image=MeanImage(digest, str(tmp_path / NAME)))


def test_the_centre_of_the_mean_image_is_subtracted(
    settings: Preprocessing, image: np.ndarray
) -> None:
    found, plain = settings.apply(PIXELS), PLAIN.apply(PIXELS)
    std = np.array(PLAIN.std)[:, None, None]
    twin = found.shown.transpose(2, 0, 1) / 255 - image[2:10, 2:12].transpose(2, 0, 1)
    assert np.abs(found.array - twin / std).max() < 1e-5
    assert np.array_equal(found.shown, plain.shown)
    assert found.box == plain.box


def test_it_is_added_back_to_whole_inputs_and_its_mean_to_crops(settings: Preprocessing) -> None:
    found = settings.apply(PIXELS)
    assert np.array_equal(settings.invert(found.array), found.shown)
    crop = settings.invert(np.zeros((3, 5, 5)))
    assert crop[0, 0].tolist() == [102, 128, 153]


def test_without_one_nothing_is_said_of_it() -> None:
    """The bytes of manifests that were written before there were any."""
    said = json.dumps(PLAIN.to_dict())
    assert said == (
        '{"size": [8, 10], "resize": 12, "interpolation": "bilinear", '
        '"mean": [0.4, 0.5, 0.6], "std": [0.2, 0.25, 0.3]}'
    )
    assert PLAIN.fingerprint() == "5b6623a8309d"
    assert "mean_image" not in repr(PLAIN)


def test_it_is_known_by_its_hash_wherever_it_lies(settings: Preprocessing) -> None:
    assert settings.mean_image is not None
    moved = replace(settings, mean_image=replace(settings.mean_image, file="elsewhere.npy"))
    assert moved == settings != PLAIN
    assert moved.fingerprint() == settings.fingerprint() != PLAIN.fingerprint()
    other = replace(settings, mean_image=replace(settings.mean_image, sha256="0"))
    assert other.fingerprint() != settings.fingerprint()
    assert Preprocessing.from_dict(json.loads(json.dumps(settings.to_dict()))) == settings


def test_one_that_cannot_be_used(settings: Preprocessing, tmp_path: Path) -> None:
    known = settings.mean_image
    assert known is not None
    absent = replace(settings, mean_image=replace(known, file=str(tmp_path / "absent.npy")))
    with pytest.raises(PreprocessingError, match=r"absent.npy, which cannot be read"):
        absent.apply(PIXELS)
    changed = replace(settings, mean_image=replace(known, sha256="0" * 64))
    with pytest.raises(PreprocessingError, match=r"is not the mean image .*its hash is another"):
        changed.apply(PIXELS)
    large = replace(settings, size=(13, 10), resize=20)
    with pytest.raises(PreprocessingError, match=r"shape \(12, 14, 3\) .* does not cover inputs"):
        large.apply(PIXELS)


def test_a_header_names_a_file_beside_the_weights_and_nowhere_else(tmp_path: Path) -> None:
    found = mean_image_of({"mean_image": "/etc/mean.npy", "mean_image_sha256": "a"}, tmp_path)
    assert found is not None
    assert found.file == str(tmp_path / "mean.npy")
    assert mean_image_of({}, tmp_path) is None


def test_an_atlas_sees_what_the_network_was_trained_on(
    settings: Preprocessing, tmp_path: Path
) -> None:
    code = tmp_path / "nets.py"
    code.write_text(
        "from torch import nn\ndef net(): return nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU())\n"
    )
    torch.manual_seed(0)
    module = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU())
    assert settings.mean_image is not None
    said = {"size": "8,10", "resize": "12", "mean": "0.4,0.5,0.6", "std": "0.2,0.25,0.3"}
    save_file(
        module.state_dict(), tmp_path / "w.safetensors", said | settings.mean_image.metadata()
    )
    net = load(f"{code}:net", weights=tmp_path / "w.safetensors", device="cpu")
    assert net.preprocessing == settings
    (tmp_path / "photos").mkdir()
    from PIL import Image

    for number in range(3):
        Image.fromarray(np.roll(PIXELS, number, 1)).save(tmp_path / "photos" / f"{number}.png")
    build_atlas(net, tmp_path / "photos", tmp_path / "atlas")
    atlas = open_atlas(tmp_path / "atlas")
    assert atlas.preprocessing == settings
    again = rebuild(atlas.manifest, trust=True, device="cpu")
    assert again.preprocessing == settings
    batch = torch.stack(
        [torch.from_numpy(settings.apply(np.roll(PIXELS, n, 1)).array) for n in range(3)]
    )
    with torch.no_grad():
        twin = module(batch).amax((0, 2, 3))
    assert np.allclose(atlas.top("1").value[:, 0], twin.numpy(), atol=1e-5)
    plain = Net(module, PLAIN)
    build_atlas(plain, tmp_path / "photos", tmp_path / "plain")
    other = open_atlas(tmp_path / "plain").top("1").value[:, 0]
    assert not np.allclose(other, twin.numpy(), atol=1e-2)
