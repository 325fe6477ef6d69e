"""Fast bindings of the PDFium functions that are called for every page, line and object.

pypdfium2 declares them with typed pointers, creates a Python object per returned pointer, and registers a finalizer per
page. Here handles are plain integers and pages are closed explicitly. Calls of less than a microsecond keep the
interpreter's lock. This halves the cost of a call. Buffers are passed as ``ctypes.byref(...)``.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

_HANDLE, _INT, _FLOAT, _DOUBLE, _LONG = (
    ctypes.c_void_p,
    ctypes.c_int,
    ctypes.c_float,
    ctypes.c_double,
    ctypes.c_ulong,
)
_BUFFER = ctypes.c_void_p
_WHOLE_PAGES: dict[str, tuple[Any, ...]] = {
    "FPDF_LoadPage": (_HANDLE, _HANDLE, _INT),
    "FPDFText_LoadPage": (_HANDLE, _HANDLE),
    "FPDFText_ClosePage": (None, _HANDLE),
    "FPDF_ClosePage": (None, _HANDLE),
}
"""Calls of milliseconds: they release the interpreter's lock. Each entry is the result type, then the arguments."""
_ANSWERS_AND_ARGUMENTS: dict[str, tuple[Any, ...]] = {
    "FPDF_GetPageBoundingBox": (_INT, _HANDLE, _BUFFER),
    "FPDFPage_GetRotation": (_INT, _HANDLE),
    "FPDFText_CountChars": (_INT, _HANDLE),
    "FPDFText_GetText": (_INT, _HANDLE, _INT, _INT, _BUFFER),
    "FPDFText_GetCharIndexFromTextIndex": (_INT, _HANDLE, _INT),
    "FPDFText_GetLooseCharBox": (_INT, _HANDLE, _INT, _BUFFER),
    "FPDFText_GetMatrix": (_INT, _HANDLE, _INT, _BUFFER),
    "FPDFText_GetFontSize": (_DOUBLE, _HANDLE, _INT),
    "FPDFText_GetCharOrigin": (_INT, _HANDLE, _INT, _BUFFER, _BUFFER),
    "FPDFText_GetFontInfo": (_LONG, _HANDLE, _INT, _BUFFER, _LONG, _BUFFER),
    "FPDFPage_GetAnnotCount": (_INT, _HANDLE),
    "FPDFPage_GetAnnot": (_HANDLE, _HANDLE, _INT),
    "FPDFAnnot_GetSubtype": (_INT, _HANDLE),
    "FPDFPage_CloseAnnot": (None, _HANDLE),
    "FPDFPage_CountObjects": (_INT, _HANDLE),
    "FPDFPage_GetObject": (_HANDLE, _HANDLE, _INT),
    "FPDFFormObj_CountObjects": (_INT, _HANDLE),
    "FPDFFormObj_GetObject": (_HANDLE, _HANDLE, _LONG),
    "FPDFPageObj_SetIsActive": (_INT, _HANDLE, _INT),
    "FPDFTextObj_GetText": (_LONG, _HANDLE, _HANDLE, _BUFFER, _LONG),
    "FPDFTextObj_GetTextRenderMode": (_INT, _HANDLE),
    "FPDFText_HasUnicodeMapError": (_INT, _HANDLE, _INT),
    "FPDFPageObj_GetType": (_INT, _HANDLE),
    "FPDFPageObj_GetBounds": (_INT, _HANDLE, _BUFFER, _BUFFER, _BUFFER, _BUFFER),
    "FPDFPageObj_GetMatrix": (_INT, _HANDLE, _BUFFER),
    "FPDFPageObj_GetFillColor": (_INT, _HANDLE, _BUFFER, _BUFFER, _BUFFER, _BUFFER),
    "FPDFPath_GetDrawMode": (_INT, _HANDLE, _BUFFER, _BUFFER),
    "FPDFPath_CountSegments": (_INT, _HANDLE),
    "FPDFPath_GetPathSegment": (_HANDLE, _HANDLE, _INT),
    "FPDFPathSegment_GetPoint": (_INT, _HANDLE, _BUFFER, _BUFFER),
    "FPDFPathSegment_GetType": (_INT, _HANDLE),
    "FPDFPathSegment_GetClose": (_INT, _HANDLE),
}


@lru_cache(maxsize=1)
def functions() -> SimpleNamespace:
    """Return the functions by their C names. The first call loads PDFium and must come after a fork."""
    import pypdfium2.raw as c

    bound = SimpleNamespace()
    for made, table in ((ctypes.CFUNCTYPE, _WHOLE_PAGES), (ctypes.PYFUNCTYPE, _ANSWERS_AND_ARGUMENTS)):
        for name, (answer, *arguments) in table.items():
            address = ctypes.cast(getattr(c, name), ctypes.c_void_p).value
            setattr(bound, name, made(answer, *arguments)(address or 0))
    return bound


def handle(pointer: Any) -> int:
    """Return a pypdfium2 ``raw`` pointer as the integer that ``functions`` take."""
    return ctypes.cast(pointer, ctypes.c_void_p).value or 0


@contextmanager
def loaded(
    document: Any, index: int, refuses: Callable[[int], bool] = lambda page: False
) -> Iterator[tuple[int, int] | None]:
    """Load page ``index`` (from 0) and yield its handle and its text's; ``None`` if PDFium cannot load it.

    Args:
        document: the open PDFium document.
        index: of the page.
        refuses: called with the handle of the page; a page that it refuses gets no text.
    """
    f = functions()
    page = f.FPDF_LoadPage(handle(document.raw), index)
    textpage = None
    try:
        textpage = f.FPDFText_LoadPage(page) if page and not refuses(page) else None
        yield (page, textpage) if textpage else None
    finally:
        if textpage:
            f.FPDFText_ClosePage(textpage)
        if page:
            f.FPDF_ClosePage(page)
