"""An open PDF whose pages are read within their budget."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from decalogo.errors import DamagedDocumentError, EncryptedDocumentError
from decalogo.evaluation.documents.raw_pages import RawPage
from decalogo.evaluation.pdf.page import read_page
from decalogo.evaluation.pdf.structure import Structure, typed_values

_MOST_REFUSED = 10
"""Pages that may turn out too costly once they are loaded; past them no further page is loaded."""
_PASSWORD_ERRORS = (4, 5)  # FPDF_ERR_PASSWORD, FPDF_ERR_SECURITY


class OpenedPdf:
    """A PDF that PDFium has opened.

    Args:
        structure: what is known of the file.

    Attributes:
        document: the PDFium document.

    Raises:
        EncryptedDocumentError: the file needs a password.
        DamagedDocumentError: PDFium cannot open the file.
    """

    def __init__(self, structure: Structure) -> None:
        self.document = _open(structure.content)
        self._structure = structure
        self._typed = typed_values(structure.content)
        self._refused = 0
        self._costly: Mapping[int, str] | None = structure.costly if structure.checked else None

    def __len__(self) -> int:
        return len(self.document)

    def read(self, number: int) -> RawPage:
        """Read page ``number``, from 1. A page over its budget is empty and says why in ``costly``."""
        if self._costly is None:
            from decalogo.evaluation.pdf.probe import costly_pages

            self._costly = costly_pages(self._structure.content, len(self))
        if reason := self._costly.get(number, ""):
            return RawPage(number, costly=reason)
        if self._refused >= _MOST_REFUSED:
            return RawPage(number, costly=f"{_MOST_REFUSED} pages before it did")
        page = read_page(self.document, number - 1, self._typed, many_objects=number in self._structure.crowded)
        self._refused += bool(page.costly)
        return page

    def close(self) -> None:
        """Close the file."""
        self.document.close()


def _open(content: bytes | Path) -> Any:
    import pypdfium2

    try:
        return pypdfium2.PdfDocument(content)
    except pypdfium2.PdfiumError as error:
        if getattr(error, "err_code", None) in _PASSWORD_ERRORS or "password" in str(error).lower():
            raise EncryptedDocumentError(
                "The PDF is encrypted and needs a password. Upload a copy saved without protection."
            ) from error
        raise DamagedDocumentError(
            "The PDF is truncated or malformed and cannot be opened. Download or export it again."
        ) from error
