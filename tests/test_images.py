"""Every kind of picture comes out upright and RGB; everything else is refused with the reason."""

import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from wardrobe import images
from wardrobe.errors import TooLargeError, UnreadablePictureError

Pixels = npt.NDArray[Any]

WIDTH, HEIGHT = 48, 32
PIXELS = np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)
SMOOTH = np.stack(
    np.broadcast_arrays(
        np.linspace(0, 255, WIDTH)[None, :], np.linspace(0, 255, HEIGHT)[:, None], 128.0
    ),
    axis=2,
).astype(np.uint8)
"""Without detail that JPEG would lose."""


def encoded(picture: Image.Image | Pixels, kind: str, **options: Any) -> bytes:
    if isinstance(picture, np.ndarray):
        picture = Image.fromarray(picture)
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def decoded(data: bytes, **options: Any) -> Pixels:
    picture = images.decode(data, **options)
    assert picture.mode == "RGB"
    return np.asarray(picture)


# What a camera stores for an upright scene, by EXIF orientation.
STORED: dict[int, Callable[[Pixels], Pixels]] = {
    1: lambda upright: upright,
    2: lambda upright: upright[:, ::-1],
    3: lambda upright: upright[::-1, ::-1],
    4: lambda upright: upright[::-1],
    5: lambda upright: upright.swapaxes(0, 1),
    6: lambda upright: np.rot90(upright),
    7: lambda upright: upright[::-1, ::-1].swapaxes(0, 1),
    8: lambda upright: np.rot90(upright, -1),
}


