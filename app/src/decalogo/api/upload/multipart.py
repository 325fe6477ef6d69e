"""``multipart/form-data`` as a stream of events, whatever the borders of the chunks it arrives in (RFC 7578).

Nothing is kept but the headers of the part being read, so memory does not depend on the size of a file.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from decalogo.errors import MediaTypeError, RequestError

MAX_HEADER_BYTES = 16 * 1024
MAX_HEADERS = 16


@dataclass(frozen=True, slots=True)
class PartStart:
    """A part begins; ``filename`` is None when the part names none, and is as the client sent it."""

    name: str
    filename: str | None


@dataclass(frozen=True, slots=True)
class PartData:
    """Some bytes of the current part; a view, valid until the next chunk is fed."""

    data: memoryview


@dataclass(frozen=True, slots=True)
class PartEnd:
    """The current part is complete."""


Event = PartStart | PartData | PartEnd


class MultipartReader:
    """Turns chunks of a body into events.

    Args:
        content_type: the request's header, with its boundary.

    Raises:
        MediaTypeError: the header holds no usable boundary.
    """

    def __init__(self, content_type: str) -> None:
        _kind, parameters = parse_options_header(content_type)
        boundary = parameters.get(b"boundary", b"")
        if not 1 <= len(boundary) <= 200 or b"\r" in boundary or b"\n" in boundary:
            raise MediaTypeError("The Content-Type multipart/form-data needs a boundary of 1 to 200 characters.")
        self._events: list[Event] = []
        self._field, self._value = bytearray(), bytearray()
        self._disposition = b""
        self._complete = False
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._part_begin,
                "on_header_field": lambda data, start, end: self._field.extend(data[start:end]),
                "on_header_value": lambda data, start, end: self._value.extend(data[start:end]),
                "on_header_end": self._header_end,
                "on_headers_finished": self._headers_finished,
                "on_part_data": lambda data, start, end: self._events.append(PartData(memoryview(data)[start:end])),
                "on_part_end": lambda: self._events.append(PartEnd()),
                "on_end": self._end,
            },
            max_header_count=MAX_HEADERS,
            max_header_size=MAX_HEADER_BYTES,
        )

    def feed(self, chunk: bytes) -> Iterator[Event]:
        """Yield what ``chunk`` completes; raises :class:`RequestError` when it is not multipart."""
        try:
            self._parser.write(chunk)
        except FormParserError as error:
            raise RequestError(f"The body is not well-formed multipart/form-data: {error}.") from error
        events, self._events = self._events, []
        yield from events

    def close(self) -> None:
        """Say that the body has ended; raises :class:`RequestError` when its closing boundary was missing."""
        if not self._complete:
            raise RequestError("The body ends before the closing boundary of its multipart/form-data.")

    def _part_begin(self) -> None:
        self._disposition = b""

    def _header_end(self) -> None:
        if self._field.lower() == b"content-disposition":
            self._disposition = bytes(self._value)
        self._field.clear()
        self._value.clear()

    def _headers_finished(self) -> None:
        kind, parameters = parse_options_header(self._disposition)
        name = parameters.get(b"name")
        if kind != b"form-data" or name is None:
            raise RequestError("A part of the body has no `Content-Disposition: form-data; name=…`.")
        filename = parameters.get(b"filename")
        self._events.append(PartStart(_text(name), None if filename is None else _text(filename)))

    def _end(self) -> None:
        self._complete = True


def _text(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")  # what older Windows clients send
