"""The users of Redis: one per service, with the rights it needs and none to wipe or reconfigure the server.

The rights on keys are in :mod:`decalogo.setup.key_access`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping

from decalogo.access.hosts import Host
from decalogo.setup.key_access import SERVICES, key_patterns

# These five are named after the categories, so that no later release of Redis can allow them through a category. INFO
# is in @dangerous but allowed, because admission control reads memory and persistence from it.
REFUSED = "-flushall -flushdb -config -debug -keys"
COMMANDS = (
    "-@all +@read +@write +@connection +@scripting +@pubsub +@transaction -@dangerous "
    f"+info +time -function -script|flush -script|kill -swapdb -migrate -acl {REFUSED}"
)
# Celery subscribes to patterns, and an ACL compares them literally: broker /0, remote control, events.
CHANNELS = "resetchannels &/0.* &/0.celery.pidbox &/0.celeryev/worker.* &celery-task-meta-*"
HEALTH_USER = "health"
# For people and for `doctor`: reads configuration and state, changes nothing, reads no key.
OPERATOR_USER = "operator"
# For the exporter of Prometheus. Without SLOWLOG GET, which returns the arguments of commands.
EXPORTER_USER = "exporter"
EXPORTER_COMMANDS = "-@all +ping +info +latency|latest +latency|histogram +slowlog|len +client|setname +client|setinfo"
# Flower: subscribes to the events of workers and queries them by remote control, whose replies come over separate
# lists. Without SELECT it stays in the database of the broker. Of the document queues it may read the length.
FLOWER_USER = "flower"
FLOWER_COMMANDS = (
    "-@all +ping +info +hello +time +client|setname +client|setinfo +multi +exec +watch +unwatch +publish +subscribe "
    "+psubscribe +unsubscribe +punsubscribe +llen +exists +type +sadd +srem +smembers +scard +brpop +rpop +lpush +del "
    "+expire +get +set +zadd +zrem +zrange +zrangebyscore +eval +evalsha +script|load +script|exists"
)
FLOWER_ACCESS = f"resetkeys ~_kombu.* ~*.celery.pidbox* ~celeryev* ~flower.* %R~* {CHANNELS} &/0.celeryev/*"
OPERATOR_COMMANDS = "-@all +ping +info +config|get +slowlog|get +slowlog|len +latency|latest +client|list +acl|whoami"
# Loads users.acl again after a host was added or revoked. Redis then closes the connections of removed users. No
# process with this password can write the file.
KEEPER_USER = "keeper"
KEEPER_COMMANDS = "-@all +ping +acl|load"
# Commands of workers: those of Celery's transport and of the ledger's scripts. Without SCAN, which returns the names of
# all keys whatever the rights on them.
WORKER_COMMANDS = (
    "-@all +ping +hello +select +time +client|setname +client|setinfo +client|id +multi +exec +discard +watch "
    "+unwatch +publish +subscribe +psubscribe +unsubscribe +punsubscribe +eval +evalsha +script|load +script|exists "
    "+exists +type +del +expire +pexpire +get +set +incr +llen +brpop +rpop +lpush +rpush +lrem +sadd +srem +smembers "
    "+hget +hset +hdel +hlen +hmget +hgetall +hexists +hincrby +zadd +zrem +zcard +zscore +zrange +zrangebyscore "
    "+zrevrangebyscore"
)


def users_acl(passwords: Mapping[str, str], hosts: Iterable[Host] = ()) -> str:
    """Return the text of ``users.acl``, which holds SHA-256 hashes only.

    Args:
        passwords: password of each user of ``SERVICES`` and of the five others; a missing one raises ``KeyError``.
        hosts: remote hosts; each is a user with the rights of ``host`` in the table of keys.
    """
    # Disabled and without a password, so that a client without a login has no rights. But Redis replays its append-only
    # file as this user and checks every MULTI/EXEC against its rights. With fewer rights, it silently drops each
    # transaction in the file at the next start (seen on 8.0.2). So the user has all rights.
    lines = ["user default off resetpass ~* &* +@all"]
    for name in SERVICES:
        commands = WORKER_COMMANDS if name == "worker" else COMMANDS
        lines.append(f"user {name} on {_hashed(passwords[name])} resetkeys {key_patterns(name)} {CHANNELS} {commands}")
    lines.append(f"user {HEALTH_USER} on {_hashed(passwords[HEALTH_USER])} resetkeys resetchannels -@all +ping")
    for name, commands in (
        (OPERATOR_USER, OPERATOR_COMMANDS),
        (EXPORTER_USER, EXPORTER_COMMANDS),
        (KEEPER_USER, KEEPER_COMMANDS),
    ):
        lines.append(f"user {name} on {_hashed(passwords[name])} resetkeys resetchannels {commands}")
    lines.append(f"user {FLOWER_USER} on {_hashed(passwords[FLOWER_USER])} {FLOWER_ACCESS} {FLOWER_COMMANDS}")
    lines += [
        f"user {host.redis_user} on #{host.sha256} resetkeys {key_patterns('host')} {CHANNELS} {WORKER_COMMANDS}"
        for host in hosts
    ]
    return "\n".join(lines) + "\n"


def _hashed(password: str) -> str:
    # A password of 256 random bits needs no slow hash.
    return f"#{hashlib.sha256(password.encode()).hexdigest()}"
