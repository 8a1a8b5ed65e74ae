"""A file that holds the hash of itself: no other file has to change in step with it."""

from __future__ import annotations

import hashlib

KEY = "seal"
"""Under which a Parquet file's metadata holds it."""
_MARK = b"convscope.sha256="
_DIGITS = 64
UNSEALED = (_MARK + b"0" * _DIGITS).decode()
"""What is written where the digits will stand."""


def sealed(data: bytes) -> bytes:
    """The bytes with their SHA-256 in place of the last zeros that `UNSEALED` left.

    The hash is of the file with those 64 digits as zeros, so it finds any changed byte.

    >>> is_whole(sealed(b"some bytes " + UNSEALED.encode()))
    True
    """
    start = _digits(data)
    digest = _digest(data, start).encode()
    return data[:start] + digest + data[start + _DIGITS :]


def is_whole(data: bytes) -> bool:
    """Whether these are bytes as they were sealed.

    >>> is_whole(sealed(UNSEALED.encode()) + b" "), is_whole(b"never sealed")
    (False, False)
    """
    start = _digits(data)
    if start < len(_MARK):
        return False
    return data[start : start + _DIGITS] == _digest(data, start).encode()


def _digits(data: bytes) -> int:
    """Where the digits stand; less than the mark's length where there is none."""
    return data.rfind(_MARK) + len(_MARK)


def _digest(data: bytes, start: int) -> str:
    blank = b"0" * _DIGITS
    return hashlib.sha256(data[:start] + blank + data[start + _DIGITS :]).hexdigest()
