"""Commands about what the desk works with: sources, fact-checks, people, reports."""

from __future__ import annotations

import getpass
import json
import sys
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from monitor import collecting, people, sourcing
from monitor.commands.common import ConfigOption, OutOption, installation, read_lines, system_desk, write_bytes, writer
from monitor.errors import Invalid
from monitor.events import SYSTEM
from monitor.models import Person
from monitor.reports import files
from monitor.store import factchecks as factcheck_store
from monitor.store import people as people_store
from monitor.store import sources as source_store
from monitor.storing import store_fact_check
from monitor.text import one_line
from monitor.wiring import check_source, make_collector

sources = typer.Typer(help="Where posts come from.", no_args_is_help=True)
users = typer.Typer(help="Staff accounts.", no_args_is_help=True)
factchecks = typer.Typer(help="The library of published fact-checks.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="Name of the source.")]
Login = Annotated[str, typer.Argument(help="Login of the account.")]


@sources.command("list")
def sources_list(config: ConfigOption = None) -> None:
    """Show every source: last success, posts of the last day, failures in words."""
    with installation(config) as app, app.context.reading() as session:
        now = app.context.clock()
        counts = source_store.post_counts(session, now - timedelta(days=1))
        for source in source_store.everything(session):
            state = "paused" if not source.enabled else "red" if source.failures >= 2 else "ok"
            success = source.last_success_at.isoformat(timespec="minutes") if source.last_success_at else "never"
            posts = counts.get(source.id or 0, 0)
            line = f"{source.name}\t{source.kind}\t{state}\tlast success {success}\t{posts} posts in 24 h"
            print(line + (f"\t{source.last_error}" if source.last_error else ""))


@sources.command("add")
def sources_add(
    name: Name,
    kind: Annotated[str, typer.Option(help="Kind of source.")],
    option: Annotated[list[str] | None, typer.Option("-O", "--option", help="key=value, may be repeated.")] = None,
    every_minutes: Annotated[float, typer.Option(min=0.1, help="Minutes between visits.")] = 15,
    config: ConfigOption = None,
) -> None:
    """Add a source; it is visited at once by a running desk."""
    options = dict(_option(text) for text in option or [])
    with installation(config) as app, app.context.writing() as session:
        sourcing.add(session, system_desk(app), check_source, name=name, kind=kind, options=options,
                     every_seconds=round(every_minutes * 60))  # fmt: skip
    print(f"Added {name}.")


def _option(text: str) -> tuple[str, Any]:
    key, found, value = text.partition("=")
    if not found:
        raise Invalid(f"'{text}' is not an option: write key=value.")
    try:
        return key, json.loads(value)
    except ValueError:
        return key, value


@sources.command("check")
def sources_check(name: Name, config: ConfigOption = None) -> None:
    """Fetch a source without storing anything, and show its five newest items."""
    with installation(config) as app:
        with app.context.reading() as session:
            source = sourcing.find(session, name)
        collector = make_collector(source.kind, source.options)
        for page in collector.fetch(app.client, {}, app.context.clock()):
            print(f"{page.outcome}: {len(page.items)} items")
            for raw in page.items[:5]:
                record = collector.normalise(raw)
                print(f"  {getattr(record, 'published_at', None) or 'no date'}  {_shown(record)}")
            return


def _shown(record: Any) -> str:
    return one_line(str(getattr(record, "text", None) or getattr(record, "claim", "")), 100)


@sources.command("pause")
def sources_pause(name: Name, config: ConfigOption = None) -> None:
    """Stop visiting a source."""
    with installation(config) as app, app.context.writing() as session:
        sourcing.set_enabled(session, system_desk(app), name, False)


@sources.command("resume")
def sources_resume(name: Name, config: ConfigOption = None) -> None:
    """Visit a source again, at once."""
    with installation(config) as app, app.context.writing() as session:
        sourcing.set_enabled(session, system_desk(app), name, True)


@sources.command("remove")
def sources_remove(
    name: Name,
    with_posts: Annotated[bool, typer.Option("--with-posts", help="Also remove its posts and stories.")] = False,
    config: ConfigOption = None,
) -> None:
    """Remove a source; 'sample --with-posts' removes everything the demo brought."""
    with installation(config) as app, app.context.writing() as session:
        count = sourcing.remove(session, system_desk(app), name, with_posts=with_posts)
    print(f"Removed {name} and {count} posts.")


@sources.command("replay")
def sources_replay(name: Name, config: ConfigOption = None) -> None:
    """Map kept items again that could not be read before."""
    with installation(config) as app:
        counts = collecting.replay(app.context, app.open_source, name)
    print(", ".join(f"{count} {outcome}" for outcome, count in counts.items()) or "nothing to replay")


@factchecks.command("import")
def factchecks_import(source: Annotated[str, typer.Argument(help="JSON lines.")], config: ConfigOption = None) -> None:
    """Import fact-checks: {"external_id" or "id","claim"[,"title","url","publisher","lang","rating","verdict"]}."""
    with installation(config) as app:
        collector: Any = make_collector("factchecks", {"path": str(Path(source).resolve())})
        counts: dict[str, int] = {}
        with app.context.writing() as session:
            for number, row in read_lines(source):
                record = collector.record(row, f"{source}, line {number}")
                outcome = store_fact_check(session, None, record, app.context.clock())
                counts[outcome] = counts.get(outcome, 0) + 1
    print(", ".join(f"{count} {outcome}" for outcome, count in counts.items()) or "nothing to import")


@factchecks.command("list")
def factchecks_list(words: Annotated[str, typer.Argument()] = "", config: ConfigOption = None) -> None:
    """Show the newest fact-checks that contain all words."""
    with installation(config) as app, app.context.reading() as session:
        for row in factcheck_store.page(session, words):
            print(f"{row.verdict or '-'}\t{row.lang or '-'}\t{row.claim}\t{row.url or ''}")


@users.command("add")
def users_add(
    login: Login,
    role: Annotated[str, typer.Option(help="viewer, analyst, supervisor or admin.")] = "analyst",
    language: Annotated[str, typer.Option(help="en, vi or ar.")] = "en",
    config: ConfigOption = None,
) -> None:
    """Create an account with a one-time password, printed once."""
    with installation(config) as app, app.context.writing() as session:
        _person, password = people.add(
            session, app.context.key, app.context.clock(), SYSTEM, login=login, role=role, locale=language
        )
    print(f"One-time password of {login} (shown only now): {password}")


@users.command("passwd")
def users_passwd(login: Login, config: ConfigOption = None) -> None:
    """Set a password (asked for, or read from standard input) that must be changed at the next login."""
    password = getpass.getpass("New password: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
    with installation(config) as app, app.context.writing() as session:
        people.set_password(session, app.context.key, app.context.clock(), SYSTEM, _person(session, login), password)


@users.command("disable")
def users_disable(login: Login, config: ConfigOption = None) -> None:
    """Close an account; its sessions end at once."""
    with installation(config) as app, app.context.writing() as session:
        people.disable(session, app.context.key, app.context.clock(), SYSTEM, _person(session, login))


@users.command("list")
def users_list(config: ConfigOption = None) -> None:
    """Show every account."""
    with installation(config) as app, app.context.reading() as session:
        for person in people_store.everyone(session):
            print(f"{person.login}\t{person.alias}\t{person.role}\t{'active' if person.active else 'disabled'}")


def _person(session: Any, login: str) -> Person:
    person = people_store.by_login(session, login.strip().lower())
    if person is None:
        raise Invalid(f"There is no account named '{login}'; 'claimwatch users list' shows them.")
    return person


def report(
    week: Annotated[str | None, typer.Option(help="ISO week such as 2026-W47; default: the last full week.")] = None,
    format: Annotated[str, typer.Option(help="html, md, json, csv or pdf.")] = "md",
    lang: Annotated[str | None, typer.Option(help="en, vi or ar; default: the team's language.")] = None,
    out: OutOption = None,
    config: ConfigOption = None,
) -> None:
    """Print the weekly summary; a closed week is frozen the first time it is asked for."""
    with installation(config) as app:
        body = files.weekly(app.context, week, format, lang or app.context.settings.team.language)
    if isinstance(body, bytes):
        write_bytes(out, body)
        return
    with writer(out) as file:
        file.write(body)
