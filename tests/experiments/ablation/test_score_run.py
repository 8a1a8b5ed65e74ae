"""Errors of a finished training against plain counting, one image at a time."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from convscope.experiments.ablation.score_run import score_run, wrong
from convscope.images.open import open_images
from convscope.images.read import read_from
from convscope.net.cost import cost
from convscope.preprocess import Preprocessing
from convscope.training.data import Images
from convscope.training.inputs import Inputs
from convscope.training.loop import train
from convscope.training.presets import preset
from convscope.training.run import Run
from convscope.training.split import split
from tests.experiments.tiny_grid import MODEL

COLUMNS = ("image", "label")


@pytest.fixture(scope="module")
def trained(photos: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    options = preset("cifar", epochs=4, batch=8, rate=0.02, held_out=0.2, checkpoints=())
    return train(MODEL, photos, tmp_path_factory.mktemp("run"), options)


def test_errors_are_those_of_reading_and_answering_each_image_by_itself(
    trained: Run, photos: Path
) -> None:
    found = score_run(trained, photos, COLUMNS, "cpu")
    net, source = trained.net(device="cpu"), open_images(photos)
    assert trained.options is not None
    parts = split([source.label(n) for n in range(len(source))], trained.options)
    errors = []
    for numbers in (parts.train, parts.validation):
        missed = 0
        for number in numbers.tolist():
            image = read_from(source, number, net.preprocessing)
            with torch.inference_mode():
                scores = net.module.eval()(net.batch([image.array]))[0].numpy()
            missed += int(scores.argmax() != parts.targets[number])
        errors.append(missed / len(numbers))
    assert [found.train_error, found.error] == errors
    assert np.isnan(found.top5_error)
    assert (found.train_images, found.images, found.classes) == (144, 36, 3)
    held = parts.targets[parts.validation].tolist()
    assert found.commonest == max(map(held.count, held)) / len(held)


def test_the_held_out_error_is_what_the_training_itself_ended_with(
    trained: Run, photos: Path
) -> None:
    found = score_run(trained, photos, COLUMNS, "cpu")
    assert found.error == pytest.approx(1 - trained.history["validation_accuracy"][-1], abs=1e-12)
    assert 0 < found.error < 1 or found.train_error < 1


def test_sizes_and_seconds_are_those_of_the_network_and_the_run(trained: Run, photos: Path) -> None:
    found, net = score_run(trained, photos, COLUMNS, "cpu"), trained.net(device="cpu")
    assert found.parameters == sum(tensor.numel() for tensor in net.module.state_dict().values())
    assert found.multiply_adds == cost(net.tape())
    assert found.seconds == trained.history["seconds"].sum()
    assert (found.epochs, found.weights, found.diverged) == (4, net.fingerprint(), "")


def test_scoring_draws_nothing_and_changes_nothing(trained: Run, photos: Path) -> None:
    before = torch.random.get_rng_state()
    files = sorted((path, path.read_bytes()) for path in trained.path.rglob("*") if path.is_file())
    score_run(trained, photos, COLUMNS, "cpu")
    assert torch.equal(torch.random.get_rng_state(), before)
    assert files == sorted(
        (path, path.read_bytes()) for path in trained.path.rglob("*") if path.is_file()
    )


@pytest.mark.parametrize("ten_crops", [False, True])
def test_five_guesses_are_the_five_most_probable(ten_crops: bool) -> None:
    rng = np.random.default_rng(3)
    images = Images(rng.integers(0, 256, (40, 12, 12, 3), np.uint8), rng.integers(0, 9, 40))
    inputs = Inputs(12, Preprocessing((8, 8), 12))
    torch.manual_seed(0)
    module = nn.Sequential(nn.Conv2d(3, 9, 8), nn.Flatten(), nn.Dropout(0.9))
    found = wrong(module, images, inputs, ten_crops=ten_crops)
    first = among = 0
    corners = [(0, 0), (0, 4), (4, 0), (4, 4), (2, 2)] if ten_crops else [(2, 2)]
    for pixels, target in zip(images.pixels, images.targets.tolist(), strict=True):
        probability = np.zeros(9)
        for y, x in corners:
            for turn in (1, -1) if ten_crops else (1,):
                crop = pixels[y : y + 8, x : x + 8][:, ::turn].astype(np.float32) / 255
                with torch.inference_mode():
                    given = torch.from_numpy(crop.transpose(2, 0, 1).copy())[None]
                    probability += module.eval()(given)[0].softmax(0).double().numpy()
        order = np.argsort(-probability).tolist()
        first += order[0] != target
        among += target not in order[:5]
    assert found == (first / 40, among / 40)
    assert 0 < found[1] < found[0]
    assert wrong(module.train(), images, inputs, ten_crops=ten_crops) == found
    assert module[2].training


def test_of_five_classes_five_guesses_say_nothing_and_of_no_images_there_is_no_error() -> None:
    images = Images(np.zeros((4, 8, 8, 3), np.uint8), np.zeros(4, np.int64))
    inputs = Inputs(8, Preprocessing((8, 8), 8))
    module = nn.Sequential(nn.Conv2d(3, 5, 8), nn.Flatten())
    assert np.isnan(wrong(module, images, inputs, ten_crops=False)[1])
    none = replace(images, pixels=images.pixels[:0], targets=images.targets[:0])
    assert np.isnan(wrong(module, none, inputs, ten_crops=False)).all()
