"""The artifact store of another host, over HTTPS: what is written is fenced there by the attempt's claim.

The other side is ``api/routes/remote_workers.py``. Nothing is deleted from here: what an attempt that lost its claim
left behind, the first host's housekeeping finds.
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
_SCRATCH = "scratch"


def open_client(settings: StorageSettings) -> httpx.Client:
    """Return a client that trusts the one authority and proves who this host is.

    Args:
        settings: ``url``, ``token_file`` and ``ca_file`` are needed.
    """
    if not (settings.token_file and settings.ca_file):
        raise ValueError("storage.token_file and storage.ca_file are needed")
    trust = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trust.minimum_version = ssl.TLSVersion.TLSv1_3
    # It signs the certificate of this one appliance and nothing else: the name in it adds nothing.
    trust.check_hostname = False
    trust.load_verify_locations(cafile=settings.ca_file)
    token = settings.token_file.read_text(encoding="utf-8").strip()
    headers = {"Authorization": f"Bearer {token}", "User-Agent": f"decalogo-worker/{__version__}"}
    return httpx.Client(
        base_url=settings.url.rstrip("/") + ROOT, headers=headers, timeout=_TIMEOUT, verify=trust, trust_env=False
    )


def refuse(answer: httpx.Response, what: str) -> NoReturn:
    """Raise what an answer that is no success means for an attempt."""
    try:
        detail = str(answer.json()["detail"])
    except (ValueError, KeyError, TypeError):
        detail = f"it answered {answer.status_code}"
    errors: dict[int, type[DecalogoError]] = {401: UnauthorizedError, 409: ClaimLostError, 413: PayloadTooLargeError}
    if answer.status_code == 404:
        raise FileNotFoundError(what)
    if error := errors.get(answer.status_code):
        raise error(detail)
    raise UnavailableError(f"the first host cannot serve {what}: {detail}", retry_after=5)


class RemoteFiles:
    """The files of one attempt; see :class:`~decalogo.storage.working.AttemptFiles`."""

    def __init__(self, client: httpx.Client, root: Path, folder: Path, attempt: str, owner: str) -> None:
        self._client = client
        self._folder = folder
        self._base = f"/attempts/{attempt}"
        self._headers = {OWNER_HEADER: owner}
        self.ocr_cache = root / OCR_CACHE

    def content(self, document_id: str) -> Path:
        """Fetch the document into a file that lasts as long as the attempt."""
        key, target = f"documents/{document_id}", self._folder / "document"
        try:
            with self._client.stream("GET", f"{self._base}/{key}", headers=self._headers) as answer:
                if not answer.is_success:
                    answer.read()
                    refuse(answer, key)
                with target.open("wb") as file:
                    for chunk in answer.iter_bytes():
                        file.write(chunk)
        except httpx.TransportError as error:
            raise _away(error) from error
        except OSError as error:
            if isinstance(error, FileNotFoundError) and error.filename is None:
                raise
            raise UnavailableError(
                f"the scratch folder cannot be written ({error.strerror})", retry_after=60
            ) from error
        return target

    def read(self, key: str) -> bytes:
        """Fetch ``key``."""
        return self._ask("GET", key).content

    def put(self, key: str, data: bytes) -> None:
        """Hand ``data`` in; the first host refuses it when the attempt was taken back."""
        self._ask("PUT", key, data)

    def put_all(self, files: Mapping[str, bytes]) -> None:
        """Hand some files in, one after the other."""
        for key, data in files.items():
            self.put(key, data)

    def delete(self, key: str) -> None:
        """Leave it to the first host's housekeeping."""

    def delete_parts(self, document_id: str) -> None:
        """Leave them to the first host's housekeeping."""

    def _ask(self, method: str, key: str, data: bytes | None = None) -> httpx.Response:
        try:
            answer = self._client.request(method, f"{self._base}/{key}", content=data, headers=self._headers)
        except httpx.TransportError as error:
            raise _away(error) from error
        if not answer.is_success:
            refuse(answer, key)
        return answer


class RemoteStore:
    """The store behind ``storage.url``.

    Args:
        settings: where it is; ``path`` is a folder of this host for what an attempt fetches.
        stale_seconds: age after which what a killed attempt left in it is deleted.
    """

    def __init__(self, settings: StorageSettings, stale_seconds: float) -> None:
        self._root = settings.path
        self._stale = stale_seconds
        self._client = open_client(settings)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    @contextmanager
    def attempt(self, document_id: str, attempt: int, owner: str) -> Iterator[RemoteFiles]:
        """Open the files of an attempt; what it fetched is deleted at the end."""
        scratch = self._root / _SCRATCH
        scratch.mkdir(parents=True, exist_ok=True)
        self._discard_stale(scratch)
        with tempfile.TemporaryDirectory(dir=scratch, ignore_cleanup_errors=True) as folder:
            yield RemoteFiles(self._client, self._root, Path(folder), f"{document_id}/{attempt}", owner)

    def _discard_stale(self, scratch: Path) -> None:
        before = time.time() - self._stale
        for folder in scratch.iterdir():
            with suppress(OSError):
                if folder.stat().st_mtime < before:
                    for file in folder.iterdir():
                        file.unlink()
                    folder.rmdir()


def open_work_store(settings: Settings) -> WorkStore:
    """Return the store that this worker's documents are in."""
    if settings.storage.url:
        return RemoteStore(settings.storage, 2 * settings.queue.slow_time_limit_seconds)
    return ArtifactStore(settings.storage.path)


def _away(error: httpx.TransportError) -> UnavailableError:
    return UnavailableError(f"the first host cannot be reached ({error or type(error).__name__})", retry_after=5)
