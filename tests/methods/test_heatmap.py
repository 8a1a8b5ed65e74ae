"""Heat maps on whole networks: exact where the head allows it, Captum's where Captum is right."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from convscope.errors import (
    AddressError,
    DataError,
    HeadError,
    ScoresError,
    UsageError,
)
from convscope.images.image import Image
from convscope.images.read import read
from convscope.methods.heatmap import heatmap
from convscope.methods.options.heatmap import HeatmapOptions
from convscope.net.full import activations
from convscope.net.net import Net
from convscope.results.file import load_result
from convscope.results.heatmap import Heatmap
from tests.net.zoo import Block, Fire, Forward, conv, fill, glass
from tests.twins import cam as slow

SIZE = (17, 19)
KINDS = ("gradcam", "gradcam++", "hirescam", "layercam", "cam", "guided_gradcam")
GAP = (nn.AdaptiveAvgPool2d(1), nn.Flatten())


def photo(net: Net, seed: int = 3) -> Image:
    pixels = np.random.default_rng(seed).random((*SIZE, 3)).astype(np.float32)
    return read(pixels, net.preprocessing, id="noise")


def named(module: nn.Module) -> Net:
    net = glass(fill(module), SIZE)
    net.labels, net.keys = ("hen", "owl", "crane"), ("n01", "n02", "n03")
    return net


@pytest.fixture(scope="module")
def pooled() -> Net:
    """conv, BatchNorm, rectifier in place; a second one; global average pooling; linear."""
    return named(
        nn.Sequential(
            *(conv(3, 4, padding=1), nn.BatchNorm2d(4), nn.ReLU(inplace=True), nn.MaxPool2d(2)),
            *(conv(4, 6, padding=1), nn.ReLU(inplace=True), *GAP, nn.Linear(6, 3)),
        )
    )


@pytest.fixture(scope="module")
def flat() -> Net:
    """As VGG: the cells are laid in a row."""
    return named(
        nn.Sequential(
            *(conv(3, 4, padding=1), nn.ReLU(inplace=True), nn.MaxPool2d(2)),
            *(conv(4, 5, padding=1), nn.ReLU(inplace=True), nn.Flatten(), nn.Linear(360, 3)),
        )
    )


@pytest.fixture(scope="module")
def direct() -> Net:
    """As SqueezeNet and fast.ai: one map a class, and nothing behind their means."""
    return named(nn.Sequential(conv(3, 4), nn.ReLU(), nn.MaxPool2d(2), conv(4, 3, padding=1), *GAP))


def drawn(net: Net, target: str = "class:owl", **given: Any) -> Heatmap:
    options = HeatmapOptions(**({"sanity": False} | given))
    return heatmap(net, photo(net), target, options)


def scores(net: Net) -> Any:
    with torch.no_grad():
        return net.module(net.one(photo(net)))[0].numpy()


def close(a: Any, b: Any, within: float = 1e-6) -> bool:
    return bool(np.allclose(a, b, rtol=0, atol=within * max(np.abs(b).max(), 1e-12)))


# -- exact ---------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", ["hen", "owl", "crane"])
def test_the_mean_of_cam_and_the_bias_are_the_logit(pooled: Net, name: str) -> None:
    found, number = drawn(pooled, f"class:{name}", kind="cam"), pooled.labels.index(name)  # type: ignore[union-attr]
    bias = pooled.module[-1].bias.detach()  # type: ignore[index,union-attr,operator]
    logit = found.map.astype(np.float64).mean() + float(bias[number])
    assert logit == pytest.approx(scores(pooled)[number], rel=1e-6)
    assert found.value == pytest.approx(scores(pooled)[number], rel=1e-12)


def test_cam_is_the_maps_weighed_by_the_linear_layer(pooled: Net) -> None:
    maps = activations(pooled, pooled.tape(), pooled.one(photo(pooled)), [5])[5][0].numpy()
    weights = pooled.module[-1].weight[1].detach().numpy()  # type: ignore[index,union-attr]
    assert close(drawn(pooled, kind="cam").map, slow.cam(maps, weights))
    assert close(drawn(pooled, "class:1", kind="cam").map, slow.cam(maps, weights))


def test_gradcam_times_the_cells_is_cam(pooled: Net, direct: Net) -> None:
    for net in (pooled, direct):
        whole = drawn(net, kind="cam")
        layer = drawn(net, kind="gradcam", layer=whole.layer)
        assert close(layer.map * layer.map.size, whole.map)
        assert close(drawn(net, kind="hirescam", layer=whole.layer).map, layer.map)


def test_hirescam_and_the_bias_are_the_logit_of_a_flat_head(flat: Net) -> None:
    found = drawn(flat, kind="hirescam")
    bias = float(flat.module[-1].bias.detach()[1])  # type: ignore[index,union-attr,operator]
    assert found.map.astype(np.float64).sum() + bias == pytest.approx(scores(flat)[1], rel=1e-6)
    assert "before its cells are laid in a row" in found.reason


def test_a_class_with_its_own_map_is_that_map(direct: Net) -> None:
    """fast.ai's first heat map: the class's channel of the last convolution."""
    found = drawn(direct, kind="cam")
    maps = activations(direct, direct.tape(), direct.one(photo(direct)), [3])[3][0]
    assert np.array_equal(found.map, maps[1].float().numpy())
    assert found.map.mean() == pytest.approx(found.value, rel=1e-6)
    assert drawn(direct).layer == "1"


def test_fastais_second_heat_map_is_its_formula_and_says_its_trap(direct: Net) -> None:
    maps = activations(direct, direct.tape(), direct.one(photo(direct)), [3])[3][0].numpy()
    shares = np.exp(scores(direct)) / np.exp(scores(direct)).sum()
    found = [drawn(direct, f"class:{name}", kind="fastai") for name in ("hen", "owl")]
    assert close(found[0].map, slow.fastai(maps, shares))
    assert np.array_equal(found[0].map, found[1].map)
    assert (found[0].map.min(), found[0].map.max()) == (0, 1)
    assert found[0].probability == pytest.approx(shares[0])
    assert f"hen: {100 * shares[0]:.3g} %" in found[0].note
    assert "the same picture whatever class" in found[0].note
    assert "even an unsure one looks confident" in found[0].note


@pytest.mark.parametrize("kind", ["gradcam", "hirescam", "cam"])
def test_a_contrast_is_the_difference_of_the_maps(pooled: Net, kind: str) -> None:
    both = drawn(pooled, kind=kind, against="class:crane")
    apart = drawn(pooled, kind=kind).map - drawn(pooled, "class:crane", kind=kind).map
    assert close(both.map, apart)
    assert (both.target, both.against) == ("owl", "crane")
    assert both.value == pytest.approx(scores(pooled)[1])
    assert both.against_value == pytest.approx(scores(pooled)[2])


# -- the layer, the gradient ---------------------------------------------------------------------
@pytest.mark.parametrize("kind", KINDS[:4])
def test_every_kind_at_an_inner_layer_is_its_papers_formula(flat: Net, kind: str) -> None:
    """At a convolution whose result a rectifier overwrites in place."""
    found = drawn(flat, kind=kind, layer="0")
    with torch.no_grad():
        maps = flat.module[0](flat.one(photo(flat))).clone()  # type: ignore[index,operator]
    leaf = maps.requires_grad_()
    score = flat.module[2:](leaf.relu())[0, 1]  # type: ignore[index,operator]
    (gradient,) = torch.autograd.grad(score, leaf)
    twins = {
        "gradcam": slow.gradcam,
        "gradcam++": slow.gradcam_plus_plus,
        "hirescam": slow.hirescam,
        "layercam": slow.layercam,
    }
    expected = twins[kind](maps.detach().numpy()[0], gradient.numpy()[0])
    assert np.abs(expected).max() > 0
    assert close(found.map, expected, 1e-5)
    assert found.reason == "0, as asked: 17 × 19 cells"


def _spelled(act: Any) -> nn.Module:
    def forward(self: nn.Module, x: Tensor) -> Tensor:
        x = F.max_pool2d(act(self, self.one(x)), 2)  # type: ignore[operator]
        x = act(self, self.two(x))  # type: ignore[operator]
        return self.fc(x.mean((2, 3)))  # type: ignore[operator,no-any-return]

    return Forward(
        forward,
        one=conv(3, 4, padding=1),
        two=conv(4, 6, padding=1),
        fc=nn.Linear(6, 3),
        act=nn.ReLU(),
        inplace=nn.ReLU(inplace=True),
    )


SPELLINGS = {
    "one module": lambda self, x: self.act(x),
    "functional": lambda self, x: F.relu(x),
    "in place": lambda self, x: self.inplace(x),
    "method": lambda self, x: x.relu_(),
}


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("layer", ["one", "two"])
def test_gradcam_is_captums(spelling: str, layer: str) -> None:
    from captum.attr import LayerGradCam

    net = named(_spelled(SPELLINGS[spelling]))
    tool = LayerGradCam(net.module, getattr(net.module, layer))
    theirs = tool.attribute(net.one(photo(net)), 1)[0, 0].detach().numpy()
    assert np.abs(theirs).max() > 0
    assert close(drawn(net, layer=layer).map, theirs, 1e-5)


def test_gradcam_is_captums_on_branches_and_gates() -> None:
    from captum.attr import LayerGradCam

    residual = named(nn.Sequential(conv(3, 4), nn.ReLU(), Block(4, 6, 2), *GAP, nn.Linear(6, 3)))
    fire = named(nn.Sequential(conv(3, 4), nn.ReLU(), Fire(4, 3, 4), conv(8, 3, 1), *GAP))
    gated = named(nn.Sequential(conv(3, 4), nn.ReLU(), _Squeeze(4), *GAP, nn.Linear(4, 3)))
    for net, layer, same in ((residual, 2, None), (fire, 2, "2"), (gated, 0, "0"), (gated, 2, "2")):
        tool = LayerGradCam(net.module, net.module[layer])  # type: ignore[index]
        theirs = tool.attribute(net.one(photo(net)), 1)[0, 0].detach().numpy()
        assert close(drawn(net, layer=same or "").map, theirs, 1e-5), (layer, same)


class _Squeeze(nn.Module):
    """Squeeze-excite: the gate is made of the mean of all cells."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.down, self.up = conv(channels, 2, 1), conv(2, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        return x * torch.sigmoid(self.up(F.relu(self.down(x.mean((2, 3), keepdim=True)))))


