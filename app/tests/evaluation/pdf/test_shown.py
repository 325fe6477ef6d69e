"""What a page shows is read, and nothing else: its visible part, its layers, what people typed into it."""

import io

import pikepdf
import pytest
from reportlab.lib.pagesizes import letter
from reportlab.pdfgen.canvas import Canvas

from decalogo.errors import NoTextError
from decalogo.evaluation.documents.parts import READ, Part, Parts
from decalogo.evaluation.documents.reading import Limits
from decalogo.evaluation.extract import extract
from decalogo.evaluation.pdf.reader import read_part
from tests.evaluation.pdf.raw_pdfs import raw_pdf, shown, stream_object

SEEN = "La tasa fue de 120 casos en 2019."
OTHER = "Texto de un borrador: 99 aulas."


def text_of(content: bytes) -> str:
    return extract(content).pages[0].text


@pytest.mark.parametrize(("x", "y"), [(760, 700), (-400, 700), (60, 900), (60, -40)])
def test_text_outside_the_page_is_not_read(x, y):
    assert text_of(raw_pdf(shown(SEEN, 60, 700) + shown(OTHER, x, y))) == SEEN


def test_a_line_that_begins_on_the_page_and_runs_over_its_edge_is_read_whole():
    line = "El plan define metas para " + "la vivienda rural, " * 20
    assert text_of(raw_pdf(shown(line, 60, 700))) == line.strip()


def test_what_stands_beside_the_page_on_the_height_of_a_line_is_not_read():
    columns = shown("Antes.", -300, 700) + shown(SEEN, 60, 700) + shown(OTHER, 760, 700) + shown("Sigue.", 60, 680)
    assert text_of(raw_pdf(columns)) == f"{SEEN}\nSigue."


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_text_outside_the_crop_box_is_not_read(rotation):
    page = b"/CropBox [40 600 500 792] /Rotate %d" % rotation
    assert text_of(raw_pdf(shown(SEEN, 60, 700) + shown(OTHER, 60, 300), page=page)) == SEEN


def test_a_page_with_all_its_text_outside_is_a_page_without_text():
    with pytest.raises(NoTextError):
        extract(raw_pdf(shown(OTHER, 60, 900)))


def layered(marked: bytes, view: bytes, *, resources: bytes = b"", objects: dict[int, bytes] | None = None) -> bytes:
    groups = {100: b"<< /Type /OCG /Name (borrador) >>", 101: b"<< /Type /OCG /Name (visible) >>"}
    catalog = b"/OCProperties << /OCGs [100 0 R 101 0 R] /D << " + view + b" >> >>"
    properties = b"/Properties << /off 100 0 R /on 101 0 R /both 102 0 R >> " + resources
    member = {102: b"<< /Type /OCMD /OCGs [100 0 R 101 0 R] /P /AllOn >>"}
    return raw_pdf(
        shown(SEEN, 60, 700) + marked, catalog=catalog, resources=properties, objects=groups | member | (objects or {})
    )


OFF = b"/OFF [100 0 R]"


@pytest.mark.parametrize(
    ("name", "view"),
    [
        (b"off", OFF),
        (b"both", OFF),
        (b"off", b"/BaseState /OFF /ON [101 0 R]"),
    ],
    ids=("off", "membership", "base state"),
)
def test_a_hidden_layer_is_not_read(name, view):
    marked = (
        b"/OC /" + name + b" BDC " + shown(OTHER, 60, 500) + b"EMC\n/OC /on BDC " + shown("Queda.", 60, 400) + b"EMC"
    )
    assert text_of(layered(marked, view)) == f"{SEEN}\nQueda."


@pytest.mark.parametrize("name", [b"off", b"both"])
def test_a_layer_that_is_shown_is_read(name):
    marked = b"/OC /" + name + b" BDC " + shown(OTHER, 60, 500) + b"EMC"
    assert text_of(layered(marked, b"/Order [100 0 R]")) == f"{SEEN}\n{OTHER}"


def test_a_layer_that_is_shown_only_in_print_is_not_read():
    used = {100: b"<< /Type /OCG /Name (x) /Usage << /View << /ViewState /OFF >> >> >>"}
    view = b"/AS [<< /Event /View /OCGs [100 0 R] /Category [/View] >>]"
    marked = b"/OC /off BDC " + shown(OTHER, 60, 500) + b"EMC"
    assert text_of(layered(marked, view, objects=used)) == SEEN


def form_xobject(contents: bytes, entries: bytes, properties: bytes = b"") -> bytes:
    entries += b" /Type /XObject /Subtype /Form /BBox [0 0 612 792]"
    resources = b" /Resources << /Font << /F1 3 0 R >> /Properties << " + properties + b" >> >>"
    return stream_object(contents, entries + resources)


@pytest.mark.parametrize("owner", [b"100", b"102"])
def test_a_form_of_a_hidden_layer_is_not_read(owner):
    form = form_xobject(shown(OTHER, 60, 500), b"/OC " + owner + b" 0 R")
    assert text_of(layered(b"/X Do", OFF, resources=b"/XObject << /X 110 0 R >>", objects={110: form})) == SEEN


def test_a_hidden_layer_inside_a_form_is_not_read():
    inside = b"/OC /off BDC " + shown(OTHER, 60, 500) + b"EMC " + shown("Queda.", 60, 400)
    form = form_xobject(inside, b"", b"/off 100 0 R")
    content = layered(b"/X Do", OFF, resources=b"/XObject << /X 110 0 R >>", objects={110: form})
    assert text_of(content) == f"{SEEN}\nQueda."


