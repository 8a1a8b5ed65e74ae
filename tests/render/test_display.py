from __future__ import annotations

import pytest

from convscope.errors import UsageError
from convscope.render.display import png_of
from tests.results.projections import projection


def test_a_result_is_painted_by_the_painter_of_its_kind() -> None:
    assert png_of(projection())[1:4] == b"PNG"


def test_what_has_no_picture_is_refused_with_the_kinds_that_have_one() -> None:
    with pytest.raises(UsageError, match=r"no picture of a dict\. .* Attribution, .* Weights"):
        png_of({})
