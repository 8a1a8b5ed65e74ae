"""Embedded color profiles."""

from __future__ import annotations

import struct
from io import BytesIO

from PIL import Image as Pillow
from PIL import ImageCms

from convscope.images.decode import decode


def first(profile: bytes) -> list[int]:
    file = BytesIO()
    Pillow.new("RGB", (2, 2), (128, 128, 128)).save(file, "PNG", icc_profile=profile)
    return decode(file.getvalue()).pixels[0, 0].tolist()


def linear_light() -> bytes:
    """A profile of linear light, built from Pillow's sRGB by replacing its curves with gamma 1."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    count = struct.unpack(">I", profile[128:132])[0]
    for i in range(count):
        name, start, _ = struct.unpack(">4sII", profile[132 + 12 * i : 144 + 12 * i])
        if name in (b"rTRC", b"gTRC", b"bTRC"):
            profile[start : start + 12] = b"curv" + bytes(8)
        if name == b"desc":
            text = profile.find("sRGB".encode("utf-16-be"), start)
            profile[text : text + 8] = "line".encode("utf-16-be")
    return bytes(profile)


def test_a_color_profile_is_applied_and_a_broken_one_ignored() -> None:
    linear = first(linear_light())
    assert all(abs(value - 188) <= 1 for value in linear)  # sRGB of half the light
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert first(srgb) == [128] * 3
    assert first(b"not a profile") == [128] * 3
