from __future__ import annotations

import pytest

from convscope.errors import UsageError
from convscope.synthesis.recipe import Recipe


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"optimizer": "lion"}, "No optimizer 'lion'. There are: sgd, adam, nadam."),
        ({"shown": "raw"}, "No shown 'raw'. There are: colors, standardized, centered."),
        ({"taken": "first"}, "No taken 'first'. There are: last, best."),
        ({"lr": -1.0}, "lr is -1.0; it must be 0 or more."),
        ({"steps": -1}, "steps is -1; it must be 0 or more."),
        ({"crops": 0}, "crops is 0; it must be 1 or more."),
        ({"box": (1.0, -0.5)}, "box is"),
        ({"blur_every": 0}, "blur_every is 0; it must be 1 or more."),
    ],
)
def test_what_is_no_choice_is_refused(changes: dict[str, object], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        Recipe(**changes)  # type: ignore[arg-type]
