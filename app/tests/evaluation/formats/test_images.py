"""Images as scanned pages."""

import io

import pytest
from PIL import Image, ImageDraw, ImageFont

from decalogo.errors import DamagedDocumentError, DocumentTooLargeError, NoTextError
from decalogo.evaluation.documents.model import OcrOptions
from decalogo.evaluation.extract import extract
from decalogo.evaluation.pdf.ocr import program

needs_tesseract = pytest.mark.skipif(program("spa") is None, reason="tesseract with Spanish is not installed")
LINE = "La meta del cuatrienio es de 35 aulas nuevas."


def drawn(text: str, mode: str = "L", size: tuple[int, int] = (1240, 500)) -> Image.Image:
    image = Image.new("RGB", size, "white")
    ImageDraw.Draw(image).text((60, 180), text, fill="black", font=ImageFont.load_default(size=44))
    return image.convert(mode)


def saved(image: Image.Image, form: str, **options) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


@needs_tesseract
@pytest.mark.parametrize(
    ("form", "mode", "media_type"),
    [
        ("JPEG", "L", "image/jpeg"),
        ("JPEG", "RGB", "image/jpeg"),
        ("JPEG", "CMYK", "image/jpeg"),
        ("PNG", "RGBA", "image/png"),
        ("PNG", "P", "image/png"),
        ("PNG", "1", "image/png"),
        ("PNG", "I;16", "image/png"),
        ("TIFF", "1", "image/tiff"),
    ],
)
def test_the_text_of_an_image_is_recognised(form, mode, media_type):
    image = drawn(LINE).point(lambda level: level * 257, "I").convert("I;16") if mode == "I;16" else drawn(LINE, mode)
    found = extract(saved(image, form))
    assert found.media_type == media_type
    assert found.pages[0].text == LINE
    assert [flag.code for flag in found.flags] == ["pages-by-ocr"]


@needs_tesseract
def test_every_page_of_a_tiff_is_a_page():
    first, *others = [drawn(f"Pagina {n} del plan de vida", "1") for n in (1, 2, 3)]
    found = extract(saved(first, "TIFF", save_all=True, append_images=others, compression="group4"))
    assert [page.text for page in found.pages] == [f"Pagina {n} del plan de vida" for n in (1, 2, 3)]


@needs_tesseract
def test_pages_past_what_is_recognised_are_counted_and_flagged():
    first, *others = [drawn(f"Pagina {n} del plan de vida", "1") for n in (1, 2, 3)]
    found = extract(saved(first, "TIFF", save_all=True, append_images=others), ocr=OcrOptions(max_pages=1))
    flags = {flag.code: flag.pages for flag in found.flags}
    assert flags == {"pages-by-ocr": (1,), "pages-without-text": (2, 3)}


@needs_tesseract
def test_a_photo_is_turned_as_its_camera_was():
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = drawn(LINE).rotate(90, expand=True)
    assert extract(saved(turned, "JPEG", exif=exif)).pages[0].text == LINE


@needs_tesseract
@pytest.mark.parametrize("dpi", [(1, 1), (72, 72), (300, 300), (9999, 9999)])
def test_a_resolution_that_cannot_be_changes_nothing(dpi):
    assert extract(saved(drawn(LINE), "PNG", dpi=dpi)).pages[0].text == LINE


@pytest.mark.skipif(program("spa") is None, reason="tesseract with Spanish is not installed")
def test_an_image_without_text_is_refused_as_a_scan_without_text():
    with pytest.raises(NoTextError, match="text layer"):
        extract(saved(Image.new("L", (400, 300), "white"), "PNG"))


@pytest.mark.parametrize("form", ["JPEG", "PNG", "TIFF"])
@pytest.mark.parametrize("part", [0.2, 0.5, 0.9])
def test_a_truncated_image_is_damaged(form, part):
    whole = saved(drawn(LINE), form)
    with pytest.raises(DamagedDocumentError, match="again"):
        extract(whole[: int(len(whole) * part)], ocr=OcrOptions(mode="never"))


@pytest.mark.parametrize(("form", "size"), [("PNG", (20_000, 20_000)), ("TIFF", (12_000, 12_000))])
def test_an_image_that_decodes_to_gigabytes_is_refused_before_it_is_decoded(form, size):
    options = {"compression": "group4"} if form == "TIFF" else {}
    Image.MAX_IMAGE_PIXELS, before = None, Image.MAX_IMAGE_PIXELS
    content = saved(Image.new("1", size), form, **options)
    Image.MAX_IMAGE_PIXELS = before
    assert len(content) < 200_000
    with pytest.raises(DocumentTooLargeError, match="pixels"):
        extract(content)


def test_more_pages_than_allowed_are_refused():
    first, *others = [Image.new("1", (20, 20)) for _ in range(6)]
    with pytest.raises(DocumentTooLargeError, match="6 pages"):
        extract(saved(first, "TIFF", save_all=True, append_images=others), max_pages=5)


def test_a_jpeg_of_many_passes_is_refused_before_it_is_decoded():
    content = saved(Image.new("L", (900, 900), 255), "JPEG", progressive=True)
    start = content.rindex(b"\xff\xda")
    with pytest.raises(DocumentTooLargeError, match="passes"):
        extract(content[:start] + content[start:-2] * 200 + content[-2:])
