"""The errors convscope raises, and the exit code each family has on the command line.

```
ConvscopeError                    1   never raised itself
├── UsageError                    2   the call cannot be understood
│   └── AddressError              2   no such layer, channel or cell; ambiguous; malformed
├── LockedError                   3   another process is writing here
├── DataError                     4   images or an atlas that cannot be used
│   ├── ImageError                4   one image that cannot be read
│   ├── SourceError               4   a folder or table of images that cannot be used
│   ├── AtlasError                4   an atlas that is absent, foreign, of other versions
│   └── RunError                  4   a training run that is absent, another, without checkpoints
├── NetworkError                  5   the network cannot be used, or not with this method
│   ├── IntakeError               5   no such model; a missing extra; weights that do not fit
│   ├── PreprocessingError        5   how images become inputs is nowhere known
│   ├── ForwardError              5   the network raised inside, with the layer and the image
│   ├── TraceError                5   the network does something the tape cannot hold
│   ├── NoLayersError             5   nothing in it depends on the image in space
│   ├── ScoresError               5   its output is not one vector of scores
│   ├── HeadError                 5   its head is not maps, their mean, and linear ops
│   ├── TwinError                 5   it cannot be copied, or has no weights to shuffle
│   ├── DivergedError             5   its loss became NaN or infinite in training
│   └── RuleError                 5   a backward rule would give a wrong picture here
│       ├── UnruledOpError        5   a nonlinearity without a stated rule
│       ├── HiddenOpError         5   custom Function, script or checkpoint: rules cannot reach in
│       └── GradientCutError      5   detach, .data or no_grad between the unit and the image
├── StalledError                  6   no progress
└── StorageError                  7   disk full, a file torn or changed
    └── CorruptError              7   bytes on disk are not those the manifest names
```

A message says what was given, what is allowed and what to do next.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class ConvscopeError(Exception):
    """Base of every error convscope raises on purpose."""

    exit_code = 1


class UsageError(ConvscopeError):
    """The call cannot be understood."""

    exit_code = 2


class AddressError(UsageError):
    """No such layer, channel or cell, or an address that is malformed or ambiguous."""


class LockedError(ConvscopeError):
    """Another process is writing to the same folder."""

    exit_code = 3


class DataError(ConvscopeError):
    """Images or an atlas that cannot be used."""

    exit_code = 4


class ImageError(DataError):
    """One image that cannot be read as a viewer would show it."""


class SourceError(DataError):
    """A folder or table of images that cannot be used."""


class AtlasError(DataError):
    """An atlas that is absent, foreign, or of another version."""


class RunError(DataError):
    """A training run that is absent, another one, or without checkpoints."""


class NetworkError(ConvscopeError):
    """The network cannot be used, or not with this method."""

    exit_code = 5


class IntakeError(NetworkError):
    """No such model, a missing extra, or weights that do not fit."""


class PreprocessingError(NetworkError):
    """How images become inputs is nowhere known."""


class ForwardError(NetworkError):
    """The network raised inside its own forward."""


class TraceError(NetworkError):
    """The network does something the tape cannot hold."""


class NoLayersError(NetworkError):
    """Nothing in the network depends on the image in space."""


class ScoresError(NetworkError):
    """The network's output is not one vector of class scores, and no layer is named that is."""


class TwinError(NetworkError):
    """The network cannot be copied, or has no weights to shuffle, so it has no random twin."""


class HeadError(NetworkError):
    """The head is not maps, their mean over space, and linear ops, which CAM is defined by."""


class DivergedError(NetworkError):
    """The loss, or a weight, became NaN or infinite in training."""


class RuleError(NetworkError):
    """A backward rule would give a wrong picture on this network."""


class UnruledOpError(RuleError):
    """A nonlinearity without a stated rule lies between the unit and the image."""


class HiddenOpError(RuleError):
    """A custom Function, a script or a checkpoint that rules cannot reach into."""


class GradientCutError(RuleError):
    """``detach``, ``.data`` or ``no_grad`` lies between the unit and the image."""


class StalledError(ConvscopeError):
    """No progress for longer than is allowed."""

    exit_code = 6


class StorageError(ConvscopeError):
    """A file could not be written or read."""

    exit_code = 7


class CorruptError(StorageError):
    """Bytes on disk are not those the manifest names."""


def nearest(given: str, allowed: Iterable[str], count: int = 3) -> str:
    """Say which allowed words come nearest, as the tail of a message.

    >>> nearest("features.6x", ["features.6", "features.5", "conv"])
    'Nearest: features.6, features.5.'
    """
    found = get_close_matches(given, list(allowed), n=count, cutoff=0.5)
    return f"Nearest: {', '.join(found)}." if found else ""
