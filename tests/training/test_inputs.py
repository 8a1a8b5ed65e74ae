from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from convscope.errors import PreprocessingError, UsageError
from convscope.images.open import open_images
from convscope.net.intake import load
from convscope.progress import silent
from convscope.training.augment import center_places
from convscope.training.inputs import Inputs, channel_facts, mean_of, stored_side
from convscope.training.loop import train
from convscope.training.options import TrainOptions
from convscope.training.prepare import Task, prepare
from convscope.training.run import open_run
from tests.training.setting import SIDE, pictures, quick


def prepared(data: Path, code: Path, tmp_path: Path, **options: object):  # type: ignore[no-untyped-def]
    source, place = open_images(data), torch.device("cpu")
    return prepare(Task(f"{code}:normed", source, tmp_path, quick(**options), place), silent)


def test_the_mean_image_leaves_nothing_at_any_pixel(data: Path, code: Path, tmp_path: Path) -> None:
    job = prepared(data, code, tmp_path, center="image", scale="pixels", resize=SIDE + 4)
    train_images = job.data.train.pixels
    every = job.inputs.normalized(
        train_images,
        (np.tile(np.arange(SIDE + 4), (len(train_images), 1)),) * 2,
    )
    assert every.shape == (len(train_images), SIDE + 4, SIDE + 4, 3)
    assert np.abs(every.astype(np.float64).mean(0)).max() < 1e-4
    assert 60 < every.max() < 256  # inputs of about +-128
    assert every.std() > 10


def test_the_mean_image_is_of_training_images_alone(data: Path, code: Path, tmp_path: Path) -> None:
    job = prepared(data, code, tmp_path, center="image")
    twin = job.data.train.pixels.astype(np.float64).mean(0) / 255
    assert np.abs(job.inputs.mean_image - twin).max() < 1e-7
    assert not np.allclose(twin, job.data.validation.pixels.mean(0) / 255, atol=1e-2)


def test_mean_and_deviation_are_those_of_all_pixels() -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (3000, 4, 4, 3), np.uint8)
    mean, std = channel_facts(pixels)
    assert mean == pytest.approx(tuple(pixels.mean((0, 1, 2)) / 255), rel=1e-12)
    assert std == pytest.approx(tuple(pixels.std((0, 1, 2)) / 255), rel=1e-9)
    assert mean_of(pixels) == pytest.approx(pixels.mean(0) / 255, rel=1e-6)


@pytest.mark.parametrize("center", ["image", "channel"])
@pytest.mark.parametrize("scale", ["pixels", "deviation"])
@pytest.mark.parametrize("resize", [SIDE, SIDE + 8])
def test_a_loaded_checkpoint_sees_what_was_validated_on(
    code: Path, tmp_path: Path, center: str, scale: str, resize: int
) -> None:
    """Bit for bit, from the pictures themselves, of odd shapes."""
    folder = pictures(tmp_path / "pictures", 4)
    for number, path in enumerate(sorted(folder.rglob("*.png"))):
        with Image.open(path) as picture:
            picture.resize((40 + number, 31 + 3 * number)).save(path)
    options = quick(epochs=1, batch=4, center=center, scale=scale, resize=resize)
    run = train(f"{code}:normed", folder, tmp_path / "run", options, device="cpu")
    job = prepared(
        folder,
        code,
        tmp_path / "run",
        **{k: getattr(options, k) for k in ("epochs", "batch", "center", "scale", "resize")},
    )
    seen = job.inputs.crops(
        job.data.validation.pixels, center_places(len(job.data.validation), resize, SIDE)
    )
    settings, source = run.net().preprocessing, open_images(folder)
    read = [settings.apply(source.pixels(index)).array for index in range(len(source))]
    for array in seen.transpose(0, 3, 1, 2):
        assert any(np.array_equal(array, other) for other in read)


def test_a_run_may_be_moved_with_its_mean_image(data: Path, code: Path, tmp_path: Path) -> None:
    options = quick(epochs=1, center="image")
    there = train(f"{code}:normed", data, tmp_path / "a", options, device="cpu")
    pixels = np.random.default_rng(0).integers(0, 255, (20, 20, 3), np.uint8)
    before = there.net().preprocessing.apply(pixels).array
    (tmp_path / "a").rename(tmp_path / "b")
    moved = open_run(tmp_path / "b", trust=True).net()
    assert np.array_equal(moved.preprocessing.apply(pixels).array, before)
    other = load(f"{code}:normed", weights=moved.weights, mean="0.5,0.5,0.5")
    assert other.preprocessing.mean_image is None  # a mean that is given is the mean
    (tmp_path / "b" / "checkpoints" / "mean-image.npy").unlink()
    (tmp_path / "b").rename(tmp_path / "c")
    settings = open_run(tmp_path / "c", trust=True).net().preprocessing
    with pytest.raises(PreprocessingError, match="Put it back beside the weights"):
        settings.apply(pixels)


@pytest.mark.parametrize("resize", [8, 17, 18, 19])
def test_other_sizes_have_another_center(resize: int) -> None:
    with pytest.raises(UsageError, match=re.escape("or larger by a multiple of 4")):
        stored_side(16, None, TrainOptions(resize=resize))


def test_a_network_for_larger_images_than_there_are() -> None:
    said = r"side, is 32 px and the input's 224; .* Give --resize 224 or 228, or the input another"
    with pytest.raises(UsageError, match=said):
        stored_side(224, None, TrainOptions(resize=32))


def test_the_size_of_stored_images() -> None:
    assert stored_side(224, None, TrainOptions()) == 256  # the paper's
    assert stored_side(32, 32, TrainOptions()) == 32
    assert stored_side(32, 32, TrainOptions(resize=40)) == 40


def test_pixels_are_divided_by_nothing() -> None:
    from convscope.preprocess import Preprocessing

    net = torch.nn.Linear(1, 1)
    paper = Preprocessing((8, 8), 8, std=(1 / 255,) * 3)
    assert Inputs(8, paper).scale(net) is None
    unit = Inputs(8, Preprocessing((8, 8), 8, std=(0.25,) * 3)).scale(net)
    assert unit is not None
    assert unit.tolist() == [63.75] * 3
