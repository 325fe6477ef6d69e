"""The appliance's own errors, as one tree of classes.

An error has a stable ``slug`` (the last part of its RFC 9457 ``type``), a title, and the HTTP status of the API's
answer. Errors about a document become that document's ``problem`` in the ledger.
"""

from __future__ import annotations

from typing import ClassVar


class DecalogoError(Exception):
    """Base of the appliance's own errors.

    Args:
        detail: what happened, where, and what to do about it, in one or two sentences.
        **extra: further members of the problem document (RFC 9457, section 3.2).
    """

    slug: ClassVar[str] = "internal"
    title: ClassVar[str] = "Internal error"
    status: ClassVar[int] = 500

    def __init__(self, detail: str, **extra: object) -> None:
        super().__init__(detail)
        self.detail = detail
        self.extra = extra

    def problem(self) -> dict[str, object]:
        """Return the RFC 9457 members (``type`` is relative: a page under ``/problems/``)."""
        return {
            "type": f"/problems/{self.slug}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            **self.extra,
        }


class DocumentError(DecalogoError):
    """The document cannot be evaluated, and a retry would not help."""

    slug, title, status = "document-unreadable", "The document cannot be read", 422


class EmptyDocumentError(DocumentError):
    """The file has no bytes, or no text."""

    slug, title = "document-empty", "The document is empty"


class UnsupportedDocumentError(DocumentError):
    """The content has no supported type."""

    slug, title = "document-type-unsupported", "The document's type is not supported"


class PageUnreadableError(DocumentError):
    """One page of the document cannot be drawn."""

    slug, title, status = "page-unreadable", "The page cannot be drawn", 409


class NoPicturesError(DocumentError):
    """The document is of a type without page pictures."""

    slug, title, status = "no-page-pictures", "The document has no page pictures", 404


class EncryptedDocumentError(DocumentError):
    """The document needs a password."""

    slug, title = "document-encrypted", "The document is encrypted"


class DamagedDocumentError(DocumentError):
    """The document is truncated or malformed."""

    slug, title = "document-damaged", "The document is damaged"


class NoTextError(DocumentError):
    """No page has a text layer (a scan)."""

    slug, title = "document-without-text", "The document has no text layer"


class DocumentTooLargeError(DocumentError):
    """The document exceeds a limit on size, pages or expansion."""

    slug, title, status = "document-too-large", "The document is too large", 413


class TimeLimitError(DocumentError):
    """The evaluation exceeded its time limit."""

    slug, title = "time-limit-exceeded", "The evaluation took too long"


class DeadDocumentError(DecalogoError):
    """Every attempt to evaluate the document was lost: its process crashed or exceeded its time."""

    slug, title, status = "document-dead", "All attempts at the document were lost", 500


class CancelledDocumentError(DecalogoError):
    """The batch was cancelled before the document was evaluated."""

    slug, title, status = "document-cancelled", "The document was cancelled", 409


class RubricError(DecalogoError):
    """A rubric is unknown or its file is invalid; the detail has file, line and field."""

    slug, title, status = "rubric-invalid", "The rubric is unknown or invalid", 422


class RequestError(DecalogoError):
    """The request is malformed."""

    slug, title, status = "request-invalid", "The request is invalid", 400


class BodyError(DecalogoError):
    """The request is well-formed but its content is invalid; ``errors`` lists what and where."""

    slug, title, status = "body-invalid", "The request's content is invalid", 422


class MethodNotAllowedError(DecalogoError):
    """The path exists, but not with this method."""

    slug, title, status = "method-not-allowed", "The method is not allowed", 405


class RangeError(DecalogoError):
    """The file is shorter than the requested range; ``size`` is its number of bytes."""

    slug, title, status = "range-not-satisfiable", "The range is not in the file", 416


class MediaTypeError(DecalogoError):
    """The body has an unsupported type or encoding."""

    slug, title, status = "media-type-unsupported", "The body's type is not supported", 415


class NoResultError(DecalogoError):
    """The document ended without a result, and the ledger has no other reason."""

    slug, title, status = "document-without-result", "The document has no result", 422


