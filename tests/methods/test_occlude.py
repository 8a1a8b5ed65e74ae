from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from convscope.address import Class
from convscope.errors import AddressError, DataError, ScoresError, TraceError, UsageError
from convscope.geometry.box import Box
from convscope.geometry.walk import IMAGE
from convscope.images.image import Image
from convscope.images.read import read
from convscope.methods.fill import fill_of
from convscope.methods.grid import grid
from convscope.methods.occlude import occlude
from convscope.methods.options.occlude import OccludeOptions
from convscope.net.intake import load
from convscope.net.net import Net
from convscope.net.torchvision_cpu import import_torchvision
from convscope.results.file import load_result
from convscope.results.occlusion import Occlusion
from tests.net.zoo import LOCAL, SIZES, Forward, Halves, conv, fill, glass
from tests.twins.occlusion import occlude_one_by_one

SMALL = OccludeOptions(occluder=9, occluder_width=7, stride=5, stride_x=6, patches=0)


def image_for(net: Net, seed: int = 3) -> Image:
    height, width = net.preprocessing.size
    array = np.random.default_rng(seed).standard_normal((net.preprocessing.channels, height, width))
    shown = np.zeros((height, width, net.preprocessing.channels), np.uint8)
    box = Box(0, 0, height, width)
    return Image(array.astype(np.float32), shown, "noise", None, "noise", (height, width), box)


def classifier(body: nn.Module, channels: int, size: tuple[int, int] = (24, 29)) -> Net:
    head = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, 5))
    return glass(fill(nn.Sequential(body, head)), size)


def held(
    net: Net, options: OccludeOptions, target: str = "class:2", photo: Image | None = None
) -> Occlusion:
    """Occlude, and hold every position to a forward of its own on a covered copy of the image."""
    image = photo or image_for(net)
    found = occlude(net, image, target, replace(options, method="incremental"))
    slow = occlude_one_by_one(net, image, target, options, found.unit)
    double = net.dtype == torch.float64
    for name, values in slow.items():
        largest = np.abs(values).max()
        given = getattr(found, name).reshape(values.shape)
        assert given.dtype == (np.float64 if double else np.float32)
        assert np.abs(given - values).max() <= (1e-9 if double else 1e-5) * largest, name
    return found


def body(name: str) -> tuple[nn.Module, int, tuple[int, int]]:
    module, size = LOCAL[name](), SIZES.get(name, (24, 29))
    with torch.no_grad():
        channels = fill(module)(torch.zeros(1, 3, *size, dtype=torch.float64)).shape[1]
    return module, channels, size


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
@pytest.mark.parametrize("name", LOCAL)
@pytest.mark.parametrize("fill", ["mean", "reflect"])
def test_every_position_is_a_whole_forward(name: str, fill: str) -> None:
    net = classifier(*body(name))
    held(net, replace(SMALL, fill=fill))  # type: ignore[arg-type]


def squeezenet() -> nn.Module:
    import torchvision

    return fill(torchvision.models.squeezenet1_0(num_classes=7))


def resnet18() -> nn.Module:
    import torchvision

    return fill(torchvision.models.resnet18(num_classes=7))


def vgg11() -> nn.Module:
    import torchvision

    module = torchvision.models.vgg11(num_classes=7)
    module.classifier = nn.Sequential(nn.Linear(25088, 16), nn.ReLU(), nn.Linear(16, 7))
    return fill(module)


def dilated() -> nn.Module:
    return fill(
        nn.Sequential(
            *(conv(3, 6, 5, stride=2, padding=2), nn.ReLU(), nn.MaxPool2d(3, 2, 1)),
            *(conv(6, 8, 3, padding=2, dilation=2), nn.BatchNorm2d(8), nn.ReLU(inplace=True)),
            *(conv(8, 8, 3, padding=3, dilation=3, groups=2), nn.ReLU(), nn.AvgPool2d(2)),
            *(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 7)),
        )
    )


