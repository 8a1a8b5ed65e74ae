"""Arrays saved by numpy."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest

from convscope.errors import ImageError
from convscope.images.decode import decode


def saved(array: np.ndarray, **options: bool) -> bytes:
    file = BytesIO()
    np.save(file, array, **options)
    return file.getvalue()


@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64, np.float16])
@pytest.mark.parametrize("shape", [(3, 4), (3, 4, 1), (3, 4, 13)])
def test_arrays_of_any_channel_count(shape: tuple[int, ...], dtype: type) -> None:
    array = np.arange(np.prod(shape)).reshape(shape).astype(dtype)
    found = decode(saved(array)).pixels
    assert found.dtype == (np.uint8 if dtype is np.uint8 else np.float32)
    np.testing.assert_array_equal(found, array.reshape(3, 4, -1))


@pytest.mark.parametrize(
    ("array", "reason"),
    [
        (np.zeros(3, np.uint8), r"has the shape \(3,\)"),
        (np.zeros((0, 3), np.uint8), "has the shape"),
        (np.zeros((2, 2), np.int64), r"holds values of type <i8"),
        (np.zeros((2, 2), bool), r"type \|b1"),
        (np.zeros((2, 2), np.complex64), "type <c8"),
        (np.full((2, 2), np.nan, np.float32), "NaN"),
        (np.full((2, 2), 1e300), "huge"),
    ],
)
def test_other_arrays_are_refused(array: np.ndarray, reason: str) -> None:
    with pytest.raises(ImageError, match=reason):
        decode(saved(array))


def test_a_pickled_array_runs_nothing() -> None:
    class Trap:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return pytest.fail, ("the pickle ran",)

    with pytest.raises(ImageError, match=r"type \|O"):
        decode(saved(np.array([[Trap()]], object), allow_pickle=True))


@pytest.mark.parametrize("cut", [6, 7, 9, 40, 127, 130])
def test_an_array_that_ends_early(cut: int) -> None:
    with pytest.raises(ImageError, match=r"damaged|ends early"):
        decode(saved(np.zeros((9, 9), np.uint8))[:cut])


def test_an_array_whose_header_claims_too_much() -> None:
    data = saved(np.zeros((2, 2), np.uint8)).replace(b"(2, 2), }", b"(99999, 99999), }")
    with pytest.raises(ImageError, match=r"limit is 64 million|damaged"):
        decode(data)


def test_columns_first_and_the_other_byte_order() -> None:
    array = np.arange(24, dtype=">f8").reshape(2, 3, 4)
    for given in (array, np.asfortranarray(array)):
        np.testing.assert_array_equal(decode(saved(given)).pixels, array)


@pytest.mark.parametrize(
    "header",
    [
        b"{",
        b"(" * 3000,
        b"{'descr': '|u1'}",
        b"{'descr': '|u1', 'fortran_order': False, 'shape': (2, 'x')}",
        b"{'descr': [('a', '|u1')], 'fortran_order': False, 'shape': (2, 2)}",
        b"{'descr': '|u1', 'fortran_order': False, 'shape': (-2, -2)}",
        b"__import__('os').getcwd()",
    ],
)
def test_a_hostile_header(header: bytes) -> None:
    data = b"\x93NUMPY\1\0" + len(header).to_bytes(2, "little") + header + bytes(9)
    with pytest.raises(ImageError, match=r"cannot be read|holds values|has the shape"):
        decode(data)
