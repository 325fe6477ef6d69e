"""Read a ``multipart/form-data`` upload: fields ``files`` (repeated) and ``options`` (JSON, at most once)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

from decalogo.api.problems import body_error
from decalogo.api.upload.display_names import display_name
from decalogo.api.upload.intake import Intake
from decalogo.api.upload.multipart import MultipartReader, PartData, PartStart
from decalogo.api.upload.options import UploadOptions, parse_options
from decalogo.errors import ForbiddenError, PayloadTooLargeError

MAX_OPTIONS_BYTES = 1 << 20


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
        self._raw_options: bytearray | None = None

    async def read(self, content_type: str, body: AsyncIterator[bytes]) -> UploadOptions:
        """Read the whole body and return its options.

        Raises:
            RequestError: the form is malformed or incomplete, or the options are not JSON.
            BodyError: a field is unknown or repeated, or an option is wrong.
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
        return self._options or UploadOptions()  # type: ignore[call-arg]

    def _start(self, part: PartStart) -> None:
        if part.name == "files":
            number = self._intake.count + 1
            if number > self._max_documents:
                raise too_many_documents(self._max_documents)
            self._intake.begin(display_name(part.filename or "", f"document-{number}"))
        elif part.name == "options":
            if self._options is not None:
                raise body_error([{"where": "options", "detail": "the field is repeated"}])
            self._raw_options = bytearray()
        else:
            detail = "unknown field; the fields are `files` and `options`"
            raise body_error([{"where": display_name(part.name, "(no name)"), "detail": detail}])

    async def _data(self, data: memoryview) -> None:
        if self._raw_options is None:
            await self._intake.write(data)
            return
        self._raw_options += data
        if len(self._raw_options) > MAX_OPTIONS_BYTES:
            raise PayloadTooLargeError(
                f"The field `options` exceeds its limit of {MAX_OPTIONS_BYTES} bytes.", limit=MAX_OPTIONS_BYTES
            )

    async def _end(self) -> None:
        if self._raw_options is None:
            await self._intake.end()
            return
        self._options, self._raw_options = parse_options(self._raw_options, self._max_documents), None
        await self._check(self._options)


def too_many_documents(limit: int) -> ForbiddenError:
    """Return the error for a batch that exceeds its tier's ``documents_per_batch``."""
    return ForbiddenError(
        f"A batch of this tier may have at most {limit} documents.", limit="documents_per_batch", allowed=limit
    )
