"""``bundled:photos``: the small trained network that convscope ships."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from convscope.bundled import Which, bundled_weights
from convscope.errors import IntakeError, nearest
from convscope.images.photos import FILES
from convscope.net.built import Built
from convscope.nets.zeiler import ZeilerNet

MOMENTS: Mapping[str, Which] = MappingProxyType(
    {"photos": "end", "photos-early": "early", "photos-start": "start"}
)
"""The bundled network's names, and the moment of its training that each is."""


def build_bundled(name: str) -> Built:
    """The bundled network, at the end of its training or at an earlier moment.

    Raises:
        IntakeError: no such name, or an installation without the weights.
    """
    if name not in MOMENTS:
        known = ", ".join(f"bundled:{moment}" for moment in MOMENTS)
        raise IntakeError(
            f"No network bundled:{name}. There are: {known}. {nearest(name, MOMENTS)}".rstrip()
        )
    weights = bundled_weights(MOMENTS[name])
    if not weights.is_file():
        raise IntakeError(
            f"This installation lacks {weights.name}, the weights of bundled:{name}. "
            "Reinstall convscope."
        )
    return Built(ZeilerNet(len(FILES)), weights=weights)
