"""The second step at login: six digits from an app (TOTP, RFC 6238), or one of ten recovery codes.

The secret is made from the installation's key and a random word kept with the account, so a copied database gives none
away. No code works twice. Recovery codes are kept as keyed hashes and go when used.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from datetime import datetime

import pyotp
from sqlmodel import Session

from monitor import events
from monitor.errors import Invalid, NotAllowed
from monitor.events import Actor
from monitor.models import Person
from monitor.store import people as store

STEP = 30
RECOVERY_CODES = 10
TICKET_SECONDS = 300


def new_nonce() -> str:
    """Return the random word that a new secret is made with."""
    return secrets.token_urlsafe(16)


def secret(key: bytes, person: Person, nonce: str) -> str:
    """Return the secret in base32, as apps take it."""
    seed = hmac.new(key, f"totp:{person.id}:{nonce}".encode(), hashlib.sha256).digest()[:20]
    return base64.b32encode(seed).decode()


def address(key: bytes, person: Person, nonce: str, team: str) -> str:
    """Return the ``otpauth://`` address that a QR code holds."""
    return pyotp.TOTP(secret(key, person, nonce)).provisioning_uri(name=person.login, issuer_name=f"Claimwatch {team}")


def switch_on(session: Session, key: bytes, now: datetime, person: Person, nonce: str, code: str) -> list[str]:
    """Ask for the code at every login from now on; return the recovery codes, shown this once."""
    if not 16 <= len(nonce) <= 40:
        raise Invalid("This form or address is not complete: go back and try again.")
    step = _step_of(key, person, nonce, code, now)
    if step is None:
        raise Invalid("This code is not right: look at the app again.")
    made = ["-".join((secrets.token_hex(3), secrets.token_hex(3))) for _ in range(RECOVERY_CODES)]
    person.totp_nonce, person.totp_step = nonce, step
    person.recovery = [_sealed(key, person, one) for one in made]
    session.add(person)
    events.record(session, key, now, _actor(person), "person.code_on", f"person:{person.id}")
    return made


def switch_off(session: Session, key: bytes, now: datetime, by: Actor, person: Person) -> None:
    """Ask for no code any more; every session of the account ends."""
    person.totp_nonce, person.totp_step, person.recovery = None, 0, []
    session.add(person)
    store.end_sessions(session, person)
    events.record(session, key, now, by, "person.code_off", f"person:{person.id}")


def is_right(session: Session, key: bytes, now: datetime, person: Person, code: str) -> bool:
    """Whether the code is good now; it is used up by this."""
    if person.totp_nonce is None:
        return True
    plain = "".join(code.split()).lower()
    step = _step_of(key, person, person.totp_nonce, plain, now)
    if step is not None and step > person.totp_step:
        person.totp_step = step
        session.add(person)
        return True
    sealed = _sealed(key, person, plain)
    if sealed in person.recovery:
        person.recovery = [one for one in person.recovery if one != sealed]
        session.add(person)
        events.record(session, key, now, _actor(person), "person.recovery_used", f"person:{person.id}")
        return True
    return False


def _step_of(key: bytes, person: Person, nonce: str, code: str, now: datetime) -> int | None:
    """Return the half minute a code belongs to: the present one or a neighbour, since clocks differ."""
    plain = "".join(code.split())
    totp = pyotp.TOTP(secret(key, person, nonce))
    present = int(now.timestamp()) // STEP
    for step in (present, present - 1, present + 1):
        if plain.isascii() and hmac.compare_digest(totp.at(step * STEP), plain):
            return step
    return None


def _sealed(key: bytes, person: Person, code: str) -> str:
    return hmac.new(key, f"recovery:{person.id}:{code}".encode(), hashlib.sha256).hexdigest()


def _actor(person: Person) -> Actor:
    return Actor(person.alias, person.role, person.id)


def ticket(key: bytes, now: datetime, person: Person) -> str:
    """Return proof, good for five minutes, that the password was right; the code has to follow."""
    end = int(now.timestamp()) + TICKET_SECONDS
    return f"{person.id}.{end}.{_ticket_seal(key, person, end)}"


def person_of(session: Session, key: bytes, now: datetime, ticket: str) -> Person:
    """Return whose ticket it is; ``NotAllowed`` when it is made up or too old."""
    number, _, rest = ticket.partition(".")
    end, _, seal = rest.partition(".")
    plain = ticket.isascii() and number.isdecimal() and end.isdecimal() and len(ticket) < 120
    person = session.get(Person, int(number), populate_existing=True) if plain else None
    if person is None or not hmac.compare_digest(seal, _ticket_seal(key, person, int(end))):
        raise NotAllowed("This login has run out: begin again.")
    if int(end) < now.timestamp() or not person.active:
        raise NotAllowed("This login has run out: begin again.")
    return person


def _ticket_seal(key: bytes, person: Person, end: int) -> str:
    text = f"ticket:{person.id}:{end}:{person.password_hash}"  # a changed password ends the ticket
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()[:40]
