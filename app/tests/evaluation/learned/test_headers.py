"""Titles of flattened tables."""

from decalogo.evaluation.learned.headers import HeaderTracker
from decalogo.evaluation.learned.words import load_lexicon, tokenise

LEXICON = load_lexicon("es", "spanish")
assert LEXICON is not None


def above(*lines: str) -> list[set[str] | None]:
    assert LEXICON is not None
    tokens = tokenise([line.encode() for line in lines])
    found = HeaderTracker(LEXICON).reading().above(tokens, [LEXICON.words(unit) for unit in tokens])
    return [None if one is None else {LEXICON.cues[role] for role in one.roles} for one in found]


def test_rows_stand_under_the_titles_above_them() -> None:
    titles = {"head_base", "head_indicator", "head_target"}
    assert above("linea base indicador meta", "nd predios titulados 2.000") == [titles, titles]


def test_titles_before_the_first_row_are_found() -> None:
    (found,) = above("linea base indicador meta nd proceso de consultas en los grupos focales por ciclo vital y genero")
    assert found == {"head_base", "head_indicator", "head_target"}


def test_a_sentence_with_such_words_is_no_line_of_titles() -> None:
    assert above("la meta del programa es que cada familia tenga agua y el indicador mejore cada ano") == [None]


def test_titles_end_after_a_while() -> None:
    prose = "las familias del municipio viven en casas que se construyen con madera y barro"
    assert above("programa meta indicador", *[prose] * 60)[-1] is None
