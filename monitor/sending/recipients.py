"""Who gets the weekly summary, in which language, and what they may do with it."""

from __future__ import annotations

from sqlmodel import Session

from monitor import events
from monitor.acting import Desk, require
from monitor.errors import Conflict, Invalid
from monitor.models import Recipient
from monitor.records import LANGUAGES
from monitor.sending.mail import check_address, header_text
from monitor.store import recipients as store
from monitor.vocabulary import SUPERVISOR


def add(
    session: Session, desk: Desk, *, name: str, address: str, lang: str, pdf: bool = False, answers: bool = False,
    outside: bool = False,
) -> Recipient:  # fmt: skip
    """Add a recipient. Somebody from outside the team can not answer what is asked of it."""
    require(desk, SUPERVISOR)
    name, address = header_text(name, 60), check_address(address)
    if not name:
        raise Invalid("A recipient needs a name.")
    if lang not in LANGUAGES:
        raise Invalid(f"'{lang[:20]}' is not a language of the summary: choose one of {', '.join(LANGUAGES)}.")
    if outside and answers:
        raise Invalid("Only people of the team can answer what the summary asks.")
    if store.named(session, name) is not None or store.at_address(session, address) is not None:
        raise Conflict("There is already a recipient with this name or address.")
    recipient = Recipient(
        name=name, address=address, lang=lang, pdf=pdf, answers=answers, outside=outside, created_at=desk.now
    )
    session.add(recipient)
    session.flush()
    details = {"name": name, "lang": lang, "pdf": pdf, "answers": answers, "outside": outside}
    _log(session, desk, "recipient.added", recipient, details)
    return recipient


def switch(session: Session, desk: Desk, recipient: Recipient, active: bool) -> None:
    """Stop sending to a recipient, or begin again."""
    require(desk, SUPERVISOR)
    recipient.active = active
    session.add(recipient)
    _log(session, desk, "recipient.resumed" if active else "recipient.paused", recipient, {"name": recipient.name})


def remove(session: Session, desk: Desk, recipient: Recipient) -> None:
    """Forget a recipient and their address."""
    require(desk, SUPERVISOR)
    _log(session, desk, "recipient.removed", recipient, {"name": recipient.name})
    store.forget(session, recipient)


def find(session: Session, name: str) -> Recipient:
    recipient = store.named(session, name) or store.at_address(session, name)
    if recipient is None:
        raise Invalid(f"There is no recipient named '{name[:80]}'.")
    return recipient


def _log(session: Session, desk: Desk, action: str, recipient: Recipient, details: dict[str, object]) -> None:
    events.record(session, desk.key, desk.now, desk.actor, action, f"recipient:{recipient.id}", details=details)
