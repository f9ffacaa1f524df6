"""The summary by mail: once per reader and week, at the local hour, whatever fails; and what readers do with it."""

from __future__ import annotations

import dataclasses
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from typer.testing import CliRunner

from monitor import jobs
from monitor.accounts import links
from monitor.cli import app as commands
from monitor.context import Context
from monitor.errors import Conflict, Invalid, NotAllowed
from monitor.events import Actor
from monitor.models import CollectRun, Post, Recipient, Source
from monitor.reports import as_md, sending
from monitor.sending import delivering, recipients
from monitor.settings import Settings, Team, Web
from monitor.store import outbox as outbox_store
from monitor.store import recipients as store
from monitor.store import stats
from monitor.summaries import use
from monitor.summaries.weeks import of_day
from monitor.wiring import App, open_app
from tests.conftest import KEY, Clock
from tests.mailserver import Inbox, mail_server

ZONES = ("Asia/Ho_Chi_Minh", "Africa/Cairo", "Europe/Berlin", "America/Sao_Paulo")
SUPERVISOR = Actor("Sam", "supervisor", None)


def desk_at(context: Context, inbox: Inbox | None = None, zone: str = "UTC", address: str = "") -> Context:
    settings = Settings(team=Team(name="Our desk", zone=zone), web=Web(address=address))
    mail = inbox.settings() if inbox else settings.mail.model_copy(update={"host": "127.0.0.1", "sender": "d@e.org"})
    return dataclasses.replace(context, settings=settings.model_copy(update={"mail": mail}))


def first_post(context: Context, at: datetime) -> None:
    with context.writing() as session:
        source = Source(name="A source", kind="rss", next_poll_at=at, created_at=at)
        session.add(source)
        session.flush()
        session.add(CollectRun(source_id=source.id or 0, started_at=at, outcome="ok"))
        session.add(Post(source_id=source.id or 0, kind="rss", platform="rss", external_id="1", text="words",
                         seen_at=at, event_at=at, triage="ok", lang="en"))  # fmt: skip


def reader(context: Context, name: str = "Ann", lang: str = "en", **values: bool) -> Recipient:
    with context.writing() as session:
        desk = context.desk(SUPERVISOR)
        return recipients.add(session, desk, name=name, address=f"{name.lower()}@example.org", lang=lang, **values)


def monday(context: Context) -> dict[str, int]:
    return dict(jobs.weekly(App(context)).counts)


def keys(context: Context) -> list[str]:
    with context.reading() as session:
        return sorted(row.key for row in outbox_store.troubled(session)) or [
            key for week in ("2026-W45", "2026-W46", "2026-W47", "2026-W48", "2026-W49")
            for number in range(1, 4)
            if outbox_store.by_key(session, key := f"weekly:{week}:{number}")
        ]  # fmt: skip


def test_each_reader_gets_each_week_once_however_often_it_is_tried(context: Context, clock: Clock) -> None:
    with mail_server() as inbox:
        desk = desk_at(context, inbox)
        first_post(desk, clock() - timedelta(days=9))
        reader(desk)
        reader(desk, "Ban", "vi")
        clock.now = datetime(2026, 11, 23, 8, tzinfo=UTC)
        for _ in range(3):
            monday(desk)
            delivering.deliver(desk, lambda: pytest.fail("nothing calls the web"))
            clock.forward(hours=9)
        assert sorted(inbox.to) == ["ann@example.org", "ban@example.org"]
        clock.forward(days=7)
        monday(desk)
        delivering.deliver(desk, lambda: pytest.fail("nothing calls the web"))
        assert len(inbox.to) == 4
    subjects = sorted(mail["Subject"] for mail in inbox.read)
    assert subjects[0].startswith("Bản tóm tắt tuần 2026-W47 · Our desk · ")
    assert subjects[2].startswith("Weekly summary 2026-W47 · Our desk · ")


