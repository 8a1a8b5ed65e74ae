from __future__ import annotations

import numpy as np
import torch

from convscope.experiments.evolution.cells import sampled
from convscope.images.open import open_images
from convscope.images.read import read_from
from convscope.net.intake import load
from convscope.net.net import Net
from convscope.preprocess import Preprocessing
from convscope.tally.spread import spread

IMAGES = range(0, 60, 5)


def test_rows_are_activations_of_single_cells_of_the_images_in_order() -> None:
    net, source = load("bundled:photos", device="cpu"), open_images("bundled:photos")
    layers = [net.tape().layer(name) for name in ("relu2", "relu6")]
    found = sampled(net, layers, source, IMAGES, samples=24)
    assert found[layers[0].number].shape == (24, 96)  # four cells of each of six images
    assert found[layers[1].number].shape == (6, 256)  # a vector has one
    module = net.module.eval()
    for row, place in enumerate(spread(len(IMAGES), 6).tolist()):
        x = torch.from_numpy(read_from(source, IMAGES[place], net.preprocessing).array)[None]
        with torch.no_grad():
            first = module.norm1(module.pool1(module.relu1(module.conv1(x))))
            maps = module.relu2(module.conv2(first))
        cells = maps[0].flatten(1).T.numpy()  # (169, 96)
        for one in found[layers[0].number][4 * row : 4 * row + 4]:
            assert np.abs(cells - one).max(axis=1).min() < 1e-4


def test_the_same_cells_are_read_at_every_checkpoint() -> None:
    source = open_images("bundled:photos")
    nets = [load(name, device="cpu") for name in ("bundled:photos", "bundled:photos-early")]
    both = []
    for net in nets:
        for part in (net.module.conv1,):  # a channel that answers with the cell's own pixel
            part.weight.data.zero_()
            part.weight.data[0, 0, 3, 3] = 1
            part.bias.data.zero_()
        layer = net.tape().layer("conv1")
        both.append(sampled(net, [layer], source, IMAGES, samples=24)[layer.number][:, 0])
    assert (both[0] == both[1]).all()
    assert len(set(both[0].tolist())) > 12


def test_no_cell_is_taken_twice_and_small_maps_give_all_they_have() -> None:
    torch.manual_seed(0)
    net = Net(torch.nn.Sequential(torch.nn.Conv2d(3, 2, 4, 4)), Preprocessing((8, 8), None))
    source = open_images("bundled:photos")
    layer = net.tape().layer("0")  # 2 x 2 cells
    found = sampled(net, [layer], source, range(3), samples=999)[layer.number]
    assert found.shape == (12, 2)
    assert len({tuple(row) for row in found[:4].tolist()}) == 4


def test_a_network_whose_images_change_each_other_is_run_one_by_one() -> None:
    torch.manual_seed(0)
    norm = torch.nn.BatchNorm2d(2, track_running_stats=False)
    net = Net(torch.nn.Sequential(torch.nn.Conv2d(3, 2, 4, 4), norm), Preprocessing((8, 8), None))
    source, layer = open_images("bundled:photos"), net.tape().layer("1")
    alone = [sampled(net, [layer], source, [n], samples=4)[layer.number] for n in (0, 90)]
    both = sampled(net, [layer], source, [0, 90], samples=8)[layer.number]
    assert np.allclose(np.sort(both[:4], axis=0), np.sort(alone[0], axis=0), atol=1e-6)
