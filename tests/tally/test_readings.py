from __future__ import annotations

import pytest
import torch

from convscope.tally.readings import read


@pytest.mark.parametrize("channels", [1, 16, 48, 64, 300])
@pytest.mark.parametrize("memory_format", [torch.channels_last, torch.contiguous_format])
def test_rows_and_peaks_are_plain_maxima_however_many_channels(
    channels: int, memory_format: torch.memory_format
) -> None:
    x = torch.randn(2, channels, 5, 7).contiguous(memory_format=memory_format)
    reading = read(x, signed=True)
    assert reading.bottom is not None
    for side, keys in ((reading.top, x), (reading.bottom, -x)):
        assert torch.equal(side.rows, keys.amax(3))
        assert (side.peak == keys.amax((2, 3)).numpy()).all()


def test_a_narrow_layer_with_a_row_of_nothing_finite_has_no_peak_there() -> None:
    x = torch.rand(1, 16, 2, 3).contiguous(memory_format=torch.channels_last)
    x[0, 3] = torch.nan
    reading = read(x, signed=False)
    assert reading.top.peak[0, 3] == -torch.inf
    assert (reading.top.peak[0, 4:] > 0).all()
