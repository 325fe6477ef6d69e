"""The users of Redis: one per service, each with what it needs and no way to wipe or reconfigure the server."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping

from decalogo.access.hosts import Host
from decalogo.batches.queues import QUEUES

# The five that the guide disables are named once more after the categories, so that no later release can let them in
# through one. INFO is taken back from @dangerous: admission reads memory and persistence from it.
REFUSED = "-flushall -flushdb -config -debug -keys"
COMMANDS = (
    "-@all +@read +@write +@connection +@scripting +@pubsub +@transaction -@dangerous "
    f"+info +time -function -script|flush -script|kill -swapdb -migrate -acl {REFUSED}"
)
# Celery subscribes by patterns, which an ACL matches letter by letter: broker /0, remote control, events.
CHANNELS = "resetchannels &/0.* &/0.celery.pidbox &/0.celeryev/worker.* &celery-task-meta-*"
SERVICES = ("api", "worker", "scheduler")
HEALTH_USER = "health"
# For people and for `doctor`: reads what the server is set to and how it is, changes nothing, sees no key.
OPERATOR_USER = "operator"
# Prometheus' view of the server. No SLOWLOG GET: it shows what commands were called with.
EXPORTER_USER = "exporter"
EXPORTER_COMMANDS = "-@all +ping +info +latency|latest +latency|histogram +slowlog|len +client|setname +client|setinfo"
# Flower: listens to the workers' events and asks them how they are (remote control; answers
# come over lists of their own). Without SELECT it stays in the broker's database; of the documents' queues it may tell
# the length.
FLOWER_USER = "flower"
FLOWER_COMMANDS = (
    "-@all +ping +info +hello +time +client|setname +client|setinfo +multi +exec +watch +unwatch +publish +subscribe "
    "+psubscribe +unsubscribe +punsubscribe +llen +exists +type +sadd +srem +smembers +scard +brpop +rpop +lpush +del "
    "+expire +get +set +zadd +zrem +zrange +zrangebyscore +eval +evalsha +script|load +script|exists"
)
FLOWER_ACCESS = f"resetkeys ~_kombu.* ~*.celery.pidbox* ~celeryev* ~flower.* %R~* {CHANNELS} &/0.celeryev/*"
OPERATOR_COMMANDS = "-@all +ping +info +config|get +slowlog|get +slowlog|len +latency|latest +client|list +acl|whoami"
# Has users.acl read again after a host was let in or put out; Redis then ends the connections of a user that is gone.
# Nobody who could be this user can write the file.
KEEPER_USER = "keeper"
KEEPER_COMMANDS = "-@all +ping +acl|load"
# What the workers of another host touch: the broker's keys, and of the ledger's those that a claim, its renewal and its
# end move (batches/lua/lib/common.lua). Not tokens, limits, idempotency records or the schedule.
HOST_COMMANDS = COMMANDS.replace("+info ", "")
HOST_KEYS = " ".join(
    f"~{pattern}"
    for pattern in (
        *QUEUES,
        *("unacked", "unacked_index", "unacked_mutex", "_kombu.*", "*.celery.pidbox*", "celeryev*"),
        *("document:*", "batch:*", "queue:*", "completed:*", "queued", "running", "finished", "dead", "open"),
        *("round-robin*", "heavy", "owners", "worker-processes"),
        *("totals", "unfinished", "webhooks", "workers", "health_check:last"),
    )
)


def users_acl(passwords: Mapping[str, str], hosts: Iterable[Host] = ()) -> str:
    """Return the text of ``users.acl``, which holds SHA-256 hashes only.

    Args:
        passwords: password of each user of ``SERVICES`` and of the five others; a missing one raises ``KeyError``.
        hosts: other hosts that may join; each is a user with a worker's rights.
    """
    # Off and without a password: nobody can be this user, and a client that does not log in can do nothing. But Redis
    # replays its append-only file as this user and checks every MULTI/EXEC against it: with fewer rights than all, each
    # transaction in the file is dropped at the next start, without an error that stops it (seen on 8.0.2).
    lines = ["user default off resetpass ~* &* +@all"]
    for name in SERVICES:
        lines.append(f"user {name} on {_hashed(passwords[name])} ~* {CHANNELS} {COMMANDS}")
    lines.append(f"user {HEALTH_USER} on {_hashed(passwords[HEALTH_USER])} resetkeys resetchannels -@all +ping")
    for name, commands in (
        (OPERATOR_USER, OPERATOR_COMMANDS),
        (EXPORTER_USER, EXPORTER_COMMANDS),
        (KEEPER_USER, KEEPER_COMMANDS),
    ):
        lines.append(f"user {name} on {_hashed(passwords[name])} resetkeys resetchannels {commands}")
    lines.append(f"user {FLOWER_USER} on {_hashed(passwords[FLOWER_USER])} {FLOWER_ACCESS} {FLOWER_COMMANDS}")
    lines += [
        f"user {host.redis_user} on #{host.sha256} resetkeys {HOST_KEYS} {CHANNELS} {HOST_COMMANDS}" for host in hosts
    ]
    return "\n".join(lines) + "\n"


def _hashed(password: str) -> str:
    # 256 random bits: there is nothing to guess that a slow hash would protect.
    return f"#{hashlib.sha256(password.encode()).hexdigest()}"
