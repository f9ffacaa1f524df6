"""How often something may be done in an hour. Counted in memory; who did it is kept only as a hash of this process."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
from collections import deque
from datetime import datetime, timedelta

WINDOW = timedelta(hours=1)
_MOST_KEYS = 10_000


class Throttle:
    """Moments per key within the last hour. Thread-safe."""

    def __init__(self) -> None:
        self._secret = secrets.token_bytes(16)
        self._lock = threading.Lock()
        self._moments: dict[bytes, deque[datetime]] = {}

    def take(self, now: datetime, *limits: tuple[str, int]) -> bool:
        """Count one try under every (key, most an hour) and return True, or return False and count nothing."""
        with self._lock:
            found = [(self._of(key, now), most) for key, most in limits]
            if any(len(moments) >= most for moments, most in found):
                return False
            for moments, _ in found:
                moments.append(now)
            return True

    def _of(self, key: str, now: datetime) -> deque[datetime]:
        if len(self._moments) >= _MOST_KEYS:
            self._moments = {name: kept for name, kept in self._moments.items() if kept and kept[-1] > now - WINDOW}
        moments = self._moments.setdefault(hmac.digest(self._secret, key.encode(), hashlib.sha256), deque())
        while moments and moments[0] <= now - WINDOW:
            moments.popleft()
        return moments
