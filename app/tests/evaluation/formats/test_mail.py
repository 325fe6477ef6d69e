"""E-mail: all parts with content and nothing else, in the charset that they declare."""

from email.message import EmailMessage

import pytest

from decalogo.errors import DocumentTooLargeError, EncryptedDocumentError
from decalogo.evaluation.extract import extract
from tests.evaluation.formats.files import GOAL, RATE, codes, docx, p, pages
from tests.evaluation.pdf.pdfs import lines_pdf

PDF = lines_pdf([[GOAL]])
HEAD = "From: a@example.org\nTo: b@example.org\nSubject: Plan\nMIME-Version: 1.0\n"


def part(kind: str, content: str, *headers: str) -> str:
    return "\n".join([f"Content-Type: {kind}", *headers, "", content])


def multipart(kind: str, *parts: str, boundary: str = "b") -> str:
    inner = "".join(f"--{boundary}\n{one}\n" for one in parts)
    return f'Content-Type: multipart/{kind}; boundary="{boundary}"\n\n{inner}--{boundary}--\n'


def pdf_part(disposition: str = "attachment") -> str:
    from base64 import encodebytes

    return part(
        "application/pdf",
        encodebytes(PDF).decode(),
        "Content-Transfer-Encoding: base64",
        f'Content-Disposition: {disposition}; filename="plan.pdf"',
    )


def message(body: str) -> bytes:
    return (HEAD + body).encode("utf-8")


HTML = part("text/html; charset=utf-8", f"<html><body><p>{RATE}</p></body></html>")
PLAIN = part("text/plain; charset=utf-8", RATE)


@pytest.mark.parametrize(
    "body",
    [
        multipart("alternative", PLAIN, multipart("mixed", HTML, pdf_part("inline"), boundary="c")),
        multipart("alternative", PLAIN, HTML, pdf_part()),
        multipart("mixed", multipart("alternative", PLAIN, HTML, boundary="c"), pdf_part()),
        multipart("alternative", part("text/plain", " \n"), multipart("mixed", HTML, pdf_part(), boundary="c")),
        multipart("alternative", part("text/plain", " \n"), multipart("related", HTML, pdf_part(), boundary="c")),
        multipart(
            "signed", multipart("mixed", PLAIN, pdf_part(), boundary="c"), part("application/pgp-signature", "x")
        ),
    ],
)
def test_a_text_in_two_forms_is_read_once_with_all_attachments(body):
    assert pages(extract(message(body))) == [RATE, GOAL]


def test_a_plain_form_that_only_points_to_the_other_form_is_left_out():
    stub = part("text/plain", "Este mensaje requiere un visor de HTML.")
    rich = part("text/html; charset=utf-8", f"<p>{RATE}</p>" * 20)
    assert RATE in extract(message(multipart("alternative", stub, rich))).pages[0].text


def test_a_form_without_plain_text_is_read_from_html():
    assert pages(extract(message(multipart("alternative", HTML)))) == [RATE]


@pytest.mark.parametrize("charset", ["ibm850", "iso-8859-15", "windows-1250", "macintosh", "utf-8", "utf-16"])
@pytest.mark.parametrize("kind", ["plain", "html"])
def test_text_is_read_in_its_declared_charset(charset, kind):
    from base64 import encodebytes

    text = "Łódź y 35 aulas" if charset == "windows-1250" else "Educación y niñez: 35 aulas"
    raw = f"<p>{text}</p>" if kind == "html" else text
    data = encodebytes(raw.encode({"macintosh": "mac_roman"}.get(charset, charset))).decode()
    body = part(f'text/{kind}; charset="{charset}"', data, "Content-Transfer-Encoding: base64")
    assert pages(extract(message(body))) == [text]


def mailbox(*texts: str) -> bytes:
    return "\n".join(
        f"From a@example.org Mon Feb  {n} 10:00:00 2024\n{HEAD}{part('text/plain; charset=utf-8', text)}\n"
        for n, text in enumerate(texts, 1)
    ).encode()


def test_all_messages_of_a_mailbox_are_read():
    found = extract(mailbox("Primero.", "Segundo.\n\n>From aquí sigue.", "Tercero."))
    assert pages(found) == ["Primero.", "Segundo.\nFrom aquí sigue.", "Tercero."]
    assert codes(found) == ["pages-synthetic"]


def test_a_message_that_begins_with_from_in_its_text_is_one_message():
    assert len(extract(message(part("text/plain", "Uno.\n\nFrom here on: nothing 2024\nfoo: bar"))).pages) == 1


@pytest.mark.parametrize(
    "head",
    [
        HEAD,
        "MIME-Version: 1.0\n",
        "From: <Saved by Blink>\nSnapshot-Content-Location: https://example.org/\nMIME-Version: 1.0\n",
    ],
)
def test_a_saved_web_page_is_its_text_without_style_sheets_and_pictures(head):
    image = part("image/png", "iVBORw0KGgo=", "Content-Transfer-Encoding: base64", "Content-Location: logo.png")
    style = part("text/css", "body{color:red}" * 50, "Content-Location: cid:css")
    xml = part("text/xml", "<xml><o:File/></xml>", "Content-Location: filelist.xml")
    script = part("application/javascript", "var a = 1;")
    found = extract((head + multipart("related", HTML, style, image, xml, script)).encode())
    assert pages(found) == [RATE]
    assert codes(found) == ["pages-synthetic"]


