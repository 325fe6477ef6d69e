"""The HTML report: everything a reader needs, nothing from elsewhere, nothing that runs."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser
from typing import Any

import pytest

from decalogo.evaluation import Evaluation
from decalogo.reports import COMPARISONS, REPORTS, Evaluated, NotEvaluated, roll_up
from decalogo.reports import words as texts
from decalogo.reports.html import content_security_policy, style
from decalogo.reports.labels import labels_for
from decalogo.reports.view import View
from decalogo.reports.workbook import HEAT
from tests.reports.conftest import PARTIAL, cut_short

VOID = {"meta", "link", "br", "img", "hr", "input"}


class Page(HTMLParser):
    """Reads a page and notes its shape."""

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.attributes: set[str] = set()
        self.open: list[str] = []
        self.text = ""
        self.language = ""
        self.feed(content.decode())
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.append(tag)
        self.attributes |= set(given)
        self.ids += [given["id"] or ""] if "id" in given else []
        self.links += [given["href"] or ""] if "href" in given else []
        self.language = self.language or given.get("lang") or ""
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, f"</{tag}> closes another element"

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_data(self, data: str) -> None:
        self.text += data


def check_page(content: bytes) -> Page:
    """Well formed, self-contained, without script, every inner link leading somewhere."""
    page = Page(content)
    assert page.open == []
    assert not {"script", "img", "iframe", "object", "form", "link"} & set(page.tags)
    assert not {name for name in page.attributes if name.startswith("on") or name in {"style", "src"}}
    assert len(page.ids) == len(set(page.ids))
    assert {link[1:] for link in page.links if link.startswith("#")} <= set(page.ids)
    return page


@pytest.fixture(scope="module")
def page(plan: Evaluation) -> Page:
    return check_page(REPORTS["html"].render(plan.result, name="Plan de Florencia", pages=plan.pages))


def test_a_spanish_rubric_gives_a_spanish_page(page: Page) -> None:
    assert page.language == "es"
    for words in (
        "Matriz de resultados",
        "Fortalezas",
        "Puntajes más bajos",
        "Recomendaciones principales",
        "Plan de Florencia",
    ):
        assert words in page.text


def test_every_answer_stands_on_the_page_with_its_question_and_score(page: Page, plan: Evaluation) -> None:
    asked = [answer["id"] for answer in plan.result["answers"] if answer["applicable"]]
    assert len(asked) == 270
    assert set(asked) <= set(page.ids)
    assert "Responsable de cada producto" in page.text


def test_every_quote_stands_on_the_page_and_leads_to_its_page(page: Page, plan: Evaluation) -> None:
    quotes = [item for answer in plan.result["answers"] for item in (*answer["evidence"], *answer["possible"])]
    text = " ".join(page.text.split())
    for item in quotes:
        assert " ".join(item["quote"].split()) in text
        assert f"page-{item['page']}" in page.ids


def test_hashes_evaluator_and_reasons_are_told_and_escaped(page: Page, plan: Evaluation) -> None:
    for value in (plan.result["sha256"], plan.result["document"]["sha256"], plan.result["rubric"]["sha256"]):
        assert value in page.text
    assert "no hay <cárcel>" in page.text
    assert "cárcel" not in page.tags


def test_flags_are_told_in_the_readers_language(result: dict[str, Any]) -> None:
    result["flags"] = [{"code": "pages-without-text", "detail": "3 pages have no text layer", "pages": [1, 2, 9]}]
    page = check_page(REPORTS["html"].render(result))
    assert "capa de texto (escaneadas) y no se evaluaron: 1–2, 9." in page.text
    assert "3 pages have no text layer" not in page.text


def test_words_recognised_in_an_image_are_marked_as_such(result: dict[str, Any]) -> None:
    for answer in result["answers"]:
        for item in answer["evidence"]:
            item.pop("recognised", None)
    assert "texto reconocido en la imagen" not in Page(REPORTS["html"].render(result)).text
    next(answer["evidence"][0] for answer in result["answers"] if answer["evidence"])["recognised"] = True
    assert "texto reconocido en la imagen" in Page(REPORTS["html"].render(result)).text


def test_pages_link_to_the_document_when_its_address_is_known(plan: Evaluation) -> None:
    linked = Page(REPORTS["html"].render(plan.result, link="https://example.org/plan.pdf"))
    assert "https://example.org/plan.pdf#page=23" in linked.links
    with pytest.raises(ValueError, match="javascript"):
        REPORTS["html"].render(plan.result, link="javascript:alert(1)")


def test_whatever_a_document_says_cannot_become_markup(result: dict[str, Any]) -> None:
    attack = '</style><script>alert(1)</script><a href="javascript:x">'
    proof = next(answer["evidence"][0] for answer in result["answers"] if answer["evidence"])
    proof["quote"], proof["matched"] = attack, "script"
    result["flags"].append({"code": "new-flag", "detail": attack, "pages": []})
    result["points"][0]["title"] = attack
    page = check_page(REPORTS["html"].render(result, name=attack))
    assert page.text.count("alert(1)") >= 4
    assert "javascript:x" not in page.links


def test_the_policy_in_the_page_allows_its_own_style_sheet_and_nothing_else(plan: Evaluation) -> None:
    body = REPORTS["html"].render(plan.result).decode()
    sheet = re.search(r"<style>(.*?)</style>", body, re.DOTALL)
    assert sheet
    digest = base64.b64encode(hashlib.sha256(sheet.group(1).encode()).digest()).decode()
    assert content_security_policy().startswith(f"default-src 'none'; style-src 'sha256-{digest}'")


def test_a_result_of_zeros_is_shown_too(empty: dict[str, Any]) -> None:
    page = check_page(REPORTS["html"].render(empty))
    assert "0,0 %" in page.text
    assert "prueba de carga" in page.text
    assert "Ninguna pregunta alcanza la mitad" in page.text


def test_a_partial_result_says_so_at_the_top(result: dict[str, Any]) -> None:
    cut_short(result)
    page = check_page(REPORTS["html"].render(result))
    assert PARTIAL in page.text.partition("Matriz de resultados")[0]
    del result["coverage"]  # as evaluators before 1.3 left it
    page = check_page(REPORTS["html"].render(result))
    assert PARTIAL in page.text.partition("Matriz de resultados")[0]


def test_strengths_and_gaps_are_never_the_same_and_of_few_points_not_all_are_best(result: dict[str, Any]) -> None:
    view = View(result, labels_for(result))
    assert not set(view.strengths) & set(view.gaps)
    assert min(mean.percent for mean in view.strengths) >= 50
    result["points"] = result["points"][:3]
    few = View(result, labels_for(result))
    assert (len(few.best_points), len(few.worst_points)) == (1, 1)
    assert few.best_points[0]["percent"] > few.worst_points[0]["percent"]


def test_the_same_result_gives_the_same_bytes(plan: Evaluation) -> None:
    for report in REPORTS.values():
        assert report.render(plan.result, name="x") == report.render(plan.result, name="x")


def test_text_stays_readable_on_every_shade() -> None:
    shades = dict(re.findall(r"\.(h\d|na) \{ background: (#[0-9a-f]{6})", style()))
    assert {name: shade.upper() for name, shade in shades.items()} == HEAT
    for name, shade in shades.items():
        assert contrast(shade, "#4a5260" if name == "na" else "#1c1f23") >= 4.5


def contrast(first: str, second: str) -> float:
    """Contrast of two colours (WCAG 2.2, 1.4.3)."""
    light, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_a_comparison_names_every_document_and_those_without_result(plan: Evaluation, empty: dict[str, Any]) -> None:
    whole = roll_up(
        [
            Evaluated("uno & dos", plan.result, "r/uno.html"),
            Evaluated("cero", empty),
            NotEvaluated("roto", "failed", "<x>"),
        ]
    )
    page = check_page(COMPARISONS["html"].render(whole))
    assert "r/uno.html" in page.links
    for words in ("uno & dos", "cero", "roto", "<x>", "Comparación de documentos"):
        assert words in page.text


def test_a_comparison_of_nothing_is_a_page_too() -> None:
    check_page(COMPARISONS["html"].render(roll_up([])))
    check_page(COMPARISONS["html"].render(roll_up([NotEvaluated("roto", "failed")])))


def test_numbers_round_as_spreadsheets_do() -> None:
    assert [texts.words("es").number(value) for value in (36.25, 36.249, 0.05, 100.0, 0.0)] == [
        "36,3", "36,2", "0,1", "100,0", "0,0",
    ]  # fmt: skip
    assert texts.words("en").short(2.675) == "2.68"
