"""The occlusion sweep, plainly: one covered copy of the image after the other."""

from __future__ import annotations

import numpy as np
import torch

from convscope.images.image import Image
from convscope.methods.fill import fill_of
from convscope.methods.options.occlude import OccludeOptions
from convscope.net.full import activations
from convscope.net.net import Net
from convscope.net.scores import scores_layer
from convscope.net.target import find_target


def occlude_one_by_one(
    net: Net, image: Image, target: str, options: OccludeOptions, unit: str
) -> dict[str, np.ndarray]:
    """Scores (n, K), the target's values (n,) and a map's sums (n,), in float64."""
    (height, width), stride = net.preprocessing.size, options.pair("stride")
    tall, wide = options.pair("occluder")
    tape, asked = net.tape(), find_target(net, target)
    layer, _, channel = unit.rpartition(":")
    numbers = [scores_layer(net).number, tape.layer(layer).number, asked.layer.number]

    def look(array: np.ndarray) -> tuple[np.ndarray, float, torch.Tensor]:
        found = activations(net, tape, net.batch([array]), numbers)
        scores, maps = found[numbers[0]].reshape(-1).double(), found[numbers[1]]
        planes = maps[tape.ops[numbers[1]].index(0, int(channel), None)].double()
        return scores.numpy(), float(planes.sum()), asked.values(found[numbers[2]], tape)[0]

    _, _, uncovered = look(image.array)
    y, x = np.unravel_index(int(uncovered.argmax()), uncovered.shape)
    rows: dict[str, list[object]] = {"scores": [], "unit_sums": [], "values": []}
    for top in range(stride[0] // 2, height, stride[0]):
        for left in range(stride[1] // 2, width, stride[1]):
            y0, x0 = max(top - tall // 2, 0), max(left - wide // 2, 0)
            y1, x1 = min(top - tall // 2 + tall, height), min(left - wide // 2 + wide, width)
            covered = image.array.copy()
            content = fill_of(image.array, options)
            from convscope.geometry.box import Box

            covered[:, y0:y1, x0:x1] = content(Box(y0, x0, y1, x1))
            scores, total, values = look(covered)
            rows["scores"].append(scores)
            rows["unit_sums"].append(total)
            rows["values"].append(float(values[y, x]))
    return {name: np.array(values, np.float64) for name, values in rows.items()}
