from __future__ import annotations

import numpy as np
import pytest

from tests.results.made_ranks import made_ranks


def test_the_control_is_a_sentence() -> None:
    assert made_ranks().control == (
        "The 9 strongest lie 2.5 standard deviations above the mean of all images; those of 2 "
        "random directions of features.8 lie 2.0 to 3.0 above theirs (1 of them as far). 3 of the "
        "9 are beagle; of a random direction's 9, 1 to 2 share a class."
    )


def test_what_was_not_compared_is_not_said() -> None:
    assert made_ranks(control_telling=np.empty(0), control_share=np.empty(0)).control == ""
    found = made_ranks(share=None, control_share=np.empty(0)).control
    assert found.endswith("Classes tell nothing here: no two images are known to share one.")
    assert "none of them as far" in made_ranks(telling=9.0).control


@pytest.mark.parametrize("each", [1, 9])
def test_a_group_has_so_many(each: int) -> None:
    assert made_ranks(each).count == each


def test_one_image_is_not_said_in_the_plural() -> None:
    assert made_ranks(1).control.startswith("The strongest lies ")
    assert made_ranks(9).control.startswith("The 9 strongest lie ")
