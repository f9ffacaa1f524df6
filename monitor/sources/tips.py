"""The tip line: claims that people outside ask the desk to look at.

A tip is a text and perhaps a link. It becomes a post of kind ``tip`` in the normal pipeline, where it counts as a
request on the story it joins and not as spread of the claim. Nothing about who sent it is stored: no name, no
address, no account. What was sent is never changed.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlmodel import Session

from monitor import events, text
from monitor.acting import check_link
from monitor.errors import Invalid, NotAllowed
from monitor.models import Source, Tip
from monitor.records import PostRecord, RawItem
from monitor.sending import webhooks
from monitor.sources.intake import Intake
from monitor.store import posts as post_store
from monitor.store import sources as source_store
from monitor.vocabulary import TIP

MAX_TEXT = 5_000
SOURCE_NAME = "Tip line"
FORM, WEBHOOK = "form", "webhook"
_NEVER = datetime(9999, 1, 1, tzinfo=UTC)


def open_line(session: Session, now: datetime) -> Source:
    """Return the source that tips belong to, made at first need. Paused by a supervisor, it takes none."""
    source = source_store.tip_line(session)
    if source is None:
        source = Source(name=_free_name(session), kind=TIP, next_poll_at=_NEVER, created_at=now)
        session.add(source)
        session.flush()
    return source


def _free_name(session: Session) -> str:
    taken = source_store.by_name(session, SOURCE_NAME) is not None
    return f"{SOURCE_NAME} {secrets.token_hex(3)}" if taken else SOURCE_NAME


def is_open(session: Session) -> bool:
    """Whether nobody paused the tip line."""
    source = source_store.tip_line(session)
    return source is None or source.enabled


def checked(words: str, link: str) -> tuple[str, str | None]:
    """Return text and link of a tip as they are stored; raise ``Invalid`` in one sentence."""
    words, link = text.clean(words).strip(), link.strip()
    if not text.has_words(words):
        raise Invalid("Write or paste the text you want the desk to look at.")
    if len(words) > MAX_TEXT:
        raise Invalid(f"A tip can have at most {MAX_TEXT} characters.")
    if link:
        check_link(link)
    return words, link or None


def receive(
    session: Session, key: bytes, now: datetime, *, words: str, link: str = "", lang: str | None = None,
    channel: str = FORM, reference: str | None = None,
) -> bool:  # fmt: skip
    """Take in a tip; return whether it is new. ``reference`` names it where the sender may send it twice."""
    words, address = checked(words, link)
    source = open_line(session, now)
    if not source.enabled:
        raise NotAllowed("The tip line is closed at the moment.")
    name = f"{channel}:" + (hashlib.sha256(reference.encode()).hexdigest() if reference else secrets.token_hex(16))
    if post_store.by_key(session, TIP, name) is not None:
        return False  # also with other words: what was sent stays as it was
    raw = RawItem(name, {"text": words, "link": address})
    record = PostRecord(external_id=name, text=words, url=address, links=(address,) if address else ())
    stored = Intake(session, key, source, now, global_ids=True).store([(raw, record)])[0]
    source.last_item_at = source.last_success_at = now
    source.last_outcome = "ok"
    session.add(source)
    session.add(Tip(post_id=stored.post_id or 0, received_at=now, channel=channel, lang=lang))
    events.record(
        session, key, now, events.SYSTEM, "tip.received", f"post:{stored.post_id}", details={"channel": channel}
    )
    return True


def check_call(secret: str, headers: Mapping[str, str], body: bytes, now: datetime) -> str:
    """Return the name (``webhook-id``) of a call that another program signed (Standard Webhooks), or refuse it.

    ``headers`` in lower case.
    """
    if not secret or not webhooks.is_ours(secret, headers, body, now):
        raise NotAllowed("The signature is wrong or more than five minutes old.")
    return headers["webhook-id"]


def receive_call(session: Session, key: bytes, now: datetime, reference: str, body: bytes) -> bool:
    """Take in ``{"text"[, "link", "lang"]}`` of a checked call; return whether it is new.

    The same reference again changes nothing. Raises ``Invalid`` for a body of another form.
    """
    found = _object(body)
    words, link, lang = (found.get(name) or "" for name in ("text", "link", "lang"))
    if not all(isinstance(value, str) for value in (words, link, lang)):
        raise Invalid("text, link and lang are strings.")
    return receive(
        session, key, now, words=words, link=link, lang=lang[:20] or None, channel=WEBHOOK,
        reference=reference,
    )  # fmt: skip


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Invalid("The body is not JSON.") from error
    if not isinstance(found, dict):
        raise Invalid("The body is not a JSON object.")
    return found
