"""Numbers as Spanish documents write them, and what kind of number each one is.

``1.250.000`` is a million and a quarter, ``12,4 %`` is twelve point four, ``2020-2023`` is a period, and the numbers in
"Ley 1448 de 2011", in an address, a telephone number, a date or a heading's numbering count nothing.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from enum import StrEnum


class NumberKind(StrEnum):
    """What a number in a text stands for."""

    QUANTITY = "quantity"
    PERCENT = "percent"
    MONEY = "money"
    YEAR = "year"
    PERIOD = "period"
    REFERENCE = "reference"  # a law, table, article, page, address, telephone, date, age, duration, heading number
    BASE = "base"  # the "100.000" in "por cada 100.000 habitantes"


@dataclass(frozen=True, slots=True)
class Number:
    """A number with its place in the text it was read from (character offsets) and its value."""

    kind: NumberKind
    value: float
    start: int
    end: int


_NUMBER = re.compile(r"(?<![\w.,/'-])\d+(?:[.,']\d+)*(?![\w]*@)")
_WORDS = {
    "dos": 2, "tres": 3, "cuatro": 4, "cinco": 5, "seis": 6, "siete": 7, "ocho": 8, "nueve": 9, "diez": 10,
    "once": 11, "doce": 12, "trece": 13, "catorce": 14, "quince": 15, "dieciseis": 16, "diecisiete": 17,
    "dieciocho": 18, "diecinueve": 19, "veinte": 20, "treinta": 30, "cuarenta": 40, "cincuenta": 50, "sesenta": 60,
    "setenta": 70, "ochenta": 80, "noventa": 90, "cien": 100, "doscientos": 200, "trescientos": 300, "quinientos": 500,
}  # fmt: skip
_WORD = re.compile(r"\b(?:" + "|".join(_WORDS) + r")\b")
_YEAR = r"(?:19[3-9]\d|20[0-6]\d)"
_PERIOD = re.compile(rf"\b{_YEAR} ?(?:-|/|y|a|al|hasta) ?{_YEAR}\b")
_MONTH = r"(?:enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|setiembre|octubre|noviembre|diciembre)"
_LEGAL = (
    r"leyes|ley|decretos?(?: ley)?|acuerdos?|resolucion(?:es)?|ordenanzas?|conpes|sentencias?|autos?|circular(?:es)?|"
    r"articulos?|arts?|paragrafos?|numeral(?:es)?|literal(?:es)?|inciso|normas?|ntc|nsr|iso|convenio oit|"
    r"acto legislativo|expediente|radicado"
)
_LABEL = (
    r"tablas?|cuadros?|graficos?|graficas?|figuras?|ilustracion(?:es)?|mapas?|anexos?|pag|paginas?|pp|capitulos?|"
    r"seccion|titulo|ods|objetivo|linea|eje|programa|subprograma|componente|dimension|"
    r"estrategia|proyecto|etapa|fase|version|codigo|item|comuna|zona|estratos?|grupo|comision|"
    r"vol|ext|extension|cra|carreras?|kra|calles?|cll|"
    r"diagonal|dg|transversal|tv|avenidas?|av|km|kilometro|piso|oficina|of|apartado|grados?"
)
_DIALLED = r"tel|telefonos?|telefax|fax|cel|celular|pbx|nit|cc|isbn|issn"
_MARK = r"(?:(?: (?:no|nro|num|numero))?[ .:#no]{0,5}|[ ]?\()"
_REFERENCES = re.compile(
    rf"\b(?:{_DIALLED})\b[ .:#no]{{0,5}}[\d() .\-]{{4,25}}"
    rf"|\b(?:{_LEGAL})\b{_MARK} ?\d[\d.]*(?: ?(?:,|y|-|/) ?\d{{1,5}})*(?: ?(?:de|del|/|,)(?: ano)? ?{_YEAR})?"
    rf"|\b(?:{_LABEL})\b{_MARK} ?\d[\d.\-]*(?: ?[a-z]? ?(?:#|no\.?|no|-|con calle|con carrera) ?\d+(?: ?- ?\d+)?)?"
    r"|\b(?:nivel(?:es)?|estratos?|numerales) \d{1,2}(?: ?(?:,|y|al?|-) ?\d{1,2}\b)*"
    rf"|\b\d{{1,2}} ?(?:y|al?|-) ?\d{{1,2}} de {_MONTH}\b"
    rf"|\b\d{{1,2}} de {_MONTH}\b"
    rf"|\b\d{{1,2}}[/-]\d{{1,2}}[/-](?:\d{{4}}|\d{{2}})\b"
    rf"|\b(?:(?:menores|mayores|mas|edad(?:es)?|rango)(?: de edad)? (?:de|a|entre) (?:los )?)?"
    rf"\d{{1,3}}(?: ?(?:a|y|-|hasta) ?(?:los )?\d{{1,3}})? ?(?:anos|meses|dias|horas|semanas)\b"
    rf"|\b(?:menores|mayores|edad(?:es)?) (?:de|a|entre) (?:los )?\d{{1,2}}\b"
    rf"|\b\d{{1,2}}:\d{{2}}\b"
    rf"|\(?\b0\d{{1,2}}\)? ?-? ?\d{{3}} ?-? ?\d{{2,4}}(?:-\d{{2,4}})?\b"
    rf"|\b3\d{{2}}[ -]\d{{3}}[ -]?\d{{4}}\b"
    rf"|\b\d{{3}} ?- ?\d{{4}}\b"
    rf"|# ?\d+(?: ?- ?\d+)?"
    rf"|\b\d{{1,3}}(?:[oa]\b|\^)"
    rf"|\b(?:siglo|decenio|grado) \w+\b"
    rf"|\b(?:covid|sars|cov|a/?h1n1)[ -]?\d*"
)
_LEADING = re.compile(r"\s*(?:\(?\d{1,3}(?:\.\d{1,3})*\.?\d{0,3}[.)\-]+ |\d{1,2}(?:\.\d{1,2})+ )(?! *%)")
_BASE = re.compile(r"\b(?:por|x)(?: cada)? (?:100\.000|10\.000|1\.000|100000|10000|1000|cien mil|mil|diez mil|100)\b")
_PERCENT_AFTER = re.compile(r" ?(?:%|por ?ciento\b|puntos porcentuales\b|p\.p\.)")
_MONEY_BEFORE = re.compile(r"(?:\$|\bcop|\busd|\beuros?)[ ]{0,4}$")
_MONEY_AFTER = re.compile(
    r" ?(?:\$|(?:mil |miles |millones |billones )*(?:de )?(?:pesos|dolares|euros|smlv|smmlv|salarios minimos)\b"
    r"|(?:mil )?millones\b(?! de (?!pesos))|millones(?=[.,;)]|$))"
)
_SCALE = re.compile(r" (mil millones|millones|millon|billones|mil|miles)\b")
_SCALES = {"mil": 1e3, "miles": 1e3, "millon": 1e6, "millones": 1e6, "mil millones": 1e9, "billones": 1e12}
_DIGIT = re.compile(r"\d")
_YEAR_ONLY = re.compile(rf"{_YEAR}$")


def parse_number(text: str) -> float | None:
    """Return the value of one number as written (``1.250.000``, ``12,4``, ``1'250.000``), or ``None``.

    Dots before groups of three digits separate thousands; a comma is a decimal sign, unless several of them separate
    groups of three.
    """
    text = text.strip().rstrip(".,'")
    if not re.fullmatch(r"\d+(?:[.,']\d+)*", text):
        return None
    if re.fullmatch(r"\d{1,3}(?:[.']\d{3})+(?:,\d+)?", text):
        text = text.replace(".", "").replace("'", "").replace(",", ".")
    elif re.fullmatch(r"\d{1,3}(?:[,']\d{3}){2,}(?:\.\d+)?", text) or re.fullmatch(r"\d{1,3}(?:,\d{3})+\.\d+", text):
        text = text.replace(",", "").replace("'", "")
    elif re.fullmatch(r"\d+,\d+", text):
        text = text.replace(",", ".")
    elif not re.fullmatch(r"\d+(?:\.\d+)?", text):
        return None
    return float(text)


def read_numbers(text: str) -> tuple[Number, ...]:
    """Return the numbers of a folded, one-line text in order of appearance."""
    found = _worded(text)
    if not _DIGIT.search(text):
        return tuple(found)
    spans = [match.span() for match in _REFERENCES.finditer(text)]
    if lead := _LEADING.match(text):
        spans.insert(0, lead.span())
    starts = [start for start, _ in spans]
    periods = [match.span() for match in _PERIOD.finditer(text)]
    bases = [match.span() for match in _BASE.finditer(text)]
    for match in _NUMBER.finditer(text):
        value = parse_number(match.group())
        if value is None:
            continue
        start, end = match.start(), match.start() + len(match.group().rstrip(".,'"))
        index = bisect_right(starts, start) - 1
        inside = index >= 0 and start < spans[index][1]
        kind = NumberKind.REFERENCE if inside else _kind(text, start, end, periods, bases)
        if kind in (NumberKind.QUANTITY, NumberKind.MONEY) and (scale := _SCALE.match(text, end)):
            value, end = value * _SCALES[scale.group(1)], scale.end()
        found.append(Number(kind, value, start, end))
    return tuple(sorted(found, key=lambda number: (number.start, number.end)))


def _worded(text: str) -> list[Number]:
    """Return the numbers written as words ("diez")."""
    found = []
    for match in _WORD.finditer(text):
        kind = NumberKind.PERCENT if _PERCENT_AFTER.match(text, match.end()) else NumberKind.QUANTITY
        found.append(Number(kind, float(_WORDS[match.group()]), *match.span()))
    return found


def _kind(text: str, start: int, end: int, periods: list[tuple[int, int]], bases: list[tuple[int, int]]) -> NumberKind:
    if any(low <= start < high for low, high in bases):
        return NumberKind.BASE
    if any(low <= start < high for low, high in periods):
        return NumberKind.PERIOD
    if _PERCENT_AFTER.match(text, end):
        return NumberKind.PERCENT
    if _MONEY_BEFORE.search(text, max(0, start - 8), start) or _MONEY_AFTER.match(text, end):
        return NumberKind.MONEY
    if _YEAR_ONLY.match(text[start:end]):
        return NumberKind.YEAR
    if end - start >= len("100.000.000") and text.count(".", start, end) >= 2:
        return NumberKind.MONEY  # more than there are people in the country: a budget without its sign
    if end - start >= 7 and text[start:end].isdigit():
        return NumberKind.REFERENCE  # seven digits and more without separators: an identifier or a telephone
    return NumberKind.QUANTITY
