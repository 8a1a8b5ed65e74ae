"""Pillow's warnings stay inside; everybody else's filters stay as they were."""

from __future__ import annotations

import warnings

import pytest

from convscope.images.quiet import quiet_pillow


def warn_as(module: str) -> None:
    warnings.warn_explicit("odd EXIF", UserWarning, "file.py", 1, module=module)


def test_only_pillow_is_silenced_and_only_inside() -> None:
    before = list(warnings.filters)
    with quiet_pillow(), quiet_pillow():
        warn_as("PIL.Image")
        with pytest.raises(UserWarning):
            warn_as("numpy.core")
    assert list(warnings.filters) == before
    with pytest.raises(UserWarning):
        warn_as("PIL.Image")


def test_filters_are_put_back_after_an_error() -> None:
    before = list(warnings.filters)
    with pytest.raises(KeyError), quiet_pillow():
        raise KeyError
    assert list(warnings.filters) == before
