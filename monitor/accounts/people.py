"""Staff accounts, logins and sessions. Passwords are argon2id; guesses are slowed down per account and address."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlmodel import Session

from monitor import events, vocabulary
from monitor.errors import Conflict, Invalid, NotAllowed
from monitor.events import Actor
from monitor.models import LoginSession, LoginTry, Person
from monitor.store import people as store

MIN_PASSWORD = 12
MAX_TRIES = 10
TRY_WINDOW = timedelta(minutes=5)
SHORT = 12
"""Letters of a session's hash by which pages name it."""
_TELLING_LOGIN = 4  # shorter logins turn up in good passwords by chance

_hasher = PasswordHasher(time_cost=3, memory_cost=65536, parallelism=4)
# Checked when the login is unknown, so that answers take equally long.
_DUMMY = _hasher.hash(secrets.token_hex(16))


def actor(person: Person) -> Actor:
    """Return how ``person`` appears in the audit log."""
    return Actor(person.alias, person.role, person.id)


def add(
    session: Session, key: bytes, now: datetime, by: Actor, *, login: str, role: str, password: str | None = None,
    locale: str = "en", must_change: bool = True,
) -> tuple[Person, str]:  # fmt: skip
    """Create an account; return it and its password (made up when none is given, to be changed at first login)."""
    login = login.strip().lower()
    if not login or len(login) > 100:
        raise Invalid("A login needs 1 to 100 characters.")
    if role not in vocabulary.ROLES:
        raise Invalid(f"'{role}' is not a role: choose one of {', '.join(vocabulary.ROLES)}.")
    if store.by_login(session, login) is not None:
        raise Conflict(f"There is already an account named '{login}'.")
    password = password or secrets.token_urlsafe(12)
    check_password(password, login)
    person = Person(
        login=login,
        alias=_free_alias(session),
        role=role,
        password_hash=_hasher.hash(password),
        must_change=must_change,
        locale=locale,
        created_at=now,
    )
    session.add(person)
    session.flush()
    events.record(session, key, now, by, "person.added", f"person:{person.id}", details={"role": role})
    return person, password


def _free_alias(session: Session) -> str:
    number = store.count(session) + 1
    while store.by_alias(session, f"R{number:02d}") is not None:
        number += 1
    return f"R{number:02d}"


def check_password(password: str, login: str) -> None:
    """Raise ``Invalid`` for a password that is too short, too long or made of the login (ASVS 5.0, 6.2)."""
    if len(password) < MIN_PASSWORD:
        raise Invalid(f"A password needs at least {MIN_PASSWORD} characters.")
    if len(password) > 256:
        raise Invalid("A password may have at most 256 characters.")
    names = ["claimwatch", login] if len(login) >= _TELLING_LOGIN else ["claimwatch"]
    if any(name in password.lower() for name in names) or len(set(password)) < 5:
        raise Invalid("This password is too easy to guess: choose one without the login, the product or one letter.")


def set_password(session: Session, key: bytes, now: datetime, by: Actor, person: Person, password: str) -> None:
    """Change a password and end every session of the account."""
    check_password(password, person.login)
    person.password_hash = _hasher.hash(password)
    person.must_change = by.person_id != person.id
    session.add(person)
    store.end_sessions(session, person)
    events.record(session, key, now, by, "person.password", f"person:{person.id}")


def disable(session: Session, key: bytes, now: datetime, by: Actor, person: Person) -> None:
    """Close an account: its sessions end at once, its leases are released."""
    person.active = False
    session.add(person)
    store.end_sessions(session, person)
    store.release_leases(session, person)
    events.record(session, key, now, by, "person.disabled", f"person:{person.id}")


def enable(session: Session, key: bytes, now: datetime, by: Actor, person: Person) -> None:
    """Open a closed account again."""
    person.active = True
    session.add(person)
    events.record(session, key, now, by, "person.enabled", f"person:{person.id}")


def set_role(session: Session, key: bytes, now: datetime, by: Actor, person: Person, role: str) -> None:
    """Give an account another role; its sessions end, since they were opened with other rights."""
    if role not in vocabulary.ROLES:
        raise Invalid(f"'{role}' is not a role: choose one of {', '.join(vocabulary.ROLES)}.")
    details = {"from": person.role, "to": role}
    person.role = role
    session.add(person)
    store.end_sessions(session, person)
    events.record(session, key, now, by, "person.role", f"person:{person.id}", details=details)


def end_session(session: Session, key: bytes, now: datetime, by: Actor, person_id: int, short: str) -> None:
    """End one of a person's sessions, known by the first letters of its hash."""
    rows = [row for row in store.sessions(session, person_id, now) if row.token_hash.startswith(short)]
    if len(short) < SHORT or len(rows) != 1:
        raise Invalid("There is no such login.")
    session.delete(rows[0])
    events.record(session, key, now, by, "session.ended", f"person:{person_id}")


