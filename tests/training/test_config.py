from __future__ import annotations

from pathlib import Path

import pytest

from convscope.errors import UsageError
from convscope.training.config import read_config
from convscope.training.options import TrainOptions
from convscope.training.presets import PRESETS


def written(folder: Path, text: str) -> str:
    path = folder / "mine.toml"
    path.write_text(text)
    return str(path)


def test_a_preset_by_its_name() -> None:
    assert read_config("zeiler-fergus") == PRESETS["zeiler-fergus"]


def test_a_file_changes_what_it_names(tmp_path: Path) -> None:
    text = 'preset = "cifar"\nepochs = 3\nrate = 1\ncheckpoints = [1, 2]\ncrop = false\n'
    found = read_config(written(tmp_path, text))
    base = PRESETS["cifar"]
    assert found.model == base.model
    assert (found.options.epochs, found.options.rate, found.options.crop) == (3, 1, False)
    assert found.options.checkpoints == (1, 2)
    assert found.options.pad == base.options.pad


def test_a_file_without_a_preset_is_the_papers_recipe(tmp_path: Path) -> None:
    found = read_config(written(tmp_path, 'model = "nets:zf64"\nfirst_std = 0.1\n'))
    assert found.model == "nets:zf64"
    assert found.options == TrainOptions(first_std=0.1)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('preset = "cifar"\nepoch = 3\n', r"mine.toml: No option 'epoch' .* Nearest: epochs"),
        (
            'preset = "cifr"\n',
            r"mine.toml: No preset 'cifr'\. There are: zeiler-fergus.* Nearest: cifar",
        ),
        (
            "epochs = 3\n",
            r"mine.toml: It names no network\. Add model = \"nets:zfnet\", or a preset",
        ),
        ('preset = "cifar"\nepochs = "ten"\n', r"epochs is a whole number; not 'ten'"),
        ('preset = "cifar"\nepochs = 2.5\n', r"epochs is a whole number; not 2\.5"),
        ('preset = "cifar"\nflip = 1\n', r"flip is true or false; not 1"),
        ('preset = "cifar"\nrate = true\n', r"rate is a number; not True"),
        ('preset = "cifar"\nfirst_std = "no"\n', r"first_std is a number or left out; not 'no'"),
        ('preset = "cifar"\nschedule = "onecicle"\n', r"No schedule 'onecicle'\. There are: plat"),
        ('preset = "cifar"\nrate = -1\n', r"rate is -1; it must be 0 or more"),
        ('preset = "cifar"\ncheckpoints = ["a"]\n', r"checkpoints are whole epochs, as in 1,2,5"),
        ('preset = "cifar\n', r"mine\.toml is no TOML that can be read: .*line 1"),
        (
            'preset = "cifar"\nschedule = true\n',
            r"schedule is one of plateau, constant, cosine, onecycle; not True",
        ),
        (
            'preset = "cifar"\ncheckpoints = false\n',
            r"checkpoints is a list of whole numbers; not False",
        ),
        ('preset = "cifar"\ncheckpoints = 5\n', r"checkpoints is a list of whole numbers; not 5"),
        (
            'preset = "cifar"\ncheckpoints = [1, 2.5]\n',
            r"checkpoints are whole epochs, as in 1,2,5",
        ),
        ('preset = "cifar"\ninit = 3\n', r"init is one of paper, kaiming, own; not 3"),
        ('preset = "cifar"\n[data]\nsize = 3\n', r"not in a table\. Remove \[data\]\."),
        (
            "[train]\nepochs = 3\n",
            r"Options stand by themselves, not in a table\. Remove \[train\]",
        ),
    ],
)
def test_what_a_file_may_not_say(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        read_config(written(tmp_path, text))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("cifarr", r"cifarr is neither a preset nor a TOML file\. Presets: .* Nearest: cifar\."),
        ("CIFAR", r"CIFAR is neither a preset nor a TOML file.* Nearest: cifar\."),
        ("absent.toml", r"absent\.toml: no such file\. Presets: "),
        (".", r"\. is a folder\. First comes the recipe, .* then images\. Presets: "),
        ("nets:zf32", r"is no recipe\. A network is given beside one, by --model nets:zf32\. Pre"),
    ],
)
def test_neither_a_preset_nor_a_file(given: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        read_config(given)