REAL: dict[str, tuple[Callable[[], nn.Module], int]] = {
    "squeezenet": (squeezenet, 99),
    "resnet18": (resnet18, 90),
    "vgg11": (vgg11, 96),
    "dilated": (dilated, 61),
}


@pytest.mark.parametrize("name", REAL)
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_real_architectures_at_every_position(name: str, dtype: torch.dtype) -> None:
    import_torchvision()
    make, size = REAL[name]
    net = glass(make().to(dtype), (size, size + 7))
    options = OccludeOptions(occluder=20, stride=18, edge="partial")
    found = held(net, options)
    assert "Incremental" in found.exact
    assert found.scores.shape[:2] == (len(found.centers_y), len(found.centers_x))


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_the_residual_network_of_the_shared_data(dtype: torch.dtype, shared: Path) -> None:
    from safetensors.torch import load_file

    from benchmarks.resnet20 import ResNet20

    path = shared / "data" / "resnet20-cifar10.safetensors"
    module = ResNet20()
    module.load_state_dict(load_file(path))
    held(glass(module.eval().to(dtype), (32, 32)), OccludeOptions(occluder=8, stride=3))


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_squeezenet_on_a_photograph(dtype: torch.dtype, shared: Path) -> None:
    net = load(shared / "data" / "squeezenet1_0-imagenet.safetensors", device="cpu")
    net.module.to(dtype)
    photo = sorted((shared / "data" / "imagenet-sample").glob("*/*.jpg"))[41]
    options = OccludeOptions(occluder=50, stride=70)
    held(net, options, "class:3", read(photo, net.preprocessing))


def test_an_occluder_outside_a_field_changes_nothing_to_the_bit() -> None:
    net = glass(fill(LOCAL["ceil_pools"]()), (48, 53))
    found = occlude(net, image_for(net), "5:3@2,2", replace(SMALL, stride=3, stride_x=3))
    tape = net.tape()
    layer = tape.layer("5")
    (y0, y1), (x0, x1) = (tape.graph(a).walk(layer.number, (2, 3))[IMAGE] for a in (0, 1))
    boxes = grid(replace(SMALL, stride=3, stride_x=3), 48, 53).boxes
    apart = (boxes[:, 0] >= y1) | (boxes[:, 2] <= y0) | (boxes[:, 1] >= x1) | (boxes[:, 3] <= x0)
    changed = found.values.reshape(-1) != found.base_value
    assert apart.any()
    assert not changed[apart].any()
    assert changed[~apart].mean() > 0.9


def test_batches_do_not_matter() -> None:
    net = classifier(*body("fires"))
    one, other = (
        occlude(net, image_for(net), "class:1", replace(SMALL, batch=batch)) for batch in (1, 11)
    )
    np.testing.assert_allclose(one.scores, other.scores, rtol=0, atol=1e-7)


