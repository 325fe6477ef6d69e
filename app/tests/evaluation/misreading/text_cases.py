# ruff: noqa: E501 - markup is easier to read on one line
"""Inputs of mail, web pages and plain text, as several programs write them."""

from __future__ import annotations

import base64
import io
import zipfile

from tests.evaluation.formats.files import GOAL, RATE
from tests.evaluation.misreading.expected import Case, Expected
from tests.evaluation.pdf.pdfs import lines_pdf

HEAD = (
    "From: a@example.org\nTo: b@example.org\nSubject: Plan\nDate: Mon, 5 Feb 2024 10:00:00 -0500\nMIME-Version: 1.0\n"
)
HTML = f"<html><body><p>{RATE}</p></body></html>"


def part(kind: str, text: str | bytes, *more: str) -> str:
    """A part of a message."""
    if isinstance(text, bytes):
        text, more = base64.encodebytes(text).decode(), (*more, "Content-Transfer-Encoding: base64")
    return "\n".join([f"Content-Type: {kind}", *more, "", text])


def multi(kind: str, *parts: str, boundary: str = "b", more: str = "") -> str:
    """A part that holds parts."""
    inner = "".join(f"--{boundary}\n{one}\n" for one in parts)
    return f'Content-Type: multipart/{kind}; boundary="{boundary}"{more}\n\n{inner}--{boundary}--\n'


def _mailbox_crlf() -> bytes:
    texts = ["Primer mensaje.\n\n>From ahora, 35 aulas.\n>>From antes, 12.", "Segundo mensaje: 90 casos.", "Tercero."]
    whole = "\n".join(
        f"From MAILER-DAEMON Mon Feb  {n} 10:00:00 2024\n{HEAD}Content-Type: text/plain; charset=utf-8\n\n{text}\n"
        for n, text in enumerate(texts, 1)
    )
    return whole.replace("\n", "\r\n").encode()


def _mailbox_thunderbird() -> bytes:
    message = "From - Mon Feb 05 10:00:00 2024\nX-Mozilla-Status: 0001\n" + HEAD
    return (
        f"{message}{multi('alternative', part('text/plain; charset=utf-8', RATE), part('text/html', HTML))}\n"
        + f"{message}{multi('mixed', part('text/plain; charset=utf-8', 'Va el plan.'), part('application/pdf', lines_pdf([[GOAL]]), 'Content-Disposition: attachment; filename=plan.pdf'))}\n"
    ).encode()


def _apple_mail() -> bytes:
    pdf = part(
        "application/pdf; x-unix-mode=0644; name=plan.pdf",
        lines_pdf([[GOAL]]),
        "Content-Disposition: inline; filename=plan.pdf",
    )
    fork = part(
        "application/applefile; name=plan.pdf",
        b"\0\5\x16\7\0\2\0\0",
        "Content-Disposition: attachment; filename=plan.pdf",
    )
    double = multi("appledouble", fork, pdf, boundary="d")
    mixed = multi(
        "mixed",
        part("text/html; charset=us-ascii", "<html><body>Va el plan.</body></html>"),
        double,
        part(
            "text/html; charset=us-ascii",
            f"<html><body>{RATE.replace('ó', '&oacute;').replace('ñ', '&ntilde;')}</body></html>",
        ),
        boundary="m",
    )
    return (HEAD + multi("alternative", part("text/plain; charset=us-ascii", "\n\n"), mixed, boundary="a")).encode()


