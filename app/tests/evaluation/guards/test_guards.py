"""Results that must be read with care carry a flag that says so."""

from __future__ import annotations

import random

import pytest

from decalogo.evaluation import evaluate
from decalogo.evaluation.documents.model import Page
from decalogo.evaluation.fold import fold
from decalogo.evaluation.guards.encoding import encoding_flags
from decalogo.evaluation.guards.sketch import find_copies, similarity, sketch
from decalogo.evaluation.rubric import load_rubric

PLAN = """El alcalde del municipio presenta al concejo municipal el plan de desarrollo. La alcaldía, la secretaría de
planeación municipal y la personería atienden veredas, corregimientos y la cabecera municipal. El SISBEN, el DANE y el
ICBF dan la línea base. Las metas de producto del cuatrienio se pagan con el sistema general de participaciones.
"""


def codes(text: str, rubric: str = "decalogo") -> set[str]:
    return {flag["code"] for flag in evaluate(text.encode(), load_rubric(rubric)).result["flags"]}


def test_a_municipal_plan_is_not_flagged_as_another_kind() -> None:
    assert "other-kind" not in codes(PLAN)


def test_a_party_programme_of_another_country_is_flagged() -> None:
    text = "El partido propone a los costarricenses un gobierno honesto en cada cantón. El presidente y los diputados. "
    assert "other-kind" in codes(text * 40)


def test_repeating_a_few_words_of_plans_gains_nothing() -> None:
    assert "other-kind" in codes("El municipio y el alcalde de Colombia. " * 500)


def test_a_rubric_that_expects_no_kind_flags_none() -> None:
    assert "other-kind" not in codes("A plan for the climate of the city. " * 40, "city-climate")


def test_utf_8_read_as_latin_text_is_flagged_on_its_pages() -> None:
    good = "La educación, la niñez y la protección de las víctimas en el año 2012. " * 20
    bad = good.encode().decode("cp1252", errors="replace")
    flags = encoding_flags([Page(1, good), Page(2, bad)])
    assert [(flag.code, flag.pages) for flag in flags] == [("encoding", (2,))]


def test_lost_letters_inside_words_are_flagged() -> None:
    text = "La educaci?n y la ni?ez son una obligaci?n de la administraci?n del municipio. " * 10
    assert [flag.code for flag in encoding_flags([Page(1, text)])] == ["encoding"]


def test_text_with_accents_questions_and_capitals_is_not_flagged() -> None:
    text = "¿Qué es la SEÑAL? ÁÉÍÓÚ Ñ Â Ã: «cita» – guion… ¿Y EL MUNICIPIO? “Sí” ½ ° € ™ 100 %. " * 50
    assert encoding_flags([Page(1, text)]) == []


def words(seed: int, count: int) -> str:
    chance = random.Random(seed)
    vocabulary = [f"palabra{number}" for number in range(3000)]
    return " ".join(chance.choice(vocabulary) for _ in range(count))


def test_a_copy_and_a_near_copy_are_found_and_other_texts_are_not() -> None:
    text = words(1, 20_000)
    near = text + " " + words(2, 800)
    other = words(3, 20_000)
    documents = [("a" * 64, sketch(fold(t))) for t in (text, near, other)]
    documents = [(f"{number}" * 64, found) for number, (_, found) in enumerate(documents)]
    found = find_copies(documents)
    assert set(found) == {0, 1}
    assert found[0][0] == 1
    assert similarity(documents[0][1], documents[2][1]) < 0.2


def test_a_sketch_does_not_depend_on_the_stretches_in_which_it_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    chance = random.Random(4)
    text = b" ".join(bytes(chance.choices(b"abcdefgh", k=chance.randint(1, 9))) for _ in range(5_000))
    whole = sketch(text)
    monkeypatch.setattr("decalogo.evaluation.guards.sketch._AT_ONCE", 7)
    assert whole
    assert sketch(text) == whole


def test_identical_files_are_copies_even_without_text() -> None:
    assert find_copies([("f" * 64, ""), ("f" * 64, "")]) == {0: (1, 1.0), 1: (0, 1.0)}
