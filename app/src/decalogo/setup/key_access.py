"""Which service may read or write which keys of Redis: the one table from which the users of Redis are made.

The rights hold in every database. A script runs with the rights of the service that calls it, so this table also
limits what the ledger's scripts can do for each service (``tests/setup/test_scripts_as_services.py`` runs all of them).

What the table is for: workers parse hostile documents in C. A worker that was taken over can disturb the queue and
falsify results, but it reads no token, no session and no webhook secret. It can give no document to another tenant: the
indexes ``tenant:*`` decide who owns what, and only API and scheduler write them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from decalogo.batches.queues import QUEUES

Right = Literal["", "r", "rw"]
Service = Literal["api", "worker", "scheduler", "host"]
SERVICES: Final = ("api", "worker", "scheduler")
_ALL: Final = ("rw", "rw", "rw")


@dataclass(frozen=True, slots=True)
class Keys:
    """Rights on the keys of one pattern.

    Attributes:
        pattern: glob pattern of Redis.
        api, worker, scheduler: right of each service.
        host: right of the workers of joined hosts. They reach the ledger only through the gateway of the API.
    """

    pattern: str
    api: Right
    worker: Right
    scheduler: Right
    host: Right = ""

    def right(self, service: Service) -> Right:
        """Return the right of a service."""
        return getattr(self, service)  # type: ignore[no-any-return]


KEYS: Final = (
    # -- broker: messages, which are hints without content
    *(Keys(queue, *_ALL, "rw") for queue in QUEUES),
    *(Keys(name, *_ALL, "rw") for name in ("unacked", "unacked_index", "unacked_mutex")),
    *(Keys(name, *_ALL, "rw") for name in ("_kombu.*", "*.celery.pidbox*", "celeryev*")),
    # -- ledger: what claim, renew and finish change
    *(Keys(name, *_ALL) for name in ("batch:*", "document:*", "queue:*", "round-robin*", "completed:*")),
    *(Keys(name, *_ALL) for name in ("queued", "running", "finished", "dead", "open", "heavy", "unfinished")),
    *(Keys(name, *_ALL) for name in ("owners", "workers", "worker-processes", "totals", "webhooks")),
    Keys("health_check:last", "r", "rw", "r", "rw"),
    Keys("ledger:format", "rw", "r", "rw"),
    # -- ledger: who owns what, and what admits it
    Keys("tenant:*", "rw", "", "rw"),
    Keys("webhook:*", "rw", "", "rw"),
    Keys("idempotency:*", "rw", "", "rw"),
    Keys("admission", "rw", "", "r"),
    Keys("gateway", "rw", "", "r"),
    # -- ledger: records on their way to the audit log
    Keys("audit", "rw", "", "rw"),
    Keys("audit:moving", "rw", "", ""),
    # -- ledger: periodic tasks
    Keys("beat:*", "", "", "rw"),
    Keys("retention:*", "", "", "rw"),
    # -- access: the scheduler counts tokens for the metrics
    *(Keys(name, "rw", "", "r") for name in ("token:*", "tokens")),
    *(Keys(name, "rw", "", "") for name in ("session:*", "token-sessions:*", "sign-in-link:*", "share:*", "shares:*")),
    Keys("limits:*", "rw", "", ""),
)


def key_patterns(service: Service) -> str:
    """Return the key patterns of a service in the form of an ACL rule."""
    prefix = {"rw": "~", "r": "%R~"}
    return " ".join(f"{prefix[right]}{keys.pattern}" for keys in KEYS if (right := keys.right(service)))
