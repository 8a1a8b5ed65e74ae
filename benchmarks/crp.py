"""What zennit-crp 0.6.0, the nearest peer of the pass, takes for the same images and layers.

Its `FeatureVisualization` keeps for every channel the images that excite it most, too; it always
runs a backward pass beside, for relevance. Without a composite, as here, that is the cheapest it
can do. It needs contiguous tensors and rectifiers that are not in place, and gets both.
"""

from __future__ import annotations

import copy
import tempfile
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from benchmarks.common import BATCH, Result, need_spec, rounded, seconds

if TYPE_CHECKING:
    from torch import Tensor, nn

    from convscope.net.net import Net


class Photographs:
    """Prepared images with a class each, as the peer wants them."""

    def __init__(self, batches: Sequence[Tensor], classes: Sequence[int]) -> None:
        self.batches, self.classes = batches, classes

    def __len__(self) -> int:
        return len(self.classes)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        image = self.batches[index // BATCH][index % BATCH].contiguous()
        return image, self.classes[index]


def measure(net: Net, batches: Sequence[Tensor]) -> Result:
    """Its time over that of the bare forward of the same images, measured around it."""
    need_spec("crp")
    module = _without_in_place(net.module)
    photographs = Photographs(batches, _classes(module, batches))
    with tempfile.TemporaryDirectory() as folder:
        visualization = _visualization(net, module, photographs, folder)
        before = seconds(lambda: _forward(module, batches))
        theirs = seconds(lambda: visualization.run_distributed(None, 0, len(photographs), BATCH))
        after = seconds(lambda: _forward(module, batches))
    return {
        "images": len(photographs),
        "over_bare_forward": rounded(2 * theirs / (before + after)),
        "seconds": rounded(theirs),
    }


def _without_in_place(module: nn.Module) -> nn.Module:
    from torch import nn

    copied = copy.deepcopy(module).eval()
    for part in copied.modules():
        if isinstance(part, nn.ReLU):
            part.inplace = False
    return copied


def _visualization(net: Net, module: nn.Module, photographs: Photographs, folder: str) -> Any:
    import torch
    from crp.attribution import CondAttribution
    from crp.concepts import ChannelConcept
    from crp.visualization import FeatureVisualization

    from convscope.net.capture import choose

    concepts = {layer.name: ChannelConcept() for layer in choose(net)}
    attribution = CondAttribution(module, device=torch.device("cpu"))
    return FeatureVisualization(
        attribution, photographs, concepts, max_target="max", abs_norm=False, path=folder
    )


def _classes(module: nn.Module, batches: Sequence[Tensor]) -> list[int]:
    import torch

    with torch.no_grad():
        return [int(row.argmax()) for batch in batches for row in module(batch)]


def _forward(module: nn.Module, batches: Sequence[Tensor]) -> None:
    import torch

    with torch.no_grad():
        for batch in batches:
            module(batch)
