from hypothesis import given
from hypothesis import strategies as st

from decalogo.evaluation.fold import fold
from decalogo.evaluation.layout.normalise import normalise


@given(st.text())
def test_folding_keeps_every_character_at_its_offset(text):
    assert len(fold(text)) == len(text)


@given(st.text())
def test_folding_normalised_text_keeps_every_character_at_its_offset(raw):
    text = normalise(raw).text
    assert len(fold(text)) == len(text)


@given(st.text(alphabet=st.characters(max_codepoint=0x2122)))
def test_folded_text_is_lower_case_ascii_without_control_characters(text):
    folded = fold(text)
    assert folded.isascii()
    assert folded == folded.lower()
    assert not any(sign in folded for sign in b"\n\t\r")


def test_accents_and_typographic_signs_fold_to_ascii():
    assert fold("NIÑEZ y «Género» – ¿Atención? 12°") == b'ninez y "genero" - ?atencion? 12o'


def test_a_phrase_that_wraps_matches_one_written_with_a_space():
    assert fold("violencia de\nGénero") == b"violencia de genero"


def test_what_is_not_latin_folds_to_question_marks():
    assert fold("aβ→😀z") == b"a???z"
