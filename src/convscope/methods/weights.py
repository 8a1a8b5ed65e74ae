"""The filters of a layer: in color where they read the image, by input channel where deeper.

Source: Krizhevsky et al. 2012, Fig. 3, and Zeiler & Fergus 2013, Fig. 6 (a, b): first-layer filters
as small pictures, on one scale, so that a few that dominate are seen. With a BatchNorm after the
convolution, what acts on the input is ``gamma / sqrt(var + eps) * W``.

Shows: the linear pattern a first-layer unit matches.
Does not show: anything readable beyond the first layer.
Easily misread: noisy filters: too little training or too little regularisation.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from convscope.address import Address, parse
from convscope.errors import AddressError
from convscope.methods.options.weights import WeightsOptions
from convscope.methods.provenance import provenance
from convscope.methods.spectrum import noise, shares
from convscope.net.filters import Filters, filters_of, source_of, weighted_op
from convscope.net.net import Net
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
    options = options or WeightsOptions()
    address = parse(layer) if isinstance(layer, str) else layer
    if address.channel is not None:
        raise AddressError(
            f"{address} is one unit; weights are of a whole layer: {address.layer}. Its filter is "
            f"filters[{address.channel}] of the result."
        )
    tape = net.tape()
    op = weighted_op(tape, tape.layer(address.layer))
    found = filters_of(tape, op, effective=options.effective, reshaped=options.reshape)
    size = np.square(found.weight).reshape(len(found.weight), -1)
    return Weights(
        filters=found.weight.astype(np.float32),
        layer=op.name,
        op=op.kind,
        source=source_of(tape, op),
        groups=int(op.bound.get("groups") or 1),
        normalization=found.norm,
        gain=found.gain.astype(np.float32),
        bias=found.bias.astype(np.float32),
        norm=np.sqrt(size.sum(axis=1)),
        rms=np.sqrt(size.mean(axis=1)),
        spectrum=shares(found.weight),
        noise=noise(found.weight),
        note=_note(found),
        provenance=provenance("weights", net, None, options),
    )


def _note(found: Filters) -> str:
    size = np.abs(found.weight).reshape(len(found.weight), -1).max(axis=1)
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
