"""A real SMTP server on loopback that keeps what it accepts, and can refuse, break off or ask for a login."""

from __future__ import annotations

import email.policy
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword

from monitor.settings import Mail


@dataclass
class Inbox:
    """``mails`` holds every accepted message as it came; ``answer`` may decide what the server says to one."""

    port: int = 0
    mails: list[bytes] = field(default_factory=list)
    to: list[str] = field(default_factory=list)
    answer: Callable[[Envelope], str | None] = lambda _: None
    refuse: Callable[[str], str | None] = lambda _: None
    logins: list[tuple[str, str]] = field(default_factory=list)

    @property
    def read(self) -> list[EmailMessage]:
        return [message_from_bytes(raw, policy=email.policy.default) for raw in self.mails]  # type: ignore[arg-type,misc]

    def settings(self, **values: Any) -> Mail:
        given = {"host": "127.0.0.1", "port": self.port, "security": "none", "sender": "desk@example.org"}
        return Mail(**{**given, **values})

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Envelope, to: str, _options: Any) -> str:
        said = self.refuse(to)
        if said is None:
            envelope.rcpt_tos.append(to)
        return said or "250 fine"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Envelope) -> str:
        said = self.answer(envelope)
        if said is None or said.startswith("250"):
            self.mails.append(bytes(envelope.content or b""))
            self.to += envelope.rcpt_tos
        return said or "250 kept"


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@contextmanager
def mail_server(*, tls: ssl.SSLContext | None = None, password: str = "") -> Iterator[Inbox]:
    """Run the server until the block ends; with ``tls`` it insists on STARTTLS, with ``password`` on a login."""
    inbox = Inbox(port=_free_port())

    def check(_server: Any, _session: Any, _envelope: Any, _mechanism: str, given: Any) -> AuthResult:
        assert isinstance(given, LoginPassword)
        inbox.logins.append((given.login.decode(), given.password.decode()))
        return AuthResult(success=given.password.decode() == password, handled=False)

    options: dict[str, Any] = {"authenticator": check, "auth_required": True} if password else {}
    if tls is not None:
        options |= {"tls_context": tls, "require_starttls": True}
    controller = Controller(inbox, hostname="127.0.0.1", port=inbox.port, **options)
    controller.start()
    try:
        yield inbox
    finally:
        controller.stop()


@contextmanager
def hanging_up_after(port: int, words: bytes) -> Iterator[int]:
    """Pass a conversation on to ``port`` and cut it as soon as the server has said ``words``; yields the new port.

    The client never learns what the server last said: the moment a crash would lose.
    """
    listener = socket.create_server(("127.0.0.1", 0))

    def run() -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            with client, socket.create_connection(("127.0.0.1", port)) as server:
                up = threading.Thread(target=_pump, args=(client, server), daemon=True)
                up.start()
                while data := server.recv(65536):
                    if words in data:
                        break
                    client.sendall(data)
                client.shutdown(socket.SHUT_RDWR)
            up.join(5)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield int(listener.getsockname()[1])
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)


def _pump(source: socket.socket, target: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            target.sendall(data)
    except OSError:
        return
