from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from torch import nn

from convscope.errors import ConvscopeError, IntakeError, UsageError
from convscope.net.built import Built
from convscope.net.intake_factory import build_factory
from convscope.preprocess import Preprocessing, resolve

HEAD = "from torch import nn\nfrom convscope.preprocess import Preprocessing\n"
TINY = Preprocessing((8, 8), None, mean=(0.5,), std=(0.25,))


def built(folder: Path, code: str, name: str = "net") -> Built:
    file = folder / "nets.py"
    file.write_text(HEAD + code)
    return build_factory(str(file), name)


@pytest.mark.parametrize(
    "code",
    [
        "def net(): return nn.Conv2d(1, 2, 3)",
        "class net(nn.Conv2d):\n    def __init__(self): super().__init__(1, 2, 3)",
        "net = nn.Conv2d(1, 2, 3)",
        "net = lambda: nn.Conv2d(1, 2, 3)",
    ],
)
def test_a_function_a_class_and_a_module_give_the_network(tmp_path: Path, code: str) -> None:
    made = built(tmp_path, code)
    assert isinstance(made.module, nn.Conv2d)
    assert made.pretrained is None


@pytest.mark.parametrize(
    "code",
    [
        "def net(): return nn.Identity(), P",
        "def net(): return nn.Identity()\nnet.preprocessing = P",
        "def net():\n    made = nn.Identity()\n    made.preprocessing = P\n    return made",
        "from convscope.net.net import Net\ndef net(): return Net(nn.Identity(), P)",
        "from convscope.net.net import Net\nnet = Net(nn.Identity(), P)",
    ],
)
def test_a_factory_states_its_preprocessing(tmp_path: Path, code: str) -> None:
    made = built(tmp_path, f"P = Preprocessing((8, 8), None, mean=(0.5,), std=(0.25,))\n{code}")
    assert isinstance(made.module, nn.Identity)
    assert resolve(pretrained=made.pretrained) == TINY


def test_a_net_keeps_its_labels_and_keys(tmp_path: Path) -> None:
    made = built(
        tmp_path,
        "from convscope.net.net import Net\n"
        "P = Preprocessing((8, 8), None)\n"
        "def net(): return Net(nn.Identity(), P, labels=['tench'], keys=['n1'])",
    )
    assert (made.labels, made.keys) == (("tench",), ("n1",))


@pytest.mark.skipif(find_spec("timm") is None, reason="timm is not installed")
def test_a_timm_model_states_its_own_settings(tmp_path: Path) -> None:
    code = "import timm\ndef net(): return timm.create_model('resnet18', num_classes=3{})"
    assert resolve(pretrained=built(tmp_path, code.format("")).pretrained).size == (224, 224)
    gray = built(tmp_path, code.format(", in_chans=1")).pretrained
    assert gray is not None
    assert "mean" not in gray
    assert gray["input_size"] == (3, 224, 224)


def test_the_files_folder_is_on_the_path_for_import_and_call_alone(tmp_path: Path) -> None:
    (tmp_path / "blocks_one.py").write_text("from torch import nn\nBlock = nn.ReLU\n")
    (tmp_path / "blocks_two.py").write_text("from torch import nn\nBlock = nn.Tanh\n")
    before = list(sys.path)
    made = built(
        tmp_path,
        "from blocks_one import Block as One\n"
        "def net():\n    from blocks_two import Block\n    return nn.Sequential(One(), Block())",
    )
    assert [type(part) for part in made.module.children()] == [nn.ReLU, nn.Tanh]
    assert sys.path == before
    assert "nets" not in sys.modules


def test_two_folders_may_have_files_of_the_same_names(tmp_path: Path) -> None:
    for name, kind in (("a", "ReLU"), ("b", "Tanh")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "same_blocks.py").write_text(f"from torch import nn\nB = nn.{kind}\n")
    code = "import same_blocks\ndef net(): return same_blocks.B()"
    kinds = [type(built(tmp_path / name, code).module) for name in "aba"]
    assert kinds == [nn.ReLU, nn.Tanh, nn.ReLU]


