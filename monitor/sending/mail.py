"""Mail as it leaves the desk: built so that no foreign text can break it, and handed to one SMTP server.

A subject may hold the title of a hostile post. Whatever would start another header line, hide in an encoded word or
turn the reading direction is taken out; the mail itself always goes. TLS is asked for once and never given up.
"""

from __future__ import annotations

import base64
import re
import smtplib
import ssl
import unicodedata
from collections.abc import Mapping
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from types import TracebackType
from typing import Any

import certifi

from monitor.errors import Invalid, NotDelivered, SettingsError
from monitor.settings import Mail
from monitor.text import clean, one_line

SECONDS = 20.0
"""Longest wait for one answer of the mail server."""

SUBJECT_LENGTH = 150

_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_DOMAIN = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*", re.IGNORECASE)
_TURNS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def check_address(text: str) -> str:
    """Return a mail address with its domain in ASCII, or raise ``Invalid`` in one sentence."""
    local, at, domain = text.strip().rpartition("@")
    try:
        domain = domain.encode("idna").decode("ascii")
    except UnicodeError:
        at = ""
    if not at or len(local) > 64 or len(domain) > 253 or not _LOCAL.fullmatch(local) or not _DOMAIN.fullmatch(domain):
        raise Invalid(f"'{one_line(text, 80)}' is not a mail address.")
    return f"{local}@{domain}"


def header_text(text: str, limit: int = SUBJECT_LENGTH) -> str:
    """Return ``text`` fit for a header: one line, no control or direction character, no encoded word."""
    kept = (" " if unicodedata.category(char) in ("Cc", "Zl", "Zp") else char for char in clean(text))
    line = one_line("".join(char for char in kept if char not in _TURNS), limit)
    return line.replace("=?", "= ?")


def build(payload: Mapping[str, Any], *, to: str, sender: str, message_id: str, at: datetime) -> EmailMessage:
    """Return the mail of an outbox payload: {"subject","text","html"?,"lang"?,"attachments"?}.

    An attachment is {"name","media","base64"} and stands in the HTML as ``cid:CID`` when it also has "cid". The same
    payload always gives the same mail, but for the boundaries between its parts.
    """
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(addr_spec=check_address(sender))
    message["To"] = Address(addr_spec=check_address(to))
    message["Subject"] = header_text(str(payload["subject"])) or "-"
    message["Date"] = format_datetime(at)
    message["Message-ID"] = message_id
    message["Auto-Submitted"] = "auto-generated"
    text = clean(str(payload["text"]))
    message.set_content(text, cte=_coding(text))
    attachments = list(payload.get("attachments") or ())
    if payload.get("html"):
        _add_html(message, clean(str(payload["html"])), [one for one in attachments if one.get("cid")])
    for one in attachments:
        if not one.get("cid"):
            kind, _, subtype = str(one["media"]).partition("/")
            name = header_text(str(one["name"]), 100).replace("/", "-")
            message.add_attachment(base64.b64decode(one["base64"]), maintype=kind, subtype=subtype, filename=name)
    if payload.get("lang"):
        message["Content-Language"] = header_text(str(payload["lang"]), 20)
    return message


def _add_html(message: EmailMessage, html: str, pictures: list[Mapping[str, Any]]) -> None:
    message.add_alternative(html, subtype="html", cte=_coding(html))
    page = message.get_payload()[-1]  # type: ignore[index]
    for one in pictures:
        kind, _, subtype = str(one["media"]).partition("/")
        page.add_related(  # type: ignore[union-attr]
            base64.b64decode(one["base64"]), maintype=kind, subtype=subtype, cid=f"<{one['cid']}>",
            disposition="inline", filename=header_text(str(one["name"]), 100),
        )  # fmt: skip


def _coding(text: str) -> str:
    """Return the coding that keeps every line short: readable for Latin text, half as long for others."""
    return "quoted-printable" if sum(char > "\x7f" for char in text) * 6 < len(text) else "base64"


class Postman:
    """One conversation with the mail server, opened at the first mail. Not thread-safe.

    ``trust`` replaces the certificates that are believed (tests, own authorities).
    """

    def __init__(self, settings: Mail, trust: ssl.SSLContext | None = None) -> None:
        if not settings.host or not settings.sender:
            raise SettingsError("No mail can be sent: set mail.host and mail.sender in claimwatch.toml.")
        self._settings = settings
        self._trust = trust or ssl.create_default_context(cafile=certifi.where())
        self._server: smtplib.SMTP | None = None

    def __enter__(self) -> Postman:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._hang_up()

    def send(self, message: EmailMessage, to: str) -> None:
        """Return once the server took the mail; raise ``NotDelivered`` with its answer otherwise."""
        try:
            self._connected().send_message(message, self._settings.sender, [to])
        except smtplib.SMTPRecipientsRefused as error:
            code, words = next(iter(error.recipients.values()))
            raise NotDelivered(_said(code, words), permanent=code >= 500) from error
        except smtplib.SMTPResponseException as error:
            self._hang_up()
            refused = isinstance(error, smtplib.SMTPDataError) and error.smtp_code >= 500
            raise NotDelivered(
                _said(error.smtp_code, error.smtp_error), permanent=refused, server=not refused
            ) from error
        except (smtplib.SMTPException, OSError, UnicodeError) as error:
            self._hang_up()
            host = f"{self._settings.host}:{self._settings.port}"
            raise NotDelivered(f"The mail server {host} could not be used: {error}.", server=True) from error

    def _connected(self) -> smtplib.SMTP:
        if self._server is None:
            self._server = self._connect()
        return self._server

    def _connect(self) -> smtplib.SMTP:
        given = self._settings
        name = given.sender.rpartition("@")[2]
        if given.security == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(given.host, given.port, name, timeout=SECONDS, context=self._trust)
        else:
            server = smtplib.SMTP(given.host, given.port, name, timeout=SECONDS)
        try:
            if given.security == "starttls":
                server.starttls(context=self._trust)
            if given.username:
                server.login(given.username, given.password)
        except BaseException:
            server.close()
            raise
        return server

    def _hang_up(self) -> None:
        server, self._server = self._server, None
        if server is None:
            return
        try:
            server.quit()
        except (smtplib.SMTPException, OSError):
            server.close()  # what was accepted stays accepted, however the goodbye went


def _said(code: int, words: bytes | str) -> str:
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    return f"The mail server answered {code} {one_line(clean(text), 200)}."


def send_test(settings: Mail, to: str, team: str, at: datetime, trust: ssl.SSLContext | None = None) -> None:
    """Send a short mail at once, past the outbox. Raises ``NotDelivered``, ``SettingsError`` or ``Invalid``."""
    to = check_address(to)
    payload = {"subject": f"{team}: test", "text": f"This mail shows that {team} can send mail with Claimwatch."}
    with Postman(settings, trust) as postman:
        name = f"<test.{at.timestamp():.0f}@{settings.sender.rpartition('@')[2]}>"
        postman.send(build(payload, to=to, sender=settings.sender, message_id=name, at=at), to)
