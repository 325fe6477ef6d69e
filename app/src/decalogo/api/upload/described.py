"""Combine what an upload says of its documents: ids, metadata and points that do not apply, from options or a table."""

from __future__ import annotations

from collections.abc import Sequence

from decalogo.api.problems import body_error
from decalogo.api.upload.form import FormFields
from decalogo.api.upload.metadata import DocumentOptions
from decalogo.api.upload.options import check_custom_ids, resolve_points


def described(form: FormFields, filenames: Sequence[str]) -> list[DocumentOptions]:
    """Return the options of each document of a form, in the order of ``filenames``.

    Raises:
        BodyError: there are two sources for the same thing, the numbers differ, or no row of the table matches.
    """
    options, count = form.options, len(filenames)
    sources = {
        "options.custom_ids": options.custom_ids,
        "options.documents": options.documents,
        "table": form.table,
    }
    given = [name for name, value in sources.items() if value is not None]
    if len(given) > 1:
        raise body_error([{"where": given[1], "detail": f"cannot be combined with {given[0]}"}])
    if options.table is not None and form.table is None:
        raise body_error([{"where": "options.table", "detail": "the form has no field `table`"}])
    if options.custom_ids is not None:
        check_custom_ids(options.custom_ids, count)
        return [DocumentOptions(id=custom_id) for custom_id in options.custom_ids]
    if options.documents is not None:
        if len(options.documents) != count:
            detail = f"{len(options.documents)} entries for {count} files; give one entry per file"
            raise body_error([{"where": "options.documents", "detail": detail}])
        return options.documents
    if form.table is not None:
        return form.table.match(filenames)
    return [DocumentOptions() for _ in filenames]


def check(documents: Sequence[DocumentOptions], rubric: str, where: str) -> list[dict[str, str] | None]:
    """Return the points of each document that do not apply, with reasons; None: those of the batch.

    Raises:
        BodyError: an id is invalid or repeated, or the rubric lacks a point.
    """
    ids = [document.id for document in documents if document.id is not None]
    check_custom_ids(ids, len(ids), f"{where}.id")
    return [
        None
        if document.not_applicable is None
        else resolve_points(document.not_applicable, rubric, f"{where}[{number}].not_applicable")
        for number, document in enumerate(documents)
    ]
