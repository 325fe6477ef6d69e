"""Two reviewers in the browser, shared by the test of the embedded form and the one of the container stack."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from playwright.sync_api import expect

from decalogo.reviews.bundle import verify
from decalogo.reviews.model import fingerprint

if TYPE_CHECKING:
    from tests.console.journey import Visitor


REVIEWER = ("--tier", "premium", "--tenant", "office", "--scope", "submit", "--scope", "read", "--scope", "review")
"""Options of a reviewer's token."""


SHORT_PLAN = """PROGRAMA MUJER Y GÉNERO
La tasa de violencia de género contra las mujeres fue de 12,4 % en 2019 según el DANE. El municipio y la alcaldía
atienden a 300 mujeres víctimas de violencia con un presupuesto de 120 millones de pesos en la comisaría de familia.
"""


def two_reviewers(
    ana: Visitor,
    luis: Visitor,
    tokens: tuple[str, str],
    plan: Path,
    evaluate_again: Callable[[str], None],
    folder: Path,
) -> None:
    """Review together: a conflict, a signature, a reopening, another evaluation, and files that anybody can verify.

    Args:
        ana: the first reviewer; uploads the plan, signs and reopens.
        luis: another one, at the same time.
        tokens: of both, with all scopes of an analyst and ``review``, in one tenant.
        plan: a small document.
        evaluate_again: changes what documents are evaluated with, and evaluates the document with this id again.
        folder: for downloads.
    """
    ana.sign_in(tokens[0])
    luis.sign_in(tokens[1])
    batch = ana.upload([plan])
    expect(ana.page.locator(".state.finished")).to_be_visible()
    (entry,) = ana.get(f"/api/v1/batch/{batch.rpartition('/')[2]}/documents")["documents"]
    here = f"/documents/{entry['document_id']}"
    machine = ana.get(f"/api/v1{here}/result")
    scored = [answer["id"] for answer in machine["answers"] if answer["score"]][:3]
    without = next(a["id"] for a in reversed(machine["answers"]) if a["score"] == 0 and not any(a["elements"].values()))
    assert len(scored) == 3

    conflict(ana, luis, here, scored[0])
    ana.go(f"{here}/answers/{scored[1]}")
    ana.page.fill("#comment", "otra fuente")
    ana.page.keyboard.press("Tab")  # out of the text, so that the next key is no letter of it
    for answer, key in ((scored[1], "r"), (without, "a")):
        if not ana.page.url.endswith(answer):
            ana.go(f"{here}/answers/{answer}")
        ana.page.keyboard.press(key)
        ana.page.wait_for_url(re.compile(rf"{here}/(answers/(?!{answer}$)|review)"))
    sign(ana, here, "Ana Ruiz")
    exported(ana, here, batch, folder)

    luis.go(f"{here}/answers/{scored[2]}")
    expect(luis.page.locator("#review .notice")).to_be_visible()  # closed by the signature
    assert luis.page.locator("button[value=accepted]").count() == 0

    ana.go(f"{here}/review")
    ana.page.fill("#reason", "una cifra")
    ana.page.click(f"form[action='{here}/reopen'] button")
    expect(ana.page.locator(".state.reopened")).to_be_visible()

    evaluate_again(entry["document_id"])
    second_look(ana, here, machine, [*scored[:2], without])
    sign(ana, here, "Ana Ruiz")
    exported(ana, here, batch, folder)
    assert ana.faults == luis.faults == []


def conflict(ana: Visitor, luis: Visitor, here: str, answer: str) -> None:
    """Two reviewers open one answer. The second one gets a conflict, sees the first review, and decides again."""
    ana.go(f"{here}/answers/{answer}")
    luis.go(f"{here}/answers/{answer}")
    luis.page.click("button[value=accepted]")
    luis.page.wait_for_url(re.compile(rf"{here}/(answers/(?!{answer}$)|review)"))
    ana.page.click("button[value=rejected]")
    expect(ana.page.get_by_text("Otra persona")).to_be_visible()
    review = ana.get(f"/api/v1{here}/answers/{answer}/review")
    assert (review["verdict"], review["version"]) == ("accepted", 1)
    ana.go(f"{here}/answers/{answer}")
    expect(ana.page.locator("#review h2")).to_contain_text("luis")
    ana.page.click("button[value=accepted]")
    ana.page.wait_for_url(re.compile(rf"{here}/(answers/(?!{answer}$)|review)"))
    assert ana.get(f"/api/v1{here}/answers/{answer}/review")["version"] == 2


