from __future__ import annotations

from typing import Any

import pytest

from convscope.errors import UsageError
from convscope.methods.options.gradient import GradientOptions


@pytest.mark.parametrize("name", ["kind", "baseline"])
def test_a_word_that_is_no_choice_is_refused(name: str) -> None:
    given: Any = {name: "guidde"}
    with pytest.raises(UsageError, match=rf"No {name} 'guidde'\. There are: \w+, \w+"):
        GradientOptions(**given)


@pytest.mark.parametrize(
    ("name", "value", "least"),
    [("samples", 0, 1), ("sigma", -0.1, 0), ("steps", 0, 1), ("batch", 0, 1), ("seed", -1, 0)],
)
def test_a_number_that_is_none(name: str, value: Any, least: int) -> None:
    given: Any = {name: value}
    with pytest.raises(UsageError, match=rf"{name} is {value}; it must be {least} or more"):
        GradientOptions(**given)
    with pytest.raises(UsageError, match=f"{name} is nan"):
        GradientOptions(**{name: float("nan")})  # type: ignore[arg-type]
