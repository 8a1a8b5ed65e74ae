"""Every public function that takes a network leaves it, and the process, as they were."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, get_args, get_type_hints

import numpy as np
import pytest
import torch
from PIL import Image as Pillow

import convscope
from convscope.errors import ConvscopeError
from convscope.net.net import Net
from tests.contract.fingerprint import fingerprint
from tests.contract.test_guest import _network, _photo

FILES = 4
TAKES_NO_NET = {
    "Activations", "ActivationsOptions", "AdapterOptions", "Atlas", "AtlasOptions", "Attribution",
    "CompareOptions", "Comparison",
    "Curves", "CurvesOptions", "Figure", "FigureOptions", "FoolOptions", "Fooling",
    "GradientOptions", "Health", "HealthOptions", "Heatmap",
    "HeatmapOptions", "Image", "Look", "LookOptions", "Net", "OccludeOptions", "Occlusion",
    "Preprocessing", "ProjectOptions", "Projection", "Ranks", "RanksOptions", "Report",
    "ReportOptions", "Sanity", "SanityOptions", "Tape", "Weights", "WeightsOptions", "check_atlas",
    "load_result", "open_atlas", "open_images", "read_image", "register_callable",
    "register_captum", "similarity", "Natural", "Recipe", "Synthesis", "SynthesizeOptions",
    "natural_of", "preset",
    "Inversion", "InvertOptions", "Caricature", "CaricatureOptions", "ClassPictures",
    "ClassPicturesOptions", "Dream", "DreamOptions", "Learning", "LearncurveOptions",
    "Run", "TrainOptions", "open_run",
    "Evolution", "EvolveOptions", "evolution_report",
    "AblateOptions", "Ablation",
}  # fmt: skip
MAKES_ITS_OWN = {"evolve", "demo", "load", "rebuild", "train", "learncurve", "ablate"}


def network() -> Net:
    """In train mode with BatchNorm and dropout, hooks, filled gradients; each time the same."""
    torch.manual_seed(0)
    net = _network()
    torch.manual_seed(7)
    return net


@pytest.fixture(scope="module")
def _made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("guest")
    (folder / "photos").mkdir()
    drawn = np.random.default_rng(0)
    for i in range(FILES):
        pixels = drawn.integers(0, 255, (11, 13, 3), dtype=np.uint8)
        Pillow.fromarray(pixels).save(folder / "photos" / f"{i}.png")
    convscope.build_atlas(network(), folder / "photos", folder / "atlas")
    return folder


@pytest.fixture
def folder(_made: Path, tmp_path: Path) -> Path:
    """A folder with photographs and a finished atlas of them."""
    return Path(shutil.copytree(_made, tmp_path / "here"))


def _build(net: Net, folder: Path) -> None:
    shutil.rmtree(folder / "new", ignore_errors=True)
    convscope.build_atlas(net, folder / "photos", folder / "new")


def _project(net: Net, folder: Path) -> None:
    photo = convscope.read_image(folder / "photos" / "0.png", net.preprocessing)
    for rule in ("deconvnet", "guided", "gradient"):
        convscope.project(net, photo, "8:1", convscope.ProjectOptions(rule=rule))


def _activations(net: Net, folder: Path) -> None:
    photo = convscope.read_image(folder / "photos" / "0.png", net.preprocessing)
    convscope.activations(net, photo, "8", atlas=convscope.open_atlas(folder / "atlas"))


def _gradient(net: Net, folder: Path) -> None:
    photo = convscope.read_image(folder / "photos" / "0.png", net.preprocessing)
    for kind in get_args(get_type_hints(convscope.GradientOptions)["kind"]):
        convscope.gradient(net, photo, "8:1", convscope.GradientOptions(kind, samples=3, steps=3))


def _sanity(net: Net, folder: Path) -> None:
    photo = convscope.read_image(folder / "photos" / "0.png", net.preprocessing)
    unit = max(range(3), key=lambda c: convscope.gradient(net, photo, f"8:{c}").value)
    convscope.sanity(net, photo, f"8:{unit}", sanity=convscope.SanityOptions(steps=1))


def _exhausted(net: Net, folder: Path) -> None:
    for _ in convscope.project_all(net, convscope.open_atlas(folder / "atlas")):
        pass


def _abandoned(net: Net, folder: Path) -> None:
    blocks = convscope.project_all(net, convscope.open_atlas(folder / "atlas"))
    next(blocks)
    del blocks


def _held(net: Net, folder: Path) -> None:
    """Blocks still in hand while the network is looked at."""
    blocks = convscope.project_all(net, convscope.open_atlas(folder / "atlas"))
    net.abandoned = [blocks, next(blocks)]  # type: ignore[attr-defined]


def _occlude(net: Net, folder: Path) -> None:
    options = convscope.OccludeOptions(occluder=4, stride=3)
    convscope.occlude(net, _photo(net), "8:1", options)


def _ranks(net: Net, folder: Path) -> None:
    convscope.ranks(net, convscope.open_images(folder / "photos"), "8:1")


def _report(net: Net, folder: Path) -> None:
    shutil.rmtree(folder / "report", ignore_errors=True)
    convscope.report(folder / "atlas", folder / "report", net=net)


def _health(net: Net, folder: Path) -> None:
    convscope.health(net, folder / "photos", options=convscope.HealthOptions(shuffles=8))
    convscope.health(convscope.open_atlas(folder / "atlas"), net=net)


def _heatmap(net: Net, folder: Path) -> None:
    photo = convscope.read_image(folder / "photos" / "0.png", net.preprocessing)
    for kind in ("gradcam", "hirescam", "guided_gradcam"):
        convscope.heatmap(net, photo, "8:1", convscope.HeatmapOptions(kind=kind))


def _look(net: Net, folder: Path) -> None:
    photo = convscope.read_image(folder / "photos" / "0.png", net.preprocessing)
    few = convscope.LookOptions(panels=("activations", "gradient", "gradcam", "occlusion"))
    convscope.look(net, photo, "8:1", options=few, out=folder / "look")


def _compare(net: Net, folder: Path) -> None:
    few = convscope.CompareOptions(channels=2)
    convscope.compare(net, convscope.twin(net), folder / "photos", few)


def _curves(net: Net, folder: Path) -> None:
    photo = convscope.read_image(folder / "photos" / "0.png", net.preprocessing)
    drawn = convscope.heatmap(net, photo, "8:1", convscope.HeatmapOptions(sanity=False))
    convscope.curves(net, photo, "8:1", drawn, convscope.CurvesOptions(steps=3, batch=4))


def _synthesize(net: Net, folder: Path) -> None:
    for name in ("natural", "maco", "plain"):
        convscope.synthesize(net, "8", convscope.SynthesizeOptions(name, steps=2))


def _synthesize_atlas(net: Net, folder: Path) -> None:
    few = convscope.SynthesizeOptions(steps=2)
    convscope.synthesize_atlas(net, convscope.open_atlas(folder / "atlas"), "8", few)


def _headed(net: Net) -> Net:
    """The same network under a head that makes scores of its maps."""
    return Net(
        torch.nn.Sequential(net.module, torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten()),
        net.preprocessing,
    )


def _fool(net: Net, folder: Path) -> None:
    headed = _headed(net)
    photo = convscope.read_image(folder / "photos" / "0.png", net.preprocessing)
    convscope.fool(headed, photo, options=convscope.FoolOptions("fgsm"))
    convscope.fool(headed, photo, "class:1", convscope.FoolOptions(steps=3))
    convscope.fool(headed, None, "class:2", convscope.FoolOptions("noise", noise_steps=3))


def _invert(net: Net, folder: Path) -> None:
    for kind in ("published", "fourier"):
        options = convscope.InvertOptions(kind, steps=2, starts=2)
        convscope.invert(net, _photo(net), ["input", "2", "8"], options)


def _dream(net: Net, folder: Path) -> None:
    few = convscope.DreamOptions(steps=2, octaves=2)
    for target in ("8", "8:1", "8:random.3"):
        convscope.dream(net, _photo(net), target, few)


def _class_pictures(net: Net, folder: Path) -> None:
    few = convscope.ClassPicturesOptions(steps=2, batch=2)
    convscope.class_pictures(_headed(net), [0, 1, 2], few)


def _caricature(net: Net, folder: Path) -> None:
    convscope.caricature(net, _photo(net), "8", convscope.CaricatureOptions(steps=2))


def _ascend(net: Net, folder: Path) -> None:
    both = convscope.objective_of(net, "8:1") - convscope.objective_of(net, "2:0")
    convscope.ascend(net, both, convscope.SynthesizeOptions("plain", starts=2, steps=2))


def _recorder(net: Net, folder: Path) -> None:
    shutil.rmtree(folder / "run", ignore_errors=True)
    probes = torch.full((2, *net.input_shape[1:]), 0.3)
    recorder = convscope.Recorder(folder / "run", epochs=(1,), probes=probes)
    recorder.start(net.module)
    recorder.step(0.5)
    recorder.epoch()


CALLS: dict[str, Callable[[Net, Path], Any]] = {
    "tape": lambda net, folder: convscope.tape(net),
    "ascend": _ascend,
    "objective_of": lambda net, folder: convscope.objective_of(net, "8:1"),
    "published": lambda net, folder: convscope.published(net, "8:1", steps=1),
    "synthesize": _synthesize,
    "dream": _dream,
    "class_pictures": _class_pictures,
    "caricature": _caricature,
    "synthesize_atlas": _synthesize_atlas,
    "build_atlas": _build,
    "project": _project,
    "activations": _activations,
    "weights": lambda net, folder: convscope.weights(net, "0"),
    "project_all": _exhausted,
    "project_all abandoned": _abandoned,
    "project_all held": _held,
    "health": _health,
    "heatmap": _heatmap,
    "compare": _compare,
    "curves": _curves,
    "occlude": _occlude,
    "ranks": _ranks,
    "look": _look,
    "gradient": _gradient,
    "invert": _invert,
    "fool": _fool,
    "twin": lambda net, folder: convscope.twin(net).tape(),
    "sanity": _sanity,
    "Recorder": _recorder,
    "report": _report,
    "figure": lambda net, folder: convscope.figure(folder / "atlas", "8", net=net),
}


def changed(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    return [name for name in before if before[name] != after[name]]


def test_every_public_function_is_here() -> None:
    tested = {name.split()[0] for name in CALLS}
    assert tested | TAKES_NO_NET | MAKES_ITS_OWN == set(convscope.__all__)


@pytest.mark.parametrize("name", CALLS)
def test_nothing_changes(name: str, folder: Path) -> None:
    net = network()
    before = fingerprint(net.module)
    CALLS[name](net, folder)
    assert not changed(before, fingerprint(net.module))


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("failure", [ValueError("inside"), KeyboardInterrupt()])
@pytest.mark.parametrize("after", [0, 3, 5, 9])
def test_nothing_changes_when_it_fails(
    name: str, failure: BaseException, after: int, folder: Path
) -> None:
    net = network()
    part: Any = net.module[3]  # type: ignore[index]
    before = fingerprint(net.module)
    part.failure, part.after = failure, after
    try:
        with suppress(ConvscopeError, KeyboardInterrupt):  # not every call runs it this often
            CALLS[name](net, folder)
            assert after > 0
    finally:
        part.failure = None
    part.after = 0
    assert not changed(before, fingerprint(net.module))
    CALLS[name](net, folder)  # and it can be asked again
    assert not changed(before, fingerprint(net.module))