def sign(ana: Visitor, here: str, person: str) -> None:
    """Sign a document."""
    ana.go(f"{here}/review")
    ana.page.fill("#person", person)
    ana.page.click(f"form[action='{here}/sign'] button")
    expect(ana.page.locator(".signature")).to_contain_text(person)


def exported(ana: Visitor, here: str, batch: str, folder: Path) -> None:
    """Download what a signed document offers: the file verifies, a changed one does not, reports name the person."""
    ana.go(f"{here}/review")
    with ana.page.expect_download() as download:
        ana.page.click("a[download]")
    signed = folder / "signed.json"
    download.value.save_as(signed)
    content = json.loads(signed.read_bytes())
    assert verify(content) == []
    assert verify(content | {"reviews": content["reviews"][1:]}) != []
    for path in ("result?format=html", "result?format=csv", "summary?format=html"):
        answer = ana.context.request.get(f"{ana.url}/api/v1{here}/{path}")
        assert "Ana Ruiz" in answer.text(), path
    assert ana.context.request.get(f"{ana.url}/api/v1{here}/summary").body().startswith(b"PK")
    compared = ana.get(f"/api/v1/batch/{batch.rpartition('/')[2]}/results?format=comparison")["documents"]
    assert compared[0]["reviewed"]["signature"]["person"] == "Ana Ruiz"


def second_look(ana: Visitor, here: str, before: dict[str, Any], reviewed: list[str]) -> None:
    """After another evaluation, reviews of unchanged answers count as before, and the others wait for a second look."""
    after = ana.get(f"/api/v1{here}/result")
    assert after["sha256"] != before["sha256"]
    prints = [{a["id"]: fingerprint(a) for a in result["answers"]} for result in (before, after)]
    known = {review["answer"]: review for review in ana.get(f"/api/v1{here}/reviews")["answers"]}
    assert set(reviewed) <= known.keys()
    changed = [answer for answer in reviewed if prints[0][answer] != prints[1].get(answer)]
    assert 0 < len(changed) < len(reviewed), changed
    assert [answer for answer in reviewed if known[answer]["second_look"]] == changed
    ana.go(f"{here}/review?show=second_look")
    ana.page.click(f"table.list a[href$='/{changed[0]}']")
    expect(ana.page.locator("#review .notice")).to_be_visible()
    ana.page.click("button[value=accepted]")
    ana.page.wait_for_url(re.compile(rf"{here}/(answers/(?!{changed[0]}$)|review)"))
    assert not ana.get(f"/api/v1{here}/answers/{changed[0]}/review")["second_look"]


def shipped_rubric() -> bytes:
    """Return the default rubric, as an operator copies it."""
    return (resources.files("decalogo.rubrics") / "decalogo.yaml").read_bytes()


def other_rubric() -> bytes:
    """Return it with another version and another maximum of each question, so that every score changes."""
    changed, versions = re.subn(rb'^version: ".*"$', b'version: "0.0.1"', shipped_rubric(), flags=re.MULTILINE)
    changed, maxima = re.subn(rb"max_score: 3\b", b"max_score: 4", changed)
    assert versions == maxima == 1
    return changed


def evaluate_again(visitor: Visitor, document: str) -> None:
    """Evaluate a document again from its page, and wait for the new result."""
    before = visitor.get(f"/api/v1/documents/{document}/result")["sha256"]
    visitor.go(f"/documents/{document}")
    visitor.page.click("form[action$='/retry'] button")
    expect(visitor.page.locator("section.headline")).to_be_visible()  # the page waits for the result
    assert visitor.get(f"/api/v1/documents/{document}/result")["sha256"] != before
