"""Golden pixels for every mode, and a plain reason for everything that cannot be read."""

from __future__ import annotations

import struct
import threading
import warnings
import zlib
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as Pillow
from PIL import ImageCms

from convscope.errors import ImageError
from convscope.images.decode import CONVERSIONS, MAX_PIXELS, decode

RED = (200, 30, 60)


def encode(image: Pillow.Image, format: str = "PNG", **options: object) -> bytes:
    file = BytesIO()
    image.save(file, format, **options)
    return file.getvalue()


def photo(height: int = 48, width: int = 64) -> Pillow.Image:
    y, x, c = np.ogrid[0:height, 0:width, 5:8]
    return Pillow.fromarray((128 + 100 * np.sin(y / 9) * np.cos(x / c)).astype(np.uint8))


def pixels(data: bytes) -> np.ndarray:
    found = decode(data).pixels
    assert found.ndim == 3
    assert found.dtype == np.uint8
    return found


def first(data: bytes) -> list[int]:
    return pixels(data)[0, 0].tolist()


def outcome(data: bytes) -> np.ndarray | str:
    try:
        return decode(data).pixels
    except ImageError as error:
        return str(error)


def lab() -> Pillow.Image:
    profiles = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
    return ImageCms.profileToProfile(Pillow.new("RGB", (2, 2), RED), *profiles, outputMode="LAB")


def ramp16(dtype: str = "<u2") -> np.ndarray:
    return np.linspace(0, 65535, 256).astype(dtype)[None]


def palette(alpha: bytes | int | None) -> bytes:
    image = Pillow.new("P", (2, 1))
    image.putpalette([*RED, 0, 0, 255])
    image.putpixel((1, 0), 1)
    return encode(image) if alpha is None else encode(image, transparency=alpha)


def with_alpha_plane() -> Pillow.Image:
    image = Pillow.new("PA", (2, 2), (0, 51))
    image.putpalette(RED)
    return image


