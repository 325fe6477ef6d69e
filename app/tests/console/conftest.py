"""The API's fixtures serve the console, too: it is the same process."""

from tests.api.conftest import _logs, _movers, client, published, serve, services, shared_servers

__all__ = ["_logs", "_movers", "client", "published", "serve", "services", "shared_servers"]
