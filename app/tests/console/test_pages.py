"""Every page of an evaluated plan answers, in both languages, and shows no machine words."""

from __future__ import annotations

import io

import httpx
import pytest
from PIL import Image

from decalogo.api.services import Services
from tests.api.working import evaluated
from tests.console.test_sessions import browser, sign_in, token


@pytest.mark.parametrize("language", ["es", "en"])
def test_every_page_of_an_evaluated_plan_answers(client: httpx.Client, services: Services, language: str) -> None:
    job, document = evaluated(client, services)
    with browser(client) as visitor:
        visitor.headers["Accept-Language"] = language
        sign_in(visitor, token(services, tenant="alcaldia"))
        for path in (
            "/batches",
            f"/batches/{job}",
            f"/batches/{job}?sort=score&direction=down&state=succeeded&q=plan",
            f"/batches/{job}/comparison",
            f"/batches/{job}/quality",
            f"/batches/{job}/sample?size=20",
            f"/batches/{job}/search?q=mujeres",
            f"/batches/{job}/search?q=mujeres&in=quotes",
            f"/batches/{job}/delete",
            f"/documents/{document}",
            f"/documents/{document}/points/P1",
            f"/documents/{document}/answers/P1-D1-Q1",
            f"/documents/{document}/answers/P10-D6-Q30",
            f"/documents/{document}/read/1",
            f"/documents/{document}/review",
            f"/documents/{document}/summary",
            f"/documents/{document}/review?show=low_confidence",
            "/administration",
            "/administration/audit?verify=1",
        ):
            answer = visitor.get(path)
            assert answer.status_code == 200, f"{path}: {answer.text[:500]}"
            assert f'<html lang="{language}">' in answer.text
            assert "None" not in answer.text, path


def test_a_text_document_shows_its_quote_in_the_text_of_the_page(client: httpx.Client, services: Services) -> None:
    _, document = evaluated(client, services)
    with browser(client) as visitor:
        sign_in(visitor, token(services, tenant="alcaldia"))
        page = visitor.get(f"/documents/{document}/answers/P1-D1-Q1").text
        assert '<mark id="quote">' in page
        assert "no-page-pictures" not in page
        assert visitor.get(f"/documents/{document}/pages/1.webp").status_code == 404
        answers = visitor.get(f"/api/v1/documents/{document}/result").json()["answers"]
        named = next(answer for answer in answers if answer["possible"] and not answer["evidence"])
        page = visitor.get(f"/documents/{document}/answers/{named['id']}").text
        assert "Pasajes posibles" in page
        assert '<mark id="quote">' in page


@pytest.mark.parametrize("form", ["JPEG", "PNG", "TIFF"])
def test_an_image_is_shown_as_a_picture_to_its_tenant_alone(
    client: httpx.Client, services: Services, form: str
) -> None:
    written = io.BytesIO()
    frames = [Image.new("RGB", (600, 800), colour) for colour in ("white", "grey")]
    more = {"save_all": True, "append_images": frames[1:]} if form == "TIFF" else {}
    frames[0].save(written, form, **more)
    batch = client.post("/api/v1/batch/upload", files={"files": ("escaneo", written.getvalue())}).json()
    document = batch["documents"][0]["document_id"]
    last = 2 if form == "TIFF" else 1
    picture = client.get(f"/api/v1/documents/{document}/pages/{last}/image", params={"width": 300})
    assert (picture.status_code, picture.headers["content-type"]) == (200, "image/webp")
    assert Image.open(io.BytesIO(picture.content)).size == (300, 400)
    assert client.get(f"/api/v1/documents/{document}/pages/{last + 1}/image").json()["type"] == "/problems/not-found"
    for tenant, status in (("alcaldia", 200), ("vecino", 404)):
        with browser(client) as visitor:
            sign_in(visitor, token(services, tenant=tenant))
            assert visitor.get(f"/documents/{document}/pages/{last}.webp").status_code == status
            page = visitor.get(f"/documents/{document}/read/{last}").text
            assert (f'<image href="/documents/{document}/pages/{last}.webp?width=1200"' in page) == (status == 200)


def test_two_reviewers_cannot_overwrite_each_other(client: httpx.Client, services: Services) -> None:
    _, document = evaluated(client, services)
    path = f"/documents/{document}/answers/P1-D1-Q1/review"
    with browser(client) as one, browser(client) as other:
        first, second = (sign_in(who, token(services, tenant="alcaldia")) for who in (one, other))
        given = {"verdict": "accepted", "version": "0"}
        assert one.post(path, data={"csrf": first, **given}).status_code == 303
        answer = other.post(path, data={"csrf": second, **given, "verdict": "rejected"})
        assert answer.status_code == 412
        assert "Otra persona" in answer.text


def test_a_signed_document_is_closed_until_it_is_reopened(client: httpx.Client, services: Services) -> None:
    _, document = evaluated(client, services)
    with browser(client) as visitor:
        csrf = sign_in(visitor, token(services, tenant="alcaldia"))
        here = f"/documents/{document}"
        assert visitor.post(f"{here}/sign", data={"csrf": csrf, "person": "Ana Ruiz"}).status_code == 303
        assert "Ana Ruiz" in visitor.get(f"{here}/review").text
        review = {"csrf": csrf, "verdict": "accepted", "version": "0"}
        assert visitor.post(f"{here}/answers/P1-D1-Q1/review", data=review).status_code == 409
        assert visitor.post(f"{here}/reopen", data={"csrf": csrf, "reason": "una cifra"}).status_code == 303
        assert visitor.post(f"{here}/answers/P1-D1-Q1/review", data=review).status_code == 303
        signed = visitor.get(f"/api/v1{here}/reviewed").json()
        assert signed["signature"] is None
    assert services.audit_log.verify().problem == ""
    assert [r["action"] for r in services.audit_log.newest(20) if r["action"].startswith(("review.", "session."))] == [
        "review.put",
        "review.reopen",
        "review.sign",
        "session.begin",
    ]
