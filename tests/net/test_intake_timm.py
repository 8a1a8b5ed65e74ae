from __future__ import annotations

from importlib.util import find_spec

import pytest

from convscope.errors import IntakeError
from convscope.net.intake_timm import build_timm, timm_names
from convscope.preprocess import resolve

pytestmark = pytest.mark.skipif(find_spec("timm") is None, reason="timm is not installed")


def test_a_name_gives_the_model_and_its_pretrained_settings() -> None:
    settings = resolve(pretrained=build_timm("resnet18").pretrained)
    assert (settings.size, settings.resize) == ((224, 224), 235)
    assert settings.interpolation == "bicubic"


def test_a_tag_chooses_among_the_settings() -> None:
    assert resolve(pretrained=build_timm("resnet18.tv_in1k").pretrained).resize == 256


def test_a_mistyped_name_has_nearest_ones() -> None:
    with pytest.raises(IntakeError, match=r"timm has no model 'resnt18'. Nearest: resnet18,"):
        build_timm("resnt18")


def test_an_unknown_tag_lists_those_there_are() -> None:
    with pytest.raises(IntakeError, match=r"timm has no 'resnet18\.x'. Of resnet18 there are: re"):
        build_timm("resnet18.x")


@pytest.mark.parametrize("name", ["hf-hub:timm/resnet18", "hf_hub:timm/resnet18", "local-dir:/x"])
def test_names_that_would_download_are_unknown(name: str) -> None:
    with pytest.raises(IntakeError, match="timm has no model"):
        build_timm(name)


def test_a_thousand_names_are_known() -> None:
    assert len(timm_names()) > 1000