def _word_mht() -> bytes:
    parts = [
        part(
            'text/html; charset="windows-1252"',
            f"<html xmlns:w='urn:schemas-microsoft-com:office:word'><head><link rel=File-List href='x.xml'></head><body><p>{RATE}</p><div style='mso-element:comment-list'><div style='mso-element:comment'><p>Falta la meta.</p></div></div></body></html>".encode(
                "cp1252"
            ),
            "Content-Location: file:///C:/plan.htm",
        ),
        part(
            'text/html; charset="windows-1252"',
            "<html><body><div style='mso-element:footnote-separator'><p>&nbsp;</p></div><div style='mso-element:header'><p>Borrador interno</p></div></body></html>",
            "Content-Location: file:///C:/plan_archivos/header.htm",
        ),
        part(
            "application/vnd.ms-officetheme",
            b"PK\3\4" + b"\0" * 60,
            "Content-Location: file:///C:/plan_archivos/themedata.thmx",
        ),
        part("text/xml", "<a:clrMap/>", "Content-Location: file:///C:/plan_archivos/colorschememapping.xml"),
    ]
    return ("MIME-Version: 1.0\n" + multi("related", *parts, boundary="----=_NextPart_01")).encode()


def _chrome_mht() -> bytes:
    parts = [
        part("text/html", HTML, "Content-ID: <frame-1@mhtml.blink>", "Content-Location: https://example.org/plan"),
        part("text/css", "@charset 'utf-8'; p { color: red }", "Content-Location: cid:css-1@mhtml.blink"),
        part(
            "image/svg+xml",
            "<svg xmlns='http://www.w3.org/2000/svg'><text>Logo</text></svg>",
            "Content-Location: https://example.org/logo.svg",
        ),
        part("font/woff2", b"wOF2\0\1\0\0", "Content-Location: https://example.org/a.woff2"),
    ]
    return (
        "From: <Saved by Blink>\nSnapshot-Content-Location: https://example.org/plan\nSubject: Plan\nDate: Mon, 5 Feb 2024 10:00:00 -0000\nMIME-Version: 1.0\n"
        + multi("related", *parts, more='; type="text/html"')
    ).encode()


def _zip_in_mail() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("anexo/1.pdf", lines_pdf([[GOAL]]))
        archive.writestr("anexo/2.pdf", lines_pdf([[GOAL]]))
    return (
        HEAD
        + multi(
            "mixed",
            part("text/plain; charset=utf-8", RATE),
            part("application/zip", buffer.getvalue(), "Content-Disposition: attachment; filename=anexos.zip"),
        )
    ).encode()


def html(body: str, head: str = "") -> bytes:
    """A page of HTML."""
    return f"<!DOCTYPE html><html><head><meta charset=utf-8>{head}</head><body>{body}</body></html>".encode()


