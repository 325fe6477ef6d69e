"""Load a rubric from YAML. Every error names file, line and field."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib import resources
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from decalogo.errors import RubricError
from decalogo.evaluation.languages import Language, load_language
from decalogo.evaluation.rubric import patterns
from decalogo.evaluation.rubric.clauses import Clause, Element
from decalogo.evaluation.rubric.model import Column, Cue, RelevanceSettings, RubricData, SectionKind, Vocabulary

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
Location = tuple[str | int, ...]


@dataclass(frozen=True, eq=False)
class Rubric:
    """A valid rubric and the hash of its file.

    Attributes:
        data: content of the rubric.
        sha256: hash of the file's bytes, hexadecimal.
        source: name of the file, for messages.
    """

    data: RubricData
    sha256: str
    source: str

    @property
    def id(self) -> str:
        """The rubric's id."""
        return self.data.id

    @property
    def version(self) -> str:
        """The rubric's version."""
        return self.data.version

    @cached_property
    def language(self) -> Language:
        """The language of the rubric."""
        return load_language(self.data.language)

    @property
    def answers(self) -> int:
        """Number of answers in a result."""
        return len(self.data.points) * sum(len(dimension.questions) for dimension in self.data.dimensions)

    @cached_property
    def patterns(self) -> tuple[str, ...]:
        """All distinct prepared patterns, sorted. The index of a pattern is its id."""
        found: set[str] = set()
        for _, written in _written(self.data):
            found.update(patterns.prepare(p) for p in patterns.expand(written, self.data.lexicon))
        return tuple(sorted(found))

    @cached_property
    def pattern_ids(self) -> dict[str, int]:
        """Id of each prepared pattern."""
        return {pattern: index for index, pattern in enumerate(self.patterns)}

    @cached_property
    def stages(self) -> tuple[tuple[int, ...], ...]:
        """Ids of the patterns in the two stages of a search, ascending; an empty stage is left out.

        The first stage holds the terms of the points and is searched in every unit. The second stage holds the other
        patterns of clauses and is searched only in units that are relevant to a point.
        """
        terms, others = (
            {number for _, written in _written(self.data, kinds) for number in self.ids(written)}
            for kinds in ((Vocabulary, RelevanceSettings), (Clause, Cue))
        )
        return tuple(tuple(sorted(ids)) for ids in (terms, others - terms) if ids)

    def ids(self, written: tuple[str, ...]) -> frozenset[int]:
        """Return the ids of patterns as written in the file."""
        known = self._ids.get(written)
        if known is None:
            prepared = (patterns.prepare(p) for p in patterns.expand(written, self.data.lexicon))
            known = self._ids[written] = frozenset(self.pattern_ids[p] for p in prepared)
        return known

    def searched(self, name: str) -> bool:
        """Tell whether all patterns of a list of the lexicon are searched in text."""
        prepared = (patterns.prepare(p) for p in patterns.expand((f"@{name}",), self.data.lexicon))
        return all(pattern in self.pattern_ids for pattern in prepared)

    def prepare(self) -> None:
        """Compute the ids of all patterns now instead of at first use, for a process that is about to fork."""
        for _, written in _written(self.data):
            self.ids(written)

    @cached_property
    def _ids(self) -> dict[tuple[str, ...], frozenset[int]]:
        return {}


def available_rubrics() -> tuple[str, ...]:
    """Return the names of the built-in rubrics, sorted."""
    folder = resources.files("decalogo.rubrics")
    return tuple(sorted(Path(f.name).stem for f in folder.iterdir() if f.name.endswith(".yaml")))


def load_rubric(name_or_path: str | Path) -> Rubric:
    """Return a built-in rubric by name, or a rubric from a YAML file.

    Raises:
        RubricError: the name is unknown, or the file is unreadable or invalid. The detail names file, line and field.
    """
    text = str(name_or_path)
    if isinstance(name_or_path, Path) or "/" in text or text.endswith((".yaml", ".yml")):
        try:
            return _parse(Path(text).read_bytes(), text)
        except OSError as error:
            raise RubricError(f"{text}: {error.strerror or error}") from error
    if text not in available_rubrics():
        raise RubricError(f"unknown rubric {text!r}; known: {', '.join(available_rubrics())}")
    return _shipped(text)


