"""The client as one visit uses it: it remembers which hosts were asked, so that their limits can be shown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from monitor.http import PoliteClient
from monitor.network.answers import Answer

_MOST_HOSTS = 5


class WatchedClient:
    """The polite client (``collectors.base.Client``) for one visit. ``limits`` tells what the hosts said."""

    def __init__(self, client: PoliteClient) -> None:
        self._client = client
        self._hosts: dict[str, None] = {}

    def get(self, url: str, **more: Any) -> Answer:
        """Fetch ``url``; see ``collectors.base.Client``."""
        self._note(url)
        return self._client.get(url, **more)

    def post(self, url: str, **more: Any) -> Answer:
        """Send something; see ``collectors.base.Client``."""
        self._note(url)
        return self._client.post(url, **more)

    def stream(self, url: str, **more: Any) -> Iterator[str]:
        """Yield the frames of a websocket; see ``collectors.base.Client``."""
        self._note(url)
        return self._client.stream(url, **more)

    def parse(self, function: str, body: bytes, *args: Any) -> Any:
        """Parse in the child process; see ``collectors.base.Client``."""
        return self._client.parse(function, body, *args)

    def _note(self, url: str) -> None:
        try:
            host = urlsplit(url).hostname
        except ValueError:
            return  # the client refuses it in words
        if host and len(self._hosts) < _MOST_HOSTS:
            self._hosts[host] = None

    def limits(self) -> list[dict[str, Any]]:
        """Return ``[{"host"[, "remaining", "limit", "closed_seconds"]}]`` of hosts that said something of limits."""
        found = []
        for host in self._hosts:
            state = self._client.hosts.state(host)
            closed = round(state.left_closed())
            if state.remaining is not None or closed:
                said = {"remaining": state.remaining, "limit": state.limit, "closed_seconds": closed or None}
                found.append({"host": host, **{name: value for name, value in said.items() if value is not None}})
        return found