def test_a_crash_between_rendering_and_writing_sends_it_once(context: Context, clock: Clock) -> None:
    desk = desk_at(context)
    first_post(desk, clock() - timedelta(days=9))
    reader(desk)
    clock.now = datetime(2026, 11, 23, 8, tzinfo=UTC)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sending, "_put", lambda *_: (_ for _ in ()).throw(RuntimeError("power cut")))
        with pytest.raises(RuntimeError):
            monday(desk)
    assert keys(desk) == []
    assert monday(desk)["mails"] == 1
    assert monday(desk)["mails"] == 0
    assert keys(desk) == ["weekly:2026-W47:1"]


def test_after_weeks_without_power_one_mail_names_the_weeks_between(context: Context, clock: Clock) -> None:
    with mail_server() as inbox:
        desk = desk_at(context, inbox)
        first_post(desk, clock() - timedelta(days=30))
        reader(desk)
        clock.now = datetime(2026, 11, 23, 8, tzinfo=UTC)
        monday(desk)
        clock.forward(days=22)
        monday(desk)
        monday(desk)
        delivering.deliver(desk, lambda: pytest.fail("nothing calls the web"))
    _, late = inbox.read
    assert "2026-W50" in late["Subject"]
    body = late.get_body(("plain",))
    assert body is not None
    assert "2026-W48 and 2026-W49" in body.get_content() or "2026-W48, 2026-W49" in body.get_content()
    with desk.reading() as session:
        assert {"2026-W48", "2026-W49", "2026-W50"} <= {r.week for r in store.newest_reports(session, 9)}


def test_a_new_reader_gets_no_old_summaries(context: Context, clock: Clock) -> None:
    desk = desk_at(context)
    first_post(desk, clock() - timedelta(days=30))
    clock.now = datetime(2026, 11, 23, 8, tzinfo=UTC)
    monday(desk)
    clock.forward(hours=1)
    reader(desk)
    assert monday(desk)["mails"] == 0
    clock.forward(days=7)
    assert monday(desk)["mails"] == 1


def test_who_is_paused_or_removed_gets_nothing(context: Context, clock: Clock) -> None:
    desk = desk_at(context)
    first_post(desk, clock() - timedelta(days=30))
    ann, ban = reader(desk), reader(desk, "Ban", "vi")
    with desk.writing() as session:
        recipients.switch(session, desk.desk(SUPERVISOR), ann, False)
        recipients.remove(session, desk.desk(SUPERVISOR), recipients.find(session, "ban@example.org"))
    assert ban.id
    clock.now = datetime(2026, 11, 23, 8, tzinfo=UTC)
    assert monday(desk)["mails"] == 0


def test_removing_a_reader_forgets_the_address_and_what_waits_for_it(context: Context, clock: Clock) -> None:
    desk = desk_at(context)
    first_post(desk, clock() - timedelta(days=9))
    reader(desk)
    clock.now = datetime(2026, 11, 23, 8, tzinfo=UTC)
    monday(desk)
    with desk.writing() as session:
        recipients.remove(session, desk.desk(SUPERVISOR), recipients.find(session, "Ann"))
    with desk.reading() as session:
        row = outbox_store.by_key(session, "weekly:2026-W47:1")
        assert row is not None
        assert (row.state, row.to, row.payload) == ("given_up", "-", {})
        assert store.uses(session, "2026-W47") == []


def test_without_a_mail_server_nothing_piles_up(context: Context, clock: Clock) -> None:
    first_post(context, clock() - timedelta(days=9))
    reader(context)
    clock.now = datetime(2026, 11, 23, 8, tzinfo=UTC)
    assert monday(context) == {"reports": 2, "mails": 0, "audit_sample": 0}


