"""Words, classes and cues that the learned model counts."""

import pytest

from decalogo.evaluation.learned.words import Lexicon, load_lexicon, tokenise


@pytest.fixture(scope="module")
def lexicon() -> Lexicon:
    found = load_lexicon("es", "spanish")
    assert found is not None
    return found


def letters(lexicon: Lexicon, text: str) -> str:
    return "".join(word.letter for word in lexicon.words(tokenise([text.encode()])[0]))


def test_a_row_of_a_table_is_told_by_its_shape(lexicon: Lexicon) -> None:
    assert letters(lexicon, "numero de mujeres capacitadas nd 300") == "UwPDNq"


def test_years_amounts_and_percentages_are_different_numbers(lexicon: Lexicon) -> None:
    assert letters(lexicon, "2012 1.250.000.000 12,5 % 4500 30") == "yad%mq"


def test_a_word_may_carry_several_cues(lexicon: Lexicon) -> None:
    (word,) = lexicon.words([b"victimas"])
    assert {"people", "harm"} <= {lexicon.cues[at] for at in word.cues}


def test_prefixes_and_suffixes_stand_for_all_words_that_have_them(lexicon: Lexicon) -> None:
    assert letters(lexicon, "construir construidas construccion") == "IDw"


def test_a_language_without_word_lists_has_no_lexicon() -> None:
    assert load_lexicon("en", "english") is None
