"""The soft time limit: the pages read until then are a document of their own."""

from pathlib import Path

import pytest

from decalogo.evaluation import evaluate
from decalogo.evaluation.documents.model import Extracted, Flag, Page
from decalogo.evaluation.extract import extract
from decalogo.evaluation.options import EvaluateOptions
from decalogo.evaluation.rubric import load_rubric
from decalogo.evaluation.scoring.coverage import coverage_of
from tests.evaluation.formats.test_office import BREAK, docx, p
from tests.evaluation.pdf.pdfs import SENTENCE, lines_pdf


class AfterPages:
    """Answers yes from the n-th time on, as a clock would that runs out while page n is read."""

    def __init__(self, pages: int) -> None:
        self.left = pages

    def __call__(self) -> bool:
        self.left -= 1
        return self.left <= 0


def never() -> bool:
    return False


TEXT = "\f".join(f"Página {word}. {SENTENCE}" for word in ("uno", "dos", "tres", "cuatro", "cinco")).encode()
DOCX = docx(BREAK.join(p(f"Página {word}. {SENTENCE}") for word in ("uno", "dos", "tres", "cuatro", "cinco")))
PDF = lines_pdf([[f"Página {word}. {SENTENCE[:60]}"] for word in ("uno", "dos", "tres", "cuatro", "cinco")])
HTML = f"<html><body>{f'<p>{SENTENCE * 40}</p>' * 5}".encode()


@pytest.mark.parametrize("content", [PDF, TEXT, DOCX], ids=["pdf", "text", "docx"])
def test_the_pages_read_until_the_time_limit_are_the_document(content):
    whole, cut = extract(content), extract(content, stop=AfterPages(2))
    assert cut.pages == whole.pages[:2]
    assert cut.total_pages == 5
    (flag,) = [flag for flag in cut.flags if flag.code == "partial"]
    assert flag.detail == "The time limit ended the reading: only pages 1-2 of 5 were evaluated."
    assert flag.pages == (3, 4, 5)


def test_a_file_cut_short_says_how_many_pages_it_has():
    cut = extract(HTML, stop=AfterPages(1))
    assert len(cut.pages) == 1
    assert cut.total_pages == 5
    assert [flag.detail for flag in cut.flags if flag.code == "partial"] == [
        "The time limit ended the reading: only page 1 of 5 was evaluated."
    ]


@pytest.mark.parametrize("content", [PDF, TEXT, DOCX, HTML], ids=["pdf", "text", "docx", "html"])
def test_one_page_is_read_even_when_the_time_is_already_over(content):
    assert len(extract(content, stop=lambda: True).pages) == 1


def test_a_cut_before_the_first_page_with_text_is_no_scan():
    cut = extract(lines_pdf([[], ["Página dos con texto."]]), stop=AfterPages(1))
    assert {flag.code for flag in cut.flags} == {"partial", "pages-without-text"}


@pytest.mark.parametrize("content", [PDF, TEXT, DOCX, HTML], ids=["pdf", "text", "docx", "html"])
def test_time_that_does_not_run_out_changes_nothing(content):
    assert extract(content, stop=never) == extract(content)


def test_a_partial_result_is_valid_says_so_and_comes_out_the_same_again(real_plan: Path):
    rubric = load_rubric("decalogo")
    first, second = (evaluate(real_plan, rubric, EvaluateOptions(stop=AfterPages(12))) for _ in range(2))
    assert first.to_json() == second.to_json()
    assert first.partial
    assert first.result["document"]["pages"] == 116
    assert first.result["document"]["pages_judged"] == len(first.pages) == 12
    assert len(first.result["answers"]) == 300
    cited = {item["page"] for answer in first.result["answers"] for item in answer["evidence"]}
    assert cited
    assert max(cited) <= 12
    coverage = first.result["coverage"]
    assert coverage["pages_judged"] == [[1, 12]]
    assert coverage["pages_left"] == [[13, 116]]
    answered = {answer["point"] for answer in first.result["answers"] if answer["score"] is not None}
    assert coverage["points_judged"] == [f"P{number}" for number in range(1, 11)] == sorted(answered, key=_number)


def _number(point: str) -> int:
    return int(point[1:])


def test_coverage_of_a_whole_result_leaves_nothing_and_names_only_points_that_apply(real_plan: Path):
    options = EvaluateOptions(not_applicable={"P9": "no jail"})
    coverage = evaluate(real_plan, load_rubric("decalogo"), options).result["coverage"]
    assert coverage["complete"]
    assert (coverage["pages_judged"], coverage["pages_left"]) == ([[1, 116]], [])
    assert coverage["points_judged"] == [f"P{number}" for number in range(1, 11) if number != 9]


def test_coverage_leaves_out_scans_that_there_was_no_time_for_and_says_when_nobody_knows_how_many():
    pages = tuple(Page(number, "text") for number in range(1, 6))
    scans = Extracted("application/pdf", pages, (), flags=(Flag("partial", "2 scanned pages", (2, 3)),))
    assert coverage_of(scans, ["P1"]) == {
        "complete": False,
        "pages_judged": [[1, 1], [4, 5]],
        "pages_left": [[2, 3]],
        "points_judged": ["P1"],
    }
    unknown = Extracted("text/html", pages, (), flags=(Flag("partial", "more follows"),))
    assert coverage_of(unknown, [])["pages_left"] is None
