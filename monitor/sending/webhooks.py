"""Telling other programs what happened: one signed POST per address and happening, through the outbox.

Headers and signature are those of Standard Webhooks (standardwebhooks.com, 1.0.0): ``webhook-id`` is the same at
every try, ``webhook-signature`` is HMAC-SHA256 over id, time and body, so that a receiver can refuse copies and what
is older than a few minutes.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlmodel import Session

from monitor import events
from monitor.errors import Conflict, Invalid
from monitor.models import Webhook
from monitor.network.addresses import AddressRules
from monitor.sending import outbox
from monitor.store import outbox as store

TOPICS = (
    "story.queued", "story.decided", "response.logged", "factcheck.published", "alarm.raised", "report.frozen",
)  # fmt: skip
"""What an address can be told of."""

WINDOW_SECONDS = 300
"""A call is refused when its time and ours differ by more: an old one may have been overheard and sent again."""

_PREFIX = "whsec_"


def announce(session: Session, now: datetime, topic: str, payload: Mapping[str, Any], *, key: str = "") -> int:
    """Put one call per active address that wants ``topic`` into the outbox; return how many.

    ``key`` names the happening when the caller may say it twice: the second time is then left out.
    """
    name = key or secrets.token_hex(16)
    body = {"type": topic, "timestamp": now.isoformat(timespec="seconds"), "data": dict(payload)}
    wanted = [hook for hook in store.webhooks(session) if hook.active and topic in hook.topics]
    return sum(
        outbox.put(session, now, key=f"webhook:{hook.id}:{topic}:{name}", kind="webhook", to=str(hook.id), payload=body)
        for hook in wanted
    )


def signed(secret: str, message: str, now: datetime, payload: Mapping[str, Any]) -> tuple[bytes, dict[str, str]]:
    """Return the body of a call and the headers that sign it."""
    body = json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()
    stamp = str(int(now.timestamp()))
    made = signature(secret, message, stamp, body)
    headers = {"webhook-id": message, "webhook-timestamp": stamp, "webhook-signature": made}
    return body, {**headers, "content-type": "application/json"}


def signature(secret: str, message: str, stamp: str, body: bytes) -> str:
    """Return what ``webhook-signature`` says of a call; ``secret`` is ``whsec_`` and base64 of the key."""
    content = b".".join((message.encode(), stamp.encode(), body))
    digest = hmac.new(base64.b64decode(secret.removeprefix(_PREFIX)), content, hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode()


def is_ours(secret: str, headers: Mapping[str, str], body: bytes, now: datetime) -> bool:
    """Whether a call sent to us is signed with ``secret`` and at most five minutes old (or ahead)."""
    message, stamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not message or not stamp.isascii() or not stamp.isdigit() or len(stamp) > 12:
        return False
    if abs(now.timestamp() - int(stamp)) > WINDOW_SECONDS:
        return False
    right = signature(secret, message, stamp, body).encode()
    given = headers.get("webhook-signature", "").split()
    return any(hmac.compare_digest(right, one.encode("utf-8", "replace")) for one in given[:10])


def add(
    session: Session, key: bytes, now: datetime, actor: events.Actor, *, name: str, url: str, topics: Sequence[str],
    allow_private: Collection[str] = (),
) -> Webhook:  # fmt: skip
    """Add an address; its ``secret`` is shown to whoever adds it, once. Plain http only to the desk's own hosts."""
    name = name.strip()
    if not name:
        raise Invalid("A webhook needs a name.")
    if not topics or not set(topics) <= set(TOPICS):
        raise Invalid(f"Choose what the webhook is told of: {', '.join(TOPICS)}.")
    rules = AddressRules(allow_private)
    parsed = rules.check_url(url.strip())
    if parsed.scheme != "https" and not rules.excepted(parsed.host, parsed.port or 80):
        raise Invalid("A webhook outside this network needs an https address.")
    if store.webhook_named(session, name) is not None:
        raise Conflict(f"There is already a webhook named '{name}'.")
    secret = _PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()
    hook = Webhook(name=name, url=url.strip(), secret=secret, topics=sorted(topics), created_at=now)
    session.add(hook)
    session.flush()
    details = {"name": name, "host": parsed.host, "topics": sorted(topics)}
    events.record(session, key, now, actor, "webhook.added", f"webhook:{hook.id}", details=details)
    return hook


def find(session: Session, name: str) -> Webhook:
    hook = store.webhook_named(session, name)
    if hook is None:
        raise Invalid(f"There is no webhook named '{name}'.")
    return hook


def switch(session: Session, key: bytes, now: datetime, actor: events.Actor, hook: Webhook, active: bool) -> None:
    """Switch an address on or off; what waits for one that is off is given up."""
    hook.active = active
    session.add(hook)
    action = "webhook.resumed" if active else "webhook.paused"
    events.record(session, key, now, actor, action, f"webhook:{hook.id}", details={"name": hook.name})


def remove(session: Session, key: bytes, now: datetime, actor: events.Actor, hook: Webhook) -> None:
    """Forget an address and its secret."""
    session.delete(hook)
    events.record(session, key, now, actor, "webhook.removed", f"webhook:{hook.id}", details={"name": hook.name})


def ask_test(session: Session, now: datetime, hook: Webhook) -> None:
    """Put a call into the outbox that shows whether the address answers."""
    body = {"type": "test", "timestamp": now.isoformat(timespec="seconds"), "data": {"webhook": hook.name}}
    key = f"webhook:{hook.id}:test:{secrets.token_hex(8)}"
    outbox.put(session, now, key=key, kind="webhook", to=str(hook.id), payload=body)
