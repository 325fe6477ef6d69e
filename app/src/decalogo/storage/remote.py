"""Artifact store of the first host, reached over HTTPS through the remote-worker gateway.

The gateway (``api/routes/remote_workers.py``) checks the claim of the attempt before it stores a file. A remote worker
deletes nothing; the orphan sweep of the first host deletes the files of fenced attempts.
"""

from __future__ import annotations

import ssl
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, NoReturn

import httpx

from decalogo import __version__
from decalogo.errors import ClaimLostError, DecalogoError, PayloadTooLargeError, UnauthorizedError, UnavailableError
from decalogo.settings import Settings, StorageSettings
from decalogo.storage.artifacts import OCR_CACHE, ArtifactStore
from decalogo.storage.working import WorkStore

ROOT: Final = "/internal/v1"
OWNER_HEADER: Final = "Decalogo-Owner"
_TIMEOUT = httpx.Timeout(connect=10.0, read=60.0, write=60.0, pool=10.0)
_TEMPORARY = "scratch"


def open_client(settings: StorageSettings) -> httpx.Client:
    """Return a client of the gateway that trusts its CA certificate and sends the join token.

    Args:
        settings: ``url``, ``token_file`` and ``ca_file`` are required.
    """
    if not (settings.token_file and settings.ca_file):
        raise ValueError("storage.token_file and storage.ca_file are required")
    trust = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trust.minimum_version = ssl.TLSVersion.TLSv1_3
    # The CA signs only the certificate of this appliance, so checking the host name would add no security.
    trust.check_hostname = False
    trust.load_verify_locations(cafile=settings.ca_file)
    token = settings.token_file.read_text(encoding="utf-8").strip()
    headers = {"Authorization": f"Bearer {token}", "User-Agent": f"decalogo-worker/{__version__}"}
    return httpx.Client(
        base_url=settings.url.rstrip("/") + ROOT, headers=headers, timeout=_TIMEOUT, verify=trust, trust_env=False
    )


def raise_for_reply(answer: httpx.Response, what: str) -> NoReturn:
    """Raise the error of an unsuccessful reply.

    Args:
        answer: the reply.
        what: subject of the error message, such as a key.
    """
    try:
        detail = str(answer.json()["detail"])
    except (ValueError, KeyError, TypeError):
        detail = f"status {answer.status_code}"
    errors: dict[int, type[DecalogoError]] = {401: UnauthorizedError, 409: ClaimLostError, 413: PayloadTooLargeError}
    if answer.status_code == 404:
        raise FileNotFoundError(what)
    if error := errors.get(answer.status_code):
        raise error(detail)
    raise UnavailableError(f"the first host cannot serve {what}: {detail}", retry_after=5)


class RemoteFiles:
    """Files of one attempt on a remote worker; see :class:`~decalogo.storage.working.AttemptFiles`."""

    def __init__(self, client: httpx.Client, folder: Path, attempt: str, owner: str) -> None:
        self._client = client
        self._folder = folder
        self._base = f"/attempts/{attempt}"
        self._headers = {OWNER_HEADER: owner}
        # Deleted with the attempt: a batch that the first host deletes must leave no text on this one.
        self.ocr_cache = folder / OCR_CACHE

    def content(self, document_id: str) -> Path:
        """Download the document into a temporary file of the attempt."""
        key, target = f"documents/{document_id}", self._folder / "document"
        try:
            with self._client.stream("GET", f"{self._base}/{key}", headers=self._headers) as answer:
                if not answer.is_success:
                    answer.read()
                    raise_for_reply(answer, key)
                with target.open("wb") as file:
                    for chunk in answer.iter_bytes():
                        file.write(chunk)
        except httpx.TransportError as error:
            raise _unreachable(error) from error
        except OSError as error:
            if isinstance(error, FileNotFoundError) and error.filename is None:
                raise
            raise UnavailableError(
                f"the temporary folder cannot be written ({error.strerror})", retry_after=60
            ) from error
        return target

    def read(self, key: str) -> bytes:
        """Download ``key``."""
        return self._ask("GET", key).content

    def put(self, key: str, data: bytes) -> None:
        """Upload ``data``; the gateway rejects it when the attempt was fenced."""
        self._ask("PUT", key, data)

    def put_all(self, files: Mapping[str, bytes]) -> None:
        """Upload files, one after the other."""
        for key, data in files.items():
            self.put(key, data)

    def delete(self, key: str) -> None:
        """Do nothing; the orphan sweep of the first host deletes the file."""

    def delete_parts(self, document_id: str) -> None:
        """Do nothing; the orphan sweep of the first host deletes the files."""

    def _ask(self, method: str, key: str, data: bytes | None = None) -> httpx.Response:
        try:
            answer = self._client.request(method, f"{self._base}/{key}", content=data, headers=self._headers)
        except httpx.TransportError as error:
            raise _unreachable(error) from error
        if not answer.is_success:
            raise_for_reply(answer, key)
        return answer


class RemoteStore:
    """Artifact store behind ``storage.url``.

    Args:
        settings: address and join token of the gateway; ``path`` is the local folder for temporary files.
        stale_seconds: age after which the temporary files of a killed attempt are deleted.
    """

    def __init__(self, settings: StorageSettings, stale_seconds: float) -> None:
        self._root = settings.path
        self._stale = stale_seconds
        self._client = open_client(settings)

    def close(self) -> None:
        """Close all connections."""
        self._client.close()

    @contextmanager
    def attempt(self, document_id: str, attempt: int, owner: str) -> Iterator[RemoteFiles]:
        """Return the files of an attempt; temporary files are deleted at the end."""
        temporary = self._root / _TEMPORARY
        temporary.mkdir(parents=True, exist_ok=True)
        self._discard_stale(temporary)
        with tempfile.TemporaryDirectory(dir=temporary, ignore_cleanup_errors=True) as folder:
            yield RemoteFiles(self._client, Path(folder), f"{document_id}/{attempt}", owner)

    def _discard_stale(self, temporary: Path) -> None:
        before = time.time() - self._stale
        for folder in temporary.iterdir():
            with suppress(OSError):
                if folder.stat().st_mtime < before:
                    for file in folder.iterdir():
                        file.unlink()
                    folder.rmdir()


def open_work_store(settings: Settings) -> WorkStore:
    """Return the artifact store of this worker's documents."""
    if settings.storage.url:
        return RemoteStore(settings.storage, 2 * settings.queue.slow_time_limit_seconds)
    return ArtifactStore(settings.storage.path)


def _unreachable(error: httpx.TransportError) -> UnavailableError:
    return UnavailableError(f"the first host cannot be reached ({error or type(error).__name__})", retry_after=5)
