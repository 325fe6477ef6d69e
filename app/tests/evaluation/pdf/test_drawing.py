"""A page whose picture would take minutes is not drawn; the pages around it are read."""

import zlib
from pathlib import Path

import pytest

from decalogo.errors import DocumentTooLargeError, PageUnreadableError
from decalogo.evaluation.extract import extract
from decalogo.evaluation.pdf import budget, drawing
from decalogo.evaluation.pdf.drawing import Drawings
from decalogo.rendering.renderer import Renderer
from decalogo.settings import RenderingSettings
from tests.evaluation.pdf.raw_pdfs import raw_pdf, shown, stream_object

TEXT = "La tasa fue de 120 casos en 2019."
FILL = b"/Pattern cs /P scn 0 0 600 800 re f "


def packed(data: bytes, entries: bytes = b"") -> bytes:
    return stream_object(zlib.compress(data, 9), b"/Filter /FlateDecode " + entries)


def image(side: int, entries: bytes = b"/ColorSpace /DeviceGray /BitsPerComponent 1") -> bytes:
    size = b"/Type /XObject /Subtype /Image /Width %d /Height %d " % (side, side)
    return packed(bytes(1000), size + entries)


TILED = b"/PatternType 1 /PaintType 1 /TilingType 1 /BBox [0 0 %g %g] /XStep %g /YStep %g "


def tiling(step: float, box: float, marks: int = 1) -> bytes:
    return packed(b"0 0 1 1 re f " * marks, TILED % (box, box, step, step) + b"/Resources << >>")


def form(content: bytes, name: int, entries: bytes = b"") -> bytes:
    resources = b"/Resources << /XObject << /A %d 0 R >> /ExtGState << /G << /ca .5 >> >> >>" % name
    return packed(content, b"/Type /XObject /Subtype /Form /BBox [0 0 600 800] " + resources + entries)


def jpeg(entries: bytes = b"/Filter /DCTDecode", pack: int = 0) -> bytes:
    data = b"\xff\xd8" + b"\xff\xda\x00\x08\x01\x01\x00\x01\x3f\x00\x00" * 500
    size = b"/Type /XObject /Subtype /Image /Width 8000 /Height 8000 /ColorSpace /DeviceGray /BitsPerComponent 8 "
    return stream_object(zlib.compress(data) if pack else data, size + entries)


GROUP = b"/Group << /S /Transparency /I true >>"
PATTERN = b"/Pattern << /P 100 0 R >>"
DRAWN = b"/XObject << /A 100 0 R >>"
SHADING = b"/Shading << /S 100 0 R >>"
MASK = b"/ExtGState << /G << /SMask << /S /Luminosity /G 100 0 R >> >> >>"
COMPUTED = b"<< /ShadingType 1 /ColorSpace /DeviceGray /Domain [0 600 0 800] /Function 101 0 R >>"
FUNCTION = b"/FunctionType 4 /Domain [0 600 0 800] /Range [0 1]"
MESH = b"/ShadingType 6 /ColorSpace /DeviceGray /BitsPerCoordinate 8 /BitsPerComponent 8 /BitsPerFlag 8 "
HOSTILE = {
    "tiny steps": raw_pdf(FILL, resources=PATTERN, objects={100: tiling(0.1, 9)}),
    "no step": raw_pdf(FILL, resources=PATTERN, objects={100: tiling(0, 9)}),
    "a tile drawn again and again": raw_pdf(FILL, resources=PATTERN, objects={100: tiling(1, 900, 9000)}),
    "a pattern used often": raw_pdf(FILL * 3000, resources=PATTERN, objects={100: tiling(0.5, 4)}),
    "a huge image": raw_pdf(b"/A Do", resources=DRAWN, objects={100: image(70_000)}),
    "an image drawn often": raw_pdf(b"/A Do " * 3000, resources=DRAWN, objects={100: image(6000)}),
    "an image in forms": raw_pdf(
        b"/A Do " * 60, resources=DRAWN, objects={100: form(b"/A Do " * 60, 101), 101: image(6000)}
    ),
    "an image of many passes": raw_pdf(b"/A Do", resources=DRAWN, objects={100: jpeg()}),
    "an image of many passes, packed": raw_pdf(
        b"/A Do", resources=DRAWN, objects={100: jpeg(b"/Filter [/FlateDecode /DCTDecode]", pack=1)}
    ),
    "a huge mask of an image": raw_pdf(
        b"/A Do", resources=DRAWN, objects={100: image(9, b"/SMask 101 0 R"), 101: image(70_000)}
    ),
    "a shading that is computed": raw_pdf(
        b"/S sh " * 9,
        resources=SHADING,
        objects={100: COMPUTED, 101: packed(b"{" + b"dup mul " * 9000 + b"}", FUNCTION)},
    ),
    "a mesh of many patches": raw_pdf(b"/S sh", resources=SHADING, objects={100: packed(bytes(60_000), MESH)}),
    "a mesh of many triangles": raw_pdf(
        b"/S sh", resources=SHADING, objects={100: packed(bytes(200_000), MESH.replace(b"Type 6", b"Type 4"))}
    ),
    "objects under a mask": raw_pdf(
        b"/G gs " + b"0 0 600 800 re f " * 9000, resources=MASK, objects={100: form(b"0 0 9 9 re f", 102, GROUP)}
    ),
    "groups in groups": raw_pdf(
        b"/A Do", resources=DRAWN,
        objects={100 + n: form(b"/G gs " + b"/A Do " * 9, 101 + n, GROUP) for n in range(5)} | {105: form(b"", 106)},
    ),
    "a form that draws itself": raw_pdf(
        b"/A Do", resources=DRAWN, objects={100: form(b"/A Do /A Do ", 100), 106: image(9)}
    ),
    "a pattern within itself": raw_pdf(
        FILL,
        resources=PATTERN,
        objects={100: packed(FILL, TILED % (9, 9, 9, 9) + b"/Resources << /Pattern << /P 100 0 R >> >>")},
    ),
}  # fmt: skip


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE)
def test_a_page_that_takes_too_much_to_draw_is_refused_with_its_number(content):
    with pytest.raises(DocumentTooLargeError, match="Page 1 of the PDF would take too much") as caught:
        extract(content)
    assert caught.value.extra == {"page": 1}


