"""``torchvision:NAME``: torchvision's classification and segmentation models. No downloads."""

from __future__ import annotations

import warnings
from typing import Any

from torch import nn

from convscope.errors import IntakeError, nearest
from convscope.net.built import Built
from convscope.net.extra import import_extra

# torchvision's pretrained weights of these two expect an input that the model itself rescales; a
# model built without weights would silently not do it.
RESCALING = ("googlenet", "inception_v3")


def build_torchvision(name: str) -> Built:
    """A model of torchvision with random weights; the preprocessing of its default weights.

    Raises:
        IntakeError: torchvision is absent, or has no such model of one image.
    """
    torchvision = import_extra("torchvision", f"torchvision:{name}")
    zoo = torchvision.models
    if name not in torchvision_names():
        raise IntakeError(_unknown(name, zoo))
    return Built(_model(zoo, name), _settings(zoo, name))


def torchvision_names() -> list[str]:
    """The models of torchvision that take one image."""
    zoo = import_extra("torchvision", "torchvision:NAME").models
    return [*zoo.list_models(module=zoo), *zoo.list_models(module=zoo.segmentation)]


def _model(zoo: Any, name: str) -> nn.Module:
    options: dict[str, Any] = {"weights": None}
    if name in zoo.list_models(module=zoo.segmentation):
        options["weights_backbone"] = None  # would be downloaded
    if name in RESCALING:
        options |= {"transform_input": True, "init_weights": True}
    with warnings.catch_warnings():  # on its own defaults, of no use to who gave a name
        warnings.simplefilter("ignore", FutureWarning)
        module: nn.Module = zoo.get_model(name, **options)
    return module


def _settings(zoo: Any, name: str) -> dict[str, Any]:
    settings: dict[str, Any] = vars(zoo.get_model_weights(name).DEFAULT.transforms())
    return settings


def _unknown(name: str, zoo: Any) -> str:
    if name in zoo.list_models():
        return (
            f"torchvision:{name} is quantized, or a model of detection, video or flow; convscope "
            "looks at networks of one image. Give its backbone as file.py:factory."
        )
    return f"torchvision has no model {name!r}. {nearest(name, torchvision_names())}".rstrip()