def png(width: int, height: int, depth: int, color: int, raw: bytes) -> bytes:
    """A PNG written by hand, for headers and depths that Pillow does not write."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        check = zlib.crc32(kind + body)
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", check)

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(raw)) + chunk(b"IEND", b"")


# --- golden pixels: what is encoded, and the first pixel a viewer shows -----------------------

GOLDEN = {
    "1 on": (lambda: encode(Pillow.new("1", (9, 2), 1)), [255]),
    "1 off": (lambda: encode(Pillow.new("1", (9, 2), 0)), [0]),
    "1 tiff": (lambda: encode(Pillow.new("1", (9, 2), 1), "TIFF"), [255]),
    "L": (lambda: encode(Pillow.new("L", (2, 2), 84)), [84]),
    "L transparent": (lambda: encode(Pillow.new("L", (2, 2), 84), transparency=84), [255]),
    "LA": (lambda: encode(Pillow.new("LA", (2, 2), (100, 51))), [224]),
    "LA opaque": (lambda: encode(Pillow.new("LA", (2, 2), (100, 255))), [100]),
    "P": (lambda: palette(None), list(RED)),
    "P one clear color": (lambda: palette(0), [255, 255, 255]),
    "P alpha table": (lambda: palette(bytes([51, 255])), [244, 210, 216]),
    "P gif": (lambda: encode(Pillow.new("RGB", (2, 2), RED), "GIF"), list(RED)),
    "PA": (lambda: encode(with_alpha_plane(), "TIFF"), [244, 210, 216]),
    "RGB": (lambda: encode(Pillow.new("RGB", (2, 2), RED)), list(RED)),
    "RGB bmp": (lambda: encode(Pillow.new("RGB", (2, 2), RED), "BMP"), list(RED)),
    "RGB ppm": (lambda: encode(Pillow.new("RGB", (2, 2), RED), "PPM"), list(RED)),
    "RGB webp": (
        lambda: encode(Pillow.new("RGB", (2, 2), RED), "WEBP", lossless=True),
        list(RED),
    ),
    "RGB clear color": (
        lambda: encode(Pillow.new("RGB", (2, 2), RED), transparency=RED),
        [255, 255, 255],
    ),
    "RGBA clear": (lambda: encode(Pillow.new("RGBA", (2, 2), (*RED, 0))), [255, 255, 255]),
    "RGBA fifth": (lambda: encode(Pillow.new("RGBA", (2, 2), (*RED, 51))), [244, 210, 216]),
    "RGBA opaque": (lambda: encode(Pillow.new("RGBA", (2, 2), (*RED, 255))), list(RED)),
    "RGBA webp": (
        lambda: encode(Pillow.new("RGBA", (2, 2), (*RED, 51)), "WEBP", lossless=True),
        [244, 210, 216],
    ),
    "RGBA tiff": (lambda: encode(Pillow.new("RGBA", (2, 2), (*RED, 51)), "TIFF"), [244, 210, 216]),
    "CMYK tiff": (
        lambda: encode(Pillow.new("CMYK", (2, 2), (55, 225, 195, 0)), "TIFF"),
        list(RED),
    ),
    "CMYK tiff black": (
        lambda: encode(Pillow.new("CMYK", (2, 2), (0, 0, 0, 255)), "TIFF"),
        [0, 0, 0],
    ),
    "CMYK jpeg, Adobe inverted": (
        lambda: encode(Pillow.new("CMYK", (8, 8), (0, 0, 0, 0)), "JPEG"),
        [255, 255, 255],
    ),
    "YCbCr tiff": (
        lambda: encode(Pillow.new("YCbCr", (2, 2), (84, 114, 210)), "TIFF"),
        [198, 30, 59],
    ),
    "LAB tiff": (lambda: encode(lab(), "TIFF"), [199, 31, 60]),
    "I;16 png": (lambda: encode(Pillow.fromarray(np.full((2, 2), 257 * 7, "<u2"))), [7]),
    "I;16 clear": (
        lambda: encode(Pillow.fromarray(np.full((2, 2), 1799, "<u2")), transparency=1799),
        [255],
    ),
    "RGB of 16 bits": (lambda: png(1, 1, 16, 2, b"\0" + b"\7\7\x1e\x1e\xff\xff"), [7, 30, 255]),
    "L of 2 bits": (lambda: png(1, 1, 2, 0, b"\0\x40"), [85]),
    "F tiff": (lambda: encode(Pillow.fromarray(np.full((2, 2), 0.2, "<f4")), "TIFF"), [51]),
}


@pytest.mark.parametrize("name", GOLDEN)
def test_golden_pixel(name: str) -> None:
    make, expected = GOLDEN[name]
    assert first(make()) == expected


@pytest.mark.parametrize("mode", CONVERSIONS)
def test_every_mode_of_the_table_converts(mode: str) -> None:
    if mode == "LAB":
        image = lab()
    elif mode == "RGBa":
        image = Pillow.new("RGBA", (2, 2), (*RED, 255)).convert("RGBa")
    elif mode == "La":
        image = Pillow.new("LA", (2, 2), (72, 255)).convert("La")
    elif mode == "PA":
        image = Pillow.new("RGB", (2, 2), RED).convert("PA")
    else:
        image = Pillow.new(mode, (2, 2), 0)
    found = CONVERSIONS[mode](image)
    assert found.dtype == np.uint8
    assert found.shape in [(2, 2, 1), (2, 2, 3)]


def test_premultiplied_modes_show_their_color() -> None:
    color = Pillow.new("RGBA", (1, 1), (*RED, 255)).convert("RGBa")
    gray = Pillow.new("LA", (1, 1), (72, 255)).convert("La")
    assert CONVERSIONS["RGBa"](color)[0, 0].tolist() == list(RED)
    assert CONVERSIONS["La"](gray)[0, 0].tolist() == [72]


@pytest.mark.parametrize(
    ("dtype", "format"), [("<u2", "PNG"), ("<u2", "TIFF"), (">u2", "TIFF"), ("<i4", "TIFF")]
)
def test_sixteen_bits_are_scaled_not_clipped(dtype: str, format: str) -> None:
    data = encode(Pillow.fromarray(ramp16(dtype)), format)
    assert pixels(data).ravel().tolist() == list(range(256))


def test_sixteen_bits_where_white_is_zero() -> None:
    image = Pillow.fromarray(ramp16())
    data = encode(image, "TIFF", tiffinfo={262: 0})
    with Pillow.open(BytesIO(data)) as opened:
        if opened.tag_v2[262] != 0:
            pytest.skip("this Pillow writes its own photometric tag")
    assert pixels(data).ravel().tolist() == list(range(255, -1, -1))


def test_floats_in_range_are_rounded() -> None:
    data = encode(Pillow.fromarray(np.linspace(0, 1, 256, dtype=np.float32)[None]), "TIFF")
    assert pixels(data).ravel().tolist() == list(range(256))


@pytest.mark.parametrize(
    ("value", "reason"),
    [(np.nan, "NaN"), (np.inf, "NaN"), (1.5, "floats from 0 to 1.5"), (-0.1, "floats from -0.1")],
)
def test_floats_out_of_range_are_refused(value: float, reason: str) -> None:
    data = encode(Pillow.fromarray(np.array([[0, value]], np.float32)), "TIFF")
    with pytest.raises(ImageError, match=reason):
        decode(data)


@pytest.mark.parametrize("value", [-1, 65536])
def test_integers_out_of_range_are_refused(value: int) -> None:
    data = encode(Pillow.fromarray(np.array([[0, value]], np.int32)), "TIFF")
    with pytest.raises(ImageError, match="holds integers from"):
        decode(data)


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_undone(orientation: int, format: str) -> None:
    turns = {2: 0, 3: 3, 4: 1, 5: 5, 6: 4, 7: 6, 8: 2}  # orientation -> Pillow.Transpose to undo it
    image = photo(24, 40)
    exif = Pillow.Exif()
    exif[0x0112] = orientation
    plain, turned = encode(image, format), encode(image, format, exif=exif)
    shown = Pillow.fromarray(pixels(plain))
    if orientation > 1:
        shown = shown.transpose(Pillow.Transpose(turns[orientation]))
    np.testing.assert_array_equal(pixels(turned), np.asarray(shown))


@pytest.mark.parametrize("exif", [b"Exif\0\0garbage", b"Exif\0\0MM\0*\0\0\0\x08\xff\xff", b"\0"])
def test_broken_exif_does_no_harm(exif: bytes) -> None:
    plain = pixels(encode(photo(), "JPEG"))
    np.testing.assert_array_equal(pixels(encode(photo(), "JPEG", exif=exif)), plain)


@pytest.mark.parametrize("format", ["GIF", "PNG", "WEBP", "TIFF"])
def test_of_an_animation_the_first_frame_is_taken_and_noted(format: str) -> None:
    frames = [Pillow.new("RGB", (4, 4), color) for color in (RED, "blue", "lime")]
    options = {"lossless": True} if format == "WEBP" else {}
    data = encode(frames[0], format, save_all=True, append_images=frames[1:], **options)
    found = decode(data)
    assert found.pixels[0, 0].tolist() == list(RED)
    assert found.note == "first of several frames"
    assert decode(encode(frames[0], format, **options)).note == ""


# --- what cannot be read ----------------------------------------------------------------------


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF", "PPM"])
def test_a_file_that_ends_early_is_refused_or_whole(format: str) -> None:
    data = encode(photo(), format)
    whole = pixels(data)
    refused = 0
    for cut in [*range(0, min(len(data), 800), 7), *range(800, len(data), 53), len(data) - 1]:
        found = outcome(data[:cut])
        if isinstance(found, str):
            refused += 1
        else:  # only what follows the pixels was cut
            assert cut > len(data) * 0.9
            np.testing.assert_array_equal(found, whole)
    assert refused > 20


def test_a_file_cut_in_half_says_that_it_ends_early() -> None:
    for format in ("JPEG", "PNG", "BMP", "GIF", "WEBP"):
        data = encode(photo(), format)
        with pytest.raises(ImageError, match=r"^ends early"):
            decode(data[: len(data) // 2])


@pytest.mark.parametrize("side", [8001, 10_000, 30_000, 2**31 - 1])
def test_a_giant_is_refused_by_its_header(side: int) -> None:
    with pytest.raises(ImageError, match=r"header (says|claims)"):
        decode(png(side, side, 8, 2, bytes(1000)))


def test_the_limit_is_inclusive_and_can_be_set() -> None:
    data = encode(photo(10, 10))
    assert decode(data, max_pixels=100).pixels.shape == (10, 10, 3)
    with pytest.raises(ImageError, match=r"10 x 10 pixels .* limit is 9.9e-05 million"):
        decode(data, max_pixels=99)
    assert MAX_PIXELS == 64_000_000


def test_formats_off_the_list_are_not_opened() -> None:
    for format in ("ICO", "TGA", "PCX", "SGI", "JPEG2000"):
        with pytest.raises(ImageError, match="begins"):
            decode(encode(photo(16, 16), format))


@settings(deadline=None, max_examples=150)
@given(st.data())
def test_mutated_files_are_read_or_refused(data: st.DataObject) -> None:
    format = data.draw(st.sampled_from(["JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF", "PPM"]))
    mutant = bytearray(encode(photo(16, 16), format))
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(mutant) - 1))
        action = data.draw(st.sampled_from(["flip", "cut", "insert"]))
        if action == "flip":
            mutant[place] = data.draw(st.integers(0, 255))
        elif action == "cut":
            del mutant[place : place + data.draw(st.integers(1, 40))]
        else:
            mutant[place:place] = data.draw(st.binary(min_size=1, max_size=9))
        if not mutant:
            break
    found = outcome(bytes(mutant))
    if isinstance(found, str):
        assert found
        assert "\n" not in found
    else:
        assert found.dtype == np.uint8


# --- threads ----------------------------------------------------------------------------------


def test_threads_do_not_meet_and_no_warning_gets_out() -> None:
    warned = encode(Pillow.new("RGB", (8, 8), RED), "JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08\0\x09")
    files = [warned, encode(photo(), "PNG"), b"%PDF", png(10_000, 10_000, 8, 2, b"")] * 25
    before = list(warnings.filters)

    def shape(data: bytes) -> object:
        found = outcome(data)
        return found if isinstance(found, str) else found.shape

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(shape, files))
    assert found == [shape(data) for data in files[:4]] * 25
    assert list(warnings.filters) == before
    assert threading.active_count() < 20
