"""Sending what is in the outbox: each message is taken, sent with no transaction open, and closed."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from typing import Protocol

from monitor import events
from monitor.context import Context
from monitor.errors import ClaimwatchError, NotDelivered, SourceGone
from monitor.models import Outbox, Webhook
from monitor.records import JobResult
from monitor.sending import mail, outbox, webhooks
from monitor.store import outbox as store

MOST = 100
"""Messages one run sends at most of each kind."""


class Poster(Protocol):
    """The part of the network's one door that is needed here (``monitor.http.PoliteClient``)."""

    def post(self, url: str, *, headers: dict[str, str], content: bytes) -> object: ...


Send = Callable[[Outbox], None]


def deliver(context: Context, client: Callable[[], Poster], trust: ssl.SSLContext | None = None) -> JobResult:
    """Send what is due. Mail waits untouched while no mail server is set."""
    counts = {"sent": 0, "failed": 0, "given_up": 0}
    for state in _each(context, "webhook", _webhook(context, client)):
        counts[state] += 1
    if context.settings.mail.host:
        with mail.Postman(context.settings.mail, trust) as postman:
            for state in _each(context, "mail", _mail(context, postman)):
                counts[state] += 1
    return JobResult("ok", counts)


def _each(context: Context, kind: str, send: Send) -> Iterator[str]:
    """Send one message after the other; yields what became of each. A receiver that failed is left alone till later."""
    passed: set[str] = set()
    for _ in range(MOST):
        with context.writing() as session:
            row = outbox.claim(session, context.clock(), kind, passed)
            if row is not None:
                session.expunge(row)
        if row is None:
            return
        problem: ClaimwatchError | None = None
        try:
            send(row)
        except ClaimwatchError as error:
            problem = error
            passed.add(row.to)
        yield _close(context, row, problem)
        if isinstance(problem, NotDelivered) and problem.server:
            return


def _close(context: Context, taken: Outbox, problem: ClaimwatchError | None) -> str:
    """Write down how it went, unless another sender has taken the message meanwhile; return the word for it."""
    with context.writing() as session:
        now = context.clock()
        row = store.claimed(session, taken.id or 0, taken.tries)
        if row is None:
            return "failed" if problem else "sent"
        details = {"key": row.key, "kind": row.kind, "tries": row.tries}
        if problem is None:
            outbox.close(session, row, now, "sent")
            events.record(session, context.key, now, events.SYSTEM, "outbox.sent", f"outbox:{row.id}", details=details)
            return "sent"
        if outbox.gives_up(row, now, problem.permanent):
            outbox.close(session, row, now, "given_up", str(problem))
            events.record(session, context.key, now, events.SYSTEM, "outbox.given_up", f"outbox:{row.id}",
                          outcome=problem.outcome, details=details)  # fmt: skip
            return "given_up"
        row.error = str(problem)
        session.add(row)
        return "failed"


def _mail(context: Context, postman: mail.Postman) -> Send:
    sender = context.settings.mail.sender

    def send(row: Outbox) -> None:
        name = outbox.message_id(context.key, row.key, sender)
        try:
            message = mail.build(row.payload, to=row.to, sender=sender, message_id=name, at=row.created_at)
        except (KeyError, TypeError, ValueError) as error:
            raise NotDelivered(f"The message cannot be made into a mail: {error}.", permanent=True) from error
        postman.send(message, row.to)

    return send


def _webhook(context: Context, client: Callable[[], Poster]) -> Send:
    def send(row: Outbox) -> None:
        with context.reading() as session:
            hook = session.get(Webhook, int(row.to))
        if hook is None or not hook.active:
            raise NotDelivered("The webhook was switched off or removed.", permanent=True)
        name = outbox.name_of(context.key, row.key)
        body, headers = webhooks.signed(hook.secret, name, context.clock(), row.payload)
        try:
            client().post(hook.url, headers=headers, content=body)
        except SourceGone as error:
            raise NotDelivered(str(error)) from error  # a receiver under repair also answers 404

    return send
