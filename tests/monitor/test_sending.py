"""The outbox, mail and webhooks against a real SMTP server and a real HTTP server on loopback."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import hmac
import json
import random
import ssl
import subprocess
import threading
from email.message import EmailMessage
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import select
from typer.testing import CliRunner, Result

from monitor import events
from monitor.cli import app
from monitor.context import Context
from monitor.errors import Conflict, FetchRefused, Invalid, NotDelivered, SettingsError
from monitor.events import SYSTEM
from monitor.http import PoliteClient
from monitor.keeping import keep
from monitor.models import Outbox
from monitor.sending import delivering, mail, outbox, webhooks
from monitor.store import outbox as store
from monitor.store import pages
from monitor.wiring import open_app
from tests.conftest import NOW, Clock
from tests.mailserver import Inbox, hanging_up_after, mail_server
from tests.servers import AGENT, Server, page, serving

LETTER = {"subject": "Week 47", "text": "Nothing to decide."}
HOSTILE = (
    "x\rBcc: e@e", "x\nBcc: e@e", "x\r\nBcc: e@e\r\n\r\nbody", "x\x0bBcc: e@e", "x\x0cBcc: e@e", "x\x1cBcc: e@e",
    "x\x1dBcc: e@e", "x\x1eBcc: e@e", "x\x85Bcc: e@e", "x\u2028Bcc: e@e", "x\u2029Bcc: e@e", "=?utf-8?q?=0ABcc:_e@e?=",
    "a" * 998, "\u202eevil", "\x00\ud800", "", "   ", "الأسبوع ٤٧: هل انهار السد؟", "Đập đã vỡ chưa?",
)  # fmt: skip


def with_mail(context: Context, inbox: Inbox, **values: object) -> Context:
    settings = context.settings.model_copy(update={"mail": inbox.settings(**values)})
    return dataclasses.replace(context, settings=settings)


def put(context: Context, key: str = "week:1", to: str = "ann@example.org", **payload: object) -> bool:
    with context.writing() as session:
        return outbox.put(session, context.clock(), key=key, kind="mail", to=to, payload={**LETTER, **payload})


def row(context: Context, key: str = "week:1") -> Outbox:
    with context.reading() as session:
        found = store.by_key(session, key)
        assert found is not None
        return found


def run(context: Context, client: PoliteClient | None = None) -> dict[str, int]:
    def door() -> PoliteClient:
        assert client is not None, "nothing here calls the web"
        return client

    return dict(delivering.deliver(context, door).counts)


def test_a_message_is_put_in_once(context: Context) -> None:
    assert put(context)
    assert not put(context, subject="again")
    assert row(context).payload["subject"] == "Week 47"


def test_two_writers_put_a_message_in_once(context: Context) -> None:
    done: list[bool] = []
    threads = [threading.Thread(target=lambda: done.append(put(context))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(done) == [False] * 5 + [True]


def test_it_is_undone_with_the_transaction_that_decided_it(context: Context) -> None:
    with pytest.raises(RuntimeError), context.writing() as session:
        outbox.put(session, NOW, key="week:1", kind="mail", to="ann@example.org", payload=LETTER)
        raise RuntimeError
    assert put(context)


def test_a_mail_arrives_with_all_its_parts(context: Context) -> None:
    dot = base64.b64encode(b"\x89PNG").decode()
    parts = [
        {"name": "chart.png", "media": "image/png", "base64": dot, "cid": "chart"},
        {"name": "week.pdf", "media": "application/pdf", "base64": dot},
    ]
    with mail_server() as inbox:
        context = with_mail(context, inbox)
        put(
            context,
            subject="الأسبوع ٤٧",
            text="نص " * 400,
            html="<p>نص<img src='cid:chart'>",
            lang="ar",
            attachments=parts,
        )
        assert run(context) == {"sent": 1, "failed": 0, "given_up": 0}
        assert run(context)["sent"] == 0
    (got,) = inbox.read
    assert (got["Subject"], got["From"], got["To"]) == ("الأسبوع ٤٧", "desk@example.org", "ann@example.org")
    assert (got["Content-Language"], got["Auto-Submitted"]) == ("ar", "auto-generated")
    kinds = [part.get_content_type() for part in got.walk()]
    assert kinds == ["multipart/mixed", "multipart/alternative", "text/plain", "multipart/related", "text/html",
                     "image/png", "application/pdf"]  # fmt: skip
    assert got.get_body(("plain",)).get_content().strip() == ("نص " * 400).strip()  # type: ignore[union-attr]
    assert [part["Content-ID"] for part in got.walk() if part["Content-ID"]] == ["<chart>"]
    assert [part.get_filename() for part in got.iter_attachments()] == ["week.pdf"]
    assert max(map(len, inbox.mails[0].splitlines())) < 998
    assert row(context).payload == {}, "its words are in the inbox now"


@pytest.mark.parametrize("subject", HOSTILE, ids=range(len(HOSTILE)))
def test_no_title_stops_a_mail_or_adds_a_header(subject: str) -> None:
    made = mail.build({**LETTER, "subject": subject}, to="ann@example.org", sender="desk@example.org",
                      message_id="<a@example.org>", at=NOW)  # fmt: skip
    read = as_read(made)
    assert read.keys() == as_read(letter()).keys()
    assert len(read.get_all("Subject", [])) == 1
    assert "\n" not in read["Subject"]
    assert read["Bcc"] is None
    assert not set(read["Subject"]) & set("\u202e\x00")


def letter(**payload: object) -> EmailMessage:
    return mail.build({**LETTER, **payload}, to="ann@example.org", sender="desk@example.org",
                      message_id="<a@example.org>", at=NOW)  # fmt: skip


def as_read(message: EmailMessage) -> EmailMessage:
    return Inbox(mails=[message.as_bytes()]).read[0]


@given(st.text(max_size=300), st.text(max_size=300))
def test_any_words_go_by_mail(subject: str, words: str) -> None:
    read = as_read(letter(subject=subject, text=words, lang="vi"))
    assert read.keys() == as_read(letter(lang="en")).keys()
    assert b"\r\n\r\n" in read.as_bytes(policy=read.policy.clone(linesep="\r\n"))


def test_hostile_subjects_reach_the_inbox(context: Context) -> None:
    with mail_server() as inbox:
        context = with_mail(context, inbox)
        for number, subject in enumerate(HOSTILE):
            put(context, f"m{number}", subject=subject)
        assert run(context)["sent"] == len(HOSTILE)
        assert len(inbox.mails) == len(HOSTILE)
        assert set(inbox.to) == {"ann@example.org"}


@pytest.mark.parametrize(
    "address",
    ["", "ann", "@example.org", "ann@", "a b@example.org", "ann@example.org\nBcc: e@e", "ann@exa mple.org",
     "ann@-example.org", "ann,bob@example.org", "Ann <ann@example.org>", "x" * 65 + "@example.org", "ann@.org"],
)  # fmt: skip
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(Invalid, match="is not a mail address"):
        mail.check_address(address)


def test_a_domain_of_other_letters_is_written_in_ascii() -> None:
    assert mail.check_address(" ann@bücher.example ") == "ann@xn--bcher-kva.example"


def test_a_mail_is_never_lost_and_its_second_copy_is_known(context: Context, clock: Clock) -> None:
    """The server has accepted, we never hear of it: as if the process died between its 250 and our commit."""
    with mail_server() as inbox, hanging_up_after(inbox.port, b"250 kept") as port:
        broken, sound = with_mail(context, inbox, port=port), with_mail(context, inbox)
        put(context)
        assert run(broken) == {"sent": 0, "failed": 1, "given_up": 0}
        assert run(sound)["sent"] == 0, "not before its time: another sender may be at it"
        clock.forward(minutes=6)
        assert run(sound)["sent"] == 1
        clock.forward(days=2)
        assert run(sound)["sent"] == 0
    first, second = inbox.read
    assert first["Message-ID"] == second["Message-ID"]
    assert first["Date"] == second["Date"]


def _waiting(context: Context) -> bool:
    with context.reading() as session:
        return session.exec(select(Outbox).where(Outbox.state == "waiting").limit(1)).first() is not None


def test_a_process_that_dies_at_any_point_loses_nothing(context: Context, clock: Clock) -> None:
    """A hundred messages; the sender dies before or after the server's answer, as a seeded coin decides."""
    coin = random.Random(7)

    class Died(BaseException):
        pass

    real = mail.Postman.send

    def dying(self: mail.Postman, message: EmailMessage, to: str) -> None:
        if coin.random() < 0.2:
            raise Died
        real(self, message, to)
        if coin.random() < 0.2:
            raise Died

    with mail_server() as inbox, pytest.MonkeyPatch.context() as patch:
        context = with_mail(context, inbox)
        for number in range(100):
            put(context, f"week:{number}")
        patch.setattr(mail.Postman, "send", dying)
        died = 0
        while _waiting(context):
            try:
                if run(context)["sent"] == 0:
                    clock.forward(minutes=6)
            except Died:
                died += 1
    names = [message["Message-ID"] for message in inbox.read]
    assert died > 30
    assert len(set(names)) == 100, "each arrived"
    assert len(names) - len(set(names)) <= died, "one more copy for a death at most"
    with context.reading() as session:
        assert store.counts(session) == {("mail", "sent"): 100}


