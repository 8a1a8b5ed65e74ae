"""Other libraries' methods as registered ones, in three lines.

One of Captum's::

    from captum.attr import DeepLift
    from convscope.methods.adapter import captum
    captum("deep_lift", DeepLift)

One of pytorch-grad-cam's, or any callable::

    def score_cam(module, batch, number):
        return ScoreCAM(module, [module.layer4])(batch, [ClassifierOutputTarget(number)])
    register_callable("score_cam", score_cam)

Whatever either does to the network (hooks, swapped modules, gradients) is undone when it returns
or raises.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from convscope.address import Look
from convscope.errors import AddressError, ConvscopeError, NetworkError, UsageError
from convscope.images.image import Image
from convscope.methods.array import as_array
from convscope.methods.beside import Beside, beside
from convscope.methods.enlarge import enlarged
from convscope.methods.method import METHODS, Method
from convscope.methods.options.adapter import AdapterOptions
from convscope.methods.provenance import provenance
from convscope.net.derivative import value_at
from convscope.net.finite import check_finite
from convscope.net.lent import lent
from convscope.net.net import Net
from convscope.net.scores import scores_layer
from convscope.net.target import Target, find_target
from convscope.registry import Registry
from convscope.results.attribution import Attribution
from convscope.results.caption import Caption

Foreign = Callable[[nn.Module, Tensor, Any], Any]
"""``(module, batch, target) -> picture``: ``batch`` (1, c, h, w) asks for gradients; ``target`` is
the class's number, or for methods of units the `Target`."""

_ZERO = "The picture is zero everywhere."
_CAPTION = Caption(
    "What another library's method gives for each pixel.",
    "Anything that method was not made to show; convscope has not checked it.",
    "Its signs and scale are its own: do not compare them with other pictures'.",
)


def register_callable(
    name: str,
    function: Foreign,
    points: Literal["class", "unit"] = "class",
    *,
    caption: Caption | None = None,
    registry: Registry[Method] = METHODS,
) -> Method:
    """Make a callable a method, with a twin beside its picture, provenance and a caption.

    Args:
        name: it is registered by.
        function: takes the module, the batch (1, c, h, w) and the target, and returns a tensor or
            an array: (c, h, w) over the input, or one map (h, w), which is enlarged to it; with or
            without a batch axis before.
        points: whether its target is a class's number or any `Target`.
        caption: what its pictures show, do not show, and how they are misread.
        registry: where it is registered.

    Raises:
        UsageError: the name is taken.

    >>> def brightest(module, batch, target):
    ...     return batch * module(batch)[0, target]
    >>> method = register_callable("brightest", brightest, registry=Registry("method"))
    >>> method.points, method.is_gradient
    ('class', True)
    """
    said = (caption or _CAPTION)._asdict()

    def run(
        net: Net, image: Image, target: str | Look, options: AdapterOptions | None = None
    ) -> Attribution:
        return _run(net, image, target, options or AdapterOptions(), asked, said)

    asked = _Asked(name, function, points)
    return registry.register(name, Method(run, AdapterOptions, points, is_gradient=True))


def captum(
    name: str,
    make: Callable[[nn.Module], Any],
    arguments: Mapping[str, Any] | None = None,
    *,
    caption: Caption | None = None,
    registry: Registry[Method] = METHODS,
) -> Method:
    """Make an attribution of Captum a method for classes.

    Args:
        name: it is registered by.
        make: gives the attribution of a module: the class itself, or a function of one's own
            (``lambda module: LayerGradCam(module, module.layer4)``).
        arguments: of its ``attribute``, beside the inputs and the target.
        caption: as for `register_callable`.
        registry: where it is registered.

    Raises:
        UsageError: the name is taken.

    >>> class Ones:
    ...     def __init__(self, module): self.module = module
    ...     def attribute(self, batch, target): return torch.ones_like(batch)
    >>> captum("ones", Ones, registry=Registry("method")).points
    'class'
    """
    given = dict(arguments or {})

    def function(module: nn.Module, batch: Tensor, target: int) -> Any:
        return make(module).attribute(batch, target=target, **given)

    return register_callable(name, function, caption=caption, registry=registry)


@dataclass(frozen=True)
class _Asked:
    """A foreign method by name."""

    name: str
    function: Foreign
    points: Literal["class", "unit"]

    def picture(self, net: Net, target: Target, batch: Tensor) -> NDArray[np.float32]:
        """What it draws of a network lent to it, (c, h, w) over the input.

        Raises:
            NetworkError: it raised.
            UsageError: what it returned is no picture of the input.
            DataError: the picture is not finite.
        """
        asked = target if self.points == "unit" else target.channel
        given = batch.detach().clone().requires_grad_()
        with lent(net) as module, torch.enable_grad(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Captum warns on every call that it sets hooks
            try:
                returned = self.function(module, given, asked)
            except ConvscopeError:
                raise
            except Exception as error:
                raise NetworkError(
                    f"{self.name} raised on this network: {type(error).__name__}: {error}"
                ) from error
        picture = _over_input(self.name, returned, given)
        check_finite(picture, f"The picture that {self.name} draws of {target.name} is not finite")
        return picture


def _over_input(name: str, returned: Any, batch: Tensor) -> NDArray[np.float32]:
    """A picture (c, h, w) or (1, h, w) over the input, from whatever shape it came in."""
    given = as_array(torch.as_tensor(returned).detach())
    height, width = batch.shape[2:]
    values: NDArray[Any] = given
    while values.ndim > 2 and len(values) == 1:
        values = values[0]
    if values.ndim == 2 and values.size:
        same = values.shape == (height, width)
        values = (values if same else enlarged(values, (height, width)))[None]
    if values.ndim != 3 or values.shape[1:] != (height, width):
        raise UsageError(
            f"{name} returned {given.shape}; a picture is "
            f"(c, {height}, {width}), like the input, or one map (h, w), which is enlarged to it."
        )
    return values.astype(np.float32)


def _run(
    net: Net,
    image: Image,
    target: str | Look,
    options: AdapterOptions,
    asked: _Asked,
    caption: dict[str, str],
) -> Attribution:
    batch = net.one(image)
    with net.hosted():
        chosen = _target(net, target, asked)
        cell, value = value_at(net, chosen, batch)
        array = asked.picture(net, replace(chosen, cell=cell), batch)

        def drawn(other: Net) -> NDArray[np.float32]:
            return asked.picture(other, replace(_target(other, target, asked), cell=cell), batch)

        other = beside(net, options.seed, drawn) if options.sanity and array.any() else Beside()
    frame = (0, 0, *array.shape[1:])
    record = provenance(asked.name, net, image, options)
    return Attribution(
        array=array,
        shown=image.shown,
        target=chosen.name,
        layer=chosen.layer.name,
        channel=chosen.channel,
        cell=cell if chosen.layer.is_spatial else None,
        value=value,
        frame=frame,
        twin=other.array,
        similarity=other.similarity(array, frame),
        note=" ".join(filter(None, ("" if array.any() else _ZERO, other.note))),
        provenance=record | {"twin_seed": other.seed, "caption": caption},
    )


def _target(net: Net, target: str | Look, asked: _Asked) -> Target:
    found = find_target(net, target)
    if asked.points == "class" and (found.channel is None or found.layer != scores_layer(net)):
        raise AddressError(f"{asked.name} looks at classes; {target} is none. Write class:NAME.")
    return found
