"""Images (JPEG, PNG, TIFF) as scanned pages: each frame becomes a page whose text is recognised.

An image is put into a PDF and read as one, so that a photo of a page and a scan of it come out the same.
"""

from __future__ import annotations

import io
import warnings
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from decalogo.errors import DamagedDocumentError, DocumentTooLargeError
from decalogo.evaluation import progress
from decalogo.evaluation.documents.detect import JPEG, PNG, TIFF
from decalogo.evaluation.documents.parts import Parts
from decalogo.evaluation.documents.reading import Limits, Reading
from decalogo.evaluation.pdf.pictures import has_many_passes
from decalogo.evaluation.pdf.reader import read_pdf

_FORMATS: Final = {JPEG: "JPEG", PNG: "PNG", TIFF: "TIFF"}
_MOST_BYTES: Final = 200 << 20
_MOST_DECODED: Final = 200 << 20
"""Bytes of one frame, decoded."""
_MOST_PIXELS: Final = 20_000_000
"""What recognition looks at; a larger frame is scaled down first."""
_PAGE_INCHES: Final = 11.7
_LEAST_DPI, _MOST_DPI = 72, 600


def read_image(content: bytes | Path, limits: Limits, media_type: str) -> Reading:
    """Read an image.

    Raises:
        DamagedDocumentError: it cannot be decoded.
        DocumentTooLargeError: over 200 MB, over 89 million pixels in a frame, or more frames than ``limits.max_pages``.
    """
    size = content.stat().st_size if isinstance(content, Path) else len(content)
    if size > _MOST_BYTES:
        raise DocumentTooLargeError(f"The image has {size:,} bytes; the limit is {_MOST_BYTES:,}. Upload it as PDF.")
    reading = read_pdf(image_as_pdf(content, media_type, limits), replace(limits, parts=Parts()))
    reading.media_type = media_type
    return reading


def image_as_pdf(content: bytes | Path, media_type: str, limits: Limits) -> bytes:
    """Return a PDF with one page per frame; those past what is recognised (``limits.ocr.max_pages``) are empty."""
    from PIL import Image

    source = io.BytesIO(content) if isinstance(content, bytes) else content
    if media_type == JPEG and has_many_passes(content if isinstance(content, bytes) else content.read_bytes()):
        raise DocumentTooLargeError("The image is a JPEG of too many passes. Save it again as a plain JPEG.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(source, formats=[_FORMATS[media_type]]) as image:
                count = getattr(image, "n_frames", 1) if media_type == TIFF else 1
                _check_count(count, limits.max_pages)
                return _pdf(_pages(image, count, limits.ocr.max_pages))
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise DocumentTooLargeError(
            "The image has over 89 million pixels. Scale it down or upload it as PDF."
        ) from error
    except (DocumentTooLargeError, MemoryError):
        raise
    except Exception as error:  # decoders raise anything for malformed images
        raise DamagedDocumentError("The image is truncated or malformed. Save or scan it again.") from error


def _check_count(count: int, most: int) -> None:
    if count > most:
        raise DocumentTooLargeError(f"The image has {count} pages and at most {most} are read. Split it.")


_Page = tuple[float, float, int, int, bytes]
"""Width and height in points, width and height in pixels, compressed grey pixels (none: an empty page)."""


def _pages(image: Any, count: int, most: int) -> Iterator[_Page]:
    for number in range(count):
        progress.at("extract", number + 1)
        if number:
            image.seek(number)
        dpi = _resolution(image)
        wide, high = (72 * pixels / dpi for pixels in image.size)
        if number >= most:
            yield wide, high, 0, 0, b""
            continue
        grey = _grey(image)
        if (grey.width > grey.height) != (wide > high):  # turned as its camera was
            wide, high = high, wide
        yield wide, high, grey.width, grey.height, zlib.compress(grey.tobytes(), 1)


def _resolution(image: Any) -> float:
    """Return the dots per inch of a frame; where it declares none that can be, those that make it a page."""
    declared = image.info.get("dpi") or (0,)
    fit = max(image.size) / _PAGE_INCHES
    try:
        dpi = float(declared[0])
    except (TypeError, ValueError, ZeroDivisionError):
        dpi = 0.0
    if not (100 <= dpi <= _MOST_DPI and 0.3 * fit <= dpi <= 3 * fit):
        dpi = fit
    return min(max(dpi, _LEAST_DPI), _MOST_DPI)


def _grey(image: Any) -> Any:
    """Return a frame in grey on white, upright, of at most ``_MOST_PIXELS``."""
    from PIL import Image, ImageOps

    shrink = (image.width * image.height / _MOST_PIXELS) ** 0.5
    if shrink > 1 and image.format == "JPEG":
        image.draft("L", (int(image.width / shrink), int(image.height / shrink)))
    if image.width * image.height * max(1, len(image.getbands())) > _MOST_DECODED:
        raise DocumentTooLargeError("The image is too large to be decoded. Scale it down or upload it as PDF.")
    image.load()
    frame = ImageOps.exif_transpose(image)
    if frame.mode.startswith("I"):
        frame = frame.point(lambda level: level / 256).convert("L") if "16" in frame.mode else frame.convert("L")
    elif "A" in frame.getbands() or "transparency" in frame.info:
        frame = frame.convert("RGBA")
        frame = Image.alpha_composite(Image.new("RGBA", frame.size, "white"), frame)
    frame = frame.convert("L")
    if shrink > 1 and frame.width * frame.height > _MOST_PIXELS:
        frame = frame.resize((int(frame.width / shrink), int(frame.height / shrink)))
    return frame


def _pdf(pages: Iterator[_Page]) -> bytes:
    """Return a PDF of pages that are images."""
    objects: list[bytes] = [b"<</Type/Catalog/Pages 2 0 R>>", b""]
    kids: list[int] = []
    for wide, high, columns, rows, pixels in pages:
        kids.append(len(objects) + 1)
        box = b"/MediaBox[0 0 %.2f %.2f]" % (wide, high)
        if not pixels:
            objects.append(b"<</Type/Page/Parent 2 0 R" + box + b">>")
            continue
        draw = b"q %.2f 0 0 %.2f 0 0 cm /I Do Q" % (wide, high)
        first = len(objects) + 1
        objects += [
            b"<</Type/Page/Parent 2 0 R%s/Contents %d 0 R/Resources<</XObject<</I %d 0 R>>>>>>"
            % (box, first + 1, first + 2),
            b"<</Length %d>>stream\n%s\nendstream" % (len(draw), draw),
            b"<</Type/XObject/Subtype/Image/Width %d/Height %d/ColorSpace/DeviceGray/BitsPerComponent 8"
            b"/Filter/FlateDecode/Length %d>>stream\n%s\nendstream" % (columns, rows, len(pixels), pixels),
        ]
    objects[1] = b"<</Type/Pages/Count %d/Kids[%s]>>" % (len(kids), b" ".join(b"%d 0 R" % kid for kid in kids))
    body, places = [b"%PDF-1.5\n"], []
    at = len(body[0])
    for number, text in enumerate(objects, 1):
        places.append(at)
        body += [b"%d 0 obj" % number, text, b"endobj\n"]
        at += sum(map(len, body[-3:]))
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    body.append(b"xref\n0 %d\n0000000000 65535 f \n%s" % (len(objects) + 1, table))
    body.append(b"trailer<</Root 1 0 R/Size %d>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, at))
    return b"".join(body)
