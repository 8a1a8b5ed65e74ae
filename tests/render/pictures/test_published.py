from __future__ import annotations

import pytest

from convscope.errors import AddressError, UsageError
from convscope.render.pictures.published import published
from tests.methods.test_synthesize import deep


def test_yosinskis_figure_has_four_presets_of_nine_starts() -> None:
    drawn = published(deep(), "5:1,2", "yosinski", steps=2)
    assert "5:1" in str(drawn.numbers)
    assert drawn.pixels.std() > 1


def test_the_blogs_sheet_keeps_the_strongest_and_says_so() -> None:
    drawn = published(deep(), "2", "keras-blog", steps=2, kept=4)
    assert len(drawn.numbers["kept"]) == 4
    losses = drawn.numbers["kept_by"]
    assert losses == sorted(losses, reverse=True)
    assert "4" in drawn.title
    assert "6" in drawn.title


def test_what_cannot_be_drawn_is_refused() -> None:
    with pytest.raises(UsageError, match=r"No published figure 'zeiler'\. There are: yosinski, "):
        published(deep(), "5:1", "zeiler")  # type: ignore[arg-type]
    with pytest.raises(AddressError, match="Channel 9 is out of range"):
        published(deep(), "5:9", steps=1)
    with pytest.raises(UsageError, match="square"):
        published(deep(), "2", "keras-blog", steps=1, kept=5)
