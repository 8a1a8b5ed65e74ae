from __future__ import annotations

from importlib.util import find_spec

import pytest
import torch

from convscope.errors import IntakeError
from convscope.net.built import seeded
from convscope.net.extra import import_extra
from convscope.net.intake_torchvision import build_torchvision, torchvision_names
from convscope.preprocess import resolve

pytestmark = pytest.mark.skipif(
    find_spec("torchvision") is None, reason="torchvision is not installed"
)


@pytest.fixture(autouse=True)
def _offline(monkeypatch: pytest.MonkeyPatch) -> None:
    import_extra("torchvision", "")

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a download was tried")

    monkeypatch.setattr(torch.hub, "load_state_dict_from_url", refuse)
    monkeypatch.setattr(torch.hub, "download_url_to_file", refuse)


def test_a_name_gives_the_model_and_the_settings_of_its_default_weights() -> None:
    built = build_torchvision("squeezenet1_0")
    settings = resolve(pretrained=built.pretrained)
    assert type(built.module).__name__ == "SqueezeNet"
    assert (settings.size, settings.resize, settings.mean[0]) == ((224, 224), 256, 0.485)
    assert built.labels is None


def test_segmentation_fetches_no_backbone() -> None:
    assert "lraspp_mobilenet_v3_large" in torchvision_names()
    built = build_torchvision("lraspp_mobilenet_v3_large")
    assert built.pretrained is not None
    assert "crop_size" not in built.pretrained


def test_googlenet_rescales_its_input_as_its_weights_expect() -> None:
    with seeded():
        built = build_torchvision("googlenet")
    assert built.module.transform_input is True


def test_a_mistyped_name_has_nearest_ones() -> None:
    with pytest.raises(IntakeError, match=r"torchvision has no model 'resnt18'. Nearest: resnet18"):
        build_torchvision("resnt18")


@pytest.mark.parametrize("name", ["raft_large", "fasterrcnn_resnet50_fpn", "r3d_18"])
def test_models_of_other_inputs_are_refused_by_name(name: str) -> None:
    with pytest.raises(IntakeError, match=f"torchvision:{name} is quantized, or a model of dete"):
        build_torchvision(name)
