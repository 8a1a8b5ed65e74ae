"""How a result was made, in plain values."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from convscope.images.image import Image
from convscope.net.net import Net
from convscope.net.provenance import versions


def provenance(method: str, net: Net, image: Image | None, options: Any) -> dict[str, Any]:
    """Method, options, the network and its weights, the image, versions."""
    return {
        "method": method,
        "options": asdict(options),
        "network": net.spec,
        "weights": net.fingerprint(),
        "image": None if image is None else image.id,
        "preprocessing": net.preprocessing.to_dict(),
        "versions": versions(),
    }