def filled_form() -> bytes:
    target = io.BytesIO()
    canvas = Canvas(target, pagesize=letter, invariant=1)
    form = canvas.acroForm
    at = {"x": 160, "height": 20}
    canvas.drawString(60, 700, "Nombre:")
    form.textfield(name="n", value="María Pérez ñandú", y=695, width=200, **at)
    canvas.drawString(60, 660, "Zona:")
    form.choice(name="z", value="Rural", options=["Urbana", "Rural"], y=655, width=100, **at)
    canvas.drawString(60, 620, "Eje:")
    form.listbox(name="l", value="B dos", options=["A uno", "B dos", "C tres"], y=580, width=100, x=160, height=60)
    canvas.drawString(60, 540, "Rural")
    form.checkbox(name="c", checked=True, x=160, y=535)
    canvas.drawString(60, 510, "Urbano")
    form.checkbox(name="d", checked=False, x=160, y=505)
    canvas.drawString(60, 440, "Notas:")
    form.textfield(
        name="m", value="Primera línea\nSegunda línea", x=160, y=400, width=200, height=50, fieldFlags="multiline"
    )
    canvas.drawString(60, 380, "El municipio de")
    form.textfield(name="u", value="Florencia", y=375, x=150, width=80, height=20)
    canvas.drawString(240, 380, "cumple la meta.")
    form.textfield(name="s", value="secreto", y=340, width=80, fieldFlags="password", **at)
    form.textfield(name="h", value="oculto", y=300, width=80, annotationFlags="hidden", **at)
    canvas.showPage()
    canvas.save()
    return target.getvalue()


def test_values_of_form_fields_are_read_in_their_place():
    assert text_of(filled_form()).splitlines() == [
        "Nombre: María Pérez ñandú",
        "Zona: Rural",
        "Eje: B dos",
        "Rural X",
        "Urbano",
        "Notas: Primera línea",
        "Segunda línea",
        "El municipio de Florencia cumple la meta.",
    ]


def test_a_value_that_a_field_has_from_its_parent_is_read():
    objects = {
        100: b"<< /FT /Tx /T (meta) /V (35 aulas) /Kids [101 0 R] >>",
        101: b"<< /Type /Annot /Subtype /Widget /Parent 100 0 R /Rect [160 695 300 715] >>",
    }
    content = raw_pdf(
        shown("Meta:", 60, 700) + shown("Sigue el texto.", 60, 600),
        objects=objects,
        page=b"/Annots [101 0 R]",
        catalog=b"/AcroForm << /Fields [100 0 R] >>",
    )
    assert text_of(content) == "Meta: 35 aulas\nSigue el texto."


def noted(note: bytes) -> bytes:
    objects = {100: b"<< /Type /Annot /Rect [60 640 400 660] " + note + b" >>"}
    contents = shown("Primera línea.", 60, 700) + shown("Última línea.", 60, 600)
    return raw_pdf(contents, objects=objects, page=b"/Annots [100 0 R]")


def test_a_typewriter_note_is_read_between_the_lines_around_it():
    content = noted(b"/Subtype /FreeText /Contents (Escrito a mano: 12 \xe1reas)")
    assert text_of(content) == "Primera línea.\nEscrito a mano: 12 áreas\nÚltima línea."


@pytest.mark.parametrize("kind", [b"/Text", b"/Popup", b"/Highlight", b"/Link"])
def test_comments_on_a_page_are_no_text_of_it(kind):
    assert text_of(noted(b"/Subtype " + kind + b" /Contents (Un comentario)")) == "Primera línea.\nÚltima línea."


def test_a_page_with_values_and_no_other_text_is_no_scan():
    document = extract(raw_pdf(b"", objects={
        100: b"<< /Type /Annot /Subtype /Widget /FT /Tx /V (35 aulas nuevas en la zona rural) /Rect [60 640 400 660] >>"
    }, page=b"/Annots [100 0 R]"))  # fmt: skip
    assert document.pages[0].text == "35 aulas nuevas en la zona rural"
    assert not document.flags


def test_a_table_with_typed_cells_holds_them():
    target = io.BytesIO()
    canvas = Canvas(target, pagesize=letter, invariant=1)
    canvas.grid([60, 200, 340], [600, 630, 660])
    for row, (label, value) in enumerate((("Indicador", "Meta"), ("Aulas", "35"))):
        canvas.drawString(70, 640 - 30 * row, label)
        canvas.acroForm.textfield(name=f"f{row}", value=value, x=205, y=635 - 30 * row, width=100, height=20)
    canvas.showPage()
    canvas.save()
    (table,) = extract(target.getvalue()).tables
    assert table.header == ("Indicador", "Meta")
    assert [[cell.text for cell in row.cells] for row in table.rows] == [["Aulas", "35"]]


def test_parts_of_a_document_are_read_as_the_whole():
    content = filled_form()
    known = read_part(content, Part(READ, (1,)), Limits())
    assert extract(content, parts=Parts(known)) == extract(content)


def test_a_form_with_damaged_fields_is_read_without_them():
    with pikepdf.open(io.BytesIO(filled_form())) as document:
        for field in document.pages[0].obj.Annots:
            field["/Rect"] = pikepdf.Array([1, 2])
        target = io.BytesIO()
        document.save(target)
    assert text_of(target.getvalue()).startswith("Nombre:\nZona:")