def test_a_unit_and_a_direction_can_be_asked_for(flat: Net) -> None:
    unit = drawn(flat, "3:2@4,5", kind="hirescam")
    assert (unit.target, unit.layer, unit.probability) == ("3:2@4,5", "1", None)
    image = flat.one(photo(flat))
    with torch.no_grad():
        value = flat.module[:4](image)[0, 2, 4, 5]  # type: ignore[index,operator]
    assert unit.value == pytest.approx(float(value))
    two = drawn(flat, "3:3@4,5", kind="hirescam")
    mixed = drawn(flat, "3:2-0.5*3@4,5", kind="hirescam")
    assert close(mixed.map, unit.map - 0.5 * two.map, 1e-5)
    reach = np.zeros((17, 19), bool)
    reach[6:12, 8:14] = True  # what a 3x3 window over pooled pairs reads of layer 1
    assert unit.map[~reach].any() == np.False_
    with pytest.raises(UsageError, match="owl and 3:2 are of different layers"):
        drawn(flat, against="3:2")


def test_the_strongest_cell_of_a_unit_is_asked_for_unless_named(flat: Net) -> None:
    image = flat.one(photo(flat))
    with torch.no_grad():
        maps = flat.module[:4](image)[0, 2]  # type: ignore[index,operator]
    y, x = divmod(int(maps.argmax()), maps.shape[1])
    assert np.array_equal(drawn(flat, "3:2").map, drawn(flat, f"3:2@{y},{x}").map)