def test_two_senders_never_send_the_same(context: Context) -> None:
    with mail_server() as inbox:
        context = with_mail(context, inbox)
        for number in range(20):
            put(context, f"week:{number}")
        threads = [threading.Thread(target=run, args=(context,)) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(inbox.mails) == 20


def test_a_sender_that_slept_too_long_changes_nothing(context: Context, clock: Clock) -> None:
    put(context)
    with context.writing() as session:
        late = outbox.claim(session, clock(), "mail", set())
        assert late is not None
        session.expunge(late)
    clock.forward(minutes=6)
    with context.writing() as session:
        assert outbox.claim(session, clock(), "mail", set()) is not None
    delivering._close(context, late, NotDelivered("too late", permanent=True))
    assert (row(context).state, row(context).tries) == ("waiting", 2)


def test_a_mailbox_that_does_not_exist_is_given_up_with_the_servers_words(context: Context) -> None:
    with mail_server() as inbox:
        inbox.refuse = lambda to: "550 no such user here" if "gone" in to else None
        context = with_mail(context, inbox)
        put(context, "a", "gone@example.org")
        put(context, "b", "ann@example.org")
        assert run(context) == {"sent": 1, "failed": 0, "given_up": 1}
    assert row(context, "a").error == "The mail server answered 550 no such user here."
    with context.reading() as session:
        actions = [event.action for event in pages.events_page(session, None, 9)]
    assert actions == ["outbox.sent", "outbox.given_up"]


def test_a_busy_mailbox_is_tried_again_less_and_less_often(context: Context, clock: Clock) -> None:
    with mail_server() as inbox:
        inbox.refuse = lambda _: "450 try later"
        context = with_mail(context, inbox)
        put(context)
        waits = []
        for _ in range(9):
            assert run(context)["failed"] == 1
            waits.append((row(context).next_try_at - clock()).total_seconds() / 60)
            clock.now = row(context).next_try_at
    assert waits == [5, 10, 20, 40, 80, 160, 320, 360, 360]


def test_after_a_week_of_tries_it_is_given_up(context: Context, clock: Clock) -> None:
    with mail_server() as inbox:
        inbox.answer = lambda _: "451 disk full"
        context = with_mail(context, inbox)
        put(context)
        while row(context).state == "waiting":
            run(context)
            clock.now = max(row(context).next_try_at, clock.now)
    assert 7 * 24 - 7 <= (row(context).done_at - NOW).total_seconds() / 3600 <= 7 * 24  # type: ignore[operator]
    assert row(context).error == "The mail server answered 451 disk full."


def test_three_weeks_without_power_still_send_it(context: Context, clock: Clock) -> None:
    put(context)
    clock.forward(days=21)
    with mail_server() as inbox:
        assert run(with_mail(context, inbox))["sent"] == 1


def test_one_that_kills_the_process_is_given_up_at_last(context: Context, clock: Clock) -> None:
    put(context)
    for _ in range(outbox.MAX_TRIES):
        clock.forward(hours=7)
        with context.writing() as session:
            assert outbox.claim(session, clock(), "mail", set()) is not None
    clock.forward(hours=7)
    with mail_server() as inbox:
        run(with_mail(context, inbox))
        assert inbox.mails == []
    assert row(context).state == "given_up"


def test_without_a_mail_server_everything_waits(context: Context) -> None:
    put(context)
    assert run(context) == {"sent": 0, "failed": 0, "given_up": 0}
    assert row(context).tries == 0


def test_a_server_that_is_down_is_asked_once_per_run(context: Context) -> None:
    with mail_server() as inbox:
        pass
    context = with_mail(context, inbox)
    for number in range(5):
        put(context, f"week:{number}", f"r{number}@example.org")
    assert run(context) == {"sent": 0, "failed": 1, "given_up": 0}
    assert "could not be used" in (row(context, "week:0").error or "")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("certificate")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", folder / "key.pem", "-out", folder / "cert.pem"],
        check=True, capture_output=True,
    )  # fmt: skip
    return folder


