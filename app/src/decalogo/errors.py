"""Every error the appliance raises on purpose, as one tree.

An error carries a stable ``slug`` (the last part of its RFC 9457 ``type``), a title for people, and an HTTP status that
the API uses when it becomes an answer. Errors about a document become that document's ``problem`` in the ledger.
"""

from __future__ import annotations

from typing import ClassVar


class DecalogoError(Exception):
    """Base of all errors raised on purpose.

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
    """The document cannot be evaluated, and trying again will not help."""

    slug, title, status = "document-unreadable", "The document cannot be read", 422


class EmptyDocumentError(DocumentError):
    """The file holds no bytes, or no text at all."""

    slug, title = "document-empty", "The document is empty"


class UnsupportedDocumentError(DocumentError):
    """The content is of no type that can be read."""

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


class DeadDocumentError(DecalogoError):
    """Every attempt at the document was lost (its process died, or took too long); the ledger writes this one."""

    slug, title, status = "document-dead", "The document was given up", 500


class CancelledDocumentError(DecalogoError):
    """The batch was cancelled before the document was evaluated; the ledger writes this one."""

    slug, title, status = "document-cancelled", "The document was cancelled", 409


class RubricError(DecalogoError):
    """A rubric is unknown or its file is invalid; the detail names file, line and field."""

    slug, title, status = "rubric-invalid", "The rubric is unknown or invalid", 422


class RequestError(DecalogoError):
    """The request itself is wrong."""

    slug, title, status = "request-invalid", "The request is invalid", 400


class BodyError(DecalogoError):
    """The request can be read but asks for something that makes no sense; ``errors`` says what and where."""

    slug, title, status = "body-invalid", "The request's content is invalid", 422


class MethodNotAllowedError(DecalogoError):
    """The address exists but not with this method."""

    slug, title, status = "method-not-allowed", "The method is not allowed here", 405


class MediaTypeError(DecalogoError):
    """The body is of a type or encoding that is not read here."""

    slug, title, status = "media-type-unsupported", "The body's type is not supported", 415


class NoResultError(DecalogoError):
    """The document ended without a result, and its ledger entry does not say more."""

    slug, title, status = "document-without-result", "The document has no result", 422


class UnauthorizedError(DecalogoError):
    """No token, or one that is unknown, expired or revoked.

    ``reason`` says which, for the operator's count; the answer does not tell it.
    """

    slug, title, status = "unauthorized", "A valid token is needed", 401

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
    """No such thing, or it belongs to another tenant."""

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
    """The thing exists but is not there yet."""

    slug, title, status = "not-ready", "Not ready yet", 409


class KeyUsedError(DecalogoError):
    """An upload with this ``Idempotency-Key`` is still under way."""

    slug, title, status = "idempotency-key-in-use", "An upload with this key is under way", 409


class KeyReusedError(DecalogoError):
    """The ``Idempotency-Key`` belongs to an upload of something else."""

    slug, title, status = "idempotency-key-reused", "The key belongs to another upload", 422


class SlowBodyError(DecalogoError):
    """The request's body came too slowly, or stopped coming."""

    slug, title, status = "body-too-slow", "The upload comes too slowly", 408


class PayloadTooLargeError(DecalogoError):
    """The request body, or one file in it, is over its limit."""

    slug, title, status = "payload-too-large", "The upload is too large", 413


class ClaimLostError(DecalogoError):
    """The attempt was taken back: its lease ended, or the document was cancelled; nothing of it counts any more."""

    slug, title, status = "claim-lost", "The attempt was taken back", 409


class QuotaError(DecalogoError):
    """The caller has used up a limit of its own; ``retry_after`` (seconds) says when to try again."""

    slug, title, status = "quota-exceeded", "A limit of yours is reached", 429


class UnavailableError(DecalogoError):
    """The appliance cannot take work now; ``retry_after`` (seconds) says when to try again."""

    slug, title, status = "unavailable", "The appliance cannot take work now", 503


class EmbeddedError(DecalogoError):
    """The embedded appliance cannot start, stop or be found here; the detail says what to do."""

    slug, title = "embedded", "The embedded appliance cannot do this"


class BenchError(DecalogoError):
    """Something could not be measured."""

    slug, title = "bench", "This cannot be measured"


class ClientError(DecalogoError):
    """The client was asked for something that cannot be sent, before any request was made."""

    slug, title, status = "client", "The client cannot do this", 400


class RateLimitedError(DecalogoError):
    """Too many requests in a short time; ``retry_after`` (seconds) says when the next one is free."""

    slug, title, status = "rate-limited", "Too many requests", 429


class EngineError(DecalogoError):
    """The container engine refused what the autoscaler asked of it."""

    slug, title, status = "engine", "The container engine refused", 502
