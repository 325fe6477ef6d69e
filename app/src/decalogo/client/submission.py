"""Submit one batch by as many uploads as it needs, and continue it after an interruption.

A batch of several uploads leaves a small file (:class:`Progress`) until its last upload is accepted. The same command
finds it and continues in the same batch. Each upload has a fixed idempotency key, so an upload whose answer was lost
is not accepted twice.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

from decalogo.client.appliance import Appliance, SubmitOptions
from decalogo.client.errors import RefusedError
from decalogo.client.splitting import UPLOAD_FILES, Planned, uploads

REMEMBERED_SECONDS: Final = 24 * 3600.0
"""How long the appliance remembers idempotency keys; older progress is not continued."""
_WRONG_BODY: Final = 422

Bar = Callable[[Planned], AbstractContextManager[Callable[[int], None]]]


@dataclass(slots=True)
class Progress:
    """How far the uploads of a batch are.

    Attributes:
        run: part of the idempotency keys.
        job_id: the batch; empty until its first upload is accepted.
        done: files that were accepted.
        most: files per upload.
        archives_apart: see :func:`uploads`.
        changed: Unix time of the last change.
    """

    run: str
    job_id: str = ""
    done: int = 0
    most: int = UPLOAD_FILES
    archives_apart: bool = False
    changed: float = 0.0


class Submission:
    """The uploads of one batch.

    Args:
        appliance: where to submit.
        batch: all files of the batch.
        options: of the batch, without custom ids.
        memory: file that keeps the progress between runs (:func:`memory_of`).
    """

    def __init__(self, appliance: Appliance, batch: Planned, options: SubmitOptions, memory: Path) -> None:
        self._appliance = appliance
        self._batch = batch
        self._options = options
        self._memory = memory
        self.progress = self._recalled() or Progress(uuid.uuid4().hex)

    def send(self, bar: Bar) -> Iterator[str]:
        """Send what is left; yield the job id once, as soon as it is known.

        Args:
            bar: shows the progress of an upload.

        Raises:
            RefusedError: the appliance rejected an upload. The progress stays, unless it can never be continued.
        """
        if self.progress.job_id:
            yield self.progress.job_id
        while True:
            try:
                yield from self._rest(bar)
            except RefusedError as error:
                if not self._divide(error):
                    if error.code == _WRONG_BODY or not self.progress.job_id:
                        self._memory.unlink(missing_ok=True)
                    raise
            else:
                self._memory.unlink(missing_ok=True)
                return

    def _rest(self, bar: Bar) -> Iterator[str]:
        planned = uploads(self._batch, most=self.progress.most, archives_apart=self.progress.archives_apart)
        begins = 0
        for each in planned:
            if begins >= self.progress.done:
                if len(planned) > 1:
                    self._record()  # before the upload: its answer may be lost
                known = self.progress.job_id
                options = replace(SubmitOptions(job_id=known) if known else self._options, custom_ids=each.custom_ids)
                with bar(each) as sent:
                    answer = self._appliance.submit(each.files, options, sent, key=f"{self.progress.run}-{begins}")
                self.progress.job_id, self.progress.done = answer["job_id"], begins + len(each.files)
                if len(planned) > 1:
                    self._record()
                if not known:
                    yield answer["job_id"]
            begins += len(each.files)

    def _divide(self, error: RefusedError) -> bool:
        """Return whether the first upload can be repeated in smaller ones after it was rejected as too large."""
        progress, allowed = self.progress, error.members.get("allowed")
        if error.members.get("limit") != "documents_per_batch" or progress.job_id or not isinstance(allowed, int):
            return False
        before = uploads(self._batch, most=progress.most, archives_apart=progress.archives_apart)
        self.progress = Progress(uuid.uuid4().hex, most=max(1, min(allowed, progress.most)), archives_apart=True)
        return uploads(self._batch, most=self.progress.most, archives_apart=True) != before

    def _recalled(self) -> Progress | None:
        with suppress(OSError, ValueError, TypeError):
            found = Progress(**json.loads(self._memory.read_text(encoding="utf-8")))
            if time.time() - found.changed < REMEMBERED_SECONDS:
                return found
        return None

    def _record(self) -> None:
        self.progress.changed = time.time()
        draft = self._memory.with_name(f"{self._memory.name}.{os.getpid()}")
        with suppress(OSError):  # without it, an interrupted upload cannot be continued
            self._memory.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            draft.write_text(json.dumps(asdict(self.progress)), encoding="utf-8")
            draft.replace(self._memory)


def memory_of(address: str, token: str, batch: Planned, options: SubmitOptions) -> Path:
    """Return where the progress of a submission is kept: the same for the same files, options, appliance and token."""
    facts: list[Any] = [address, token, options.as_json(), list(batch.custom_ids)]
    for file in batch.files:
        facts.append([str(file.path.resolve()), file.size, file.path.stat().st_mtime_ns])
    name = hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:32]
    state = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
    return state / "decalogo" / "uploads" / f"{name}.json"
