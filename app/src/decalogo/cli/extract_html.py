"""The output of ``decalogo extract`` as one web page: the picture of each page and the text that was read."""

from __future__ import annotations

from base64 import b64encode
from html import escape
from pathlib import Path
from typing import Any

_WIDTH = 900
"""Width of a page picture, pixels."""
_STYLE = """
body{font:15px/1.5 system-ui,sans-serif;margin:1rem;color:#222}
section{display:grid;grid-template-columns:minmax(0,1fr) minmax(0,1fr);gap:1rem}
section{border-top:2px solid #888;padding:1rem 0}
h2{grid-column:1/-1;font-size:1rem;margin:0}
img{width:100%;border:1px solid #bbb}
p{margin:.2rem 0;padding:.1rem .4rem;border-left:4px solid #ccc;white-space:pre-wrap}
p small{display:block;color:#666;font-size:.75rem}
.heading{border-color:#1a5fb4;font-weight:600}.list{border-color:#26a269}.table-row{border-color:#e5a50a}
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
    image = "<div>This page has no picture.</div>"
    if picture is not None:
        source = b64encode(picture).decode()
        image = f'<div><img alt="Page {page["page"]}" src="data:image/webp;base64,{source}"></div>'
    blocks = "".join(
        f'<p class="{block["kind"]}" title="{escape(" > ".join(block["section"]))}"><small>{block["kind"]} '
        f"{block['start']}-{block['end']}</small>{escape(page['text'][block['start'] : block['end']])}</p>"
        for block in page["blocks"]
    )
    note = " (text recognised from the picture)" if page["recognised"] else ""
    tables = "".join(map(_table, page["tables"]))
    return f"<section><h2>Page {page['page']}{note}</h2>{image}<div>{blocks}{tables}</div></section>"


def _table(table: dict[str, Any]) -> str:
    header = "".join(f"<th>{escape(title)}</th>" for title in table["header"])
    rows = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in table["rows"])
    return f"<table><tr>{header}</tr>{rows}</table>"


def _cell(cell: dict[str, Any]) -> str:
    place = "" if cell["start"] is None else f' title="{cell["start"]}-{cell["end"]}"'
    return f"<td{place}>{escape(cell['text'])}</td>"
