"""The charsets of RTF: of the whole file, and of each font.

Source: Rich Text Format specification 1.9.1, "Character Set" and "Font Table".
"""

from __future__ import annotations

from decalogo.evaluation.formats.charsets import DEFAULT, known_codec

SYMBOL = "symbol"
"""Of fonts whose characters are signs; their codes stand for themselves, from U+F000."""
FILE_CHARSETS = {b"ansi": DEFAULT, b"mac": "mac_roman", b"pc": "cp437", b"pca": "cp850"}
_FONT_CHARSETS = {
    2: SYMBOL, 77: "mac_roman", 128: "cp932", 129: "cp949", 130: "johab", 134: "gbk", 136: "cp950", 161: "cp1253",
    162: "cp1254", 163: "cp1258", 177: "cp1255", 178: "cp1256", 186: "cp1257", 204: "cp1251", 222: "cp874",
    238: "cp1250", 255: "cp437",
}  # fmt: skip
_MOST_FONTS = 5000


def code_page(number: int | None) -> str:
    """Return the codec of a Windows code page; the default where there is none."""
    return "mac_roman" if number == 10000 else known_codec(f"cp{number}") or DEFAULT


class Fonts:
    """The font table: which codec the text in a font has."""

    def __init__(self) -> None:
        self._codecs: dict[int, str] = {}
        self._current = -1

    def take(self, word: bytes, number: int | None) -> None:
        """Take a control word of the font table."""
        if word == b"f":
            self._current = number or 0
        elif len(self._codecs) < _MOST_FONTS:
            if word == b"fcharset" and number in _FONT_CHARSETS:
                self._codecs[self._current] = _FONT_CHARSETS[number]
            elif word == b"cpg" and number:
                self._codecs[self._current] = code_page(number)

    def codec(self, font: int, default: str) -> str:
        """Return the codec of a font; ``default`` where its charset is that of the file."""
        return self._codecs.get(font, default)


def decode_bytes(data: bytes, codec: str) -> str:
    """Return the text of bytes in a codec of this module."""
    if codec == SYMBOL:
        return "".join(chr(0xF000 + code) if code >= 0x20 else chr(code) for code in data)
    return data.decode(codec, errors="replace")
