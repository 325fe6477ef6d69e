"""Page pictures of image documents: each format, turned photos, hostile files."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from decalogo.errors import NoPicturesError, NotFoundError, PageUnreadableError
from decalogo.ids import new_id
from decalogo.rendering.answers import scale_of
from decalogo.rendering.pictures import PagePictures
from decalogo.rendering.renderer import Renderer
from decalogo.settings import RenderingSettings
from decalogo.storage.artifacts import ArtifactStore

TURNED = 0x0112


@pytest.fixture(scope="module")
def renderer() -> Iterator[Renderer]:
    renderer = Renderer(RenderingSettings(page_seconds=120))
    yield renderer
    renderer.close()


@pytest.fixture
def pictures(tmp_path: Path, renderer: Renderer) -> PagePictures:
    return PagePictures(ArtifactStore(tmp_path), renderer)


def stored(tmp_path: Path, content: bytes) -> str:
    document = new_id("doc")
    ArtifactStore(tmp_path).put(f"documents/{document}", content)
    return document


def page(colour: str, mode: str = "RGB", size: tuple[int, int] = (800, 400)) -> Image.Image:
    """A white page whose left half has a colour."""
    image = Image.new("RGB", size, "white")
    image.paste(colour, (0, 0, size[0] // 2, size[1]))
    return image.convert(mode)


def saved(image: Image.Image, form: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


def shown(picture: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(picture))
    assert image.format == "WEBP"
    return image.convert("RGB")


def near(found: Any, wanted: tuple[int, int, int]) -> bool:
    return all(abs(one - other) < 24 for one, other in zip(found, wanted, strict=True))


@pytest.mark.parametrize(
    ("form", "mode", "left"),
    [
        ("JPEG", "RGB", (255, 0, 0)),
        ("JPEG", "L", (76, 76, 76)),
        ("JPEG", "CMYK", (255, 0, 0)),
        ("PNG", "RGB", (255, 0, 0)),
        ("PNG", "RGBA", (255, 0, 0)),
        ("PNG", "P", (255, 0, 0)),
        ("PNG", "LA", (76, 76, 76)),
        ("TIFF", "RGB", (255, 0, 0)),
        ("TIFF", "L", (76, 76, 76)),
    ],
)
def test_each_format_is_drawn(pictures: PagePictures, tmp_path: Path, form: str, mode: str, left: Any) -> None:
    document = stored(tmp_path, saved(page("red", mode), form))
    assert pictures.has_pictures(document)
    image = shown(pictures.picture(document, 1, 400))
    assert image.size == (400, 200)
    assert near(image.getpixel((80, 100)), left)
    assert near(image.getpixel((320, 100)), (255, 255, 255))


def test_bilevel_and_16_bit_pages_are_drawn(pictures: PagePictures, tmp_path: Path) -> None:
    fax = saved(page("black", "1"), "TIFF", compression="group4")
    deep = saved(page("black", "L").point(lambda level: level * 257, "I").convert("I;16"), "PNG")
    for content in (fax, deep):
        image = shown(pictures.picture(stored(tmp_path, content), 1, 400))
        assert near(image.getpixel((80, 100)), (0, 0, 0))
        assert near(image.getpixel((320, 100)), (255, 255, 255))


def test_transparent_parts_are_white(pictures: PagePictures, tmp_path: Path) -> None:
    document = stored(tmp_path, saved(Image.new("RGBA", (200, 100), (0, 0, 0, 0)), "PNG"))
    assert near(shown(pictures.picture(document, 1, 100)).getpixel((50, 25)), (255, 255, 255))


def test_every_frame_of_a_tiff_is_a_page(pictures: PagePictures, tmp_path: Path) -> None:
    first, *others = [page(colour) for colour in ("red", "lime", "blue")]
    document = stored(tmp_path, saved(first, "TIFF", save_all=True, append_images=others))
    for number, colour in ((3, (0, 0, 255)), (1, (255, 0, 0)), (2, (0, 255, 0))):
        assert near(shown(pictures.picture(document, number, 400)).getpixel((80, 100)), colour)
    with pytest.raises(NotFoundError, match="no page 4"):
        pictures.picture(document, 4, 400)


@pytest.mark.parametrize("form", ["JPEG", "PNG"])
def test_other_images_have_one_page(pictures: PagePictures, tmp_path: Path, form: str) -> None:
    more = {"save_all": True, "append_images": [page("blue")]} if form == "PNG" else {}
    document = stored(tmp_path, saved(page("red"), form, **more))
    with pytest.raises(NotFoundError, match="no page 2"):
        pictures.picture(document, 2, 400)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "TIFF"])
def test_a_turned_photo_is_upright(pictures: PagePictures, tmp_path: Path, form: str) -> None:
    exif = Image.Exif()
    exif[TURNED] = 6
    document = stored(tmp_path, saved(page("red").rotate(90, expand=True), form, exif=exif))
    image = shown(pictures.picture(document, 1, 400))
    assert image.size == (400, 200)
    assert near(image.getpixel((80, 100)), (255, 0, 0))
    assert pictures.boxes(document, 1, "text", 0, 4) == {"boxes": [], "text": "", "ratio": 0.5, "bytes": 0}


def test_a_small_image_is_not_enlarged(pictures: PagePictures, tmp_path: Path) -> None:
    document = stored(tmp_path, saved(page("red", size=(120, 60)), "PNG"))
    assert shown(pictures.picture(document, 1, 2400)).size == (120, 60)


def test_a_very_tall_image_is_drawn_within_the_limits_of_the_picture(pictures: PagePictures, tmp_path: Path) -> None:
    document = stored(tmp_path, saved(Image.new("1", (40, 60_000)), "PNG"))
    image = shown(pictures.picture(document, 1, 400))
    assert image.height == 16_000


def test_a_wide_picture_of_a_page_keeps_the_limits_of_webp() -> None:
    assert scale_of(100, 14_400, 2400) * 14_400 <= 16_000
    assert scale_of(600, 800, 900) == 1.5


def huge_png(width: int, height: int, colour_type: int = 2) -> bytes:
    """A PNG of a few bytes that declares a huge picture."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, colour_type, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(99))) + chunk(b"IEND", b"")