@pytest.mark.parametrize("zone", ZONES)
def test_it_goes_once_a_week_at_the_local_hour_through_every_clock_change(
    context: Context, clock: Clock, zone: str
) -> None:
    desk, place = desk_at(context, zone=zone), ZoneInfo(zone)
    begin = datetime(2023, 12, 1, tzinfo=UTC)
    first_post(desk, begin)
    clock.now = begin
    reader(desk)
    weeks = [of_day(date(2024, 1, 1), place)]
    while weeks[-1].first.year < 2028:
        weeks.append(weeks[-1].shift(1))
    changes = [week for week in weeks if week.hours != 168]
    assert len(changes) == (8 if zone in ("Africa/Cairo", "Europe/Berlin") else 0)
    for week in changes or weeks[::26]:
        for name in (week.shift(-1), week, week.shift(1)):
            due = name.shift(1).at(0, 7)
            local = due.astimezone(place)
            assert (local.weekday(), local.hour, local.minute) == (0, 7, 0)
            sent = {}
            for minutes in (-61, -1, 0, 30, 24 * 60):
                clock.now = due + timedelta(minutes=minutes)
                sent[minutes] = monday(desk)["mails"]
            assert sent in ({-61: 0, -1: 0, 0: 1, 30: 0, 1440: 0}, {-61: 1, -1: 0, 0: 1, 30: 0, 1440: 0})
            with desk.reading() as session:
                assert outbox_store.by_key(session, f"weekly:{name.name}:1") is not None


def test_letters_in_three_languages_and_for_outside(context: Context, clock: Clock) -> None:
    desk = desk_at(context, address="https://desk.example/")
    first_post(desk, clock() - timedelta(days=9))
    clock.now = datetime(2026, 11, 23, 8, tzinfo=UTC)
    monday(desk)
    with desk.reading() as session:
        report = store.newest_reports(session, 9)[-1]
    for lang, direction in (("en", "ltr"), ("vi", "ltr"), ("ar", "rtl")):
        letter = sending.letter(desk, report, Recipient(id=1, name="A", address="a@e.org", lang=lang, pdf=True,
                                                         created_at=clock()))  # fmt: skip
        assert f'<html lang="{lang}" dir="{direction}">' in letter["html"]
        assert "https://desk.example/r/reader.2026-W46.1." in letter["text"]
        assert 'href="https://desk.example/reports/2026-W46/numbers/in.posts"' in letter["html"]
        assert "src=" not in letter["html"].replace('src="cid:', "")
        assert "<style" not in letter["html"]
        assert [part["name"] for part in letter["attachments"] if part["media"] == "application/pdf"] == [
            "2026-W46.pdf"
        ]
    other = Recipient(id=2, name="B", address="b@e.org", lang="en", outside=True, created_at=clock())
    letter = sending.letter(desk, report, other)
    assert "/reports/" not in letter["html"]
    assert "&lt;5" in letter["html"]


def test_a_wrong_recipient_is_refused(context: Context) -> None:
    for values, error in (
        ({"name": " ", "address": "a@e.org", "lang": "en"}, "needs a name"),
        ({"name": "A", "address": "nobody", "lang": "en"}, "is not a mail address"),
        ({"name": "A", "address": "a@e.org", "lang": "fr"}, "is not a language"),
        ({"name": "A", "address": "a@e.org", "lang": "en", "answers": True, "outside": True}, "of the team"),
    ):
        with pytest.raises(Invalid, match=error), context.writing() as session:
            recipients.add(session, context.desk(SUPERVISOR), **values)  # type: ignore[arg-type]
    reader(context)
    with pytest.raises(Conflict), context.writing() as session:
        recipients.add(session, context.desk(SUPERVISOR), name="Ann", address="other@e.org", lang="en")
    with pytest.raises(NotAllowed), context.writing() as session:
        recipients.add(session, context.desk(Actor("x", "analyst")), name="B", address="b@e.org", lang="en")


def test_a_link_opens_one_thing_for_one_reader_until_a_day(context: Context) -> None:
    now = datetime(2026, 11, 23, tzinfo=UTC)
    token = links.make(KEY, "reader", ("2026-W47", 7), now + timedelta(days=1))
    assert links.read(KEY, "reader", token, now) == ["2026-W47", "7"]
    for wrong in (token[:-1] + ("A" if token[-1] != "A" else "B"), token.replace("W47", "W48"), "", "....", "é.1.x",
                  token.replace(".7.", ".8."), "reader." + token):  # fmt: skip
        with pytest.raises(NotAllowed, match="not valid"):
            links.read(KEY, "reader", wrong, now)
    with pytest.raises(NotAllowed, match="no longer valid"):
        links.read(KEY, "reader", token, now + timedelta(days=1))
    with pytest.raises(NotAllowed, match="no longer valid"):
        links.read(KEY, "fetch", token, now)
    with pytest.raises(NotAllowed, match="not valid"):
        links.read(bytes(32), "reader", token, now)