def test_login_and_encryption(context: Context, certificate: Path) -> None:
    own = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    own.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    trust = ssl.create_default_context(cafile=str(certificate / "cert.pem"))
    with mail_server(tls=own, password="open sesame") as inbox:
        settings = inbox.settings(security="starttls", username="desk", password="open sesame")
        mail.send_test(settings, "ann@example.org", "Our desk", NOW, trust)
        assert inbox.logins == [("desk", "open sesame")]
        with pytest.raises(NotDelivered, match="certificate verify failed"):
            mail.send_test(settings, "ann@example.org", "Our desk", NOW)
        wrong = inbox.settings(security="starttls", username="desk", password="wrong")
        with pytest.raises(NotDelivered, match="535"):
            mail.send_test(wrong, "ann@example.org", "Our desk", NOW, trust)
        assert "open sesame" not in repr(settings)
    assert len(inbox.mails) == 1


def test_encryption_is_never_given_up(certificate: Path) -> None:
    with mail_server() as inbox, pytest.raises(NotDelivered, match="STARTTLS"):
        mail.send_test(inbox.settings(security="starttls"), "ann@example.org", "Our desk", NOW)
    assert inbox.mails == []


def test_without_settings_a_test_says_what_to_do(context: Context) -> None:
    with pytest.raises(SettingsError, match=r"set mail\.host and mail\.sender"):
        mail.send_test(context.settings.mail, "ann@example.org", "Our desk", NOW)