def check_login(session: Session, key: bytes, now: datetime, *, login: str, password: str, address: str) -> bool:
    """Whether the password is that of the account; call it in a reading session, before ``log_in``.

    Hashing takes a tenth of a second and 64 MiB on purpose: under the write lock, a flood of logins would stop every
    other writer. Too many tries are refused before anything is hashed.
    """
    if store.tries(session, _try_keys(key, login, address), now - TRY_WINDOW) >= MAX_TRIES:
        return False
    return matches(store.by_login(session, login.strip().lower()), password)


def log_in(
    session: Session, key: bytes, now: datetime, *, login: str, right: bool, address: str, hours: int,
    code_right: bool = False, device: str = "",
) -> tuple[Person, str]:  # fmt: skip
    """Open a session for a login whose password was ``right`` (``check_login``); return the person and its token.

    The token has 256 bits; only its hash is stored. Raises ``NotAllowed`` with one sentence that does not tell which
    part was wrong, also when there were too many tries. The caller commits in both cases: failed tries are counted
    and logged.
    """
    login = login.strip().lower()
    keys = _try_keys(key, login, address)
    if store.tries(session, keys, now - TRY_WINDOW) >= MAX_TRIES:
        raise NotAllowed("Too many tries: wait five minutes and try again.", retry_after=TRY_WINDOW.total_seconds())
    person = store.by_login(session, login)
    if not right or person is None or not person.active:
        session.add_all(LoginTry(key=k, at=now) for k in keys)
        events.record(
            session, key, now, events.SYSTEM, "login.refused", outcome="refused", details={"try": keys[0][:12]}
        )
        raise NotAllowed("Login or password is wrong.")
    if person.totp_nonce is not None and not code_right:
        raise NotAllowed("The code from your app is needed as well.")
    token = secrets.token_urlsafe(32)
    assert person.id is not None
    session.add(
        LoginSession(
            token_hash=_hash(token),
            person_id=person.id,
            created_at=now,
            seen_at=now,
            expires_at=now + timedelta(hours=hours),
            device=device[:80],
        )
    )
    events.record(session, key, now, actor(person), "login.ok", f"person:{person.id}")
    return person, token


def too_many_tries(session: Session, key: bytes, now: datetime, login: str, address: str) -> bool:
    """Whether this account or address has failed too often lately."""
    return store.tries(session, _try_keys(key, login, address), now - TRY_WINDOW) >= MAX_TRIES


def matches(person: Person | None, password: str) -> bool:
    """Whether this is the person's password; takes as long when there is no such person."""
    try:
        return _hasher.verify(person.password_hash if person else _DUMMY, password[:256]) and person is not None
    except (VerificationError, InvalidHashError):
        return False


def _try_keys(key: bytes, login: str, address: str) -> list[str]:
    return [_try_key(key, "login", login.strip().lower()), _try_key(key, "address", address)]


def _try_key(key: bytes, kind: str, value: str) -> str:
    return hmac.new(key, f"try:{kind}:{value}".encode(), hashlib.sha256).hexdigest()


def short(token: str) -> str:
    """Return the first letters of a session's hash, by which pages name it."""
    return _hash(token)[:SHORT]


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def who(session: Session, token: str, now: datetime, idle_minutes: int) -> Person | None:
    """Return the active person whose session ``token`` is, or ``None``."""
    found = who_since(session, token, now, idle_minutes)
    return found[0] if found else None


def who_since(session: Session, token: str, now: datetime, idle_minutes: int) -> tuple[Person, datetime] | None:
    """Return the active person whose session ``token`` is, and when it was last noted as used; or ``None``."""
    found = store.by_session(session, _hash(token))
    if found is None:
        return None
    person, row = found
    if row.expires_at <= now or row.seen_at + timedelta(minutes=idle_minutes) <= now or not person.active:
        return None
    return person, row.seen_at


def touch(session: Session, token: str, now: datetime) -> None:
    """Note that the session is in use."""
    row = session.get(LoginSession, _hash(token))
    if row is not None:
        row.seen_at = now
        session.add(row)


def log_out(session: Session, key: bytes, now: datetime, token: str) -> None:
    """End one session on the server."""
    row = session.get(LoginSession, _hash(token))
    if row is None:
        return
    person = session.get(Person, row.person_id)
    session.delete(row)
    if person is not None:
        events.record(session, key, now, actor(person), "logout", f"person:{person.id}")


def form_token(token: str) -> str:
    """Return the value hidden in forms of this session, so that other sites cannot send them (double submit)."""
    return hashlib.sha256(f"form:{token}".encode()).hexdigest()[:32]