class SqueezeExcite(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.one, self.two = conv(3, 6, padding=1), conv(6, 6, padding=1)
        self.down, self.up = nn.Linear(6, 3), nn.Linear(3, 6)
        self.head = nn.Linear(6, 5)

    def forward(self, x: Tensor) -> Tensor:
        x = torch.relu(self.one(x))
        gate = torch.sigmoid(self.up(torch.relu(self.down(x.mean((2, 3))))))
        x = torch.relu(self.two(x * gate[:, :, None, None]))
        head: Tensor = self.head(x.mean((2, 3)))
        return head


def test_squeeze_and_excite_is_whole_from_its_first_gate_on() -> None:
    found = held(glass(fill(SqueezeExcite())), SMALL)
    assert "Incremental up to /mul (mul), whole maps from there on" in found.exact


def test_what_cannot_be_run_by_itself_falls_back_to_whole_forwards() -> None:
    class Batched(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.one, self.head = conv(3, 4), nn.Linear(4, 5)

        def forward(self, x: Tensor) -> Tensor:
            x = self.one(x)
            n, c, h, w = x.shape
            x = x.flatten(0, 1).view(n, c, h, w)  # images and channels in one axis, for a while
            head: Tensor = self.head(x.mean((2, 3)))
            return head

    net = glass(fill(Batched()))
    image = image_for(net)
    found = occlude(net, image, "class:2", SMALL)
    assert found.exact.startswith("Whole forwards, one for each position.")
    assert len(found.exact) > 60  # and why
    slow = occlude_one_by_one(net, image, "class:2", SMALL, found.unit)
    np.testing.assert_allclose(found.scores.reshape(-1, 5), slow["scores"], rtol=1e-9)
    with pytest.raises(TraceError):
        occlude(net, image, "class:2", replace(SMALL, method="incremental"))


def test_whole_and_incremental_agree_on_all_panels() -> None:
    net = classifier(*body("residual"))
    one, other = (
        occlude(net, image_for(net), "class:3", replace(SMALL, method=method))  # type: ignore[arg-type]
        for method in ("whole", "incremental")
    )
    for name in ("scores", "unit_sums", "values", "probabilities"):
        np.testing.assert_allclose(
            getattr(one, name), getattr(other, name), rtol=2e-6, err_msg=name
        )
    assert (one.label_map == other.label_map).all()
    assert "Whole forwards" in one.exact


def test_the_panels_are_those_of_the_paper() -> None:
    net = classifier(*body("fires"))
    net.labels = net.keys = ("ant", "bee", "cat", "dog", "eel")
    image = image_for(net)
    found = occlude(net, image, Class("cat"), SMALL)
    shifted = np.exp(found.scores - found.scores.max(-1, keepdims=True))
    np.testing.assert_allclose(
        found.probabilities, (shifted / shifted.sum(-1, keepdims=True))[..., 2], rtol=1e-6
    )
    assert (found.label_map == found.scores.argmax(-1)).all()
    assert {name for _, name in found.classes} <= set(net.labels)
    assert {number for number, _ in found.classes} == {*found.label_map.ravel(), found.answer}
    assert found.target == "cat"
    np.testing.assert_array_equal(found.values, found.scores[..., 2])
    assert found.unit.startswith("5.expand") or found.unit.startswith("0.5.expand")
    assert (found.projection != 0).any()
    assert found.patches.shape[0] == 0
    assert found.caption["shows"] == "What the score does when this square is covered."


def test_the_strongest_map_is_chosen_on_the_uncovered_image() -> None:
    net = classifier(*body("ceil_pools"))
    image = image_for(net)
    found = occlude(net, image, "class:0", SMALL)
    with torch.no_grad():
        maps = net.module[0](net.one(image))[0]  # type: ignore[index]
    assert int(found.unit.rpartition(":")[2]) == int(maps.flatten(1).amax(1).argmax())
    assert found.base_unit_sum == pytest.approx(float(maps[int(found.unit[-1])].sum()))


def test_squares_at_the_border_are_cut_off_and_centers_name_them() -> None:
    options = OccludeOptions(occluder=6, stride=8)
    places = grid(options, 24, 20)
    assert places.ys.tolist() == [4, 12, 20]
    assert places.xs.tolist() == [4, 12]
    assert places.boxes[0].tolist() == [1, 1, 7, 7]
    partial = grid(OccludeOptions(occluder=10, stride=8), 24, 20)
    assert partial.boxes[0].tolist() == [0, 0, 9, 9]
    whole = grid(OccludeOptions(occluder=10, stride=7, edge="whole"), 24, 20)
    assert whole.boxes[:, 0].tolist() == [0, 0, 7, 7, 14, 14]
    assert (whole.boxes[:, 2] - whole.boxes[:, 0] == 10).all()
    assert len(grid(OccludeOptions(occluder=32, stride=8), 224, 224).boxes) == 784


def test_a_square_of_one_pixel_off_the_image_changes_nothing_elsewhere() -> None:
    net = classifier(*body("fires"))
    image = image_for(net)
    zeros = replace(image, array=np.zeros_like(image.array))
    found = occlude(net, zeros, "class:0", SMALL)  # covered by what is there already
    same = np.broadcast_to(found.base_scores, found.scores.shape)
    np.testing.assert_allclose(found.scores, same, rtol=1e-12)
    assert "No square of this sweep changes class 0" in found.note


def test_a_square_of_no_pixels_gives_flat_maps() -> None:
    net = classifier(*body("fires"))
    found = occlude(net, image_for(net), "class:2", replace(SMALL, occluder=0, occluder_width=0))
    assert (found.scores == found.base_scores).all()
    assert (found.unit_sums == found.base_unit_sum).all()
    assert (found.values == found.base_value).all()
    assert (found.label_map == found.answer).all()


@pytest.mark.parametrize("name", ["mean", "blur", "reflect", "noise"])
def test_fills(name: str) -> None:
    array = image_for(classifier(*body("fires"))).array
    options = OccludeOptions(occluder=8, fill=name)  # type: ignore[arg-type]
    filled, box = fill_of(array, options), Box(3, 5, 9, 12)
    content = filled(box)
    assert content.shape == (3, 6, 7)
    assert content.dtype == np.float32
    assert np.isfinite(content).all()
    np.testing.assert_array_equal(content, fill_of(array, options)(box))
    if name == "mean":
        assert not content.any()
    if name == "noise":
        assert (content != fill_of(array, replace(options, seed=1))(box)).all()


def test_reflection_meets_its_surroundings() -> None:
    ramp = np.broadcast_to(np.arange(20.0, dtype=np.float32), (1, 20, 20))
    box = Box(7, 7, 13, 13)
    content = fill_of(ramp, OccludeOptions(fill="reflect"))(box)
    slow = np.zeros((6, 6))
    for y in range(6):
        for x in range(6):
            mirrored = [
                (ramp[0, 6 - y, 7 + x], y + 1), (ramp[0, 18 - y, 7 + x], 6 - y),
                (ramp[0, 7 + y, 6 - x], x + 1), (ramp[0, 7 + y, 18 - x], 6 - x),
            ]  # fmt: skip
            weights = [1 / far for _, far in mirrored]
            slow[y, x] = sum(v / far for v, far in mirrored) / sum(weights)
    np.testing.assert_allclose(content[0], slow, rtol=1e-6)


def test_coarse_to_fine_says_what_it_skipped() -> None:
    net = classifier(*body("fires"))
    image = image_for(net)
    fine = replace(SMALL, stride=2, stride_x=2)
    all_, some = (occlude(net, image, "class:1", replace(fine, coarse=c)) for c in (1, 3))
    assert all_.computed.all()
    assert 0.1 < some.computed.mean() < 0.8
    np.testing.assert_allclose(some.scores[some.computed], all_.scores[some.computed], atol=1e-6)
    assert f"{int(some.computed.sum()):,} of {some.computed.size:,} positions" in some.note
    peak = np.abs(all_.values - all_.base_value)
    assert some.computed.ravel()[peak.argmax()] or peak[some.computed].max() > 0.8 * peak.max()


def test_a_direction_and_a_unit_are_asked_like_classes() -> None:
    net = classifier(*body("fires"))
    image = image_for(net)
    unit = "0.3.expand3x3_activation:2"
    one, other = (occlude(net, image, text, SMALL) for text in (unit, f"{unit}-0*3"))
    np.testing.assert_allclose(one.values, other.values, rtol=1e-6)
    assert one.target_number == -1
    np.testing.assert_array_equal(one.probabilities[0, 0], Softmax(one.scores)[0, 0, one.answer])


def Softmax(scores: np.ndarray) -> np.ndarray:
    raised = np.exp(scores.astype(np.float64) - scores.max(-1, keepdims=True))
    return np.asarray(raised / raised.sum(-1, keepdims=True))


def test_a_network_without_scores_still_has_units() -> None:
    net = glass(fill(Halves()))
    found = occlude(net, image_for(net), "/cat:1", SMALL)
    assert not found.has_classes
    assert found.scores.shape[-1] == 0
    assert found.values.std() > 0
    with pytest.raises(ScoresError, match="not one vector of scores"):
        occlude(net, image_for(net), "class:1", SMALL)


def test_a_result_survives_the_disk(tmp_path: Path) -> None:
    net = classifier(*body("fires"))
    found = occlude(net, image_for(net), "class:1", SMALL)
    again = load_result(found.save(tmp_path / "one.safetensors"))
    for name in Occlusion.__dataclass_fields__:
        one, other = getattr(found, name), getattr(again, name)
        assert np.array_equal(one, other), name
    assert again.box(0, 0) == found.box(0, 0)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"occluder": 25}, r"The occluder is 25 x 25 px and the image 24 x 29"),
        ({"occluder": 9, "occluder_width": 30}, r"The occluder is 9 x 30 px"),
    ],
)
def test_an_occluder_larger_than_the_image(options: dict[str, int], said: str) -> None:
    net = classifier(*body("fires"))
    with pytest.raises(UsageError, match=said):
        occlude(net, image_for(net), "class:1", OccludeOptions(**options))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"stride": 0}, "stride is 0; it must be 1 or more"),
        ({"occluder": -1}, "occluder is -1; it must be 0 or more"),
        ({"share": 1.5}, "share is 1.5; it is a part of all"),
        ({"fill": "gray"}, "No fill 'gray'. There are: mean, blur, reflect, noise"),
    ],
)
def test_options_that_are_no_choice(options: dict[str, object], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        OccludeOptions(**options)  # type: ignore[arg-type]


def test_what_is_not_there() -> None:
    net = classifier(*body("fires"))
    with pytest.raises(AddressError, match="No class '9'"):
        occlude(net, image_for(net), "class:9", SMALL)
    with pytest.raises(AddressError, match="is a whole layer"):
        occlude(net, image_for(net), "1.2", SMALL)


def test_answers_that_are_not_finite() -> None:
    net = classifier(*body("fires"))
    image = image_for(net)
    broken = image.array.copy()
    broken[0, 3, 3] = np.nan
    with pytest.raises(DataError, match="not finite"):
        occlude(net, replace(image, array=broken), "class:1", SMALL)


def test_no_map_that_fires_is_said() -> None:
    class Dead(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.one, self.head = conv(3, 4), nn.Linear(4, 3)

        def forward(self, x: Tensor) -> Tensor:
            head: Tensor = self.head(torch.relu(self.one(x) - 1e6).mean((2, 3)))
            return head

    found = occlude(glass(fill(Dead())), image_for(glass(fill(Dead()))), "class:1", SMALL)
    assert "No map of /relu fires on this image" in found.note


def test_progress_counts_positions() -> None:
    net = classifier(*body("fires"))
    told: list[tuple[int, int]] = []
    occlude(net, image_for(net), "class:1", SMALL, progress=lambda d, t, _: told.append((d, t)))
    total = len(grid(SMALL, 24, 29).boxes)
    assert told[-1] == (total, total)
    assert [d for d, _ in told] == sorted(d for d, _ in told)


def test_a_forward_that_fails_is_named() -> None:
    from convscope.errors import ForwardError

    def forward(self: nn.Module, x: Tensor) -> Tensor:
        if self.broken:  # type: ignore[truthy-bool]
            raise ValueError("inside")
        return self.one(x).mean((2, 3))  # type: ignore[operator]

    module = Forward(forward, one=conv(3, 4))
    module.broken = False  # type: ignore[assignment]
    net = glass(fill(module))
    net.tape()
    module.broken = True  # type: ignore[assignment]
    with pytest.raises(ForwardError, match="inside"):
        occlude(net, image_for(net), "class:1", SMALL)


def test_what_is_no_image_is_named() -> None:
    net = classifier(*body("fires"))
    with pytest.raises(DataError, match=r"what convscope\.read_image.* gives; this is str"):
        occlude(net, "cat.jpg", "class:1", SMALL)  # type: ignore[arg-type]
