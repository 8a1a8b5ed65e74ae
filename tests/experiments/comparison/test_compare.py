"""A comparison against the single measures, and what it refuses."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from convscope.atlas.build import build_atlas as build
from convscope.atlas.make import build_atlas
from convscope.atlas.options import AtlasOptions
from convscope.atlas.read import open_atlas
from convscope.doctor.alias import grid_energy
from convscope.errors import AtlasError, DataError, NetworkError, SourceError
from convscope.experiments.comparison.compare import _names, compare
from convscope.experiments.comparison.options import CompareOptions
from convscope.images.open import open_images
from convscope.images.read import read_from
from convscope.images.some import Some
from convscope.methods.project import project
from convscope.net.capture import Capture, choose
from convscope.net.intake import load
from convscope.net.net import Net
from convscope.net.twin import twin
from convscope.preprocess import Preprocessing
from convscope.results.comparison import Comparison
from tests.cli.setting import photographs
from tests.twins import doctor_filters as slow

FEW = CompareOptions(sample=12, channels=5)


@pytest.fixture(scope="module")
def end() -> Net:
    return load("bundled:photos", device="cpu")


@pytest.fixture(scope="module")
def found(end: Net) -> Comparison:
    start = load("bundled:photos-start", device="cpu")
    return compare(start, end, "bundled:photos", FEW)


def strided(end: Net, stride: int) -> Net:
    """The bundled net's first two layers, the first at another stride."""
    module: Any = end.module
    first = nn.Conv2d(3, 48, 7, stride=stride, padding=1)
    second = nn.Conv2d(48, 96, 5)
    for own, new in ((module.conv1, first), (module.conv2, second)):
        new.load_state_dict(own.state_dict())
    return Net(nn.Sequential(first, nn.ReLU(), second, nn.ReLU()).eval(), end.preprocessing)


def test_every_first_filter_has_the_numbers_of_plain_sums(found: Comparison, end: Net) -> None:
    weights = end.module.conv1.weight.detach().double().numpy()  # type: ignore[union-attr,operator]
    assert found.b.filters.tolist() == weights.astype(np.float32).tolist()
    sizes = [slow.rms(one) for one in weights]
    assert found.b.measure("dominance").tolist() == pytest.approx(
        [size / float(np.median(sizes)) for size in sizes]
    )
    for i in (0, 18):
        best = max(slow.cosine(weights[i], other) for j, other in enumerate(weights) if j != i)
        assert found.b.measure("likeness")[i] == pytest.approx(best)
    shares = [found.b.measure(name) for name in ("low", "middle", "high")]
    assert sum(shares).tolist() == pytest.approx([1] * 48)  # type: ignore[union-attr]


def test_training_is_seen(found: Comparison) -> None:
    start, end = found.sides
    assert np.median(end.measure("noise")) < 0.6 < 0.9 < np.median(start.measure("noise"))
    assert end.measure("low").mean() > 3 * start.measure("low").mean()
    assert end.measure("alias").mean() < start.measure("alias").mean()
    assert end.measure("folded").sum() < start.measure("folded").sum()
    assert end.of_drawn("grid").mean() < start.of_drawn("grid").mean()
    for side in found.sides:  # the second layer reads every fourth pixel, and it shows
        assert side.of_drawn("next_grid").mean() > 2 * side.of_drawn("patch_next_grid").mean()


def test_projections_are_those_of_the_channels_strongest_cells(found: Comparison, end: Net) -> None:
    source = Some.spread(open_images("bundled:photos"), 12)
    assert found.images == len(source) == 12
    assert found.b.facts["next"]["shown"] == "relu2"
    for i, (channel, value, image) in enumerate(found.b.drawn[:, :3].tolist()):
        photo = read_from(source, int(image), end.preprocessing)
        alone = project(end, photo, f"relu2:{int(channel)}")
        assert alone.value == pytest.approx(value, rel=1e-5)
        scale = np.abs(alone.tile()).max()
        assert np.abs(found.b.projections[i] - alone.tile()).max() < 1e-4 * scale
        picture = found.b.projections[i, :, :24, :24].astype(np.float64)
        assert grid_energy(picture[None], 4)[0] == pytest.approx(slow.grid_energy(picture, 4))
        whole = grid_energy(found.b.projections[[i]], 4)
        assert found.b.of_drawn("next_grid")[i] == pytest.approx(whole[0])
    dead = dict((name, (dead, of)) for name, of, dead in found.b.facts["dead"])
    assert found.b.dead("relu2") == dead["relu2"]
    assert found.b.facts["next"]["fires"] == 96 - dead["relu2"][0]


