"""Wait until an embedded appliance is ready, and fail early if a service keeps crashing."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable

import httpx
import redis

from decalogo.embedded.instance import HOST, Instance
from decalogo.embedded.layout import Layout
from decalogo.embedded.logs import tail
from decalogo.embedded.secrets import health_login
from decalogo.embedded.supervisor import POLL_SECONDS, Supervisor
from decalogo.errors import EmbeddedError

# A service that needs this number of starts before the appliance is ready does not recover by itself.
STARTS_BEFORE_FAILURE = 3


class Watch:
    """Wait for conditions and watch the services meanwhile.

    Args:
        layout: the data folder.
        control: its supervisor.
        deadline: end of the wait, in ``time.monotonic()`` seconds.
    """

    def __init__(self, layout: Layout, control: Supervisor, deadline: float) -> None:
        self._layout = layout
        self._control = control
        self._deadline = deadline
        self._starts: dict[str, set[int]] = defaultdict(set)

    def until(self, condition: Callable[[], str]) -> None:
        """Return when ``condition`` returns an empty string; until then it returns what is missing.

        Raises:
            EmbeddedError: a service does not stay up, or the deadline passed; with the end of its log.
        """
        while missing := condition():
            states = self._control.states()
            for service in states:
                if service.started:
                    self._starts[service.name].add(service.started)
                if service.state == "FATAL" or len(self._starts[service.name]) >= STARTS_BEFORE_FAILURE:
                    raise self._failure(f"{service.name} does not stay up", service.name)
            if time.monotonic() > self._deadline:
                down = [service.name for service in states if service.state != "RUNNING" and service.started]
                raise self._failure(f"not ready in time: {missing}", down[0] if down else "api")
            time.sleep(POLL_SECONDS)

    def _failure(self, what: str, service: str) -> EmbeddedError:
        path = self._layout.logs / f"{service}.log"
        end = tail(path, lines=20) or "(empty)"
        return EmbeddedError(f"{what}. The end of {path}:\n{end}")


def server_answers(layout: Layout, instance: Instance) -> Callable[[], str]:
    """Return a condition: the server has loaded its files and accepts commands."""
    user, password = health_login(layout)

    client = redis.Redis(HOST, instance.valkey_port, username=user, password=password, socket_timeout=2)

    def condition() -> str:
        try:
            client.ping()
        except redis.RedisError as error:  # not listening yet, or still loading
            return f"the server does not respond ({error})"
        client.close()
        return ""

    return condition


def api_ready(instance: Instance) -> Callable[[], str]:
    """Return a condition: ``GET /api/v1/ready`` responds 200."""
    # verify, trust_env: plain HTTP to this machine needs no proxy and no certificates, which are slow to load.
    client = httpx.Client(timeout=5, verify=False, trust_env=False)  # noqa: S501

    def condition() -> str:
        try:
            answer = client.get(f"{instance.url}/api/v1/ready")
        except httpx.HTTPError as error:
            return f"the API does not respond ({error})"
        if answer.status_code != 200:
            return f"the API responds {answer.status_code}: {answer.text[:500]}"
        client.close()
        return ""

    return condition