@pytest.mark.parametrize("orientation", STORED)
@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF"])
def test_every_exif_orientation_is_turned_upright(kind: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    options: dict[str, Any] = {"lossless": True} if kind == "WEBP" else {}
    stored = np.ascontiguousarray(STORED[orientation](PIXELS))
    np.testing.assert_array_equal(decoded(encoded(stored, kind, exif=exif, **options)), PIXELS)


def test_a_phone_photograph_is_turned_upright_with_and_without_draft() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    large = np.asarray(Image.fromarray(SMOOTH).resize((960, 640)))
    data = encoded(np.ascontiguousarray(np.rot90(large)), "JPEG", exif=exif, quality=95)
    np.testing.assert_allclose(decoded(data), large.astype(int), atol=6)
    small = decoded(data, draft_side=64)
    expected = np.asarray(Image.fromarray(large).resize(small.shape[1::-1], Image.Resampling.BOX))
    np.testing.assert_allclose(small, expected.astype(int), atol=6)


@pytest.mark.parametrize("size", [(2000, 1500), (1500, 2000), (640, 480), (150, 4000), (90, 90)])
def test_draft_keeps_twice_the_side_that_is_asked_for(size: tuple[int, int]) -> None:
    data = encoded(Image.new("RGB", size, "teal"), "JPEG")
    width, height = images.decode(data, draft_side=64).size
    assert min(width, height) >= min(128, *size)
    assert width / height == pytest.approx(size[0] / size[1], rel=0.03)
    assert (width, height) == size or width < size[0]


def test_grey_one_bit_and_palette() -> None:
    grey = PIXELS[..., 0]
    three = np.repeat(grey[..., None], 3, axis=2)
    np.testing.assert_array_equal(decoded(encoded(grey, "PNG")), three)
    one_bit = Image.fromarray(grey > 127)
    np.testing.assert_array_equal(decoded(encoded(one_bit, "PNG")), np.where(three > 127, 255, 0))
    palette = Image.fromarray(PIXELS).quantize(16)
    colours = np.asarray(palette.getpalette(), np.uint8).reshape(-1, 3)
    np.testing.assert_array_equal(decoded(encoded(palette, "PNG")), colours[np.asarray(palette)])


def test_16_bits_keep_the_high_byte() -> None:
    deep = np.linspace(0, 65535, WIDTH * HEIGHT).astype(np.uint16).reshape(HEIGHT, WIDTH)
    for kind in ("PNG", "TIFF"):
        np.testing.assert_array_equal(decoded(encoded(deep, kind))[..., 1], deep // 256)


def test_16_bits_a_channel() -> None:
    deep = np.repeat(PIXELS, 2, axis=2).astype(">u2") * 257  # written by hand: Pillow cannot
    rows = b"".join(b"\0" + row.tobytes() for row in deep[..., ::2])
    data = png(WIDTH, HEIGHT, depth=16, colour_type=2, rows=rows)
    np.testing.assert_array_equal(decoded(data), PIXELS)


def test_32_bits_and_floats_are_stretched_over_the_whole_range() -> None:
    ramp = np.linspace(-3, 9, WIDTH * HEIGHT, dtype=np.float32).reshape(HEIGHT, WIDTH)
    expected = (ramp - ramp.min()) / np.ptp(ramp) * 255
    np.testing.assert_allclose(decoded(encoded(ramp, "TIFF"))[..., 0], expected, atol=1)
    whole = (ramp * 1000).astype(np.int32)
    np.testing.assert_allclose(decoded(encoded(whole, "TIFF"))[..., 0], expected, atol=1)
    flat = np.full((HEIGHT, WIDTH), 7, np.float32)
    assert len(np.unique(decoded(encoded(flat, "TIFF")))) == 1


def test_cmyk_is_converted() -> None:
    for colour in ((255, 0, 0), (0, 255, 0), (255, 255, 255), (0, 0, 0), (120, 60, 30)):
        picture = Image.new("RGB", (16, 16), colour).convert("CMYK")
        for kind in ("JPEG", "TIFF"):
            np.testing.assert_allclose(
                decoded(encoded(picture, kind)).mean(axis=(0, 1)), colour, atol=4
            )


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF"])
def test_alpha_is_laid_on_white(kind: str) -> None:
    alpha = np.tile(np.linspace(0, 255, WIDTH).astype(np.uint8), (HEIGHT, 1))
    options: dict[str, Any] = {"lossless": True, "exact": True} if kind == "WEBP" else {}
    data = encoded(np.dstack([PIXELS, alpha]), kind, **options)
    share = alpha[..., None] / 255
    np.testing.assert_allclose(decoded(data), PIXELS * share + 255 * (1 - share), atol=1)


def test_a_transparent_palette_colour_is_white() -> None:
    indices = (np.arange(WIDTH * HEIGHT) % 3).astype(np.uint8).reshape(HEIGHT, WIDTH)
    picture = Image.fromarray(indices, "P")
    picture.putpalette([255, 0, 0, 0, 255, 0, 0, 0, 255])
    expected = np.array([[255, 0, 0], [255, 255, 255], [0, 0, 255]])[indices]
    for kind in ("PNG", "GIF"):
        np.testing.assert_array_equal(decoded(encoded(picture, kind, transparency=1)), expected)


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "TIFF"])
def test_an_animation_gives_its_first_frame(kind: str) -> None:
    frames = [Image.new("RGB", (WIDTH, HEIGHT), colour) for colour in ("red", "lime", "blue")]
    options: dict[str, Any] = {"lossless": True} if kind == "WEBP" else {}
    data = encoded(frames[0], kind, save_all=True, append_images=frames[1:], **options)
    assert getattr(Image.open(io.BytesIO(data)), "n_frames", 1) == 3
    assert {tuple(pixel) for row in decoded(data) for pixel in row} == {(255, 0, 0)}


