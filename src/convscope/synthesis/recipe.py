"""A recipe: everything that decides what gradient ascent draws, but for the network and the unit.

A preset is one of these and no code of its own. Lengths of transforms are shares of the side of the
network's input, so that a recipe means the same at 28 and at 224 pixels.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from convscope.option import check_options, option


@dataclass(frozen=True)
class Recipe:
    """One choice of objective, parameterization, transforms, optimizer and regularizers.

    >>> Recipe(steps=20, optimizer="sgd").steps
    20
    """

    parameterization: Literal["pixels", "fourier", "phase"] = option(
        "fourier", "what is climbed: pixels, Fourier coefficients, or their phases alone"
    )
    spectrum: Literal["power", "natural"] = option(
        "natural", "how coefficients are scaled: 1/f, or as in the images given"
    )
    is_bounded: bool = option(
        True, "of Fourier coefficients: colors through a sigmoid, within 0..1, or as they come"
    )
    at: Literal["center", "mean"] = option(
        "center", "where a channel of maps is read: in its middle cell, or on average"
    )
    before: bool = option(
        True, "climb what the rectifier takes, so that a silent start has a slope"
    )
    size: int = option(
        0, "side of the canvas; 0: what the layer's field needs, or the input", unit="px", least=0
    )
    is_whole: bool = option(
        False, "draw all of the size that is given, also where the layer needs less"
    )
    steps: int = option(256, "of the ascent", least=0)
    optimizer: Literal["sgd", "adam", "nadam"] = option("adam", "what makes steps of gradients")
    lr: float = option(0.05, "learning rate", least=0)
    rates: tuple[float, ...] = option(
        (1.0,), "of the learning rate, in equal parts of the steps", unit="share", least=0
    )
    momentum: float = option(0.0, "of sgd: share of a step that the next one repeats", least=0)
    gradient: Literal["plain", "rms", "l2", "progress"] = option(
        "plain", "what a gradient is divided by: nothing, its RMS, its L2 norm, or progress"
    )
    progress: float = option(
        0.0, "rise wanted of each step, for which lr is the upper bound", least=0
    )
    start: float = option(0.3, "standard deviation of the noise it starts from", least=0)
    is_uniform: bool = option(False, "draw the start evenly, of that width, not normally")
    jitter: float = option(
        0.04, "shift of each step, at least 1.5 px", unit="share of the side", least=0
    )
    scale: float = option(0.1, "enlarged or shrunk by up to this share in each step", least=0)
    rotate: float = option(5.0, "turned by up to this in each step", unit="degrees", least=0)
    defocus: tuple[float, ...] = option(
        (), "least and largest sigma of a blur drawn for each step", unit="px at 227", least=0
    )
    crops: int = option(1, "draws of the transforms in each step", least=1)
    box: tuple[float, ...] = option(
        (1.0, 1.0), "side of the crops at the start and at the end", unit="share", least=0
    )
    noise: float = option(0.0, "standard deviation added to each crop, on the 0..1 scale", least=0)
    lowpass: float = option(
        0.0, "sigma of the blur that coefficients are scaled by", unit="px at 227", least=0
    )
    clip: bool = option(False, "keep pixels within 0 and 255 before each step")
    decay: float = option(0.0, "share of a pixel's distance to the mean lost at each step", least=0)
    blur: float = option(0.0, "sigma of the blur of the picture itself", unit="px", least=0)
    blur_every: int = option(4, "steps from one such blur to the next", least=1)
    norm_percentile: float = option(0.0, "pixels of least norm that are set to the mean", least=0)
    contribution_percentile: float = option(
        0.0, "pixels of least contribution that are set to the mean", least=0
    )
    taken: Literal["last", "best"] = option(
        "last", "whose picture is taken: the last step's, or that of the step that saw most"
    )
    shown: Literal["colors", "standardized", "centered"] = option(
        "colors", "as it is, with mean 127.5 and deviation 25.5, or stretched about the mean"
    )

    def __post_init__(self) -> None:
        """Refuse words and numbers that are no choice."""
        check_options(self)
