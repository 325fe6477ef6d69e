"""Split a ``multipart/form-data`` body into parts while it arrives (RFC 7578), with python-multipart's parser.

The parser reports what it finds by callbacks, but files are written by threads that the callbacks cannot await. So each
chunk becomes a list of events. Only the headers of the current part are kept, whatever the size of a file.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from email.message import Message
from email.utils import collapse_rfc2231_value

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, MultipartState, parse_options_header

from decalogo.errors import MediaTypeError, RequestError


@dataclass(frozen=True, slots=True)
class PartStart:
    """A part begins; ``filename`` is as the client sent it, or None without one."""

    name: str
    filename: str | None


@dataclass(frozen=True, slots=True)
class PartData:
    """Bytes of the current part."""

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
        MediaTypeError: the header has no usable boundary.
    """

    def __init__(self, content_type: str) -> None:
        self._events: list[Event] = []
        self._name, self._value, self._disposition = bytearray(), bytearray(), b""
        boundary = parse_options_header(content_type)[1].get(b"boundary", b"")
        try:
            self._parser = MultipartParser(
                boundary,
                {
                    "on_header_field": lambda data, start, end: self._name.extend(data[start:end]),
                    "on_header_value": lambda data, start, end: self._value.extend(data[start:end]),
                    "on_header_end": self._header_end,
                    "on_headers_finished": self._part_start,
                    "on_part_data": lambda data, start, end: self._events.append(PartData(memoryview(data)[start:end])),
                    "on_part_end": lambda: self._events.append(PartEnd()),
                },
            )
        except FormParserError as error:
            raise MediaTypeError(f"The Content-Type has no usable boundary: {error}.") from error
        if not boundary:
            raise MediaTypeError("The Content-Type multipart/form-data has no boundary.")

    def feed(self, chunk: bytes) -> list[Event]:
        """Return the events of ``chunk``; raise :class:`RequestError` if it is not well-formed."""
        try:
            self._parser.write(chunk)
        except FormParserError as error:
            raise RequestError(f"The body is not well-formed multipart/form-data: {error}.") from error
        events, self._events = self._events, []
        return events

    def close(self) -> None:
        """End the body; raise :class:`RequestError` if its closing boundary is missing."""
        if self._parser.state != MultipartState.END:
            raise RequestError("The body ends before the closing boundary of its multipart/form-data.")

    def _header_end(self) -> None:
        if self._name.lower() == b"content-disposition":
            self._disposition = bytes(self._value)
        self._name.clear()
        self._value.clear()

    def _part_start(self) -> None:
        disposition, self._disposition = self._disposition, b""
        kind, parameters = parse_options_header(disposition)
        if kind != b"form-data" or b"name" not in parameters:
            raise RequestError("A part of the body has no `Content-Disposition: form-data; name=…`.")
        plain = parameters.get(b"filename")
        filename = _extended_name(disposition) or (None if plain is None else _text(plain))
        self._events.append(PartStart(_text(parameters[b"name"]), filename))


def _text(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")  # as older Windows clients send it


def _extended_name(disposition: bytes) -> str | None:
    """Return the file name of a ``filename*`` parameter (RFC 8187), which python-multipart passes over."""
    if b"filename*" not in disposition.lower():
        return None
    header = Message()
    header["content-disposition"] = " ".join(_text(disposition).split())
    with suppress(ValueError, TypeError, LookupError):  # the standard library raises these for malformed parameters
        for key, value in header.get_params([], header="content-disposition"):
            if key.lower() == "filename" and isinstance(value, tuple):
                return collapse_rfc2231_value(value)
    return None