def test_stride_4_folds_more_than_stride_2_of_the_same_filters(end: Net) -> None:
    two, four = compare(strided(end, 2), strided(end, 4), "bundled:photos", FEW).sides
    assert (two.stride, four.stride) == (2, 4)
    assert np.nansum(four.measure("alias")) > 3 * np.nansum(two.measure("alias"))
    assert four.measure("folded").sum() > two.measure("folded").sum()
    lattices = [side.of_drawn("grid") - side.of_drawn("patch_grid") for side in (two, four)]
    assert np.median(lattices[1]) > 3 * max(np.median(lattices[0]), 0)
    assert np.median(lattices[1]) > 0.02


def test_networks_of_other_sizes_and_channels_are_compared(end: Net, tmp_path: Path) -> None:
    photographs(tmp_path / "photos", 6)
    torch.manual_seed(0)
    parts = [nn.Conv2d(1, 5, 3), nn.ReLU(), nn.Conv2d(5, 7, 3), nn.ReLU()]
    preprocessing = Preprocessing((20, 24), None, mean=(0.5,), std=(1.0,))
    grey = Net(nn.Sequential(*parts).eval(), preprocessing)
    found = compare(end, grey, tmp_path / "photos", CompareOptions(channels=3))
    assert found.a.filters.shape == (48, 3, 7, 7)
    assert found.b.filters.shape == (5, 1, 3, 3)
    assert found.b.projections.shape == (3, 1, 5, 5)
    assert found.b.patches.shape == (3, 5, 5, 1)
    assert (found.b.measure("alias") == 0).all()
    assert "inputs of different sizes" in found.note
    assert [side.name for side in found.sides] == ["bundled:photos", "Sequential"]


def test_the_sample_is_seeded_and_names_are_as_asked(end: Net) -> None:
    def drawn(**given: Any) -> Comparison:
        return compare(
            end, twin(end), "bundled:photos", CompareOptions(sample=4, channels=4, **given)
        )

    one, same, other = drawn(), drawn(), drawn(seed=1, name_a="here", name_b="there")
    assert one.a.drawn.tolist() == same.a.drawn.tolist()
    assert one.a.of_drawn("channel").tolist() != other.a.of_drawn("channel").tolist()
    assert [side.name for side in one.sides] == ["bundled:photos (A)", "bundled:photos (B)"]
    assert [side.name for side in other.sides] == ["here", "there"]
    assert one.provenance["options"]["channels"] == 4
    assert one.a.facts["weights"] == end.fingerprint() != one.b.facts["weights"]


@pytest.mark.parametrize(
    ("a", "b", "names"),
    [
        ("r/checkpoints/epoch-005.safetensors", "r/checkpoints/epoch-060.safetensors",
         ("r, epoch 5", "r, epoch 60")),
        ("one/r/checkpoints/epoch-005.safetensors", "two/r/checkpoints/epoch-005.safetensors",
         ("one/r, epoch 5", "two/r, epoch 5")),
        ("here/first.pt", "here/second.pt", ("first.pt", "second.pt")),
        ("here/first.pt", None, ("first.pt", "random weights")),
        ("here/first.pt", "here/first.pt", ("nets:zf32 (A)", "nets:zf32 (B)")),
    ],
)  # fmt: skip
def test_networks_of_one_spec_are_told_apart_by_their_weights(
    a: str, b: str | None, names: tuple[str, str]
) -> None:
    nets: Any = [SimpleNamespace(spec="nets:zf32", weights=weights) for weights in (a, b)]
    assert _names(*nets, CompareOptions()) == names
    assert _names(*nets, CompareOptions(name_a="mine"))[0] == "mine"


def test_an_atlas_that_is_there_is_used_and_held_to_its_network(end: Net, tmp_path: Path) -> None:
    photographs(tmp_path / "photos", 6)
    start = load("bundled:photos-start", device="cpu")
    options = CompareOptions(channels=3)
    atlas = build_atlas(end, tmp_path / "photos", tmp_path / "atlas")
    told: list[str] = []
    with_it = compare(
        start, end, tmp_path / "photos", options, atlases=(None, atlas),
        progress=lambda done, total, what: told.append(what),
    )  # fmt: skip
    without = compare(start, end, tmp_path / "photos", options)
    assert with_it.b.drawn.tolist() == without.b.drawn.tolist()
    assert with_it.b.facts == without.b.facts
    assert any(what.startswith("bundled:photos-start: ") for what in told)
    with pytest.raises(AtlasError, match="belongs to other weights"):
        compare(start, end, tmp_path / "photos", options, atlases=(atlas, None))
    with pytest.raises(AtlasError, match="of other images than the 12 of bundled:photos"):
        compare(start, end, "bundled:photos", FEW, atlases=(None, atlas))
    deep = build_atlas(end, tmp_path / "photos", tmp_path / "deep", layers=["relu3"])
    with pytest.raises(AtlasError, match="has no relu2, the second layer of bundled:photos"):
        compare(start, end, tmp_path / "photos", options, atlases=(None, deep))


