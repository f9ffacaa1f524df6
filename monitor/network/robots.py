"""robots.txt as RFC 9309 wants it: fetched once an hour per site, asked before pages that are not an interface."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from protego import Protego

from monitor.errors import FetchRefused

KEEP_SECONDS = 3600.0
_MAX_BYTES = 500 * 1024  # what RFC 9309 asks to read at least


class Robots:
    """What sites allow this agent. Thread-safe."""

    def __init__(self, agent: str) -> None:
        self._agent = agent.split("/")[0]
        self._lock = threading.Lock()
        self._known: dict[str, tuple[float, Protego]] = {}

    def check(self, url: str, fetch: Callable[[str], Any]) -> None:
        """Raise ``FetchRefused`` if the site's robots.txt forbids ``url``.

        ``fetch`` gets robots.txt; a missing one (4xx) allows everything, and its errors (a busy site) pass through:
        a site whose rules cannot be read is not fetched.
        """
        parts = urlsplit(url)
        rules = self._rules(f"{parts.scheme}://{parts.netloc}", fetch)
        if not rules.can_fetch(url, self._agent):
            raise FetchRefused(f"The robots.txt of {parts.hostname} does not allow {parts.path or '/'}.")

    def _rules(self, site: str, fetch: Callable[[str], Any]) -> Protego:
        with self._lock:
            kept = self._known.get(site)
        if kept and kept[0] > time.monotonic():
            return kept[1]
        answer = fetch(site + "/robots.txt")
        text = answer.body[:_MAX_BYTES].decode("utf-8", "replace") if answer.status < 400 else ""
        rules = Protego.parse(text)
        with self._lock:
            self._known[site] = (time.monotonic() + KEEP_SECONDS, rules)
        return rules
