from __future__ import annotations

import numpy as np

from convscope.render.canvas import Line, Shot, Words
from convscope.render.comparison.charts import BARS, TALL, band_rows, sorted_bars
from convscope.render.plot import DARK


def heights(shot: Shot) -> list[int]:
    return (shot.pixels[:, :, 0] == BARS).sum(axis=0).tolist()


def test_bars_go_down_and_are_as_high_as_their_values() -> None:
    made = sorted_bars(np.array([1.0, 4.0, np.nan, 2.0]), 4.0, 400, ("0", "4"), 1.0)
    shot = next(part for part in made.parts if isinstance(part, Shot))
    found = heights(shot)
    assert found[0] == TALL
    assert found[9] == TALL // 2
    assert found[18] == round(TALL / 4)
    assert len(found) == 27
    dashed = next(part for part in made.parts if isinstance(part, Line) and part.dash)
    assert dashed.points[0][1] == 6 + TALL * 0.75
    said = [part.text for part in made.parts if isinstance(part, Words)]
    assert said == ["0", "4"]  # the line's own number would lie over that of the foot
    wider = sorted_bars(np.array([2.0]), 2.0, 400, ("0", "2"), 1.0)
    assert {part.text for part in wider.parts if isinstance(part, Words)} == {"0", "1", "2"}


def test_many_bars_fit_and_none_at_all_is_an_axis() -> None:
    made = sorted_bars(np.ones(5000), 1.0, 300, ("0", "1"))
    assert (
        max(part.x + part.pixels.shape[1] for part in made.parts if isinstance(part, Shot)) <= 300
    )
    empty = sorted_bars(np.full(3, np.nan), 1.0, 300, ("0", "1"))
    assert any(isinstance(part, Line) for part in empty.parts)


def test_bands_are_bars_with_a_tick_where_noise_ends() -> None:
    made = band_rows(np.array([0.5, 0.25, 0.25]), np.array([0.1, 0.3, 0.6]), 460)
    shots = [part for part in made.parts if isinstance(part, Shot)]
    track = shots[0].pixels.shape[1]
    assert [row.pixels[0, :, 0].tolist().count(BARS) for row in shots] == [
        round(track * share) for share in (0.5, 0.25, 0.25)
    ]
    ticks = [part.points[0][0] for part in made.parts if isinstance(part, Line)]
    assert ticks == [shots[0].x + track * share for share in (0.1, 0.3, 0.6)]
    assert all(part.ink == DARK for part in made.parts if isinstance(part, Line))
    said = [part.text for part in made.parts if isinstance(part, Words)]
    assert "50 % (noise 10 %)" in said


def test_filters_without_space_are_said_to_have_no_bands() -> None:
    made = band_rows(np.full(3, np.nan), np.full(3, np.nan), 460)
    assert [part.text for part in made.parts if isinstance(part, Words)] == [
        "A 1 × 1 filter has no frequencies."
    ]
