"""PDFs that hold something else than pages: portfolios and XFA forms."""

from __future__ import annotations

import io

import pikepdf

from tests.evaluation.pdf.pdfs import lines_pdf
from tests.evaluation.pdf.raw_pdfs import raw_pdf, shown, stream_object

COVER = "Para ver esta cartera abra el archivo con otro programa."


def portfolio(members: dict[str, bytes], *, collection: bool = True) -> bytes:
    with pikepdf.open(io.BytesIO(lines_pdf([[COVER]]))) as document:
        for name, data in members.items():
            document.attachments[name] = data
        if collection:
            document.Root.Collection = pikepdf.Dictionary(Type=pikepdf.Name.Collection, View=pikepdf.Name.D)
        target = io.BytesIO()
        document.save(target)
    return target.getvalue()


def xfa_form(text: str) -> bytes:
    template = b"<xdp:xdp xmlns:xdp='http://ns.adobe.com/xdp/'><template/></xdp:xdp>"
    return raw_pdf(shown(text, 60, 700), objects={100: stream_object(template)},
                   catalog=b"/AcroForm << /Fields [] /XFA 100 0 R >> /NeedsRendering true")  # fmt: skip
