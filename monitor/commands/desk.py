"""Commands about what the desk works with: sources, fact-checks, people, reports."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from collectors.factchecks import named
from collectors.tables import read_rows
from monitor.accounts import people
from monitor.commands.common import ConfigOption, OutOption, installation, read_lines, write_bytes, writer
from monitor.errors import Invalid
from monitor.events import SYSTEM
from monitor.models import Person
from monitor.reports import files
from monitor.sources.storing import store_fact_check
from monitor.store import factchecks as factcheck_store
from monitor.store import people as people_store
from monitor.wiring import make_collector

users = typer.Typer(help="Staff accounts.", no_args_is_help=True)
factchecks = typer.Typer(help="The library of published fact-checks.", no_args_is_help=True)
TABLES = (".csv", ".tsv", ".xlsx")

Login = Annotated[str, typer.Argument(help="Login of the account.")]


@factchecks.command("import")
def factchecks_import(
    source: Annotated[str, typer.Argument(help="CSV, TSV or XLSX with a header, or JSON lines.")],
    config: ConfigOption = None,
) -> None:
    """Import fact-checks: external_id or id, claim [, title, url, publisher, lang, rating, verdict, summary,
    published_at]. A table needs no id."""
    with installation(config) as app:
        collector: Any = make_collector("factchecks", {"path": str(Path(source).resolve())})
        counts: dict[str, int] = {}
        with app.context.writing() as session:
            for number, row in _fact_checks_in(source):
                record = collector.record(row, f"{source}, line {number}")
                outcome = store_fact_check(session, None, record, app.context.clock())
                counts[outcome] = counts.get(outcome, 0) + 1
    print(", ".join(f"{count} {outcome}" for outcome, count in counts.items()) or "nothing to import")


def _fact_checks_in(source: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Yield (line or row number, fields)."""
    path = Path(source)
    if path.suffix.lower() not in TABLES:
        yield from read_lines(source)
        return
    for row in read_rows(path):
        if row.problem:
            raise Invalid(f"{source}, row {row.number}: {row.problem}.")
        yield row.number, named(row.values)


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
    first: Annotated[str | None, typer.Option("--from", help="First day, like 2026-11-01, instead of a week.")] = None,
    last: Annotated[str | None, typer.Option("--to", help="Last day.")] = None,
    lens: Annotated[str, typer.Option(help="Only what this view shows; the team must share it.")] = "",
    public: Annotated[bool, typer.Option("--public", help="The transparency report of a year, without names.")] = False,
    year: Annotated[int | None, typer.Option(help="Year of the public report; default: the last one.")] = None,
    format: Annotated[str, typer.Option(help="html, md, json, csv or pdf.")] = "md",
    lang: Annotated[str | None, typer.Option(help="en, vi or ar; default: the team's language.")] = None,
    out: OutOption = None,
    config: ConfigOption = None,
) -> None:
    """Print a summary: a week (frozen once it is over), any days, or what a view shows; or a year for the public."""
    span = week
    if year is not None and not public:
        raise Invalid("--year goes with --public.")
    if public and (week or first or last or lens):
        raise Invalid("The public report is of a whole year: give --year only.")
    if first or last:
        if week or not (first and last):
            raise Invalid("Give either --week, or both --from and --to.")
        span = f"{first}..{last}"
    with installation(config) as app:
        language = lang or app.context.settings.team.language
        if public:
            body = files.of_year(app.context, year, format, language)
        else:
            body = files.of_period(app.context, span, format, language, lens)
    if isinstance(body, bytes):
        write_bytes(out, body)
        return
    with writer(out) as file:
        file.write(body)
