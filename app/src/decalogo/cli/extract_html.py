"""The output of ``decalogo extract`` as one web page: the picture of each page and the text that was read."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from html import escape
from itertools import groupby
from pathlib import Path
from typing import Any

_WIDTH = 900
"""Width of a page picture, pixels."""
_STYLE = """
body{font:15px/1.5 system-ui,sans-serif;margin:1rem;color:#222}
section{display:grid;grid-template-columns:minmax(0,1fr) minmax(0,1fr);gap:1rem}
section{border-top:2px solid #888;padding:1rem 0}
h2{grid-column:1/-1;font-size:1rem;margin:0}
section>div{overflow-x:auto}
img{width:100%;border:1px solid #bbb}
p{margin:.2rem 0;padding:.1rem .4rem;border-left:4px solid #ccc;white-space:pre-wrap}
p small{display:block;color:#666;font-size:.75rem}
.heading{border-color:#1a5fb4;font-weight:600}.list{border-color:#26a269}.table-row{border-color:#e5a50a}
.table-row{white-space:normal;font-size:.85rem}.alone{grid-template-columns:minmax(0,60rem)}
.contents,.furniture{color:#777;border-color:#eee}
table{border-collapse:collapse;margin:.6rem 0;font-size:.85rem}
th,td{border:1px solid #999;padding:.15rem .4rem;vertical-align:top}
.flag{background:#fff3cd;padding:.3rem .6rem;margin:.3rem 0}
"""


def as_html(view: dict[str, Any], file: Path) -> str:
    """Return a document as a web page that needs no other file.

    Args:
        view: as ``document_view`` describes it.
        file: the document; its page pictures are drawn from it if it is a PDF or an image.
    """
    pictures = _pictures(file, view)
    flags = "".join(
        f'<div class="flag"><b>{escape(flag["code"])}</b>: {escape(flag["detail"])}</div>' for flag in view["flags"]
    )
    pages = "".join(_page(page, pictures.get(page["page"])) for page in view["pages"])
    title = escape(file.name)
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title><style>{_STYLE}</style>'
        f"<h1>{title}</h1><div>{escape(view['media_type'])}, {view['page_count']} pages</div>{flags}{pages}</html>\n"
    )


def _pictures(file: Path, view: dict[str, Any]) -> dict[int, bytes]:
    """Return the pictures of pages, drawn by a process of its own; a page that cannot be drawn has none."""
    from decalogo.errors import DecalogoError
    from decalogo.rendering.renderer import MEDIA_TYPES, Renderer
    from decalogo.settings import get_settings

    if view["media_type"] not in MEDIA_TYPES:
        return {}
    renderer = Renderer(get_settings().rendering)
    costly = {page for flag in view["flags"] if flag["code"] == "pages-too-costly" for page in flag["pages"]}
    pictures: dict[int, bytes] = {}
    try:
        for number in (page["page"] for page in view["pages"] if page["page"] not in costly):
            try:
                pictures[number] = renderer.picture(file, number, _WIDTH, view["media_type"])
            except DecalogoError:
                continue
    finally:
        renderer.close()
    return pictures


def _page(page: dict[str, Any], picture: bytes | None) -> str:
    image, form = "", ' class="alone"'
    if picture is not None:
        form = ""
        source = b64encode(picture).decode()
        image = f'<div><img alt="Page {page["page"]}" src="data:image/webp;base64,{source}"></div>'
    note = " (text recognised from the picture)" if page["recognised"] else ""
    content = "".join(_content(page))
    return f"<section{form}><h2>Page {page['page']}{note}</h2>{image}<div>{content}</div></section>"


def _content(page: dict[str, Any]) -> Iterator[str]:
    """Yield the blocks of a page, each table in front of the blocks of its rows."""
    tables = list(page["tables"])
    for is_rows, run in groupby(page["blocks"], key=lambda block: block["kind"] == "table-row"):
        blocks = list(run)
        while is_rows and tables and _start(tables[0]) <= blocks[-1]["end"]:
            yield _table(tables.pop(0))
        for block in blocks:
            yield (
                f'<p class="{block["kind"]}" title="{escape(" > ".join(block["section"]))}"><small>{block["kind"]} '
                f"{block['start']}-{block['end']}</small>{escape(page['text'][block['start'] : block['end']])}</p>"
            )
    yield from map(_table, tables)


def _start(table: dict[str, Any]) -> int:
    """Return the offset of the first cell of a table that has text."""
    return min((cell["start"] for row in table["rows"] for cell in row if cell["start"] is not None), default=0)


def _table(table: dict[str, Any]) -> str:
    header = "".join(f"<th>{escape(title)}</th>" for title in table["header"])
    rows = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in table["rows"])
    return f"<table><tr>{header}</tr>{rows}</table>"


def _cell(cell: dict[str, Any]) -> str:
    place = "" if cell["start"] is None else f' title="{cell["start"]}-{cell["end"]}"'
    return f"<td{place}>{escape(cell['text'])}</td>"
