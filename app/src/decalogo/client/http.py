"""The requests of the client, each sent again when, and only when, that is safe."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import httpx

from decalogo.client.errors import RefusedError, UnreachableError
from decalogo.client.multipart import Upload
from decalogo.client.retry import REPEATABLE, Attempts, Patience, retry_after_seconds
from decalogo.errors import ClientError

Query = Mapping[str, str | int]
GONE = 404
_UNDER_WAY = "/problems/idempotency-key-in-use"  # the attempt before this one is still being taken in


class Http:
    """Sends requests with patience.

    Args:
        client: the open connection (``Connection.open``).
        patience: how long to go on.
        notice: takes a line each time something has to be waited for.
    """

    def __init__(self, client: httpx.Client, patience: Patience, notice: Callable[[str], None]) -> None:
        self._client = client
        self._patience = patience
        self._notice = notice

    def get(self, path: str, query: Query | None = None) -> Any:
        """Return the JSON of a safe request.

        Raises:
            RefusedError: the appliance answered with an error.
            UnreachableError: it did not answer in time.
            ClientError: what answers is no appliance.
        """
        return self._safe(path, query, _read_json)

    def download(self, path: str, target: Path, query: Query | None = None) -> None:
        """Write the answer of a safe request to a file, which appears when it is whole; errors as for ``get``.

        An ``ETag`` that is a SHA-256 is checked against what arrived.
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
        """Delete what ``path`` names, which may be gone already; other errors as for ``get``."""
        try:
            self._safe(path, None, lambda _response: None, "DELETE")
        except RefusedError as error:
            if error.code != GONE:
                raise

    def upload(self, path: str, body: Upload, key: str) -> Any:
        """Send an upload and return the JSON of its answer.

        Every attempt carries the same ``Idempotency-Key``, so it is sent again whenever the answer was a refusal or did
        not come: an attempt that did arrive is answered with its batch, never made a second one.

        Args:
            path: where to.
            body: what to send; read from the start for each attempt.
            key: unique to this upload.

        Raises:
            RefusedError: the appliance answered with an error.
            UnreachableError: it had no room, or did not answer, in time.
        """
        attempts = Attempts(self._patience)
        arrived = False
        while True:
            try:
                with body.attempt() as arguments:
                    response = self._client.post(path, headers={"Idempotency-Key": key}, **arguments)
            except httpx.TransportError as error:
                arrived = arrived or body.complete
                doubt = "; it may have been accepted: look for it before you send it again" if arrived else ""
                self._lost(attempts, "the upload was cut off", error, doubt)
                continue
            if response.is_success:
                return _read_json(response)
            self._check(response, attempts)

    def _safe(self, path: str, query: Query | None, read: Callable[[httpx.Response], Any], method: str = "GET") -> Any:
        """Ask until ``read`` got the whole answer; ``method`` must be one that may be repeated."""
        attempts = Attempts(self._patience)
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
        """Wait when the answer allows another attempt, else raise what it says."""
        refusal = RefusedError(response)
        if response.status_code not in REPEATABLE and refusal.members.get("type") != _UNDER_WAY:
            raise refusal
        self._wait(attempts, refusal.detail, refusal, retry_after_seconds(response))

    def _lost(self, attempts: Attempts, what: str, error: httpx.TransportError, doubt: str = "") -> None:
        """Wait after a connection that failed, unless it would fail again for ever; ``doubt`` is for who gives up."""
        if "CERTIFICATE_VERIFY_FAILED" in str(error):
            raise UnreachableError(
                f"the certificate of {self._client.base_url.host} is not trusted ({error}). Give it with --ca FILE if"
                " it is the appliance's own."
            ) from error
        self._wait(attempts, f"{what} ({_reason(error)})", error, doubt=doubt)

    def _wait(
        self, attempts: Attempts, what: str, error: Exception, asked_seconds: float | None = None, doubt: str = ""
    ) -> None:
        wait = attempts.next_wait(asked_seconds)
        if wait is None:
            later = f"; it asks to wait {asked_seconds:.0f} s" if asked_seconds else ""
            raise UnreachableError(f"gave up on {self._client.base_url}: {what}{later}{doubt}") from error
        self._notice(f"{what}; next attempt in {wait:.1f} s")
        self._patience.sleep(wait)


def _read_json(response: httpx.Response) -> Any:
    response.read()
    try:
        return response.json()
    except ValueError as error:
        raise ClientError(f"{response.url} does not answer as an appliance does") from error


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
        # Raised as a lost connection is, so that it is fetched again.
        raise httpx.ReadError(f"{response.url} arrived damaged")


def _reason(error: httpx.TransportError) -> str:
    return str(error) or type(error).__name__