def test_old_keys_are_forgotten_in_the_end(context: Context, clock: Clock) -> None:
    with mail_server() as inbox:
        context = with_mail(context, inbox)
        put(context)
        run(context)
    clock.forward(days=399)
    assert keep(context).counts["outbox"] == 0
    clock.forward(days=2)
    assert keep(context).counts["outbox"] == 1


def add_hook(context: Context, url: str, name: str = "paper", allowed: frozenset[str] = frozenset()) -> str:
    with context.writing() as session:
        hook = webhooks.add(session, context.key, context.clock(), SYSTEM, name=name, url=url,
                            topics=["report.frozen"], allow_private=allowed)  # fmt: skip
    return hook.secret


def door(server: Server) -> PoliteClient:
    return PoliteClient(AGENT, allow_private=server.allowed, per_host_gap=0)


def announce(context: Context, key: str = "") -> int:
    with context.writing() as session:
        return webhooks.announce(session, context.clock(), "report.frozen", {"week": "2026-W47"}, key=key)


def test_a_webhook_is_called_with_a_signature_that_can_be_checked(context: Context) -> None:
    with serving() as server:
        server.routes["/hook"] = page("ok")
        secret = add_hook(context, f"{server.base}/hook", allowed=server.allowed)
        assert announce(context) == 1
        client = door(server)
        assert run(context, client) == {"sent": 1, "failed": 0, "given_up": 0}
        client.close()
        (call,) = server.requests("/hook")
    body = json.loads(call.body)
    assert body == {"type": "report.frozen", "timestamp": "2026-11-18T09:00:00+00:00", "data": {"week": "2026-W47"}}
    content = f"{call.headers['webhook-id']}.{call.headers['webhook-timestamp']}.".encode() + call.body
    key = base64.b64decode(secret.removeprefix("whsec_"))
    expected = base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
    assert call.headers["webhook-signature"] == f"v1,{expected}"
    assert call.headers["webhook-timestamp"] == str(int(NOW.timestamp()))
    assert call.headers["content-type"] == "application/json"


