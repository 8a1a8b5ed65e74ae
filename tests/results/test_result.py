from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np
import pytest

from convscope.results.caption import CAPTIONS, caption_lines
from convscope.results.file import RESULTS
from convscope.results.heatmap import Heatmap
from convscope.results.result import Result


@pytest.mark.parametrize("kind", list(RESULTS))
def test_every_kind_that_can_be_saved_shares_the_base_and_none_says_it_again(kind: str) -> None:
    found = getattr(import_module(RESULTS[kind]), kind)
    assert issubclass(found, Result)
    assert not {"save", "_repr_png_"} & set(vars(found))


def test_guided_grad_cam_has_sentences_of_its_own() -> None:
    zeros: Any = np.zeros((3, 3), np.float32)
    shown = np.zeros((3, 3, 3), np.uint8)
    parts = (zeros, zeros, shown, "cat", None, "relu3", "as asked", 1.0, None)
    plain, guided = (Heatmap(*parts, g, None, None, "", {}) for g in (None, zeros[None]))
    assert plain.caption == CAPTIONS["heatmap"]._asdict()
    assert guided.caption == CAPTIONS["guided_gradcam"]._asdict()
    assert caption_lines(guided.caption)[0].startswith("Shows: The guided picture, weighed")
