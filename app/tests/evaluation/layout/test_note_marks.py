import pytest

from decalogo.evaluation.layout.normalise import normalise


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("es de 120² casos", "es de 120 [2] casos"),
        ("las mujeres¹, según", "las mujeres [1], según"),
        ("la ley.¹² El plan", "la ley. [12] El plan"),
        ("el 5 %⁴ y 120 ² casos", "el 5 % [4] y 120 [2] casos"),
        ("¹ Registro Único\n²Censo", "[1] Registro Único\n[2] Censo"),
    ],
)
def test_superscript_characters_after_a_word_or_number_are_note_marks(raw, text):
    assert normalise(raw).text == text


@pytest.mark.parametrize("raw", ["12 km² y 5 m³", "3 x 10⁶", "40 ha²", "1º y 2ª", "½ kilo", "x²²²²"])
def test_exponents_ordinals_and_fractions_are_no_note_marks(raw):
    assert normalise(raw).text == raw
