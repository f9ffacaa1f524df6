"""Links that open one thing without a login: signed, for one reader, until a day. Nothing about them is stored.

A link is ``kind.part.part.expiry.seal``; the seal is an HMAC-SHA256 with the installation's key, cut to 128 bits.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime

from monitor.errors import NotAllowed

_SEAL_BYTES = 16


def make(key: bytes, kind: str, parts: Sequence[object], expires: datetime) -> str:
    """Return the token of a link; ``parts`` may hold letters, digits, ``-`` and ``_`` only."""
    body = ".".join([kind, *(str(part) for part in parts), str(int(expires.timestamp()))])
    return f"{body}.{_seal(key, body)}"


def read(key: bytes, kind: str, token: str, now: datetime) -> list[str]:
    """Return the parts of a good token; ``NotAllowed`` for one that is forged, of another kind or too old."""
    body, _, seal = token.rpartition(".")
    found, *parts = body.split(".")
    if not hmac.compare_digest(seal.encode("utf-8", "replace"), _seal(key, body).encode()):
        raise NotAllowed("This link is not valid.")
    if found != kind or int(parts[-1]) <= now.timestamp():
        raise NotAllowed("This link is no longer valid: ask for a new one.")
    return parts[:-1]


def _seal(key: bytes, body: str) -> str:
    digest = hmac.new(key, b"link:" + body.encode("utf-8", "replace"), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest[:_SEAL_BYTES]).decode().rstrip("=")