def test_invitations_contacts_and_signatures_are_no_pages():
    others = [
        part("text/calendar", "BEGIN:VCALENDAR"),
        part("text/vcard", "BEGIN:VCARD"),
        part("application/pkcs7-signature", "AAAA", "Content-Transfer-Encoding: base64"),
    ]
    found = extract(message(multipart("mixed", PLAIN, *others)))
    assert pages(found) == [RATE]
    assert codes(found) == ["pages-synthetic"]


def test_an_attached_message_is_read_with_its_attachments():
    inner = f"Content-Type: message/rfc822\n\n{HEAD}{multipart('mixed', PLAIN, pdf_part(), boundary='c')}"
    assert pages(extract(message(multipart("mixed", part("text/plain", "Reenvío."), inner)))) == [
        "Reenvío.",
        RATE,
        GOAL,
    ]


def test_an_attached_archive_is_named_and_not_half_read():
    import io
    import zipfile

    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("a.pdf", PDF)
        archive.writestr("b.pdf", PDF)
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "a@example.org", "b@example.org", "Plan"
    mail.set_content(RATE)
    mail.add_attachment(buffer.getvalue(), maintype="application", subtype="zip", filename="anexos.zip")
    found = extract(mail.as_bytes())
    assert len(found.pages) == 1
    (flag,) = [flag for flag in found.flags if flag.code == "attachment-unread"]
    assert "anexos.zip" in flag.detail


@pytest.mark.parametrize(
    "written",
    [
        "filename*=UTF-8''escudo%20se%C3%B1al.bin",
        "filename*0*=UTF-8''escudo%20; filename*1*=se%C3%B1al.bin",
        'filename="=?utf-8?q?escudo_se=C3=B1al=2Ebin?="',
        'filename="escudo señal.bin"',
    ],
)
def test_names_of_attachments_are_read_in_every_form(written):
    other = part(
        "application/octet-stream",
        "AAECAwQF" * 20,
        "Content-Transfer-Encoding: base64",
        f"Content-Disposition: attachment; {written}",
    )
    found = extract(message(multipart("mixed", PLAIN, other)))
    (flag,) = [flag for flag in found.flags if flag.code == "attachment-unread"]
    assert "escudo señal.bin" in flag.detail


@pytest.mark.parametrize(
    "body",
    [
        multipart("encrypted", part("application/pgp-encrypted", "Version: 1"), part("application/octet-stream", "x")),
        part("application/pkcs7-mime; smime-type=enveloped-data", "AAAA", "Content-Transfer-Encoding: base64"),
    ],
)
def test_an_encrypted_message_is_named(body):
    with pytest.raises(EncryptedDocumentError, match="encrypted"):
        extract(message(body))


def test_word_documents_in_messages_keep_their_pages():
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "a@example.org", "b@example.org", "Plan"
    mail.set_content(RATE)
    word = docx(p("Uno.") + '<w:p><w:r><w:br w:type="page"/></w:r></w:p>' + p("Dos."))
    mail.add_attachment(word, maintype="application", subtype="octet-stream", filename="plan.docx")
    assert pages(extract(mail.as_bytes())) == [RATE, "Uno.", "Dos."]


LONG = 120_000
HEADERS = {
    "semicolons in quotes": part('text/plain; a="' + ";" * LONG, RATE),
    "parameters": part("text/plain" + "; a=" * LONG, RATE),
    "pieces of a name": part("text/plain", RATE, "Content-Disposition: attachment; " + "; ".join(
        f"filename*{n}*=a" for n in range(LONG // 6))),
    "encoded words": part("text/plain", RATE, "Content-Disposition: attachment; filename=\"" + "=?a?q?" * LONG),
    "styles that never end": multipart("alternative", part("text/plain", RATE * 8), part("text/html", "<style " * LONG),
                                       boundary="c"),
}  # fmt: skip


@pytest.mark.timeout(60)
@pytest.mark.parametrize("hostile", HEADERS.values(), ids=HEADERS)
def test_headers_and_markup_that_the_library_reads_in_quadratic_time_are_cut_off(hostile):
    """Each took minutes, or as much as that for twice the size."""
    assert RATE in "".join(pages(extract(message(multipart("mixed", part("text/plain", GOAL), hostile)))))


@pytest.mark.timeout(60)
def test_parts_within_parts_are_counted_before_they_are_read():
    nested = "".join(f"Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}\n" for n in range(400))
    with pytest.raises(DocumentTooLargeError, match="more than 100 parts"):
        extract(message(nested + part("text/plain", "--x\n" * 200_000)))


@pytest.mark.parametrize(
    ("markup", "plain"),
    [
        (f"<style>p {{}}</style><p>{RATE}</p>", "x"),
        (f"<p>{RATE}</p><style>", "x"),
        (f"<script>a</script><title>b</title><p>{RATE}</p>", "x"),
    ],
)
def test_a_plain_form_without_the_text_is_not_preferred(markup, plain):
    markup += "<p>" + GOAL * 20
    body = multipart("alternative", part("text/plain", plain), part("text/html", markup))
    assert RATE in "".join(pages(extract(message(body))))