def test_a_decision_is_answered_once(context: Context, clock: Clock) -> None:
    first_post(context, clock() - timedelta(days=9))  # one source, silent since: that is asked
    clock.now = datetime(2026, 11, 23, 8, tzinfo=UTC)
    monday(context)

    def say(who: str = "Ann", **values: str) -> None:
        given = {"week": "2026-W47", "rule": "blind", "option": "repair", **values}
        with context.writing() as session:
            use.answer(session, context.key, clock(), Actor(who, "viewer"), **given)

    for values, error in (
        ({"rule": "escalated"}, "does not ask that"), ({"week": "2026-W40"}, "does not ask that"),
        ({"option": "pay"}, "one of the options"), ({"option": "other"}, "in a few words"),
    ):  # fmt: skip
        with pytest.raises(Invalid, match=error):
            say(**values)
    say()
    with pytest.raises(Conflict, match="already"):
        say(option="accept_gap")
    say("Ban", option="other", note="we   move\n house")
    with context.reading() as session:
        assert [(row.who, row.option, row.note) for row in store.answers(session, "2026-W47")] == [
            ("Ann", "repair", ""), ("Ban", "other", "we move house"),
        ]  # fmt: skip


def test_the_next_summary_shows_what_was_answered_and_carries_over_what_is_open(context: Context, clock: Clock) -> None:
    desk = desk_at(context)
    first_post(desk, clock())
    ann, ban = reader(desk, answers=True), reader(desk, "Ban", "vi")
    clock.now = datetime(2026, 11, 23, 8, tzinfo=UTC)
    monday(desk)
    with desk.writing() as session:
        use.opened(session, "2026-W47", ann.id or 0, clock.forward(hours=1))
        use.rate(session, "2026-W47", ban, False, "too  long, call 0912 345 678", clock())
        use.answer(session, KEY, clock(), use.reader(ann), week="2026-W47", rule="blind", option="repair", note="now")
    clock.now = datetime(2026, 11, 30, 8, tzinfo=UTC)
    monday(desk)
    clock.now = datetime(2026, 12, 7, 8, tzinfo=UTC)
    monday(desk)
    with desk.reading() as session:
        after, later = (stats.report(session, week) for week in ("2026-W48", "2026-W49"))
        assert after is not None
        assert later is not None
    (item,) = after.payload["asks"]["last_week"]
    assert (item["week"], item["rule"], item["open"], item["asked"]) == ("2026-W47", "blind", 1, 1)
    assert [(answer["option"], answer["note"]) for answer in item["answers"]] == [("repair", "now")]
    told = {name: after.payload["use"][name]["value"] for name in
            ("mailed", "opened", "useful", "not_useful", "asked", "answered")}  # fmt: skip
    assert told == {"mailed": 2, "opened": 2, "useful": 0, "not_useful": 1, "asked": 1, "answered": 1}
    assert after.payload["use"]["why"] == ["too long, call …"]
    carried = [(item["week"], item["open"], len(item["answers"])) for item in later.payload["asks"]["last_week"]]
    assert carried == [("2026-W48", 1, 0), ("2026-W47", 1, 1)]
    text = as_md.render(after.payload, "en").replace("\\", "")
    assert "2026-W47, no source answers: 1 of 1 still open; decided: mend it (now)." in text
    assert "Of 1 asked, 1 answered within seven days." in text
    assert "Ann" not in text


def test_the_command(tmp_path: Path) -> None:
    config = tmp_path / "claimwatch.toml"
    made = open_app(config, create=True)
    config.write_text("", encoding="utf-8")
    made.context.db.upgrade()
    made.close()

    def call(*args: str) -> str:
        done = CliRunner().invoke(commands, ["recipients", *args, "--config", str(config)])
        assert done.exit_code == 0, done.output
        return done.output

    call("add", "Ann", "ann@example.org", "--language", "ar", "--pdf", "--answers")
    assert call("list") == "Ann\tann@example.org\tar\tactive\tpdf, answers\n"
    call("remove", "Ann")
    assert call("list") == ""
