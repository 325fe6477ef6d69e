import pytest

from decalogo.evaluation.fold import fold
from decalogo.evaluation.languages import DEFAULT, load_language
from decalogo.evaluation.layout.note_marks import raised
from decalogo.evaluation.matching.numbers import number_reader
from decalogo.evaluation.rubric.number_kinds import NumberKind


@pytest.mark.parametrize(
    ("before", "superscript", "written"),
    [
        ("llegó a 4.512", "7", "llegó a 4.512 [7]"),
        ("las mujeres", "1", "las mujeres [1]"),
        ("las mujeres", "1, 2 ", "las mujeres [1, 2] "),
        ("las mujeres", "(3)", "las mujeres [3]"),
        ("una tasa de 12,4", "a", "una tasa de 12,4 [a]"),
        ("en el año 2023.", "2", "en el año 2023. [2]"),
        ("un 12 %", "2", "un 12 % [2]"),
        ("", "7", "[7] "),
    ],
)
def test_a_note_mark_is_apart_from_the_word_or_number_before_it(before, superscript, written):
    assert before + raised(before, superscript) == written


@pytest.mark.parametrize(
    ("before", "superscript", "written"),
    [
        ("5 km", "2", "5 km²"),
        ("120 m", "3", "120 m³"),
        ("3 × 10", "6", "3 × 10⁶"),
        ("N", "o", "Nº"),
        ("el 1", "er", "el 1er"),
        ("la 2.", "a", "la 2.ª"),
        ("una marca", "Ltda", "una marcaLtda"),
    ],
)
def test_exponents_ordinals_and_other_superscripts_stay_where_they_are(before, superscript, written):
    assert before + raised(before, superscript) == written


@pytest.mark.parametrize("text", ["de 120 [2] casos", "de 120 [2, 3] casos", "de 120² casos", "de 120⁴ casos"])
def test_a_mark_changes_no_number(text):
    numbers = number_reader(load_language(DEFAULT)).read(fold(text))
    assert [number.value for number in numbers if number.kind is NumberKind.QUANTITY] == [120.0]
