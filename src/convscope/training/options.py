"""What may be asked of a training run: the paper's recipe, and modern options beside it.

Source: Zeiler & Fergus 2013, sec. 3, whose values are the defaults. What the paper leaves open
(weight decay, how long a plateau is) is said in a field's help.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from convscope.errors import UsageError
from convscope.option import check_options, option

EPOCHS = (1, 2, 5, 10, 20, 30, 40, 64)
"""The epochs of Zeiler & Fergus' Fig. 4."""


@dataclass(frozen=True)
class TrainOptions:
    """Options of one training run.

    >>> TrainOptions(epochs=4, schedule="onecycle").saved()
    (0, 1, 2, 4)
    """

    epochs: int = option(
        70,
        "walks through the training images; a finished run goes on to more under schedule plateau "
        "or constant",
        unit="epochs",
        least=1,
    )
    batch: int = option(128, "images in a step", unit="images", least=1)
    optimizer: Literal["sgd", "adamw"] = option("sgd", "sgd with momentum, or adamw")
    rate: float = option(0.01, "learning rate, the highest that the schedule reaches", least=0)
    momentum: float = option(0.9, "of sgd", least=0)
    decay: float = option(0.0, "weight decay; the paper does not mention any", least=0)
    schedule: Literal["plateau", "constant", "cosine", "onecycle"] = option(
        "plateau",
        "of the rate: plateau (a tenth when the validation error no longer falls), constant, "
        "cosine (down to 0), onecycle (up for 30 % of the steps, then down)",
    )
    patience: int = option(
        3, "of plateau: epochs without a lower validation error", unit="epochs", least=1
    )
    warmup: int = option(0, "steps over which the rate rises from 0", unit="steps", least=0)
    smoothing: float = option(0.0, "label smoothing", unit="share", least=0)
    init: Literal["paper", "kaiming", "own"] = option(
        "paper", "weights at the start: paper (N(0, 0.01^2), biases 0), kaiming, or the net's own"
    )
    first_std: float | None = option(
        None, "deviation of the first convolution's weights at the start; none: as init", least=0
    )
    size: int = option(0, "side of the network's input; 0: the model's own", unit="px", least=0)
    resize: int = option(
        0,
        "short side of the images, cut to a square of it; 0: about size / 0.875; else size plus a "
        "multiple of 4",
        unit="px",
        least=0,
    )
    center: Literal["image", "channel", "own"] = option(
        "image",
        "what is subtracted: the mean image, a mean a channel, or what the model itself states",
    )
    scale: Literal["pixels", "deviation", "own"] = option(
        "pixels",
        "what that is divided by: pixels (inputs of about +-128), the training images' deviation "
        "a channel, or what the model itself states",
    )
    crop: bool = option(True, "train on crops at random places; else the centre")
    pad: int = option(0, "mirrored border around images before crops", unit="px", least=0)
    flip: bool = option(True, "mirror half of the training images")
    gray: float = option(0.0, "share of training images turned gray", unit="share", least=0)
    contrast: float = option(
        0.0, "spread of the logarithm of a random contrast of training images", least=0
    )
    brightness: float = option(0.0, "spread of a random brightness, in units of the input", least=0)
    tint: float = option(0.0, "spread of a random tint, in units of the input", least=0)
    noise: float = option(0.0, "noise added to every value, in units of the input", least=0)
    photographs: bool = option(
        False,
        "data bundled:photos only: crops of the photographs anew in each step, at any place and "
        "scale, validated on the third of each that training never sees",
    )
    turn: float = option(0.0, "of photographs: turned by at most", unit="degrees", least=0)
    ten_crops: bool = option(
        False, "validate by the mean probability of corners and centre, each also mirrored"
    )
    radius: float = option(
        0.1,
        "filters of convolutions are scaled down to this RMS after each step, for inputs of +-128 "
        "(the first layer's radius follows the scale of its inputs); 0: never",
        least=0,
    )
    first_radius: float | None = option(
        None,
        "the first convolution's own, in units of its weights as they are; 0: never",
        least=0,
    )
    first_rate: float = option(1.0, "times the rate: for the first convolution's weights", least=0)
    first_decay: float | None = option(
        None, "weight decay of the first convolution's weights; none: as decay", least=0
    )
    whiten_first: bool = option(
        False,
        "pass the first convolution's gradient through a whitening low-pass filter of the images",
    )
    held_out: float = option(
        0.1, "of the images, of each class alike, for validation", unit="share", least=0
    )
    data_size: int = option(
        0, "train on so many images, of each class alike; 0: all", unit="images", least=0
    )
    shuffle_labels: bool = option(
        False, "deal the training labels out anew: a floor, with nothing to learn but by heart"
    )
    checkpoints: tuple[int, ...] = option(
        EPOCHS, "epochs whose weights are kept, besides 0 and the last", unit="epochs", least=0
    )
    probes: int = option(
        64,
        "held-out images on which dead channels and sparsity are counted after each epoch",
        unit="images",
        least=0,
    )
    seed: int = option(0, "of weights, order, crops, dropout and the held-out images", least=0)
    state_every: int = option(
        500,
        "steps between two saved states, of which there is one every five minutes besides: what a "
        "kill costs at most",
        unit="steps",
        least=1,
    )
    allow_mixed: bool = option(
        False, "go on with other threads or versions: losses then differ in their last digits"
    )

    def __post_init__(self) -> None:
        """Refuse what means nothing, alone or together."""
        object.__setattr__(self, "checkpoints", _epochs(self.checkpoints))
        check_options(self)
        _check(self)

    def saved(self) -> tuple[int, ...]:
        """The epochs whose checkpoints there will be: the start, those asked for, the last."""
        asked = {epoch for epoch in self.checkpoints if epoch < self.epochs}
        return tuple(sorted({0, *asked, self.epochs}))


def _epochs(given: object) -> tuple[int, ...]:
    words = given.split(",") if isinstance(given, str) else given
    try:
        parts = [part for word in words for part in str(word).split(",")]  # type: ignore[attr-defined]
        return tuple(sorted({int(part) for part in parts if part.strip()}))
    except (TypeError, ValueError):
        said = ",".join(map(str, given)) if isinstance(given, list | tuple) else given
        raise UsageError(f"checkpoints are whole epochs, as in 1,2,5,10; not {said}.") from None


def _check(given: TrainOptions) -> None:
    for name in ("held_out", "smoothing", "momentum", "gray"):
        if not getattr(given, name) < 1 and not (name == "gray" and given.gray == 1):
            raise UsageError(f"{name} is {getattr(given, name)}; it is a share and below 1.")
    if given.schedule == "plateau" and not given.held_out:
        raise UsageError(
            "schedule plateau waits for the validation error, and --held-out 0 leaves no images "
            "for it. Hold some out (--held-out 0.1), or choose another schedule: constant, cosine, "
            "onecycle."
        )
    if given.turn > 22:
        raise UsageError(f"turn is {given.turn} degrees; crops have room for 22.")