# -- the result ----------------------------------------------------------------------------------
def test_signs_stay_unless_relu_is_asked_for(pooled: Net) -> None:
    signed, kept = drawn(pooled, layer="0"), drawn(pooled, layer="0", relu=True)
    assert signed.map.min() < 0 < signed.map.max()
    assert np.array_equal(kept.map, signed.map.clip(0))
    assert kept.large.min() >= 0


def test_the_large_map_is_the_small_one_enlarged(pooled: Net) -> None:
    found = drawn(pooled)
    assert found.map.shape == (8, 9)
    assert found.large.shape == SIZE == found.shown.shape[:2]
    assert close(found.large, slow.enlarged(found.map.astype(np.float64), SIZE))
    assert found.map.dtype == found.large.dtype == np.float32


def test_guided_gradcam_is_the_guided_gradient_where_the_map_is_positive(pooled: Net) -> None:
    from captum.attr import GuidedBackprop

    found = drawn(pooled, kind="guided_gradcam")
    plain = drawn(pooled)
    assert np.array_equal(found.map, plain.map)
    assert plain.guided is None
    # Captum takes no functional rectifiers and warns of what it sets; this network has modules
    modules = fill(
        nn.Sequential(
            *(conv(3, 4, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2)),
            *(conv(4, 6, padding=1), nn.ReLU(), *GAP, nn.Linear(6, 3)),
        )
    )
    with pytest.warns(UserWarning, match="backward hooks"):
        theirs = GuidedBackprop(modules).attribute(
            pooled.one(photo(pooled)).requires_grad_(), target=1
        )
    expected = theirs[0].detach().numpy() * plain.large.clip(0)
    assert found.guided is not None
    assert np.abs(expected).max() > 0
    assert close(found.guided, expected, 1e-5)


