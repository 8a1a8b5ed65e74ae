from __future__ import annotations

import torch
from torch.nn import functional as F

from benchmarks.common import RESNET20
from benchmarks.resnet20 import resnet20


def test_the_shortcut_has_channels_of_zeros_on_both_sides() -> None:
    block = resnet20().layer2[0]
    x = torch.rand(1, 16, 4, 4)
    expected = F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, 8, 8))
    assert torch.equal(block._shortcut(x), expected)


def test_it_has_20_weighted_layers_and_270_thousand_parameters() -> None:
    module = resnet20()
    parameters = dict(module.named_parameters())
    assert sum(p.dim() > 1 for p in parameters.values()) == 20
    assert 0.265e6 < sum(p.numel() for p in parameters.values()) < 0.275e6


def test_the_trained_weights_fit_and_know_their_classes(shared: object) -> None:
    from io import BytesIO

    import numpy as np
    import pyarrow.parquet as parquet
    from PIL import Image

    from benchmarks.common import CIFAR, ROOT
    from convscope.net.intake import load

    spec = f"{ROOT}/benchmarks/resnet20.py:resnet20"
    net = load(spec, weights=RESNET20, device="cpu")
    rows = next(parquet.ParquetFile(CIFAR).iter_batches(50)).to_pylist()
    images = [np.asarray(Image.open(BytesIO(row["image"])).convert("RGB")) for row in rows]
    batch = net.batch([net.preprocessing.apply(image).array for image in images])
    with torch.no_grad(), net.hosted():
        guesses = net.module(batch).argmax(1).tolist()
    assert net.labels is not None
    right = sum(net.labels[g] == row["label"] for g, row in zip(guesses, rows, strict=True))
    assert right >= 38  # the table's images are strongly compressed