@lru_cache(maxsize=8)
def _shipped(name: str) -> Rubric:
    return _parse((resources.files("decalogo.rubrics") / f"{name}.yaml").read_bytes(), f"{name}.yaml")


def _parse(content: bytes, source: str) -> Rubric:
    try:
        raw = yaml.load(content, Loader=_Loader)  # noqa: S506 - a safe loader, the C one where there is one
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f" line {mark.line + 1}:" if mark else ""
        raise RubricError(f"{source}:{line} not valid YAML: {getattr(error, 'problem', error)}") from error
    if not isinstance(raw, dict):
        raise RubricError(f"{source}: line 1: a rubric is a mapping")
    try:
        data = RubricData.model_validate(raw)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise _located(content, source, first["loc"], first["msg"]) from error
    try:
        load_language(data.language)
    except ValueError as error:
        raise _located(content, source, ("language",), str(error)) from error
    for location, written in _written(data):
        _check_patterns(content, source, data, location, written)
    _check_names(content, source, data)
    return Rubric(data=data, sha256=hashlib.sha256(content).hexdigest(), source=source)


def _check_patterns(content: bytes, source: str, data: RubricData, location: Location, written: Sequence[str]) -> None:
    for index, pattern in enumerate(written):
        try:
            for plain in patterns.expand([pattern], data.lexicon):
                if refusal := _refusal(plain):
                    raise _located(content, source, (*location, index), f"pattern {plain!r}: {refusal}")
        except ValueError as error:
            raise _located(content, source, (*location, index), str(error)) from error


@lru_cache(maxsize=8192)
def _refusal(written: str) -> str | None:
    return patterns.check(patterns.prepare(written))


def _check_names(content: bytes, source: str, data: RubricData) -> None:
    for location, part in _parts(data, ()):
        named: list[tuple[str, str, Sequence[str], set[str]]] = []
        if isinstance(part, Clause):
            named.append(("beside", "finder", part.beside, set(data.finders)))
        elif isinstance(part, Element):
            named.append(("use", "finder", part.use, set(data.finders)))
            named.append(("outside", "kind of section", part.outside, {kind.name for kind in data.sections}))
        for field, what, names, known in named:
            for name in names:
                if name not in known:
                    raise _located(content, source, (*location, field), f"unknown {what} {name!r}")


def _parts(value: object, location: Location) -> Iterator[tuple[Location, object]]:
    """Yield all model objects below ``value`` with their location in the file."""
    if isinstance(value, tuple):
        for index, item in enumerate(value):
            yield from _parts(item, (*location, index))
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _parts(item, (*location, key))
    elif isinstance(value, BaseModel):
        yield location, value
        for name in type(value).model_fields:
            yield from _parts(getattr(value, name), (*location, name))


_SEARCHED: dict[type, tuple[str, ...]] = {
    Clause: ("any", "also", "none"),
    Vocabulary: ("strong", "weak", "exclude"),
    RelevanceSettings: ("exclude",),
    Column: ("header", "none", "within"),
    SectionKind: ("heading",),
    Cue: ("any",),
}
"""The fields that contain patterns."""


def _written(data: RubricData, kinds: Collection[type] = _SEARCHED) -> Iterator[tuple[Location, tuple[str, ...]]]:
    """Yield every list of patterns that is searched in text or headers, with its location."""
    for place, part in _parts(data, ()):
        for name in _SEARCHED[type(part)] if type(part) in kinds else ():
            yield (*place, name), getattr(part, name)


def _located(content: bytes, source: str, loc: Sequence[str | int], message: str) -> RubricError:
    """Return the error for a location. Elements of the path that are not in the file are skipped."""
    node = yaml.compose(content, Loader=_Loader)
    line, names = 1, []
    for part in loc:
        child = _child(node, part)
        if child is None:
            continue
        key_line, node = child
        line = key_line + 1
        names.append(str(part))
    field = ".".join(names + [str(p) for p in loc[-1:] if not names or str(p) != names[-1]])
    return RubricError(f"{source}: line {line}: {field or '(top)'}: {message}", file=source, line=line, field=field)


def _child(node: Any, part: str | int) -> tuple[int, Any] | None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == str(part):
                return key.start_mark.line, value
    elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        return node.value[part].start_mark.line, node.value[part]
    return None
