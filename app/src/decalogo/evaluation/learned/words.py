"""Words of a document as the learned model sees them: a number each, a class letter, and the cues they carry."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any

import yaml

TOKEN = re.compile(rb"[a-z]+|\d[\d.,']*|[%$]|\[\d{1,3}\]")
_NOTE = ord("[")
PLAIN = "w"
"""Class letter of a word that is in no class."""
_MOST_WORDS = 100_000
_YEAR = re.compile(rb"(?:19|20)\d\d[.,]?")
_AMOUNT = re.compile(rb"\d{1,3}(?:[.,']\d{3}){2,}.*")
_DECIMAL = re.compile(rb"\d+[.,]\d{1,2}[.,]?")


@dataclass(frozen=True, slots=True)
class Word:
    """What is known of one written word.

    Attributes:
        stem: its stem, or the kind of number that it is.
        letter: its class in the shape of a unit.
        cues: positions of its cues in ``Lexicon.cues``.
    """

    stem: str
    letter: str
    cues: tuple[int, ...]


class Lexicon:
    """The word lists of one language, looked up once per different word.

    Attributes:
        cues: the cues' names; a position here is a column of the features.
        letters: the class letters, ``PLAIN`` first.
        sha256: of the file with the lists, hexadecimal.
    """

    def __init__(self, classes: Mapping[str, str], cues: Mapping[str, str], stemmer: Any, sha256: str = "") -> None:
        self.sha256 = sha256
        self.cues = tuple(cues)
        self.letters = (PLAIN, *"qyamd%$", *classes)
        self._stem = stemmer
        self._classes = _Lists(classes.values())
        self._class_letters = tuple(classes)
        self._cues = _Lists(cues.values())
        self._known: dict[bytes, Word] = {}

    def words(self, tokens: Iterable[bytes]) -> list[Word]:
        """Return what is known of each token."""
        if len(self._known) > _MOST_WORDS:
            self._known.clear()
        known = self._known
        return [known.get(token) or self._look_up(token) for token in tokens]

    def _look_up(self, token: bytes) -> Word:
        if token[:1].isalpha():
            text = token.decode("ascii")
            fitting = self._classes.fitting(text)
            letter = self._class_letters[fitting[0]] if fitting else PLAIN
            word = Word(str(self._stem.stemWord(text)), letter, self._cues.fitting(text))
        else:
            letter = _kind(token)
            word = Word(f"#{letter}", letter, ())
        self._known[token] = word
        return word


class _Lists:
    """Word lists with ``prefix*`` and ``*suffix`` entries."""

    def __init__(self, lists: Iterable[str]) -> None:
        self._whole: dict[str, list[int]] = {}
        self._prefixes: dict[str, list[int]] = {}
        self._suffixes: dict[str, list[int]] = {}
        for number, entries in enumerate(lists):
            for entry in entries.split():
                kind = self._suffixes if entry[0] == "*" else self._prefixes if entry[-1] == "*" else self._whole
                kind.setdefault(entry.strip("*"), []).append(number)

    def fitting(self, word: str) -> tuple[int, ...]:
        found = set(self._whole.get(word, ()))
        for at in range(1, len(word) + 1):
            found.update(self._prefixes.get(word[:at], ()))
            if len(word) - at >= 2:
                found.update(self._suffixes.get(word[at:], ()))
        return tuple(sorted(found))


def _kind(token: bytes) -> str:
    """Return the letter of a number by how it is written: year, amount, decimal, many (thousands), quantity."""
    if token in (b"%", b"$"):
        return token.decode("ascii")
    if _YEAR.fullmatch(token):
        return "y"
    if _AMOUNT.fullmatch(token):
        return "a"
    if _DECIMAL.fullmatch(token):
        return "d"
    return "m" if sum(48 <= sign <= 57 for sign in token) > 3 else "q"


@lru_cache(maxsize=4)
def load_lexicon(language: str, stemmer: str) -> Lexicon | None:
    """Return the lexicon of a language, ``None`` where it has none."""
    import Stemmer  # loaded on first use, after fork

    file = resources.files(__package__) / "cues" / f"{language}.yaml"
    if not file.is_file():
        return None
    content = file.read_bytes()
    data = yaml.safe_load(content)
    cues = {name: words if isinstance(words, str) else " ".join(words) for name, words in data["cues"].items()}
    return Lexicon(data["classes"], cues, Stemmer.Stemmer(stemmer), hashlib.sha256(content).hexdigest())


def tokenise(texts: Sequence[bytes]) -> list[list[bytes]]:
    """Return the tokens of each folded text; marks of notes ("[7]") are left out."""
    find = TOKEN.findall
    return [[token for token in find(text) if token[0] != _NOTE] if b"[" in text else find(text) for text in texts]