class UnauthorizedError(DecalogoError):
    """The token is missing, unknown, expired or revoked.

    ``reason`` is for the operator's metrics only; the answer does not contain it.
    """

    slug, title, status = "unauthorized", "A valid token is required", 401

    def __init__(self, detail: str, reason: str = "unknown") -> None:
        super().__init__(detail)
        self.reason = reason


class CrossSiteError(DecalogoError):
    """A browser's request that changes something does not come from a page of this origin."""

    slug, title, status = "cross-site", "The request does not come from this origin", 403


class ForbiddenError(DecalogoError):
    """The token is valid but does not allow this."""

    slug, title, status = "forbidden", "The token does not allow this", 403


class NotFoundError(DecalogoError):
    """The resource does not exist, or it belongs to another tenant."""

    slug, title, status = "not-found", "Not found", 404


class ConflictError(DecalogoError):
    """The state of the document does not allow this."""

    slug, title, status = "conflict", "The state does not allow this", 409


class PreconditionFailedError(DecalogoError):
    """What the request refers to (``If-Match``) has changed meanwhile."""

    slug, title, status = "precondition-failed", "It has changed meanwhile", 412


class PreconditionRequiredError(DecalogoError):
    """The request must say which version it refers to (``If-Match``)."""

    slug, title, status = "precondition-required", "If-Match is needed", 428


class NotReadyError(DecalogoError):
    """The result is not available yet."""

    slug, title, status = "not-ready", "Not ready yet", 409


class KeyUsedError(DecalogoError):
    """Another upload with this ``Idempotency-Key`` is in progress."""

    slug, title, status = "idempotency-key-in-use", "An upload with this key is in progress", 409


class KeyReusedError(DecalogoError):
    """The ``Idempotency-Key`` belongs to an upload with another content."""

    slug, title, status = "idempotency-key-reused", "The key belongs to another upload", 422


class SlowBodyError(DecalogoError):
    """The body of the request arrives too slowly, or has stopped."""

    slug, title, status = "body-too-slow", "The upload is too slow", 408


class PayloadTooLargeError(DecalogoError):
    """The body, or a part of it, exceeds its limit."""

    slug, title, status = "payload-too-large", "The upload is too large", 413


class ClaimLostError(DecalogoError):
    """The attempt has lost its claim: its lease expired, or the document was cancelled. Its result is discarded."""

    slug, title, status = "claim-lost", "The attempt has lost its claim", 409


class QuotaError(DecalogoError):
    """The tenant has reached one of its limits; retry after ``retry_after`` seconds."""

    slug, title, status = "quota-exceeded", "The tenant's limit is reached", 429


class UnavailableError(DecalogoError):
    """The appliance cannot accept the request now; retry after ``retry_after`` seconds."""

    slug, title, status = "unavailable", "The appliance is temporarily unavailable", 503


class EmbeddedError(DecalogoError):
    """The embedded appliance cannot be started, stopped or found; the detail has the remedy."""

    slug, title = "embedded", "The embedded appliance reports an error"


class BenchError(DecalogoError):
    """A measurement failed."""

    slug, title = "bench", "The measurement failed"


class ClientError(DecalogoError):
    """The client cannot send the request: wrong options, files or address."""

    slug, title, status = "client", "The client cannot send the request", 400


class RateLimitedError(DecalogoError):
    """Too many requests in a short time; the next one is allowed after ``retry_after`` seconds."""

    slug, title, status = "rate-limited", "Too many requests", 429


class SettingsError(DecalogoError):
    """An environment variable is misspelt or has an invalid value; the detail is one line."""

    slug, title = "settings", "A setting is invalid"


class LedgerFormatError(DecalogoError):
    """The ledger has a data format that this version does not read."""

    slug, title = "ledger-format", "The ledger has another data format"


class EngineError(DecalogoError):
    """The container engine rejected a request of the autoscaler."""

    slug, title, status = "engine", "The container engine rejected the request", 502
