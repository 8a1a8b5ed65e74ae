"""What is said with the filters of a layer: only what was computed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from convscope.render.words import TIMES, count, number, percent
from convscope.results.caption import caption_lines

if TYPE_CHECKING:
    from convscope.results.weights import Weights


def is_tiled(result: Weights) -> bool:
    """Whether a filter is one picture, not a row of kernels."""
    return result.reads_image or result.filters.shape[1] == 1


def facts(result: Weights) -> list[str]:
    """What the filters are: how many, of what, their norms and how fine their structure is."""
    filters, channels, height, width = result.filters.shape
    reads = "the image" if not result.source else result.source
    group = f", in {result.groups:,} groups" if result.groups > 1 else ""
    over = f"{count(channels, 'input channel')} of {reads}{group}"
    norm = result.norm[np.isfinite(result.norm)]
    said = [f"{count(filters, 'filter')} of {height} {TIMES} {width} over {over}."]
    if len(norm):
        low, middle, high = (number(float(f(norm))) for f in (np.min, np.median, np.max))
        said.append(f"Norm from {low} to {high}, half below {middle}.")
    known = result.spectrum[np.isfinite(result.spectrum).all(axis=1)]
    if len(known):
        low, mid, high = (percent(float(share)) for share in known.mean(axis=0))
        said.append(
            f"Energy at low, middle and high frequencies: {low}, {mid}, {high} on average; noise "
            f"{number(float(np.nanmedian(result.noise)))} (0 smooth, 1 as random weights)."
        )
    return said


def sentences(result: Weights, left_out: str) -> list[str]:
    """What stands below them: how to read them, what was left out, what made them."""
    made = result.provenance
    rows = "A filter is the number at the left of its row plus the number above it."
    kernels = "Rows are filters, columns the input channels they read."
    order = np.argsort(-np.nan_to_num(result.noise, nan=-1.0), kind="stable")[:5].tolist()
    noisy = [channel for channel in order if np.isfinite(result.noise[channel])]
    names = ", ".join(f"{channel:,} ({number(float(result.noise[channel]))})" for channel in noisy)
    said = [
        rows if is_tiled(result) else kernels,
        left_out,
        result.note,
        f"Noisiest: {names}." if names else "",
        " ".join(caption_lines(result.caption)),
        f"{made.get('network', '')}, weights {str(made.get('weights', ''))[:8] or 'unnamed'}.",
    ]
    return [sentence for sentence in said if sentence]