CASES = [
    Case(
        "F2",
        "HTML, raised by a length, a shift and a role",
        lambda: html(
            "<p>es de 120<span class=n>2</span> casos contra las mujeres<span style='position:relative; top:-0.5em; font-size:70%'>1</span> y hombres<a role=doc-noteref href='#f3'>3</a>.</p>",
            "<style>.n { vertical-align: 4px; font-size: 8px }</style>",
        ),
        Expected(("es de 120 [2] casos contra las mujeres [1] y hombres [3].",)),
    ),
    Case(
        "F2",
        "Markdown with HTML and carets",
        lambda: (
            f"# Plan\n\nes de 120<sup>2</sup> casos contra las mujeres[^1].\n\n## Notas\n\n{RATE}\n\n[^1]: Según el DANE.\n".encode()
        ),
        Expected(
            (
                "120 [2] casos",
                "mujeres",
                "Según el DANE.",
            ),
            ("1202", "<sup>"),
        ),
    ),
    Case("F7", "Apple Mail, a PDF with its resource fork", _apple_mail, Expected(("Va el plan.", GOAL, RATE))),
    Case(
        "F7",
        "a plain part of blanks and a rich one",
        lambda: (
            HEAD
            + multi(
                "alternative",
                part("text/plain; charset=utf-8", "\u00a0\n \n"),
                part("text/html; charset=utf-8", HTML),
            )
        ).encode(),
        Expected((RATE,)),
    ),
    Case(
        "F7",
        "an archive of two attached",
        _zip_in_mail,
        Expected((RATE,), (GOAL,), flags=("attachment-unread",), unflagged=()),
    ),
    Case(
        "F9",
        "a mailbox with CR LF and quoted From lines",
        _mailbox_crlf,
        Expected(
            ("Primer mensaje. From ahora, 35 aulas. >From antes, 12.", "Segundo mensaje: 90 casos.", "Tercero."),
            ("MAILER", "Subject"),
            pages=3,
        ),
    ),
    Case(
        "F9",
        "a mailbox of Thunderbird with forms and attachments",
        _mailbox_thunderbird,
        Expected((RATE, "Va el plan.", GOAL), ("X-Mozilla",), pages=3),
    ),
    Case("F10", "a page saved by Word", _word_mht, Expected((RATE,), ("Borrador", "Falta la meta", "clrMap"), pages=1)),
    Case("F10", "a page saved by Chrome", _chrome_mht, Expected((RATE,), ("Logo", "color"), pages=1)),
    Case(
        "F11",
        "mail in the charset of old Macs",
        lambda: (
            (HEAD + "Content-Type: text/plain; charset=x-mac-roman\nContent-Transfer-Encoding: 8bit\n\n").encode()
            + "Educación y niñez: 35 aulas.".encode("mac_roman")
        ),
        Expected(("Educación y niñez: 35 aulas.",)),
    ),
    Case(
        "F11",
        "HTML, charset of a header that a meta repeats",
        lambda: (
            "<html><head><meta http-equiv='Content-Type' content='text/html; charset=ibm850'></head><body><p>Educación y niñez: 35 aulas.</p></body></html>".encode(
                "cp850"
            )
        ),
        Expected(("Educación y niñez: 35 aulas.",)),
    ),
    Case(
        "F11",
        "XHTML, charset of its declaration",
        lambda: (
            "<?xml version='1.0' encoding='ISO-8859-2'?><html xmlns='http://www.w3.org/1999/xhtml'><body><p>Łódź: 35 aulas.</p></body></html>".encode(
                "iso8859-2"
            )
        ),
        Expected(("Łódź: 35 aulas.",)),
    ),
    Case(
        "F12",
        "HTML in UTF-16 without a mark, with a meta",
        lambda: f"<html><head><meta charset='utf-16'><title>x</title></head><body><p>{RATE}</p></body></html>".encode(
            "utf-16-be"
        ),
        Expected((RATE,), ("<p>",), pages=1),
    ),
    Case(
        "F12",
        "HTML fragment of a form of a CMS",
        lambda: f"<section class='c'><h2>Metas</h2><p>{RATE}</p><ul><li>{GOAL}</li></ul></section>".encode(),
        Expected(("Metas", RATE, GOAL), ("<",)),
    ),
    Case(
        "F12",
        "HTML, navigation that is never closed",
        lambda: (
            f"<html><head><title>Plan</title><style>p{{}}</style><body><nav><ul><li>Inicio</ul><div><p>{RATE}</p></div></body></html>".encode()
        ),
        Expected((RATE,)),
    ),
    Case(
        "F17",
        "HTML, hidden by attribute, several classes and importance",
        lambda: html(
            f"<p hidden>Oculto uno.</p><div class='caja nota'><p>Oculto dos.</p></div><p style='visibility: hidden'>Oculto tres.</p><details open><p>{RATE}</p></details><p style='display:none !important'>Oculto cuatro.</p>",
            "<style>div.caja.nota, body .y { display : none }</style>",
        ),
        Expected((RATE,), ("Oculto",)),
    ),
    Case(
        "F17",
        "HTML, text struck out as deleted and for readers of screens",
        lambda: html(
            f"<p><del>Oculto uno.</del><ins>{RATE}</ins></p><span class=sr>Oculto dos.</span>",
            "<style>.sr{position:absolute;left:-9999px}</style>",
        ),
        Expected((RATE,), ("Oculto",)),
    ),
]
