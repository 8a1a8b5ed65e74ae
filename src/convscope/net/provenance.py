"""What was run and how: versions, threads, kernels, for manifests and results."""

from __future__ import annotations

import platform
from importlib.metadata import version
from typing import Any

import numpy
import torch


def versions() -> dict[str, str]:
    """Versions of what computes."""
    return {
        "convscope": version("convscope"),
        "python": platform.python_version(),
        "torch": str(torch.__version__),
        "numpy": numpy.__version__,
        "pillow": version("pillow"),
    }


def kernels(device: torch.device) -> dict[str, Any]:
    """Everything about this machine that the last bits of an activation depend on."""
    return {
        "device": device.type,
        "machine": platform.machine(),
        "cpu": torch.backends.cpu.get_cpu_capability(),
        "mkldnn": torch.backends.mkldnn.is_available(),  # type: ignore[no-untyped-call]
        "matmul_precision": torch.get_float32_matmul_precision(),
    }
