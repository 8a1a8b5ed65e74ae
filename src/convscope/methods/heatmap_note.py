"""What must be said with a heat map."""

from __future__ import annotations

from convscope.methods.heatmap_draw import Drawn
from convscope.methods.options.heatmap import HeatmapOptions
from convscope.methods.question import Question


def note_of(question: Question, drawn: Drawn, options: HeatmapOptions) -> str:
    """Why the map is empty, or how it misleads; empty if neither."""
    if options.kind == "fastai":
        return _fastai(question, drawn)
    return "" if bool(drawn.map.any()) else _zero(question, drawn)


def _zero(question: Question, drawn: Drawn) -> str:
    name, layer = question.target.name, question.layer.name
    begin = f"The map of {name} is zero everywhere"
    if bool((drawn.signed < 0).any()):
        return f"{begin}: nothing at {layer} speaks for it, only against. Ask without relu to see."
    if not bool(drawn.found.activation.any()):
        return f"{begin}: {layer} is silent on this image."
    if not bool(drawn.found.gradient.any()):
        return (
            f"{begin}: its score does not depend on {layer} here (its gradient is zero, as behind "
            "a rectifier that is silent)."
        )
    return f"{begin}: what {layer} holds and what the score depends on do not meet."


def _fastai(question: Question, drawn: Drawn) -> str:
    share = f"{100 * (drawn.probability or 0):.3g} %"
    trap = (
        "fast.ai's formula mixes the maps of all classes by their probability "
        f"({question.target.name}: {share}), so it is the same picture whatever class is asked, "
        "and scales each image from its minimum to its maximum, so that even an unsure one looks "
        "confident."
    )
    if bool(drawn.map.any()):
        return trap
    return f"{trap} Here it is the same everywhere, and so left at zero."