def test_a_given_atlas_says_which_images(end: Net, tmp_path: Path) -> None:
    """Of more images than would be looked at otherwise: both networks are seen on all of them."""
    photographs(tmp_path / "photos", 6)
    start = load("bundled:photos-start", device="cpu")
    atlas = build_atlas(end, tmp_path / "photos", tmp_path / "atlas")
    few, every = (CompareOptions(channels=3, sample=count) for count in (2, 0))
    found = compare(start, end, tmp_path / "photos", few, atlases=(None, atlas))
    whole = compare(start, end, tmp_path / "photos", every)
    assert found.images == whole.images == atlas.images_read > 2
    assert [side.facts for side in found.sides] == [side.facts for side in whole.sides]
    assert found.a.drawn.tolist() == whole.a.drawn.tolist()


def test_an_atlas_of_the_sample_serves_too(end: Net, tmp_path: Path) -> None:
    source = Some.spread(open_images("bundled:photos"), 4)
    build(Capture(end, choose(end)), source, tmp_path / "atlas", AtlasOptions(top=1))
    atlas = open_atlas(tmp_path / "atlas", images=source)
    options = CompareOptions(channels=3, sample=4)
    found = compare(twin(end), end, "bundled:photos", options, atlases=(None, atlas))
    assert found.images == 4


def test_two_atlases_are_of_the_same_images(end: Net, tmp_path: Path) -> None:
    start = load("bundled:photos-start", device="cpu")
    for name, count in (("six", 6), ("four", 4)):
        photographs(tmp_path / name, count)
    six = build_atlas(end, tmp_path / "six", tmp_path / "a")
    four = build_atlas(start, tmp_path / "four", tmp_path / "b")
    same = build_atlas(start, tmp_path / "six", tmp_path / "c")
    options = CompareOptions(channels=2, sample=2)
    for images in ("six", "four"):
        with pytest.raises(AtlasError, match=r"a is an atlas of 6 images and .*b of 4 others"):
            compare(end, start, tmp_path / images, options, atlases=(six, four))
    assert compare(end, start, tmp_path / "six", options, atlases=(six, same)).images == 6


def test_one_convolution_alone_has_no_second_layer(end: Net) -> None:
    alone = Net(nn.Sequential(nn.Conv2d(3, 4, 5), nn.ReLU()).eval(), end.preprocessing)
    found = compare(alone, end, "bundled:photos", CompareOptions(sample=4, channels=2))
    assert found.a.facts["next"] is None
    assert found.a.projections.shape[0] == len(found.a.drawn) == 0
    assert "Sequential has no second convolution" in found.note


def test_what_cannot_be_compared_is_refused(end: Net, tmp_path: Path) -> None:
    flat = Net(nn.Sequential(nn.Flatten(), nn.Linear(3 * 72 * 72, 4)).eval(), end.preprocessing)
    with pytest.raises(NetworkError, match="no convolution that reads the image"):
        compare(end, flat, "bundled:photos", FEW)
    with pytest.raises(SourceError, match="no such file or folder"):
        compare(end, end, tmp_path / "nowhere", FEW)
    (tmp_path / "empty").mkdir()
    with pytest.raises((SourceError, DataError), match="no image"):
        compare(end, end, tmp_path / "empty", FEW)


def test_squeezenet_is_told_from_its_twin(shared: Path) -> None:
    data = shared / "data"
    net = load(data / "squeezenet1_0-imagenet.safetensors", device="cpu")
    few = CompareOptions(sample=8, channels=8)
    own, shuffled = compare(net, twin(net), data / "imagenet-sample", few).sides
    assert own.facts["next"]["shown"] == "features.3.squeeze_activation"
    assert np.median(own.measure("noise")) < 0.7 < 0.9 < np.median(shuffled.measure("noise"))
    assert own.measure("folded").sum() < shuffled.measure("folded").sum()
    assert own.of_drawn("grid").mean() < shuffled.of_drawn("grid").mean()
