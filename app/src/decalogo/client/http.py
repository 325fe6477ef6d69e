"""Send the client's requests, and repeat them where that is safe."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import httpx

from decalogo.client.errors import RefusedError, UnreachableError
from decalogo.client.multipart import Upload
from decalogo.client.retry import REPEATABLE, Attempts, RetryPolicy, retry_after_seconds
from decalogo.errors import ClientError

Query = Mapping[str, str | int]
GONE = 404
_UNDER_WAY = "/problems/idempotency-key-in-use"  # the appliance still processes the previous attempt


class Http:
    """Sends requests with retries.

    Args:
        client: the open connection (``Connection.open``).
        retry: when to retry and when to give up.
        notice: called with a line of text before each wait.
    """

    def __init__(self, client: httpx.Client, retry: RetryPolicy, notice: Callable[[str], None]) -> None:
        self._client = client
        self._retry = retry
        self._notice = notice

    def get(self, path: str, query: Query | None = None) -> Any:
        """Return the JSON of a safe request.

        Raises:
            RefusedError: the appliance answered with an error.
            UnreachableError: it did not answer within the retry timeout.
            ClientError: the server is no appliance.
        """
        return self._safe(path, query, _read_json)

    def download(self, path: str, target: Path, query: Query | None = None) -> None:
        """Write the answer of a safe request to a file; errors as for ``get``.

        The file appears when it is complete. The content is verified if the ``ETag`` is a SHA-256.
        """
        draft = target.with_name(f".{target.name}.part")
        try:
            self._safe(path, query, lambda response: _write(response, draft))
            draft.replace(target)
        except OSError as error:
            raise ClientError(f"cannot write {target}: {error.strerror}") from error
        finally:
            draft.unlink(missing_ok=True)

    def delete(self, path: str) -> None:
        """Delete ``path``, which may be deleted already; other errors as for ``get``."""
        try:
            self._safe(path, None, lambda _response: None, "DELETE")
        except RefusedError as error:
            if error.code != GONE:
                raise

    def upload(self, path: str, body: Upload, key: str) -> Any:
        """Send an upload and return the JSON of its answer.

        Every attempt has the same ``Idempotency-Key``, so retries are safe: if an earlier attempt was accepted, the
        appliance answers with its batch and does not create a second one.

        Args:
            path: relative to ``/api/v1``.
            body: read from the start for each attempt.
            key: unique to this upload.

        Raises:
            RefusedError: the appliance answered with an error.
            UnreachableError: it had no capacity, or did not answer, within the retry timeout.
        """
        attempts = Attempts(self._retry)
        arrived = False
        while True:
            try:
                with body.attempt() as arguments:
                    response = self._client.post(path, headers={"Idempotency-Key": key}, **arguments)
            except httpx.TransportError as error:
                arrived = arrived or body.complete
                doubt = (
                    "; it may have been accepted: check the list of batches before you submit again" if arrived else ""
                )
                self._lost(attempts, "the upload was interrupted", error, doubt)
                continue
            if response.is_success:
                return _read_json(response)
            self._check(response, attempts)

    def _safe(self, path: str, query: Query | None, read: Callable[[httpx.Response], Any], method: str = "GET") -> Any:
        """Send an idempotent request until ``read`` has the whole answer."""
        attempts = Attempts(self._retry)
        while True:
            try:
                with self._client.stream(method, path, params=query) as response:
                    if response.is_success:
                        return read(response)
                    response.read()
            except httpx.TransportError as error:
                self._lost(attempts, "the connection failed", error)
            else:
                self._check(response, attempts)

    def _check(self, response: httpx.Response, attempts: Attempts) -> None:
        """Wait if the answer allows another attempt; else raise its error."""
        refusal = RefusedError(response)
        if response.status_code not in REPEATABLE and refusal.members.get("type") != _UNDER_WAY:
            raise refusal
        self._wait(attempts, refusal.detail, refusal, retry_after_seconds(response))

    def _lost(self, attempts: Attempts, what: str, error: httpx.TransportError, doubt: str = "") -> None:
        """Wait after a failed connection, unless no retry can help; ``doubt`` is added to the final error."""
        if "CERTIFICATE_VERIFY_FAILED" in str(error):
            raise UnreachableError(
                f"the certificate of {self._client.base_url.host} is not trusted ({error}). If it is the appliance's"
                " own certificate, pass it with --ca FILE."
            ) from error
        self._wait(attempts, f"{what} ({_reason(error)})", error, doubt=doubt)

    def _wait(
        self, attempts: Attempts, what: str, error: Exception, asked_seconds: float | None = None, doubt: str = ""
    ) -> None:
        wait = attempts.next_wait(asked_seconds)
        if wait is None:
            later = f"; the appliance asks to wait {asked_seconds:.0f} s" if asked_seconds else ""
            raise UnreachableError(f"no success with {self._client.base_url}: {what}{later}{doubt}") from error
        self._notice(f"{what}; retry in {wait:.1f} s")
        self._retry.sleep(wait)


def _read_json(response: httpx.Response) -> Any:
    response.read()
    try:
        return response.json()
    except ValueError as error:
        raise ClientError(f"{response.url} does not answer like an appliance; check the address") from error


def _write(response: httpx.Response, draft: Path) -> None:
    digest = hashlib.sha256()
    with draft.open("wb") as handle:
        for chunk in response.iter_bytes():
            digest.update(chunk)
            handle.write(chunk)
        handle.flush()
        os.fsync(handle.fileno())
    expected = response.headers.get("ETag", "").removeprefix("W/").strip('"')
    if len(expected) == 64 and expected != digest.hexdigest():
        # Treated like a lost connection, so the client fetches it again.
        raise httpx.ReadError(f"{response.url}: the content does not match its checksum")


def _reason(error: httpx.TransportError) -> str:
    return str(error) or type(error).__name__
