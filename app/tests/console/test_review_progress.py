"""Assigning documents to readers, lists by review, and progress by person."""

from __future__ import annotations

import httpx

from decalogo.access.tokens import Scope, Tier
from decalogo.api.services import Services
from tests.api.working import evaluated
from tests.console.test_sessions import browser, sign_in


def person(services: Services, name: str) -> str:
    return services.tokens.create(name, Tier.PREMIUM, tenant="alcaldia", scopes=frozenset(Scope))


def test_chosen_documents_are_assigned_and_listed_for_their_reader(client: httpx.Client, services: Services) -> None:
    job, document = evaluated(client, services)
    with browser(client) as ana, browser(client) as luis:
        csrf = sign_in(ana, person(services, "ana"))
        sign_in(luis, person(services, "luis"))
        assert f"/documents/{document}" not in luis.get(f"/batches/{job}?review=mine").text
        form = {"csrf": csrf, "reviewer": "luis", "track": "first", "d": document}
        assert ana.post(f"/batches/{job}/reviewers", data=form).status_code == 303
        assert f"/documents/{document}" in luis.get(f"/batches/{job}?review=mine").text
        assert f"/documents/{document}" not in ana.get(f"/batches/{job}?review=mine").text
        assert ana.post(f"/batches/{job}/reviewers", data={"csrf": csrf, "reviewer": "luis"}).status_code == 400


def test_lists_follow_the_state_of_the_review(client: httpx.Client, services: Services) -> None:
    job, document = evaluated(client, services)
    with browser(client) as ana:
        csrf = sign_in(ana, person(services, "ana"))

        def listed() -> set[str]:
            states = ("open", "in_review", "signed", "reopened")
            return {s for s in states if f'"/documents/{document}"' in ana.get(f"/batches/{job}?review={s}").text}

        here = f"/documents/{document}"
        assert listed() == {"open"}
        review = {"csrf": csrf, "verdict": "rejected", "version": "0"}
        ana.post(f"{here}/answers/P1-D1-Q1/review", data=review)
        assert listed() == {"in_review"}
        ana.post(f"{here}/sign", data={"csrf": csrf, "person": "Ana Ruiz"})
        assert listed() == {"signed"}
        assert "Ana Ruiz" in ana.get(f"/batches/{job}/quality").text
        ana.post(f"{here}/reopen", data={"csrf": csrf, "reason": "una cifra"})
        assert listed() == {"reopened"}
    people = client.get(f"/api/v1/batch/{job}/quality").json()["people"]
    assert people == [{"name": "ana", "assigned": 0, "reviewed": 1, "signed": 0}]


def test_a_blind_reader_sees_no_reviewed_score_in_any_list(client: httpx.Client, services: Services) -> None:
    job, document = evaluated(client, services)
    with browser(client) as ana, browser(client) as luis:
        csrf = sign_in(ana, person(services, "ana"))
        sign_in(luis, person(services, "luis"))
        form = {"csrf": csrf, "reviewer": "luis", "track": "second", "d": document}
        ana.post(f"/batches/{job}/reviewers", data=form)
        review = {"csrf": csrf, "verdict": "corrected", "version": "0", "score": "2,5", "comment": "secreto"}
        assert ana.post(f"/documents/{document}/answers/P1-D1-Q1/review", data=review).status_code == 303

        pages = (f"/batches/{job}/comparison", f"/documents/{document}/review", f"/documents/{document}/summary")
        for path in pages:
            assert "secreto" not in luis.get(path).text
            assert "Revisado</th>" not in luis.get(path).text, path
        assert "Revisado</th>" in ana.get(pages[0]).text


def test_a_score_that_is_no_number_is_a_clear_problem(client: httpx.Client, services: Services) -> None:
    _, document = evaluated(client, services)
    with browser(client) as ana:
        csrf = sign_in(ana, person(services, "ana"))
        for score in ("mucho", "nan", "-1", "99"):
            review = {"csrf": csrf, "verdict": "corrected", "version": "0", "score": score}
            answer = ana.post(f"/documents/{document}/answers/P1-D1-Q1/review", data=review)
            assert answer.status_code == 400, score
