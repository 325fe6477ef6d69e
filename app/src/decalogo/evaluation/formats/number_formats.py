"""Numbers of a spreadsheet as a reader sees them: the formats of Excel, in the signs of the document's language.

Only what changes how a number is understood is followed: percent, decimals, thousands, currency signs, dates. Sources:
ECMA-376 part 1, sections 18.8.30 and 18.8.31; the epoch is 1900 or, in old files of the Macintosh, 1904.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

BUILT_IN = {
    1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%", 11: "0.00E+00", 12: "# ?/?", 13: "# ??/??",
    14: "dd/mm/yyyy", 15: "d-mmm-yy", 16: "d-mmm", 17: "mmm-yy", 18: "h:mm AM/PM", 19: "h:mm:ss AM/PM", 20: "h:mm",
    21: "h:mm:ss", 22: "dd/mm/yyyy h:mm", 37: "#,##0", 38: "#,##0", 39: "#,##0.00", 40: "#,##0.00", 41: "#,##0",
    42: '"$"#,##0', 43: "#,##0.00", 44: '"$"#,##0.00', 45: "mm:ss", 46: "[h]:mm:ss", 47: "mm:ss.0", 48: "0.0E+0",
    49: "@",
}  # fmt: skip
_QUOTED = re.compile(r'"([^"]*)"|\\(.)|[_*].')
_CURRENCY = re.compile(r"\[\$([^\]-]*)(?:-[^\]]*)?\]")
_BRACKETS = re.compile(r"\[[^\]]*\]")
_DATE = re.compile(r"[ymdhs]|AM/PM", re.IGNORECASE)
_DIGITS = re.compile(r"[0#?][0#?,]*(?:\.([0#?]+))?(,*)")
_EPOCHS = {False: datetime(1899, 12, 30), True: datetime(1904, 1, 1)}
_LAST_DAY = 2_958_465
_MOST_DECIMALS = 10
_GENERAL_DIGITS = 10


@dataclass(frozen=True, slots=True)
class NumberFormat:
    """What a format code means for a positive number.

    Attributes:
        percent: whether the number is shown times 100 with a percent sign.
        decimals: digits after the decimal sign; ``None`` shows as many as the number has.
        grouped: whether thousands are separated.
        scale: what the number is divided by.
        before: text before the number, such as a currency sign.
        after: text after it.
        date: whether it is a date, and ``time`` whether it is a time of day.
        time: see ``date``.
    """

    percent: bool = False
    decimals: int | None = None
    grouped: bool = False
    scale: int = 1
    before: str = ""
    after: str = ""
    date: str = ""
    time: bool = False


@lru_cache(maxsize=1000)
def read_format(code: str) -> NumberFormat:
    """Return what a format code means."""
    section = code.partition(";")[0] or code
    section = _CURRENCY.sub(lambda found: f'"{found.group(1)}"', section)
    plain = _QUOTED.sub("", section)
    if not plain.strip() or "general" in plain.lower() or "@" in plain:
        return NumberFormat()
    bare = _BRACKETS.sub("", plain)
    if _DATE.search(bare) and not _DIGITS.search(bare):
        letters = set(bare.lower())
        kept = "".join(letter for letter in "ymd" if letter in letters and not (letter == "m" and letters & {"h", "s"}))
        return NumberFormat(date="ymd" if "y" in kept and "d" in kept else kept, time=bool(letters & {"h", "s"}))
    digits = _DIGITS.search(bare)
    if digits is None or "/" in bare or "e" in bare.lower():
        return NumberFormat(percent="%" in bare)
    texts = _BRACKETS.sub("", section)
    first = re.search(r"[0#?]", _QUOTED.sub(lambda found: "\0" * len(found.group()), texts))
    at = first.start() if first else 0
    return NumberFormat(
        percent="%" in bare,
        decimals=min(len(digits.group(1) or ""), _MOST_DECIMALS),
        grouped="," in digits.group().rstrip(",").partition(".")[0],
        scale=1000 ** min(len(digits.group(2)) or _trailing(digits.group()), 4),
        before=_shown(texts[:at]),
        after=_shown(texts[at:]).replace("%", "").rstrip(),
    )


def _trailing(text: str) -> int:
    return len(text) - len(text.rstrip(","))


def _shown(text: str) -> str:
    """Return the literal text of a part of a format code."""
    literal = _QUOTED.sub(lambda found: f"\0{found.group(1) or found.group(2) or ''}\0", text)
    parts = literal.split("\0")
    shown = [part if odd % 2 else "".join(c for c in part if c in "$€£ -+()") for odd, part in enumerate(parts)]
    return "".join(shown)


@dataclass(frozen=True, slots=True)
class NumberWriter:
    """Writes the numbers of one workbook.

    Attributes:
        decimal: sign between units and decimals.
        thousands: sign between groups of three digits.
        from_1904: whether days count from 1904.
    """

    decimal: str = ","
    thousands: str = "."
    from_1904: bool = False

    def write(self, number: float, form: NumberFormat) -> str:
        """Return a number as its format shows it."""
        if form.date or form.time:
            return self._date(number, form) or self._number(number, NumberFormat())
        return f"{form.before}{self._number(number, form)}{'%' if form.percent else ''}{form.after}".strip()

    def _number(self, number: float, form: NumberFormat) -> str:
        value = number * 100 if form.percent else number / form.scale
        if form.decimals is None:
            text = f"{value:.{_GENERAL_DIGITS}g}"
            text = f"{value:.0f}" if "e+" in text and abs(value) < 1e15 else text
        else:
            text = f"{value:,.{form.decimals}f}" if form.grouped else f"{value:.{form.decimals}f}"
        if float(text.replace(",", "") or 0) == 0:
            text = text.removeprefix("-")
        return text.translate({ord(","): self.thousands, ord("."): self.decimal})

    def _date(self, number: float, form: NumberFormat) -> str:
        if not 0 <= number <= _LAST_DAY:
            return ""
        moment = _EPOCHS[self.from_1904] + timedelta(days=number) + timedelta(milliseconds=1)
        date = {"ymd": "%d/%m/%Y", "ym": "%m/%Y", "y": "%Y", "md": "%d/%m", "m": "%m", "d": "%d"}.get(form.date, "")
        return moment.strftime(" ".join(part for part in (date, "%H:%M" if form.time else "") if part))
