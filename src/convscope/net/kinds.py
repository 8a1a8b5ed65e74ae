"""The closed list of op kinds: one word for all spellings of an op.

``nn.ReLU``, ``F.relu``, ``x.relu_()``, ``torch.ops.aten.relu`` and ``clamp(min=0)`` are all
``relu``. A function that is not listed keeps its own name as its kind; whatever comes after it
is GLOBAL and no deconvnet rule reaches through it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

RECTIFIERS = frozenset(
    "relu relu6 leaky_relu prelu elu celu selu silu mish gelu softplus hardswish".split()
)
"""Activations at which the deconvnet rectifies the reconstruction."""
SQUASHERS = frozenset("sigmoid hardsigmoid tanh softmax log_softmax hardtanh".split())
"""Activations that keep their derivative under every rule."""
BOUNDED = frozenset("relu6 hardtanh sigmoid hardsigmoid tanh".split())
"""Activations at whose bound all cells tie, so that the layer to look at is their input."""
ACTIVATIONS = RECTIFIERS | SQUASHERS - {"softmax", "log_softmax"}
NORMS = frozenset("batch_norm group_norm instance_norm layer_norm rms_norm lrn".split())
LAYOUT = frozenset("permute reshape identity flatten dropout".split())
"""Ops that move or rename values without changing them."""
ARITHMETIC = frozenset("add sub mul div".split())
"""With a constant a bias or a scale, which leaves a channel what it is."""
COMPARISONS = frozenset(
    "gt lt ge le eq ne greater less greater_equal less_equal isnan sign heaviside where "
    "masked_fill maximum minimum masked_select nonzero argmax argsort".split()
)
"""Ops a rectifier can be written with by hand."""
GLOBAL_POOLS = frozenset("adaptive_avg_pool adaptive_max_pool mean sum amax max".split())

_SPELLINGS: dict[str, str] = {
    "conv2d": "conv",
    "conv_transpose2d": "conv_transpose",
    "max_pool2d": "max_pool",
    "max_pool2d_with_indices": "max_pool",
    "avg_pool2d": "avg_pool",
    "adaptive_avg_pool2d": "adaptive_avg_pool",
    "adaptive_max_pool2d": "adaptive_max_pool",
    "adaptive_max_pool2d_with_indices": "adaptive_max_pool",
    "local_response_norm": "lrn",
    "native_batch_norm": "batch_norm",
    "concat": "cat",
    "concatenate": "cat",
    "iadd": "add",
    "radd": "add",
    "isub": "sub",
    "rsub": "rsub",
    "imul": "mul",
    "rmul": "mul",
    "multiply": "mul",
    "truediv": "div",
    "itruediv": "div",
    "divide": "div",
    "view": "reshape",
    "view_as": "reshape",
    "unflatten": "reshape",
    "transpose": "permute",
    "swapaxes": "permute",
    "movedim": "permute",
    "moveaxis": "permute",
    "swapdims": "permute",
    "contiguous": "identity",
    "clone": "identity",
    "to": "identity",
    "type": "identity",
    "type_as": "identity",
    "float": "identity",
    "double": "identity",
    "half": "identity",
    "bfloat16": "identity",
    "alias": "identity",
    "positive": "identity",
    "detach": "detach",
    "data": "detach",
    "dropout2d": "dropout",
    "alpha_dropout": "dropout",
    "feature_alpha_dropout": "dropout",
    "upsample": "interpolate",
    "upsample_nearest": "interpolate",
    "upsample_bilinear": "interpolate",
    "logsoftmax": "log_softmax",
    "rrelu": "leaky_relu",
    "constant_pad_nd": "pad",
}

SIGNATURES: dict[str, tuple[str, ...]] = {
    "conv": ("input", "weight", "bias", "stride", "padding", "dilation", "groups"),
    "conv_transpose": (
        *("input", "weight", "bias", "stride", "padding", "output_padding", "groups", "dilation"),
    ),
    "linear": ("input", "weight", "bias"),
    "max_pool": (
        *("input", "kernel_size", "stride", "padding", "dilation", "ceil_mode", "return_indices"),
    ),
    "avg_pool": (
        *("input", "kernel_size", "stride", "padding", "ceil_mode", "count_include_pad"),
        "divisor_override",
    ),
    "dropout": ("input", "p", "training", "inplace"),
    "split": ("input", "split_size_or_sections", "dim"),
    "chunk": ("input", "chunks", "dim"),
    "tensor_split": ("input", "indices_or_sections", "dim"),
    "mul": ("input", "other"),
    "div": ("input", "other"),
    "pad": ("input", "pad", "mode", "value"),
    "interpolate": ("input", "size", "scale_factor", "mode", "align_corners"),
    "lrn": ("input", "size", "alpha", "beta", "k"),
    "layer_norm": ("input", "normalized_shape", "weight", "bias", "eps"),
    "rms_norm": ("input", "normalized_shape", "weight", "eps"),
    "clamp": ("input", "min", "max"),
    "clamp_min": ("input", "min"),
    "threshold": ("input", "threshold", "value"),
    "hardtanh": ("input", "min_val", "max_val"),
    "cat": ("tensors", "dim"),
    "flatten": ("input", "start_dim", "end_dim"),
    "softmax": ("input", "dim"),
    "log_softmax": ("input", "dim"),
    "getitem": ("input", "index"),
    "pixel_shuffle": ("input", "upscale_factor"),
}
_BATCH_NORM = {
    True: ("input", "running_mean", "running_var", "weight", "bias", "training", "momentum", "eps"),
    False: (
        "input",
        "weight",
        "bias",
        "running_mean",
        "running_var",
        "training",
        "momentum",
        "eps",
    ),
}


def spelling(func: Callable[..., Any]) -> str:
    """The bare name of a torch function: ``relu`` for ``relu_``, ``aten.relu.default``.

    >>> import torch
    >>> spelling(torch.Tensor.__iadd__), spelling(torch.ops.aten.relu_.default)
    ('iadd', 'relu')
    """
    name = str(getattr(func, "__name__", func))
    if name in ("__get__", "__set__"):  # Tensor.data and its like
        name = str(getattr(getattr(func, "__self__", None), "__name__", name))
    return name.split(".")[0].strip("_")


def kind_of(func: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> str:
    """The op kind of a call.

    >>> import torch
    >>> kind_of(torch.clamp, (torch.ones(1),), {"min": 0})
    'relu'
    """
    name = spelling(func)
    kind = _SPELLINGS.get(name, name)
    bound = bind(kind, func, args, kwargs)
    if kind in ("clamp", "clamp_min"):
        return _clamp_kind(bound)
    if kind == "threshold" and bound.get("threshold") == 0 and bound.get("value") == 0:
        return "relu"
    if kind == "hardtanh" and bound.get("min_val") == 0 and _is_high(bound.get("max_val")):
        return "relu6"
    return kind


def bind(
    kind: str, func: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> dict[str, Any]:
    """The arguments of a call by name, as far as the kind's signature is listed."""
    names = SIGNATURES.get(kind, ("input",))
    if kind == "batch_norm":
        names = _BATCH_NORM["functional" in str(getattr(func, "__module__", ""))]
    return {**dict(zip(names, args, strict=False)), **kwargs}


def _clamp_kind(bound: Mapping[str, Any]) -> str:
    low, high = bound.get("min"), bound.get("max")
    if isinstance(low, int | float) and low == 0:
        return "relu" if high is None else "relu6" if _is_high(high) else "clamp"
    return "clamp"


def _is_high(bound: Any) -> bool:
    """Whether what is cut off above it leaves a rectifier (ReLU6, or 20); up to 1 it is a gate."""
    return isinstance(bound, int | float) and bound > 1