def test_a_module_of_the_current_folder_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mynets_of_test").mkdir()
    (tmp_path / "mynets_of_test" / "small.py").write_text(HEAD + "def net(): return nn.ReLU()")
    monkeypatch.chdir(tmp_path)
    before = list(sys.path)
    assert isinstance(build_factory("mynets_of_test.small", "net").module, nn.ReLU)
    assert sys.path == before


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("def nett(): pass", r"nets\.py has no 'net'\. Nearest: nett\.$"),
        ("net = 3", r"nets\.py:net is of type int\. Give a function that takes nothing"),
        (
            "def net(): return 3",
            r"nets\.py:net returned an object of type int\. A factory returns a",
        ),
        ("def net(): pass", r"returned an object of type NoneType"),
        (
            "def net():\n    raise ValueError('no depth 7')",
            r"nets\.py:net raised ValueError: no depth 7 \(nets\.py, line 4\)\. It is imported",
        ),
        (
            "def net(depth): pass",
            r"raised TypeError: net\(\) missing 1 required positional argument: 'depth'\. It is",
        ),
        (
            "def net(): nn.Conv2d(3, 4, 1, groups=2)",
            r"raised ValueError: .* \(nets\.py, line 3\)\. It is",
        ),
        ("def net(): raise RuntimeError('x')", r"raised RuntimeError: x \(nets\.py, line 3\)"),
        ("import sys\nsys.exit(2)", r"raised SystemExit: 2 \(nets\.py, line 4\)"),
        ("import no_such_package", r"raised ModuleNotFoundError: No module named 'no_such_pack"),
        ("def net(:", r"raised SyntaxError: invalid syntax \(nets\.py, line 3\)\. It is"),
        (
            "def net(): return nn.ReLU(), {'size': 8}",
            r"The preprocessing of \S+:net is of type dict\. Give a convscope",
        ),
    ],
)
def test_what_is_wrong_in_the_code_is_said(tmp_path: Path, code: str, message: str) -> None:
    before = list(sys.path)
    with pytest.raises(IntakeError, match=message):
        built(tmp_path, code)
    assert sys.path == before


def test_the_codes_own_error_is_the_cause(tmp_path: Path) -> None:
    with pytest.raises(IntakeError) as refused:
        built(tmp_path, "def net(): return {}['key']")
    assert isinstance(refused.value.__cause__, KeyError)


def test_an_error_of_convscope_passes_as_it_is(tmp_path: Path) -> None:
    code = "from convscope.errors import UsageError\ndef net(): raise UsageError('give --depth')"
    with pytest.raises(ConvscopeError, match=r"^give --depth$") as raised:
        built(tmp_path, code)
    assert type(raised.value) is UsageError


def test_absent_files_and_modules_are_named(tmp_path: Path) -> None:
    (tmp_path / "resnet.py").touch()
    with pytest.raises(IntakeError, match=r"No file .*resnets\.py\. Nearest: resnet\.py\."):
        build_factory(str(tmp_path / "resnets.py"), "net")
    with pytest.raises(IntakeError, match=r"No module 'no_such' for no_such\.nets: not installed"):
        build_factory("no_such.nets", "net")
    with pytest.raises(IntakeError, match=r"Nearest: torchvision\.$"):
        build_factory("torchvison", "resnet18")


@pytest.mark.skipif(find_spec("timm") is None, reason="timm is not installed")
def test_code_that_imports_torchvision_works_on_a_cpu_only_torch(tmp_path: Path) -> None:
    import subprocess

    (tmp_path / "nets.py").write_text(
        "from timm.layers import BlurPool2d\nimport torchvision\n"
        "def net(): return torchvision.models.squeezenet1_0()\n"
    )
    code = (
        "from convscope.net.intake_factory import build_factory\n"
        f"print(type(build_factory({str(tmp_path / 'nets.py')!r}, 'net').module).__name__)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "SqueezeNet"