def test_guided_gradcam_of_a_unit_starts_where_the_unit_is_strongest(pooled: Net) -> None:
    unit = "4:2"
    image = photo(pooled)
    named = heatmap(pooled, image, unit, HeatmapOptions("guided_gradcam", sanity=False))
    number = pooled.tape().layer("4").number
    cells = activations(pooled, pooled.tape(), pooled.one(image), [number])[number][0, 2]
    y, x = divmod(int(cells.argmax()), cells.shape[1])
    assert (y, x) != (0, 0)
    at = heatmap(pooled, image, f"{unit}@{y},{x}", HeatmapOptions("guided_gradcam", sanity=False))
    assert named.guided is not None
    assert named.guided.any()
    assert np.array_equal(named.guided, at.guided)


def test_the_twin_stands_beside_it_and_is_another(pooled: Net) -> None:
    found, again = (drawn(pooled, sanity=True, layer="0") for _ in range(2))
    assert found.twin is not None
    assert found.twin.shape == found.map.shape
    assert not np.array_equal(found.twin, found.map)
    assert found.similarity is not None
    assert -1 <= found.similarity < 0.95
    assert np.array_equal(found.twin, again.twin)  # type: ignore[arg-type]
    other = drawn(pooled, sanity=True, layer="0", seed=5)
    assert not np.array_equal(other.twin, found.twin)  # type: ignore[arg-type]
    assert np.array_equal(other.map, found.map)


def test_a_result_survives_the_disk(direct: Net, tmp_path: Any) -> None:
    for kind in ("gradcam", "guided_gradcam", "fastai"):
        found = drawn(direct, kind=kind, sanity=kind != "fastai")
        again = load_result(found.save(tmp_path / "map.safetensors"))
        assert isinstance(again, Heatmap)
        for field in dataclasses.fields(Heatmap):
            a, b = getattr(found, field.name), getattr(again, field.name)
            assert np.array_equal(a, b) if isinstance(a, np.ndarray) else a == b, field.name
        assert again.kind == kind
        assert set(again.caption) == {"shows", "does_not_show", "easily_misread"}


# -- what cannot be ------------------------------------------------------------------------------
def test_a_layer_without_space_is_refused(pooled: Net) -> None:
    with pytest.raises(AddressError, match=r"7 has no cells in space.* and 5 is taken"):
        drawn(pooled, layer="7")
    with pytest.raises(AddressError, match="No layer '9'"):
        drawn(pooled, layer="9")


def test_a_layer_behind_the_target_is_refused(pooled: Net) -> None:
    with pytest.raises(AddressError, match="0 does not come after 5"):
        drawn(pooled, "0:1", layer="5")


