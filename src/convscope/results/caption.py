"""What each method shows, what it does not, and how it is easily misread: the one place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Caption(NamedTuple):
    """The three sentences that stand with every picture of a method."""

    shows: str
    does_not_show: str
    easily_misread: str


def caption_lines(caption: Mapping[str, str]) -> tuple[str, str, str]:
    """The three of a result's ``caption``, each after what it says.

    >>> caption_lines(CAPTIONS["occlusion"]._asdict())[1]
    'Does not show: Effects that need two places covered.'
    """
    return (
        f"Shows: {caption['shows']}",
        f"Does not show: {caption['does_not_show']}",
        f"Easily misread: {caption['easily_misread']}",
    )


_HEATMAP = Caption(
    "Where the evidence for this class lies, coarsely.",
    "The shape of that evidence, or harm from elsewhere.",
    "Its soft edges come from enlarging a small map.",
)
_GUIDED_GRADCAM = Caption(
    "The guided picture, weighed by where the evidence for this class lies.",
    "Which of its edges the class needs.",
    "Guided pictures look like edges because the image does.",
)

CAPTIONS: dict[str, Caption] = {
    "activations": Caption(
        "Where, on this image, the channel fires, and how strongly.",
        "Why, or for which class.",
        "Black is silent here, not broken.",
    ),
    "activations_signed": Caption(
        "Where, on this image, the channel is above and below zero, and how far.",
        "Why, or for which class.",
        "Dark is below zero, where a rectifier cuts off; grey is zero.",
    ),
    "filters": Caption(
        "The linear pattern a first-layer unit matches.",
        "Anything readable beyond the first layer.",
        "Noisy filters: too little training or too little regularisation.",
    ),
    "patches": Caption(
        "Which real pixels fire it most in this data.",
        "Which part of the patch did it.",
        "What you notice first need not be what it fires on.",
    ),
    "deconvnet": Caption(
        "The structure inside the patch this activation came from.",
        "What the class rests on, or the picture the unit would like best.",
        "It is not drawn by the network. It is this photograph, filtered.",
    ),
    "gradient": Caption(
        "Where a small change of a pixel would change the unit most.",
        "How much is there now.",
        "Noisy is not wrong: neighboring pixels may pull in opposite ways.",
    ),
    "guided": Caption(
        "Where a pixel acts on the unit by way of neurons that raise it, and of no others.",
        "How much is there now.",
        "Guided pictures look like edges because the image does.",
    ),
    "input_gradient": Caption(
        "What each pixel adds to the unit, as far as the unit is linear here.",
        "What would happen if a pixel were taken away.",
        "Pixels near the mean vanish, whatever they mean: the input there is zero.",
    ),
    "smoothgrad": Caption(
        "Where small changes would change the unit, on average over noisy copies of the image.",
        "How much is there now, or the derivative at the image itself.",
        "It is smoother because it is an average, not because it is more certain.",
    ),
    "integrated": Caption(
        "How the unit's change from the baseline to this image is shared out among the pixels.",
        "What any pixel does alone; the shares depend on the baseline.",
        "What equals the baseline gets nothing: black things on a black baseline.",
    ),
    "heatmap": _HEATMAP,
    "heatmap_unit": _HEATMAP._replace(shows="Where the evidence for this unit lies, coarsely."),
    "heatmap_against": _HEATMAP._replace(
        shows="Where the evidence for the one rather than the other lies, coarsely.",
        does_not_show="The shape of that evidence, or what speaks for both alike.",
    ),
    "guided_gradcam": _GUIDED_GRADCAM,
    "guided_gradcam_unit": Caption(
        "The guided picture, weighed by where the evidence for this unit lies.",
        "Which of its edges the unit needs.",
        _GUIDED_GRADCAM.easily_misread,
    ),
    "guided_gradcam_against": Caption(
        "The guided picture of the difference of two scores, weighed by where the evidence for the "
        "one rather than the other lies.",
        "Which of its edges either of them needs.",
        _GUIDED_GRADCAM.easily_misread,
    ),
    "occlusion": Caption(
        "What the score does when this square is covered.",
        "Effects that need two places covered.",
        "It depends on the square's size and fill.",
    ),
    "curves": Caption(
        "How fast the score falls, or rises, as the map's strongest pixels are taken away or put "
        "back.",
        "Whether a person would call the map right.",
        "Half-covered images are unlike any the network has seen; compare with the random order.",
    ),
    "sanity": Caption(
        "How much of the picture is left when the weights it should come from are random.",
        "That a picture which changes is right.",
        "A high number says the picture shows the image, not the network.",
    ),
    "synthesis": Caption(
        "An input that drives the unit far up.",
        "Anything that occurs in your data.",
        "It is one of many such pictures, shaped by the regulariser.",
    ),
    "dream": Caption(
        "This photograph, with whatever the target finds in it drawn out.",
        "How much of that was there, or what the network answers.",
        "The network does not see this. Many small steps made it of faint traces.",
    ),
    "class_pictures": Caption(
        "Inputs that drive a class far up, by its score and by its probability.",
        "What the class looks like, to anyone or in your data.",
        "A probability near one says that other classes score lower, not that the class is there "
        "to be seen.",
    ),
    "caricature": Caption(
        "What this layer keeps of the photograph, exaggerated.",
        "What the network answers, or which of it the answer rests on.",
        "Colors and textures that the layer does not tell apart come from the noise.",
    ),
    "fooling": Caption(
        "How far a change of every pixel that the gradient chose, each small, moves the answer.",
        "What the network looks for in the class, or a picture that would ever occur.",
        "Not the size of the change fools but its direction: compare with random signs.",
    ),
    "fooling_noise": Caption(
        "Noise that the network takes for the class.",
        "What the class looks like, to the network or to anyone.",
        "A probability near one says that the other classes score lower, not that anything is "
        "seen.",
    ),
    "inversion": Caption(
        "A picture that the layer answers nearly as it answers the image.",
        "What the network makes of it: other pictures have the same code.",
        "Blur may be the regulariser's choice; the error says how near the code is.",
    ),
    "comparison": Caption(
        "First filters and second-layer projections of two networks on the same images, and how "
        "even, how fine and how alike the filters of each are.",
        "Why they differ, or which of the two answers better.",
        "The n-th filters of the two have nothing to do with each other; and detail too fine "
        "for a stride need not be lost, since many filters look at the same place.",
    ),
    "evolution": Caption(
        "The patch that excites each unit most, at every checkpoint, and what in it does.",
        "That a unit which keeps its patch does the same as before, or that the network answers "
        "better.",
        "A jump says that another image leads, often by a hair; the overlap of the nine says "
        "whether the unit changed.",
    ),
    "learning": Caption(
        "How much can be read in each layer with so many images and epochs, beside what can be "
        "read without training and with shuffled labels.",
        "What another architecture, recipe or data set would need.",
        "A layer above its floors is not yet a good one; where seeds differ as much, nothing is "
        "said.",
    ),
    "health": Caption(
        "Whether training has left patterns in each layer, and what each channel does over the "
        "images.",
        "Whether the network is right for the task, or fair.",
        "Silence on these images is not silence on all.",
    ),
    "ablation": Caption(
        "How often a network errs without some of its layers, or with others, each trained from "
        "scratch by one recipe.",
        "What a layer does in the whole network, or how a variant would fare by a recipe of its "
        "own.",
        "A difference smaller than that between seeds says nothing, and one seed does not show how "
        "large that is.",
    ),
    "ranks": Caption(
        "The strongest, the middling and the weakest images of this data for the unit.",
        "What it would do on other data.",
        "Nine strongest alone look tidier than the unit is.",
    ),
}
"""By method; a test holds every registered method to having one, and to its docstring."""