def test_a_receiver_with_a_fault_is_called_again_under_the_same_id(context: Context, clock: Clock) -> None:
    with serving() as server:
        server.routes["/hook"] = page("oops", status=500)
        add_hook(context, f"{server.base}/hook", allowed=server.allowed)
        announce(context)
        client = door(server)
        assert run(context, client)["failed"] == 1
        server.routes["/hook"] = page("ok")
        clock.forward(minutes=6)
        assert run(context, client)["sent"] == 1
        client.close()
        first, second = server.requests("/hook")
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.headers["webhook-signature"] != second.headers["webhook-signature"]


def test_a_webhook_goes_only_through_the_safe_door(context: Context) -> None:
    with serving() as server:
        server.routes["/hook"] = page("ok")
        with pytest.raises(FetchRefused, match="Port"):
            add_hook(context, f"{server.base}/hook")
        add_hook(context, f"{server.base}/hook", allowed=server.allowed)
        announce(context)
        client = PoliteClient(AGENT, per_host_gap=0)  # the host was taken off the list since
        assert run(context, client) == {"sent": 0, "failed": 0, "given_up": 1}
        client.close()
        assert server.seen == []


@pytest.mark.parametrize(
    ("name", "url", "topics", "error"),
    [
        ("", "https://example.org/hook", ["report.frozen"], "needs a name"),
        ("a", "https://example.org/hook", [], "Choose what"),
        ("a", "https://example.org/hook", ["person.added"], "Choose what"),
        ("a", "http://example.org/hook", ["report.frozen"], "needs an https address"),
    ],
)
def test_a_wrong_webhook_is_refused(context: Context, name: str, url: str, topics: list[str], error: str) -> None:
    with pytest.raises(Invalid, match=error), context.writing() as session:
        webhooks.add(session, context.key, NOW, SYSTEM, name=name, url=url, topics=topics)


def test_a_name_is_given_once(context: Context) -> None:
    add_hook(context, "https://example.org/hook")
    with pytest.raises(Conflict):
        add_hook(context, "https://example.org/other")


def test_one_happening_is_told_once(context: Context) -> None:
    add_hook(context, "https://example.org/hook")
    assert announce(context, "2026-W47") == 1
    assert announce(context, "2026-W47") == 0
    assert announce(context) == 1


def test_what_waits_for_a_paused_or_removed_webhook_is_given_up(context: Context) -> None:
    add_hook(context, "https://example.org/hook")
    announce(context)
    with context.writing() as session:
        webhooks.switch(session, context.key, NOW, SYSTEM, webhooks.find(session, "paper"), False)
    assert run(context) == {"sent": 0, "failed": 0, "given_up": 1}
    assert announce(context) == 0
    with context.writing() as session:
        webhooks.remove(session, context.key, NOW, SYSTEM, webhooks.find(session, "paper"))
        assert events.verify(session, context.key)[1] is None


def test_the_commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = str(tmp_path / "claimwatch.toml")
    made = open_app(tmp_path / "claimwatch.toml", create=True)
    (tmp_path / "claimwatch.toml").write_text("", encoding="utf-8")
    made.context.db.upgrade()
    made.close()

    def call(*args: str) -> Result:
        return CliRunner().invoke(app, [*args, "--config", config])

    assert isinstance(call("mail", "test", "ann@example.org").exception, SettingsError)
    with mail_server() as inbox:
        for key, value in inbox.settings().model_dump().items():
            monkeypatch.setenv(f"CLAIMWATCH_MAIL_{key.upper()}", str(value))
        assert call("mail", "test", "ann@example.org").exit_code == 0
        assert inbox.to == ["ann@example.org"]
    added = call("webhooks", "add", "paper", "--url", "https://example.org/hook", "--topic", "report.frozen")
    assert "whsec_" in added.output
    assert call("webhooks", "list").output == "paper\tactive\treport.frozen\thttps://example.org/hook\n"
    assert call("webhooks", "test", "paper").exit_code == 0
    assert call("mail", "list").output == "webhook\twaiting\t1\n"
    for word in ("pause", "resume", "remove"):
        assert call("webhooks", word, "paper").exit_code == 0
    assert isinstance(call("webhooks", "test", "paper").exception, Invalid)