def test_a_phone_picture_of_several_frames_opens() -> None:
    both = Image.fromarray(SMOOTH)
    data = encoded(both, "MPO", save_all=True, append_images=[both], quality=95)
    np.testing.assert_allclose(decoded(data), SMOOTH.astype(int), atol=12)


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")  # as `images` sets it for the process
def test_broken_exif_does_not_spoil_a_good_picture() -> None:
    exif = Image.Exif()
    exif[0x010E] = "a description"
    data = bytearray(encoded(PIXELS, "PNG", exif=exif))
    start = data.index(b"eXIf") + 4
    data[start + 8 : start + 16] = b"\xff" * 8
    length = struct.unpack(">I", data[start - 8 : start - 4])[0]
    data[start + length : start + length + 4] = struct.pack(
        ">I", zlib.crc32(data[start - 4 : start + length])
    )
    np.testing.assert_array_equal(decoded(bytes(data)), PIXELS)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "0 bytes"),
        (b"hello, I am not a picture", "not a picture"),
        (b"%PDF-1.7\n", "not a picture"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not a picture"),
        (b"\x89PNG\r\n\x1a\n", "picture"),
        (b"\xff\xd8\xff\xe0", "picture"),
    ],
)
def test_what_is_not_a_picture_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(UnreadablePictureError, match=message):
        images.decode(data)


@pytest.mark.parametrize("kind", images.FORMATS)
@pytest.mark.parametrize("share", [0.5, 0.9])
def test_a_truncated_picture_is_refused(kind: str, share: float) -> None:
    data = encoded(PIXELS, kind)
    with pytest.raises(UnreadablePictureError, match=r"truncated|not a picture"):
        images.decode(data[: int(len(data) * share)])


def test_a_bomb_is_refused_by_what_its_header_declares() -> None:
    bomb = png(10_000, 10_000, depth=8, colour_type=2, rows=b"")
    with pytest.raises(TooLargeError, match="10000x10000 = 100000000 pixels; the limit is 5000000"):
        images.decode(bomb)
    with pytest.raises(TooLargeError, match="limit is 100"):
        images.decode(encoded(PIXELS, "PNG"), max_pixels=100)
    assert images.decode(encoded(PIXELS, "PNG"), max_pixels=WIDTH * HEIGHT).size == (WIDTH, HEIGHT)


def test_damaged_bytes_raise_nothing_but_our_errors() -> None:
    random = np.random.default_rng(1)
    exif = Image.Exif()
    exif[0x0112] = 6
    pictures = [encoded(PIXELS, kind, exif=exif) for kind in ("JPEG", "PNG", "WEBP", "TIFF")]
    pictures.append(encoded(Image.fromarray(PIXELS).quantize(8), "GIF"))
    for round_ in range(1000):
        data = bytearray(pictures[round_ % len(pictures)])
        for _ in range(random.integers(1, 10)):
            data[random.integers(0, min(len(data), 300))] = random.integers(0, 256)
        try:
            decoded(bytes(data), draft_side=8)
        except (UnreadablePictureError, TooLargeError):
            continue


def test_read_names_the_file_it_cannot_read(tmp_path: Path) -> None:
    with pytest.raises(UnreadablePictureError, match=r"none\.jpg: No such file"):
        images.read(tmp_path / "none.jpg")
    (tmp_path / "one.png").write_bytes(encoded(PIXELS, "PNG"))
    np.testing.assert_array_equal(np.asarray(images.read(tmp_path / "one.png")), PIXELS)


def test_find_pictures_sorts_and_skips_what_is_hidden(tmp_path: Path) -> None:
    for name in ("b/2.PNG", "a.jpg", "b/1.webp", ".hidden/3.png", ".4.jpg", "notes.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    found = [path.relative_to(tmp_path).as_posix() for path in images.find_pictures(tmp_path)]
    assert found == ["a.jpg", "b/1.webp", "b/2.PNG"]


def png(width: int, height: int, *, depth: int, colour_type: int, rows: bytes) -> bytes:
    def chunk(kind: bytes, content: bytes) -> bytes:
        checksum = struct.pack(">I", zlib.crc32(kind + content))
        return struct.pack(">I", len(content)) + kind + content + checksum

    header = struct.pack(">IIBBBBB", width, height, depth, colour_type, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )
