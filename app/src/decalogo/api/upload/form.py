"""Read a ``multipart/form-data`` upload: fields ``files`` (repeated), ``options`` (JSON) and ``table`` (CSV)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from decalogo.api.problems import body_error
from decalogo.api.upload.display_names import display_name
from decalogo.api.upload.intake import Intake, in_thread
from decalogo.api.upload.multipart import MultipartReader, PartData, PartStart
from decalogo.api.upload.options import UploadOptions, parse_options
from decalogo.api.upload.table import MAX_TABLE_BYTES, Table, TableOptions, parse_table
from decalogo.errors import ForbiddenError, PayloadTooLargeError

FILES, OPTIONS, TABLE = "files", "options", "table"
_MAX_BYTES: Final = {OPTIONS: 1 << 20, TABLE: MAX_TABLE_BYTES}


@dataclass(frozen=True, slots=True)
class FormFields:
    """The fields of a form that are no files."""

    options: UploadOptions
    table: Table | None = None


class FormUpload:
    """Reads one form.

    Args:
        intake: stores the files.
        max_documents: greatest number of files; the upload is rejected at the first file above it.
        check: called with the options as soon as they have arrived, so that wrong ones are rejected before the files.
    """

    def __init__(self, intake: Intake, max_documents: int, check: Callable[[UploadOptions], Awaitable[None]]) -> None:
        self._intake = intake
        self._max_documents = max_documents
        self._check = check
        self._options: UploadOptions | None = None
        self._raw: dict[str, bytearray] = {}
        self._current = ""  # the field that arrives

    async def read(self, content_type: str, body: AsyncIterator[bytes]) -> FormFields:
        """Read the whole body, and return its fields other than files.

        Raises:
            RequestError: the form is malformed or incomplete, or the options are not JSON.
            BodyError: a field is unknown or repeated, an option is wrong, or the table is invalid.
            ForbiddenError: there are more files than the tier allows.
        """
        reader = MultipartReader(content_type)
        async for chunk in body:
            for event in reader.feed(chunk):
                if isinstance(event, PartData):
                    await self._data(event.data)
                elif isinstance(event, PartStart):
                    self._start(event)
                else:
                    await self._end()
        reader.close()
        options = self._options or UploadOptions()  # type: ignore[call-arg]
        if TABLE not in self._raw:
            return FormFields(options)
        columns = options.table or TableOptions()  # type: ignore[call-arg]
        return FormFields(options, await in_thread(parse_table, self._raw[TABLE], columns))

    def _start(self, part: PartStart) -> None:
        self._current = part.name
        if part.name == FILES:
            number = self._intake.count + 1
            if number > self._max_documents:
                raise too_many_documents(self._max_documents)
            self._intake.begin(display_name(part.filename or "", f"document-{number}"))
        elif part.name in _MAX_BYTES:
            if part.name in self._raw:
                raise body_error([{"where": part.name, "detail": "the field is repeated"}])
            self._raw[part.name] = bytearray()
        else:
            detail = f"unknown field; the fields are `{FILES}`, `{OPTIONS}` and `{TABLE}`"
            raise body_error([{"where": display_name(part.name, "(no name)"), "detail": detail}])

    async def _data(self, data: memoryview) -> None:
        if self._current == FILES:
            await self._intake.write(data)
            return
        raw, limit = self._raw[self._current], _MAX_BYTES[self._current]
        raw += data
        if len(raw) > limit:
            raise PayloadTooLargeError(f"The field `{self._current}` exceeds its limit of {limit} bytes.", limit=limit)

    async def _end(self) -> None:
        if self._current == FILES:
            await self._intake.end()
        elif self._current == OPTIONS:
            self._options = parse_options(self._raw[OPTIONS], self._max_documents)
            self._raw[OPTIONS] = bytearray()
            await self._check(self._options)


def too_many_documents(limit: int) -> ForbiddenError:
    """Return the error for a batch that exceeds its tier's ``documents_per_batch``."""
    return ForbiddenError(
        f"An upload of this tier may have at most {limit} documents.", limit="documents_per_batch", allowed=limit
    )
