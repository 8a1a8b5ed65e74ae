from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from safetensors.torch import save_file

from convscope.errors import IntakeError, UsageError
from convscope.experiments.evolution.checkpoints import Moment, check_alike, moments
from convscope.experiments.evolution.options import EvolveOptions
from convscope.net.intake import load
from convscope.preprocess import Preprocessing
from convscope.preprocess.mean_image import MeanImage

CPU = {"device": "cpu"}


def test_they_come_in_the_order_of_the_epochs_that_their_metadata_say() -> None:
    named = ["bundled:photos", "bundled:photos-start", "bundled:photos-early"]
    found = moments(named, EvolveOptions(), CPU)
    assert [(one.epoch, one.name) for one in found] == [
        (0, "bundled:photos-start"),
        (12, "bundled:photos-early"),
        (120, "bundled:photos"),
    ]
    assert found[1].load().fingerprint() == load("bundled:photos-early").fingerprint()


def test_epochs_that_are_given_stand_before_those_that_are_said() -> None:
    named = ["bundled:photos", "bundled:photos-start"]
    assert [one.epoch for one in moments(named, EvolveOptions(epochs="7,3"), CPU)] == [3, 7]


def test_weights_alone_are_loaded_into_the_model(tmp_path: Path) -> None:
    state = load("bundled:photos-early", device="cpu").module.state_dict()
    files = [tmp_path / "a.safetensors", tmp_path / "b.safetensors"]
    save_file(state, files[0], {"epoch": "4"})
    save_file(state, files[1])
    options = EvolveOptions(model="bundled:photos", epochs="4,5")
    settings = {"size": 72, "resize": 72, "mean": (0.45, 0.4, 0.37), "std": (0.25,) * 3}
    first, _ = moments(files, options, CPU | settings)
    assert first.load().fingerprint() == load("bundled:photos-early").fingerprint()
    with pytest.raises(UsageError, match=r"Nothing in .*b\.safetensors says of which epoch"):
        moments(files, replace(options, epochs=""), CPU)


@pytest.mark.parametrize(
    ("named", "epochs", "said"),
    [
        (["bundled:photos"], "", "there is one, bundled:photos"),
        ([], "", "none were given"),
        (["bundled:photos", "bundled:photos-start"], "3", "1 epochs .* for 2 checkpoints"),
        (["bundled:photos", "bundled:photos-start"], "3,3", "are both of epoch 3"),
        (["mynets:small", "bundled:photos"], "", "Nothing in mynets:small says of which epoch"),
        (["bundled:photo", "bundled:photos"], "", "Nothing in bundled:photo says"),
    ],
)
def test_what_is_no_sequence_is_refused(named: list[str], epochs: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        moments(named, EvolveOptions(epochs=epochs), CPU)


@pytest.mark.parametrize(
    ("asked", "loading", "said"),
    [
        ({"epochs": "0,1"}, {}, "--epochs says"),
        ({"model": "nets:zf32"}, {}, "--model says"),
        ({}, {"size": 64}, "--size says"),
        ({}, {"mean": (0.5,) * 3, "classes": "names.txt"}, "--mean, --classes say"),
    ],
)
def test_what_a_run_says_itself_is_not_asked_of_it(
    tmp_path: Path, asked: dict[str, str], loading: dict[str, object], said: str
) -> None:
    run = SimpleNamespace(
        path=tmp_path / "mine",
        checkpoints=[SimpleNamespace(epoch=epoch) for epoch in (0, 1)],
    )
    found = moments(run, EvolveOptions(), CPU | {"size": None})  # type: ignore[arg-type]
    assert [one.name for one in found] == ["mine, epoch 0", "mine, epoch 1"]
    with pytest.raises(UsageError, match=rf"^{said} nothing here: .* run mine are loaded"):
        moments(run, EvolveOptions(**asked), CPU | loading)  # type: ignore[arg-type]


def test_epochs_are_whole_numbers() -> None:
    with pytest.raises(UsageError, match="'1,b' are no whole numbers"):
        EvolveOptions(epochs="1,b")


def test_another_preprocessing_is_another_network() -> None:
    def other() -> object:
        net = load("bundled:photos", device="cpu")
        net.preprocessing = Preprocessing((72, 72), 80)
        return net

    one = Moment(0, "one", lambda: load("bundled:photos-start", device="cpu"))
    check_alike([one, one])
    with pytest.raises(IntakeError, match="one and two are no checkpoints of one network"):
        check_alike([one, Moment(1, "two", other)])  # type: ignore[arg-type]


def test_the_same_mean_image_at_another_place_is_the_same_preprocessing() -> None:
    def at(file: str, sha256: str = "ab") -> Moment:
        net = load("bundled:photos", device="cpu")
        net.preprocessing = replace(net.preprocessing, mean_image=MeanImage(sha256, file))
        return Moment(0, file, lambda: net)

    check_alike([at("one/mean.npy"), at("other/mean.npy")])
    with pytest.raises(IntakeError, match="are no checkpoints of one network"):
        check_alike([at("one/mean.npy"), at("other/mean.npy", "cd")])


def test_a_layer_more_is_another_network() -> None:
    one = Moment(0, "one", lambda: load("bundled:photos", device="cpu"))
    big = Moment(9, "big", lambda: load("nets:zf72", device="cpu"))
    with pytest.raises(IntakeError, match=r"one and big .*: the first has .* where the other has"):
        check_alike([one, big])
