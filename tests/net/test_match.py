from __future__ import annotations

import pytest

from convscope.errors import AddressError
from convscope.net.filters import choose_weighted
from convscope.net.match import matching
from tests.net.zoo import fill, fires, glass


def test_patterns_stand_for_layers_of_the_first_group_in_execution_order() -> None:
    tape = glass(fill(fires()), (29, 31)).tape()
    groups = (tape.default_layers, tape.layers)
    found = matching(tape, ["3.expand*", "1", "3.expand1x1*"], groups)
    assert [one.name for one in found] == ["1", "3.expand1x1_activation", "3.expand3x3_activation"]
    assert [one.name for one in matching(tape, ["3.expand3x3"], groups)] == ["3.expand3x3"]


def test_patterns_of_layers_with_weights_match_no_others() -> None:
    tape = glass(fill(fires()), (29, 31)).tape()
    weighted = [layer.name for layer in choose_weighted(tape)]
    assert "3.expand1x1" in weighted
    found = choose_weighted(tape, ["3.expand*"])
    assert [one.name for one in found] == ["3.expand1x1", "3.expand3x3"]
    with pytest.raises(AddressError, match=r"No layer with weights matches '\*_activation'"):
        choose_weighted(tape, ["*_activation"])
