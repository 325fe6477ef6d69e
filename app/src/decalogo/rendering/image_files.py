"""Pages of image files (JPEG, PNG, TIFF) in the renderer's process: a page is a frame.

Only the requested frame is decoded, and only if its size is within bounds.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from decalogo.rendering.answers import RenderError, picture_answer, scale_of

FORMATS: Final = {"image/jpeg": "JPEG", "image/png": "PNG", "image/tiff": "TIFF"}
"""Pillow's format of each media type."""
_MAX_DECODED: Final = 200 << 20
"""Bytes of one decoded frame."""
_ORIENTATION: Final = 0x0112
_GREY: Final = ("1", "L", "I", "I;16", "F")
_ON_ITS_SIDE: Final = (5, 6, 7, 8)
"""Orientations (EXIF) that exchange width and height."""


def answer_for_image(request: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    """Return head and body of the answer for a page of an image file; raise :class:`RenderError`.

    The words of an image have no known places, so its boxes are empty.
    """
    with _frame(request["file"], FORMATS[request["media_type"]], request["page"]) as image:
        if request["kind"] == "picture":
            return picture_answer(_scaled(image, request["width"]))
        width, height = _upright_size(image)
        return {"boxes": [], "text": "", "ratio": round(height / width, 5)}, b""


@contextmanager
def _frame(file: str, form: str, number: int) -> Iterator[Any]:
    """Open a file at one frame, from 1, without decoding it."""
    from PIL import Image

    from decalogo.evaluation.pdf.pictures import has_many_passes

    if form == "JPEG" and has_many_passes(Path(file).read_bytes()):
        raise RenderError("page-unreadable", "The image is a JPEG of too many passes.")
    try:
        with Image.open(file, formats=[form]) as image:
            _turn_to(image, form, number)
            yield image
    except (RenderError, MemoryError):
        raise
    except Image.DecompressionBombError as error:
        raise RenderError("page-unreadable", "The image has too many pixels to be drawn.") from error
    except Exception as error:  # decoders raise anything for malformed images
        raise RenderError("page-unreadable", "The image is truncated or malformed.") from error


def _turn_to(image: Any, form: str, number: int) -> None:
    """Go to a frame; only TIFF has pages, further frames of other formats are animations and previews."""
    try:
        if number > 1 and form != "TIFF":
            raise EOFError  # noqa: TRY301
        image.seek(number - 1)
    except EOFError as error:
        raise RenderError("not-found", f"The document has no page {number}.") from error
    if 0 in image.size:
        raise RenderError("page-unreadable", "The image has no usable size.")


def _upright_size(image: Any, *, decoded: bool = False) -> tuple[int, int]:
    """Return width and height of a frame as it is seen.

    Pillow turns frames of TIFF itself. Of a PNG, it would decode the pixels to search for an orientation after them.
    """
    width, height = image.size
    if image.format == "TIFF" or (image.format == "PNG" and not decoded and "exif" not in image.info):
        return width, height
    return (height, width) if image.getexif().get(_ORIENTATION) in _ON_ITS_SIDE else (width, height)


def _target(image: Any, width: int, *, decoded: bool = False) -> tuple[int, int]:
    """Return the size of a frame before it is turned so that the picture has the requested width, at most its own."""
    scale = min(1.0, scale_of(*_upright_size(image, decoded=decoded), width))
    across, down = image.size
    return max(1, round(across * scale)), max(1, round(down * scale))


def _scaled(image: Any, width: int) -> Any:
    """Return a frame upright on white, at most ``width`` pixels wide; a smaller one keeps its size."""
    from PIL import Image, ImageOps

    if image.format in ("JPEG", "MPO"):
        image.draft("RGB", _target(image, width))  # decodes fewer pixels
    if image.width * image.height * (1 if image.mode in ("1", "L") else 4) > _MAX_DECODED:
        raise RenderError("page-unreadable", "The image has too many pixels to be drawn.")
    image.load()
    size = _target(image, width, decoded=True)
    frame = image.point(lambda level: level / 256) if image.mode.startswith("I;16") else image
    mode = "RGBA" if "A" in frame.getbands() or "transparency" in frame.info else "RGB"
    if mode == "RGB" and frame.mode in _GREY:
        mode = "L"
    if frame.mode != mode:
        frame = frame.convert(mode)
    frame = ImageOps.exif_transpose(frame.resize(size, reducing_gap=2.0))
    if frame.mode == "RGBA":
        frame = Image.alpha_composite(Image.new("RGBA", frame.size, "white"), frame)
    return frame
