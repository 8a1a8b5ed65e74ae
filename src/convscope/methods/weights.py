"""The filters of a layer: in color where they read the image, by input channel where deeper.

Source: Krizhevsky et al. 2012, Fig. 3, and Zeiler & Fergus 2013, Fig. 6 (a, b): first-layer filters
as small pictures, on one scale, so that a few that dominate are seen. With a BatchNorm after the
convolution, what acts on the input is ``gamma / sqrt(var + eps) * W``.

Shows: the linear pattern a first-layer unit matches.
Does not show: anything readable beyond the first layer.
Easily misread: noisy filters: too little training or too little regularisation.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.address import Address, parse
from convscope.errors import AddressError
from convscope.methods.options.weights import WeightsOptions
from convscope.methods.provenance import provenance
from convscope.methods.spectrum import energy, noise, shares
from convscope.net.effective import Filters, filters_of, source_of
from convscope.net.filters import weighted_op
from convscope.net.net import Net
from convscope.net.tape import Op
from convscope.results.layer import Layer
from convscope.results.weights import Weights


def weights(net: Net, layer: str | Address, options: WeightsOptions | None = None) -> Weights:
    """The filters of one layer.

    Args:
        net: the network; it is the same afterwards.
        layer: a convolution or linear layer (``features.0``).
        options: whether a BatchNorm is folded in.

    Raises:
        AddressError: no such layer, one of its channels alone, or one without weights, with the
            name of the layer whose weights it comes from.

    >>> from convscope.net.intake import load
    >>> found = weights(load("bundled:photos", device="cpu"), "conv1")
    >>> found.filters.shape, found.reads_image
    ((48, 3, 7, 7), True)
    """
    address = parse(layer) if isinstance(layer, str) else layer
    if address.channel is not None:
        raise AddressError(
            f"{address} is one unit; weights are of a whole layer: {address.layer}. Its filter is "
            f"filters[{address.channel}] of the result."
        )
    return next(weights_of(net, [net.tape().layer(address.layer)], options))


def weights_of(
    net: Net, layers: Sequence[Layer], options: WeightsOptions | None = None
) -> Iterator[Weights]:
    """The same of many layers, one after the other; the network's weights are hashed once.

    Raises:
        AddressError: one of them has no weights; before any is read.
    """
    options = options or WeightsOptions()
    ops = [weighted_op(net.tape(), layer) for layer in layers]
    made = provenance("weights", net, None, options)
    return (_weights(net, op, options, made) for op in ops)


def _weights(net: Net, op: Op, options: WeightsOptions, made: dict[str, Any]) -> Weights:
    tape = net.tape()
    found = filters_of(tape, op, effective=options.effective, reshaped=options.reshape)
    squares = np.einsum("ijkl,ijkl->i", found.weight, found.weight)
    power = energy(found.weight)
    return Weights(
        filters=found.weight.astype(np.float32),
        layer=op.name,
        op=op.kind,
        source=source_of(tape, op),
        groups=int(op.bound.get("groups") or 1),
        normalization=found.norm,
        gain=found.gain.astype(np.float32),
        bias=found.bias.astype(np.float32),
        norm=np.sqrt(squares),
        rms=np.sqrt(squares / found.weight[0].size),
        spectrum=shares(power),
        noise=noise(power),
        note=_note(found),
        provenance=made,
    )


def _note(found: Filters) -> str:
    flat = found.weight.reshape(len(found.weight), -1)
    size = flat.max(axis=1) - flat.min(axis=1) + np.abs(flat[:, 0])  # zero where all are
    said = [found.note] if found.note else []
    said += _channels(np.flatnonzero(size == 0), "all zeros: it answers everything with its bias")
    said += _channels(np.flatnonzero(~np.isfinite(size)), "not finite")
    if found.norm:
        turned = int((found.gain < 0).sum())
        over = f", whose gain is negative for {turned} of them" if turned else ""
        said.append(f"As they act through {found.norm}{over}.")
    return " ".join(said)


def _channels(which: NDArray[np.int64], what: str, most: int = 8) -> list[str]:
    if not len(which):
        return []
    names = ", ".join(f"{channel:,}" for channel in which[:most].tolist())
    more = f" and {len(which) - most} more" if len(which) > most else ""
    noun = "Filter" if len(which) == 1 else "Filters"
    return [f"{noun} {names}{more}: {what}."]
