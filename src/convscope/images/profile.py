"""Embedded color profiles brought to sRGB."""

from __future__ import annotations

from io import BytesIO

from PIL import Image as Pillow


def to_srgb(image: Pillow.Image, profile: bytes | None) -> Pillow.Image:
    """Apply an embedded profile; the image itself where there is none, or it is sRGB or broken.

    >>> to_srgb(Pillow.new("RGB", (1, 1), "red"), b"no profile").getpixel((0, 0))
    (255, 0, 0)
    """
    if not profile:
        return image
    from PIL import ImageCms

    try:
        given = ImageCms.ImageCmsProfile(BytesIO(profile))
        if "srgb" in ImageCms.getProfileDescription(given).lower():
            return image
        mode = "RGB" if image.mode == "CMYK" else image.mode
        srgb = ImageCms.createProfile("sRGB")
        return ImageCms.profileToProfile(image, given, srgb, outputMode=mode) or image
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return image  # as viewers do: the numbers are shown as they are