@pytest.mark.parametrize("size", [(2**31 - 1, 2**31 - 1), (60_000, 60_000), (9_000, 9_000), (1, 2**31 - 1)])
def test_a_png_of_huge_dimensions_is_refused_before_it_is_decoded(
    pictures: PagePictures, renderer: Renderer, tmp_path: Path, size: tuple[int, int]
) -> None:
    small = stored(tmp_path, saved(page("red"), "PNG"))
    pictures.picture(small, 1, 100)
    child = renderer._child
    with pytest.raises(PageUnreadableError, match="too many pixels"):
        pictures.picture(stored(tmp_path, huge_png(*size)), 1, 400)
    assert child is not None
    assert renderer._child is child
    assert child.poll() is None
    assert pictures.picture(small, 1, 200)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "TIFF"])
@pytest.mark.parametrize("part", [0.02, 0.5, 0.9])
def test_a_truncated_image_is_a_clear_problem(pictures: PagePictures, tmp_path: Path, form: str, part: float) -> None:
    noise = Image.effect_noise((300, 200), 90)
    whole = saved(noise, form)
    document = stored(tmp_path, whole[: int(len(whole) * part)])
    with pytest.raises(PageUnreadableError, match="truncated or malformed"):
        pictures.picture(document, 1, 100)


def test_an_image_with_a_pdf_mark_in_it_is_an_image(pictures: PagePictures, tmp_path: Path) -> None:
    document = stored(tmp_path, saved(page("red"), "JPEG", comment=b"%PDF-1.7"))
    assert shown(pictures.picture(document, 1, 400)).size == (400, 200)


@pytest.mark.parametrize(
    "content", [b"MM. Programa de mujeres", b"II. Programa", b"", b"PK\x03\x04....", b"\x00\x01\x02" * 99]
)
def test_other_documents_have_no_pictures(pictures: PagePictures, tmp_path: Path, content: bytes) -> None:
    document = stored(tmp_path, content)
    assert not pictures.has_pictures(document)
    with pytest.raises(NoPicturesError):
        pictures.picture(document, 1, 100)
