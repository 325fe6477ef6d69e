from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decalogo.evaluation.languages import languages, load_language
from decalogo.evaluation.matching.numbers import Number, number_reader
from decalogo.evaluation.rubric.number_kinds import NumberKind


def read_numbers(text: str, language: str = "es") -> tuple[Number, ...]:
    return number_reader(load_language(language)).read(text.encode())


def parse_number(text: str, language: str = "es") -> float | None:
    return number_reader(load_language(language)).parse(text.encode())


def kinds(text: str, language: str = "es") -> list[tuple[str, float]]:
    return [(number.kind.value, number.value) for number in read_numbers(text, language)]


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("1.250.000", 1_250_000),
        ("12,4", 12.4),
        ("12.4", 12.4),
        ("173.011", 173_011),
        ("1'250.000", 1_250_000),
        ("1,250,000", 1_250_000),
        ("50.030,30", 50_030.3),
        ("1,234.5", 1234.5),
        ("2019", 2019),
    ],
)
def test_numbers_are_read_as_spanish_documents_write_them(written: str, value: float) -> None:
    assert parse_number(written) == value


@pytest.mark.parametrize(
    ("written", "value"),
    [("1,250,000", 1_250_000), ("12.4", 12.4), ("1,234.5", 1234.5), ("1.250.000", 1_250_000), ("12,4", 12.4)],
)
def test_numbers_are_read_as_english_documents_write_them(written: str, value: float) -> None:
    assert parse_number(written, "en") == value


def test_an_english_sentence_is_told_apart_by_english_words() -> None:
    found = kinds("section 12 says 1,250 homes, 12.4 per cent of all, for $ 3,500,000 and two million trees", "en")
    assert found == [
        ("reference", 12), ("quantity", 1250), ("percent", 12.4), ("money", 3_500_000), ("quantity", 2),
    ]  # fmt: skip


@pytest.mark.parametrize("written", ["", "abc", "1.2.3", "1.25.000", "12,4,5"])
def test_what_is_no_number_is_none(written: str) -> None:
    assert parse_number(written) is None


@pytest.mark.parametrize(
    "text",
    [
        "ley 1448 de 2011",
        "decreto ley 893 de 2017 y resolucion 460 de 2020",
        "cra 12 con calle 15 esq. barrio centro",
        "tel. (098)435-8100 ext:1505",
        "cel 310 456 7890",
        "tabla 12. casos",
        "el 28 de mayo",
        "grado 11o",
        "menores de 5 anos",
        "adolescentes de 14 a 17 anos",
        "mujeres de 15-19 anos",
        "niveles 1 y 2 del sisben",
        "2.3.1 poblacion",
        "nit. 800 219 201 - 8",
        "conpes 3918",
        "covid-19",
    ],
)
def test_laws_addresses_telephones_dates_ages_and_labels_count_nothing(text: str) -> None:
    counted = {NumberKind.QUANTITY, NumberKind.PERCENT, NumberKind.MONEY, NumberKind.YEAR}
    assert not counted.intersection(number.kind for number in read_numbers(text)), kinds(text)


def test_kinds_are_told_apart_in_one_sentence() -> None:
    found = kinds("en 2019 hubo 1.250 casos, el 12,4 % del total, y se invirtieron $ 3.500.000 en 2016-2019")
    assert found == [
        ("year", 2019), ("quantity", 1250), ("percent", 12.4), ("money", 3_500_000), ("period", 2016),
    ]  # fmt: skip


def test_scale_words_multiply_and_money_words_tell_money() -> None:
    assert kinds("11 millones de personas") == [("quantity", 11_000_000)]
    assert kinds("5.000 millones de pesos") == [("money", 5_000_000_000)]


def test_more_than_the_countrys_people_is_money() -> None:
    assert kinds("199.836.185 836.040.059 hogares") == [("money", 199_836_185), ("money", 836_040_059)]
    assert kinds("48.258.494 personas") == [("quantity", 48_258_494)]


def test_the_base_of_a_rate_is_no_quantity() -> None:
    assert kinds("88,34 por cada 100.000 habitantes") == [("quantity", 88.34), ("base", 100_000)]


@given(st.integers(0, 10**12))
def test_thousands_written_with_dots_read_back(value: int) -> None:
    assert parse_number(f"{value:,}".replace(",", ".")) == value


@given(st.integers(0, 10**6), st.integers(0, 99))
def test_decimals_written_with_a_comma_read_back(whole: int, part: int) -> None:
    assert parse_number(f"{whole},{part:02d}") == pytest.approx(whole + part / 100)


@given(st.text(alphabet="0123456789.,'%$ abdelmy-/()#", max_size=80))
def test_any_text_is_read_without_error_and_spans_lie_inside(text: str) -> None:
    for number in read_numbers(text):
        assert 0 <= number.start < number.end <= len(text)


@pytest.mark.parametrize("language", languages())
@given(texts=st.lists(st.text(alphabet="0123456789.,'%$ abdelmy-/()#@", max_size=40), max_size=6))
def test_many_texts_read_at_once_give_what_each_gives_alone(language: str, texts: list[str]) -> None:
    reader = number_reader(load_language(language))
    encoded = [text.encode() for text in texts]
    assert reader.read_all(encoded) == [reader.read(text) for text in encoded]


def test_millions_without_a_currency_are_money_only_near_a_word_of_budgets() -> None:
    assert kinds("hay 1,2 millones") == [("quantity", 1_200_000)]
    assert kinds("una inversion de 500 millones") == [("money", 500_000_000)]
    assert kinds("500 millones del presupuesto") == [("money", 500_000_000)]
    assert kinds("12 millones de jovenes sin recursos") == [("quantity", 12_000_000)]


def test_the_hundred_of_a_formula_is_no_number_of_anything() -> None:
    assert kinds("(capacitados / 230) *100") == [("quantity", 230), ("reference", 100)]
    assert kinds("atendidos / programados x 100") == [("reference", 100)]
