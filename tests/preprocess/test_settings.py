"""Who decides what: flags before metadata before the model's own settings."""

from __future__ import annotations

from enum import Enum

import pytest

from convscope.errors import PreprocessingError
from convscope.preprocess import Preprocessing, from_flags, from_pretrained, resolve

METADATA = {"size": "227", "resize": "256", "mean": "0.5,0.5,0.5", "std": "1,1,1", "classes": "a"}
TIMM = {
    "input_size": (3, 288, 320),
    "crop_pct": 0.95,
    "interpolation": "bicubic",
    "mean": (0.4, 0.4, 0.4),
    "std": (0.2, 0.2, 0.2),
    "url": "x",
}


class Mode(Enum):
    BICUBIC = "bicubic"


def test_metadata_alone() -> None:
    expected = Preprocessing((227, 227), 256, "bilinear", (0.5,) * 3, (1.0,) * 3)
    assert resolve(metadata=METADATA) == expected
    assert Preprocessing.from_metadata(METADATA) == expected


def test_each_field_comes_from_the_first_that_says_it() -> None:
    found = resolve(from_flags(mean="0.1,0.2,0.3"), {"std": "3,3,3"}, TIMM)
    assert found == Preprocessing((288, 320), 303, "bicubic", (0.1, 0.2, 0.3), (3.0,) * 3)


def test_a_new_size_drops_the_old_short_side() -> None:
    assert resolve(from_flags(size="64,96"), METADATA).resize == 73
    assert resolve(from_flags(size=64, resize=64), METADATA).resize == 64
    assert resolve(from_flags(resize="300"), METADATA).resize == 300
    assert resolve(from_flags(resize="none"), METADATA).resize is None


def test_torchvision_transforms() -> None:
    said = from_pretrained(
        {"crop_size": [224], "resize_size": [232], "interpolation": Mode.BICUBIC, "mean": [0.5]}
    )
    assert (said.size, said.resize, said.interpolation) == ((224, 224), 232, "bicubic")


@pytest.mark.parametrize(
    ("flags", "missing", "suggested"),
    [
        ({}, "size and mean and std are", "--size 224 --mean 0.485,0.456,0.406 --std 0.229"),
        ({"size": 32, "mean": 0.5}, "std is", "such as --std 0.229"),
        ({"mean": "0.5", "std": "0.5"}, "size is", "such as --size 224"),
    ],
)
def test_what_is_missing_is_named_with_its_flags(
    flags: dict[str, object], missing: str, suggested: str
) -> None:
    with pytest.raises(PreprocessingError) as raised:
        resolve(from_flags(**flags), {"arch": "x"}, {})
    assert missing in str(raised.value)
    assert suggested in str(raised.value)


@pytest.mark.parametrize(
    "flags",
    [
        {"size": "big"},
        {"size": "1,2,3"},
        {"size": "2.5"},
        {"resize": "1,2"},
        {"resize": "-4"},
        {"mean": "0.5;0.5"},
        {"std": "a,b"},
    ],
)
def test_malformed_words_are_refused(flags: dict[str, str]) -> None:
    (name, value), *_ = flags.items()
    with pytest.raises(PreprocessingError, match=name) as raised:
        from_flags(**flags)
    assert repr(value) in str(raised.value)
