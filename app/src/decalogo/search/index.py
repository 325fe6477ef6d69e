"""The full-text index of one batch: an SQLite FTS5 file in the artifact store, built when somebody searches.

The file is a cache. Each search first adds the documents that finished since the last one, as many as fit into a time
budget. A damaged file is deleted and built again. Texts are not stored twice: the index holds words and places, and a
hit's text is read from the artifact store.

Tables:

- ``documents``: id, and the result key that was indexed.
- ``entries``: document, page, start and end of a quote or null for a whole page, ids of the answers with this quote.
- ``words``: FTS5 over the text of each entry, without content.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any, Final, cast

import orjson

from decalogo.batches.own_files import pages_key, stored_result
from decalogo.batches.states import Document
from decalogo.storage.artifacts import ArtifactStore
from decalogo.storage.page_texts import all_page_texts

_SCHEMA: Final = """
CREATE TABLE documents (id TEXT PRIMARY KEY, result TEXT);
CREATE TABLE entries
  (id INTEGER PRIMARY KEY AUTOINCREMENT, document TEXT, page INTEGER, start INTEGER, stop INTEGER, answers TEXT);
CREATE INDEX entries_document ON entries (document);
CREATE VIRTUAL TABLE words USING fts5(text, content='', tokenize="unicode61 remove_diacritics 2");
PRAGMA user_version = 1;
"""
_BUSY_SECONDS: Final = 10.0
MAX_TERMS: Final = 20


@dataclass(frozen=True, slots=True)
class Hit:
    """A place where all words of a query are.

    Attributes:
        page: from 1.
        start, end: characters of the quote in the page's text; both None for a hit anywhere on the page.
        answers: ids of the answers that use the quote.
    """

    document_id: str
    page: int
    start: int | None
    end: int | None
    answers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Hits:
    """One page of hits, best first.

    Attributes:
        total: hits in all.
        indexed: documents that the index holds by now; fewer than the batch has results while it is being built.
    """

    hits: Sequence[Hit]
    total: int
    indexed: int


class BatchIndex:
    """The index of one batch.

    Args:
        store: the artifact store, which also keeps the index.
        job_id: the batch.
    """

    def __init__(self, store: ArtifactStore, job_id: str) -> None:
        self._store = store
        self._path = store.path(f"search/{job_id}")

    def update(self, documents: Iterator[Document], budget_seconds: float) -> None:
        """Add results that are new, until the time budget is used up.

        Args:
            documents: of the batch, those with and without results.
            budget_seconds: time after which no further document is begun.
        """
        deadline = time.monotonic() + budget_seconds
        with self._opened() as database:
            known = dict(database.execute("SELECT id, result FROM documents"))
            for document in documents:
                if not document.result_key or known.get(document.document_id) == document.result_key:
                    continue
                if time.monotonic() > deadline:
                    return
                self._add(database, document)

    def search(self, query: str, *, quotes_only: bool, offset: int, limit: int) -> Hits:
        """Return the places that hold every word of a query; text in double quotes is a phrase."""
        expression = match_expression(query)
        with self._opened() as database:
            (indexed,) = database.execute("SELECT count(*) FROM documents").fetchone()
            if not expression:
                return Hits((), 0, indexed)
            kind = "AND e.start IS NOT NULL" if quotes_only else ""
            found = f"FROM words w JOIN entries e ON e.id = w.rowid WHERE words MATCH ? {kind}"
            (total,) = database.execute(f"SELECT count(*) {found}", (expression,)).fetchone()
            rows = database.execute(
                f"SELECT e.document, e.page, e.start, e.stop, e.answers {found} ORDER BY rank, e.id LIMIT ? OFFSET ?",
                (expression, limit, offset),
            ).fetchall()
        hits = [Hit(name, page, start, end, tuple(answers.split())) for name, page, start, end, answers in rows]
        return Hits(hits, total, indexed)

    def _add(self, database: sqlite3.Connection, document: Document) -> None:
        try:
            pages, result = self._texts(document)
        except (FileNotFoundError, ValueError):
            return
        with database:  # one transaction per document
            name = document.document_id
            # Words of an earlier result stay, without an entry that leads to them: ids are never used twice.
            database.execute("DELETE FROM entries WHERE document = ?", (name,))
            for number, text in enumerate(pages, 1):
                _insert(database, (name, number, None, None, ""), text)
            for (page, start, end), answers in quotes_of(result).items():
                if 0 < page <= len(pages):
                    _insert(database, (name, page, start, end, " ".join(answers)), pages[page - 1][start:end])
            database.execute("INSERT OR REPLACE INTO documents VALUES (?, ?)", (name, document.result_key))

    def _texts(self, document: Document) -> tuple[list[str], dict[str, Any]]:
        pages: list[str] = []
        if document.pages_key:
            pages = all_page_texts(self._store, pages_key(document))
        return pages, cast("dict[str, Any]", orjson.loads(stored_result(self._store, document)))

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        """Open the database; build an empty one where there is none, or where it is damaged."""
        try:
            database = self._connect()
        except sqlite3.DatabaseError:
            self._path.unlink(missing_ok=True)
            database = self._connect()
        with closing(database):
            yield database

    def _connect(self) -> sqlite3.Connection:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        database = sqlite3.connect(self._path, timeout=_BUSY_SECONDS)
        try:
            # A cache needs no durability; a crash leaves at worst a damaged file, which is built again.
            database.execute("PRAGMA synchronous = OFF")
            database.execute("PRAGMA journal_mode = MEMORY")
            database.execute("BEGIN IMMEDIATE")
            if database.execute("PRAGMA user_version").fetchone() == (0,):
                for statement in _SCHEMA.split(";\n"):
                    database.execute(statement)
            database.commit()
        except BaseException:
            database.close()
            raise
        return database


def _insert(database: sqlite3.Connection, entry: tuple[Any, ...], text: str) -> None:
    cursor = database.execute(
        "INSERT INTO entries (document, page, start, stop, answers) VALUES (?, ?, ?, ?, ?)", entry
    )
    database.execute("INSERT INTO words (rowid, text) VALUES (?, ?)", (cursor.lastrowid, text))


def quotes_of(result: dict[str, Any]) -> dict[tuple[int, int, int], list[str]]:
    """Return the places of a result's evidence (page, start, end) with the ids of the answers that use them."""
    found: dict[tuple[int, int, int], list[str]] = {}
    for answer in result.get("answers", ()):
        for item in answer["evidence"]:
            users = found.setdefault((item["page"], item["start"], item["end"]), [])
            if answer["id"] not in users:
                users.append(answer["id"])
    return found


def match_expression(query: str) -> str:
    """Return a query as FTS5 takes it: every word quoted, so that nothing in it is an operator; "" for no words."""
    parts = query.replace("\0", " ").split('"')  # SQLite reads an expression up to the first NUL
    terms: list[str] = []
    for place, part in enumerate(parts):
        words = [part.strip()] if place % 2 and place < len(parts) - 1 else part.split()
        terms += [word for word in words if any(character.isalnum() for character in word)]
    return " AND ".join(f'"{term}"' for term in terms[:MAX_TERMS])
