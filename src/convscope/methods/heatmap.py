"""Class heat maps: which cells of a layer speak for a class, and which against it.

With ``A_k`` the maps of a layer, ``S`` the target's score (before softmax) and ``g_k = dS/dA_k``:

| kind | map | source |
|---|---|---|
| gradcam | ``sum_k mean(g_k) A_k`` | Selvaraju et al. 2017, eqs. 1, 2 |
| gradcam++ | ``sum_k sum(alpha_k max(g_k, 0)) A_k`` | Chattopadhay et al. 2018, eqs. 7, 19 |
| hirescam | ``sum_k g_k A_k`` | Draelos & Carin 2020, sec. 3 |
| layercam | ``sum_k max(g_k, 0) A_k`` | Jiang et al. 2021 |
| cam | ``sum_k w_k A_k``, ``w_k`` behind global average pooling | Zhou et al. 2016, eq. 2 |
| guided_gradcam | gradcam, times the guided gradient in pixels | Selvaraju et al. 2017, sec. 3.2 |
| fastai | ``sum_k max(0, A_k) p_k``, min to max | fast.ai 2018, lesson7-CAM |

The papers end in a ReLU; here signs stay unless ``relu`` asks for it. fast.ai's older heat map
(2017, lesson 7) is the class's own map before global average pooling: ``cam`` of such a head.
``against`` takes the difference of two scores as ``S``; for cam, gradcam and hirescam that is
the difference of the two maps.

Shows: where the evidence for this class lies, coarsely.
Does not show: the shape of that evidence, or harm from elsewhere.
Easily misread: its soft edges come from enlarging a small map.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from convscope.address import Look
from convscope.images.image import Image
from convscope.methods.array import as_array
from convscope.methods.beside import Beside, beside
from convscope.methods.enlarge import enlarged
from convscope.methods.heatmap_draw import Drawn, draw, guided_picture
from convscope.methods.heatmap_note import note_of
from convscope.methods.options.heatmap import HeatmapOptions
from convscope.methods.provenance import provenance
from convscope.methods.question import Question, ask
from convscope.net.finite import check_finite
from convscope.net.net import Net
from convscope.results.heatmap import Heatmap


def heatmap(
    net: Net, image: Image, target: str | Look, options: HeatmapOptions | None = None
) -> Heatmap:
    """Draw which cells of a layer speak for a class, a unit or a direction.

    Args:
        net: the network; it is the same afterwards.
        image: a prepared image (`convscope.read_image`).
        target: ``class:beagle``, or a unit or direction of a layer behind the map's.
        options: which formula, which layer, against which other class.

    Returns:
        The signed map in cells and in pixels, with the reason for its layer; with ``sanity``
        that of a twin with shuffled weights too, and how alike they are.

    Raises:
        AddressError: no such layer, channel, cell or class; or the layer has no cells in space,
            or the target does not come after it.
        ScoresError: a class of a network whose output is not one vector of scores.
        HeadError: ``cam`` or ``fastai`` of a network whose head is no average of maps.
        RuleError: the gradient is cut, or guided would be wrong on this network.
        DataError: the image does not fit, or the score or the map is not finite.

    >>> from convscope.images.read import read
    >>> from convscope.net.intake import load
    >>> net = load("bundled:photos", device="cpu")
    >>> photo = read(np.zeros((*net.preprocessing.size, 3), np.uint8), net.preprocessing)
    >>> heatmap(net, photo, "class:0").large.shape == photo.array.shape[1:]
    True
    """
    options = options or HeatmapOptions()
    batch = net.one(image)
    with net.hosted():
        question = ask(net, target, options)
        drawn = draw(net, question, batch, options)
        _check_finite(drawn.map, question)
        guided = guided_picture(net, drawn.question, batch) if _is_guided(options) else None
        other = Beside()
        if options.sanity and bool(drawn.map.any()):
            other = beside(net, options.seed, _of_twin(drawn.question, batch, options))
    return _result(net, image, question, options, drawn, guided, other)


def _of_twin(
    question: Question, batch: Tensor, options: HeatmapOptions
) -> Callable[[Net], NDArray[np.float32] | None]:
    """The map of another network, at the same cells of the same layer."""

    def drawn(other: Net) -> NDArray[np.float32] | None:
        cells = as_array(draw(other, question, batch, options).map)
        return cells if np.isfinite(cells).all() else None

    return drawn


def _is_guided(options: HeatmapOptions) -> bool:
    return options.kind == "guided_gradcam"


def _check_finite(cells: Tensor, question: Question) -> None:
    name, layer = question.target.name, question.layer.name
    overflow = "an activation or a derivative overflows on this image"
    check_finite(cells, f"The heat map of {name} at {layer} is not finite: {overflow}")


def _result(
    net: Net,
    image: Image,
    question: Question,
    options: HeatmapOptions,
    drawn: Drawn,
    guided: Tensor | None,
    other: Beside,
) -> Heatmap:
    cells = as_array(drawn.map)
    large = enlarged(cells, net.preprocessing.size).astype(np.float32)
    return Heatmap(
        map=cells,
        large=large,
        shown=image.shown,
        target=question.target.name,
        against=None if question.against is None else question.against.name,
        layer=question.layer.name,
        reason=question.reason,
        value=drawn.value,
        probability=drawn.probability,
        guided=None if guided is None else as_array(guided) * large.clip(0),
        twin=other.array,
        similarity=other.similarity(cells),
        note=" ".join(filter(None, (note_of(question, drawn, options), other.note))),
        provenance=provenance("heatmap", net, image, options) | {"twin_seed": other.seed},
        against_value=drawn.against_value,
    )
