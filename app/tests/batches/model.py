"""Plain Python model of the ledger, against which the real one is compared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Sequence
from dataclasses import dataclass
from itertools import count

from decalogo.batches.queues import HIGH, LARGE, LOW, NORMAL, SCANS, SLOW, SUSPECT

PRIORITY_QUEUE = {"high": HIGH, "normal": NORMAL, "low": LOW}
HEAVY = (LARGE, SCANS)
FIRST_AT = {2: LARGE, 4: SCANS, 9: LOW}
PROCESSES = 4
MAX_ATTEMPTS = 3


@dataclass
class Entry:
    """Document, or part of one (then with ``parent``)."""

    name: str
    job_id: str
    tenant: str
    priority: str
    large: bool
    parent: str = ""
    heavy: bool = False
    state: str = "queued"
    attempts: int = 0
    lost: int = 0
    owner: str = ""
    result: str = ""
    slow: bool = False
    suspect: bool = False
    split: int = 0
    split_into: tuple[int, bool] = (0, False)
    claimed_from: str = ""


class TenantQueues:
    """One queue: tenants in the order of the round robin, each with its entries by time of arrival."""

    def __init__(self) -> None:
        self.tenants: dict[str, dict[str, int]] = {}

    def __len__(self) -> int:
        return sum(map(len, self.tenants.values()))

    def add(self, entry: Entry, since: int) -> None:
        """Add an entry to the queue of its tenant."""
        self.tenants.setdefault(entry.tenant, {})[entry.name] = since

    def remove(self, entry: Entry) -> int | None:
        """Remove an entry and return its time of arrival; None when it is not here."""
        waiting = self.tenants.get(entry.tenant, {})
        since = waiting.pop(entry.name, None)
        if since is not None and not waiting:
            del self.tenants[entry.tenant]
        return since

    def next(self, passed_over: Container[str] = ()) -> str | None:
        """Serve the next tenant: return its first entry, and move the tenant to the end."""
        tenant = next((one for one in self.tenants if one not in passed_over), None)
        if tenant is None:
            return None
        self.tenants[tenant] = waiting = self.tenants.pop(tenant)
        return min(waiting, key=lambda name: (waiting[name], name))


class Model:
    """All entries and queues; each method does what the script of the same name must do."""

    def __init__(self) -> None:
        self.entries: dict[str, Entry] = {}
        self.queues: dict[str, TenantQueues] = {}
        self.totals: Counter[str] = Counter()
        self.claims = 0
        self._clock = count(1)

    def queue_of(self, entry: Entry) -> str:
        """Return the queue of an entry."""
        if entry.lost or (entry.parent and self.entries[entry.parent].suspect):
            return SUSPECT
        if entry.slow:
            return SLOW
        if entry.priority != "high":
            if entry.heavy:
                return SCANS
            if entry.large:
                return LARGE
        return PRIORITY_QUEUE[entry.priority]

    def queue(self, name: str) -> TenantQueues:
        """Return a queue."""
        return self.queues.setdefault(name, TenantQueues())

    def now(self) -> int:
        """Return the next time of arrival."""
        return next(self._clock)

    def enqueue(self, entry: Entry, since: int) -> None:
        """Put an entry into its queue."""
        self.queue(self.queue_of(entry)).add(entry, since)

    def dequeue(self, entry: Entry) -> int | None:
        """Take an entry out of its queue."""
        return self.queue(self.queue_of(entry)).remove(entry)

    def parts_of(self, document: str) -> list[Entry]:
        """Return the unfinished parts of a document."""
        return [entry for entry in self.entries.values() if entry.parent == document]

    def documents(self) -> list[Entry]:
        """Return all entries that are not parts."""
        return [entry for entry in self.entries.values() if not entry.parent]

    # -- transitions ---------------------------------------------------------------------------------------------------

    def admit(self, entries: Sequence[Entry]) -> None:
        """Add the documents of a batch."""
        for entry in entries:
            self.entries[entry.name] = entry
            self.enqueue(entry, self.now())
        self.totals.update({"batches": 1, "accepted": len(entries), "queued": len(entries)})

    def append(self, entries: Sequence[Entry]) -> None:
        """Add documents to a batch."""
        self.admit(entries)
        self.totals["batches"] -= 1

    def next(self, queues: Sequence[str]) -> Entry | None:
        """Return the entry that a claim from these queues must get."""
        waiting = {tenant for queue in queues for tenant in self.queue(queue).tenants}
        over = self.over_share() if LARGE in queues and len(waiting) > 1 else frozenset()
        for passed_over in (over, frozenset[str]()):
            if entry := self.next_except(queues, passed_over):
                self.claims += 1
                return entry
        self.totals["redelivered"] += 1
        return None

    def over_share(self) -> frozenset[str]:
        """Return the tenants that occupy half of the processes."""
        held = Counter(e.tenant for e in self.entries.values() if e.owner and not e.lost and not e.slow)
        return frozenset(tenant for tenant, number in held.items() if number >= PROCESSES // 2)

    def next_except(self, queues: Sequence[str], passed_over: Container[str]) -> Entry | None:
        """Return the entry that a claim gets, without those of some tenants."""
        first = FIRST_AT.get(self.claims % 10)
        small = sum(len(self.queue(queue)) for queue in queues if queue not in HEAVY)
        running = sum(bool(e.owner) and e.claimed_from in HEAVY for e in self.entries.values())
        for queue in sorted(queues, key=lambda name: name != first):
            if queue in HEAVY and small and running >= PROCESSES // 2:
                continue
            if name := self.queue(queue).next(passed_over):
                return self.entries[name]
        return None

    def claim(self, entry: Entry, owner: str) -> None:
        """Start an attempt."""
        entry.claimed_from = self.queue_of(entry)
        self.dequeue(entry)
        entry.state, entry.owner, entry.attempts = "running", owner, entry.attempts + 1
        if not entry.parent:
            self.totals.update(attempts=1, running=1)

    def finish(self, entry: Entry, attempt: int, state: str, key: str) -> bool:
        """End an attempt with a result; return whether it counts."""
        current = attempt == entry.attempts
        if entry.result == key != "" or (current and entry.state == state and not key):
            return True
        if not current or entry.state != "running":
            self.totals["fenced"] += 1
            return False
        entry.owner = ""
        if state == "failed" and entry.result:
            self.end(entry, "partial")
            return True
        entry.result = key
        if state == "partial" and not entry.slow:
            entry.slow = True
            self.requeue(entry, "partial")
        else:
            self.end(entry, state)
        return True

    def requeue(self, entry: Entry, cause: str, since: int | None = None) -> None:
        """Queue an entry again."""
        entry.state, entry.owner = "queued", ""
        self.enqueue(entry, since or self.now())
        if not entry.parent:
            self.totals.update({"queued": 1, f"requeued:{cause}": 1})

    def end(self, entry: Entry, state: str) -> None:
        """Move a document to a terminal state."""
        entry.state, entry.owner = state, ""
        self.totals[state] += 1
        batch = (other.state for other in self.documents() if other.job_id == entry.job_id)
        self.totals["batches-finished"] += not any(other in ("queued", "running") for other in batch)

    def release(self, entry: Entry, lost: bool, since: int | None = None) -> str:
        """End an attempt without a result; return the new state of the document."""
        if not lost:
            self.requeue(entry, "returned")
            return "queued"
        entry.owner = ""
        self.totals["lost:lease-expired"] += 1
        entry.lost += 1
        if entry.lost < MAX_ATTEMPTS:
            self.requeue(entry, "lost", since)
            if entry.parent:
                self.suspect_parts(entry.parent)
            return "queued"
        return self.end_without_result(entry, "dead")

    def end_without_result(self, entry: Entry, state: str) -> str:
        """End the document of an entry, unless it has a partial result; return its new state."""
        document = entry
        if entry.parent:
            self.delete_parts(entry.parent)
            document = self.entries[entry.parent]
        self.end(document, "partial" if document.result else state)
        return document.state

    def suspect_parts(self, document: str) -> None:
        """Move the queued parts of a document to the queue of suspects, with their times of arrival."""
        queued = [(part, self.dequeue(part)) for part in self.parts_of(document)]
        self.entries[document].suspect = True
        for part, since in queued:
            if since is not None:
                self.enqueue(part, since)

    def delete_parts(self, document: str) -> None:
        """Delete the unfinished parts of a document."""
        for part in self.parts_of(document):
            self.dequeue(part)
            del self.entries[part.name]
        self.entries[document].suspect = False

    def split(self, entry: Entry, number: int, heavy: bool) -> list[str]:
        """Split a running document; return the names of its parts."""
        entry.owner, entry.split, entry.split_into = "", entry.attempts, (number, heavy)
        names = [f"{entry.name}.{entry.attempts}.{n}" for n in range(1, number + 1)]
        for name in names:
            part = Entry(name, entry.job_id, entry.tenant, entry.priority, entry.large, entry.name, heavy)
            part.slow = entry.slow
            self.entries[name] = part
            self.enqueue(part, self.now())
        return names

    def finish_part(self, part: Entry) -> str:
        """End a part; return the queue of its document if it was the last one."""
        del self.entries[part.name]
        if self.parts_of(part.parent):
            return ""
        document = self.entries[part.parent]
        self.requeue(document, "parts")
        return self.queue_of(document)

    def cancel(self, entry: Entry) -> bool:
        """Cancel a document; return whether it was unfinished."""
        if entry.state not in ("queued", "running"):
            return False
        self.delete_parts(entry.name)
        self.dequeue(entry)
        self.end(entry, "cancelled")
        return True

    def retry(self, entry: Entry) -> bool:
        """Queue a document again; return whether it had ended without a full result."""
        if entry.state not in ("failed", "dead", "cancelled", "partial"):
            return False
        entry.lost, entry.slow, entry.suspect, entry.split = 0, False, False, 0
        self.requeue(entry, "retried")
        return True

    def delete(self, job_id: str) -> list[str]:
        """Delete a batch; return its documents."""
        documents = [entry for entry in self.documents() if entry.job_id == job_id]
        for entry in documents:
            self.dequeue(entry)
            self.delete_parts(entry.name)
            del self.entries[entry.name]
        return [entry.name for entry in documents]