def test_a_class_that_does_not_exist_is_refused_with_the_nearest(pooled: Net) -> None:
    with pytest.raises(AddressError, match=r"No class 'cran'. Nearest: crane\."):
        drawn(pooled, "class:cran")
    with pytest.raises(AddressError, match=r"No class '7'.*0 to 2"):
        drawn(pooled, against="class:7")


def test_an_output_that_is_no_vector_of_scores_is_refused() -> None:
    net = glass(fill(nn.Sequential(conv(3, 4), nn.ReLU())), SIZE)
    with pytest.raises(ScoresError, match=r"load\(..., scores=LAYER\), --scores"):
        drawn(net, "class:0")


def test_cam_where_it_is_not_defined_names_gradcam(flat: Net, pooled: Net) -> None:
    with pytest.raises(HeadError, match=r"here 5 \(reshape\)|here \S+ \(\w+\) stands in the way"):
        drawn(flat, kind="cam")
    with pytest.raises(HeadError, match="Use gradcam"):
        drawn(flat, kind="fastai")
    with pytest.raises(UsageError, match=r"one map for each class .* Use cam"):
        drawn(pooled, kind="fastai")
    with pytest.raises(UsageError, match=r"cam is defined only where .* at 5; not at 2"):
        drawn(pooled, kind="cam", layer="2")


def test_options_that_exclude_each_other_are_refused(direct: Net) -> None:
    with pytest.raises(UsageError, match="has no second class"):
        drawn(direct, kind="fastai", against="class:hen")
    with pytest.raises(UsageError, match="owl against itself is zero everywhere"):
        drawn(direct, against="class:1")
    with pytest.raises(UsageError, match="No kind 'grad-cam'"):
        HeatmapOptions(kind="grad-cam")  # type: ignore[arg-type]


def test_an_empty_map_says_why() -> None:
    silent = named(nn.Sequential(conv(3, 4), nn.ReLU(), *GAP, nn.Linear(4, 3)))
    with torch.no_grad():
        silent.module[0].bias.fill_(-99)  # type: ignore[index,union-attr]
    found = drawn(silent, sanity=True)
    assert (found.is_zero, found.twin, found.similarity) == (True, None, None)
    assert found.note == "The map of owl is zero everywhere: 1 is silent on this image."
    unused = named(nn.Sequential(conv(3, 4), nn.ReLU(), *GAP, nn.Linear(4, 3)))
    with torch.no_grad():
        unused.module[-1].weight[1] = 0  # type: ignore[index,union-attr]
    assert "its score does not depend on 1 here" in drawn(unused).note
    against = named(nn.Sequential(conv(3, 4), nn.ReLU(), *GAP, nn.Linear(4, 3)))
    with torch.no_grad():
        against.module[-1].weight[1] = -1  # type: ignore[index,union-attr]
    assert "nothing at 1 speaks for it, only against" in drawn(against, relu=True).note
    assert drawn(against).note == ""


def test_what_is_not_finite_is_refused(pooled: Net) -> None:
    broken = named(nn.Sequential(conv(3, 4), nn.ReLU(), *GAP, nn.Linear(4, 3)))
    with torch.no_grad():
        broken.module[-1].weight[1] = float("nan")  # type: ignore[index,union-attr]
    with pytest.raises(DataError, match="owl is not finite on this image"):
        drawn(broken)
    small = Image.from_array(np.zeros((8, 8, 3), np.uint8), glass(nn.ReLU(), (8, 8)).preprocessing)
    with pytest.raises(DataError, match="prepared as"):
        heatmap(pooled, small, "class:owl")


def test_a_network_that_cannot_be_copied_is_drawn_without_a_twin() -> None:
    net = named(nn.Sequential(conv(3, 4), nn.ReLU(), *GAP, nn.Linear(4, 3)))
    net.module.held = (i for i in range(3))  # type: ignore[assignment]
    found = drawn(net, sanity=True)
    assert found.twin is None
    assert found.similarity is None
    assert "cannot be copied" in found.note
    assert found.map.any()


def test_float32_stays_close_to_float64(pooled: Net) -> None:
    single = named(pooled.module)
    expected = drawn(pooled).map
    single.module.float()
    try:
        assert close(drawn(single).map, expected, 1e-4)
    finally:
        fill(single.module)