def test_the_pages_around_it_are_read_and_the_flag_names_it():
    content = raw_pdf(
        [shown(TEXT, 60, 700), FILL, shown(TEXT, 60, 700)], resources=PATTERN, objects={100: tiling(0.1, 9)}
    )
    result = extract(content)
    assert [page.text for page in result.pages] == [TEXT, "", TEXT]
    assert ("pages-too-costly", (2,)) in [(flag.code, flag.pages) for flag in result.flags]


@pytest.mark.parametrize(
    ("content", "resources", "objects"),
    [
        (FILL * 500, PATTERN, {100: tiling(4, 4)}),
        (b"/A Do", DRAWN, {100: image(10_000, b"/ColorSpace /DeviceRGB /BitsPerComponent 8")}),
        (b"/A Do " * 500, DRAWN, {100: image(300, b"/ColorSpace /DeviceRGB /BitsPerComponent 8")}),
        (b"q /G gs 0 0 9 9 re f Q " * 300 + b"0 0 9 9 re f " * 9000, MASK, {100: form(b"0 0 9 9 re f", 102, GROUP)}),
        (b"/S sh " * 2000, SHADING, {100: b"<< /ShadingType 2 /Coords [0 0 9 9] /Function << /FunctionType 2 >> >>"}),
        (b"0 0 9 9 re f", PATTERN, {100: tiling(0.01, 9)}),
    ],
    ids=("hatched map", "scan", "symbols", "shadows", "gradients", "pattern not used"),
)
def test_maps_scans_and_designed_pages_may_be_drawn(tmp_path, content, resources, objects):
    path = Path(tmp_path / "plan.pdf")
    path.write_bytes(raw_pdf(content, resources=resources, objects=objects))
    drawings = Drawings.of(path)
    assert drawings is not None
    assert drawings.reason(1) == ""


def test_the_console_does_not_draw_such_a_page(tmp_path):
    path = tmp_path / "plan.pdf"
    path.write_bytes(
        raw_pdf([FILL, shown(TEXT, 60, 700).replace(b"BT", b"BT ")], resources=PATTERN, objects={100: tiling(0.1, 9)})
    )
    renderer = Renderer(RenderingSettings())
    try:
        with pytest.raises(PageUnreadableError, match="would take too much"):
            renderer.picture(path, 1, 300)
        assert renderer.picture(path, 2, 300)
    finally:
        renderer.close()


def test_what_several_pages_draw_is_looked_at_once(monkeypatch):
    looks = []
    monkeypatch.setattr(drawing, "unpacked", lambda stream: looks.append(stream.objgen) or bytes(9))
    content = raw_pdf([b"/A Do"] * 9, resources=DRAWN, objects={100: form(b"/A Do", 101), 101: image(9)})
    drawings = Drawings.of(content)
    assert drawings is not None
    assert {drawings.reason(number) for number in range(1, 10)} == {""}
    assert looks.count((100, 0)) == 1


def test_pages_that_share_much_content_are_left_out(monkeypatch):
    monkeypatch.setattr(budget, "_MAX_SHARED", 1000)
    content = raw_pdf([shown(TEXT, 60, 700) + b" " * 300] * 9)
    for number in range(1, 9):
        content = content.replace(b"/Contents %d 0 R" % (11 + 2 * number), b"/Contents 11 0 R ")
    result = extract(content)
    assert [page.text for page in result.pages] == [TEXT] * 3 + [""] * 6
    assert [flag.pages for flag in result.flags if flag.code == "pages-too-costly"] == [(4, 5, 6, 7, 8, 9)]
