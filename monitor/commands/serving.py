"""init, run and collect: the commands that bring the desk to life."""

from __future__ import annotations

import fcntl
import logging
import socket
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import sqlalchemy as sa
import typer
from apscheduler.schedulers.background import BackgroundScheduler

from monitor import installing
from monitor.commands.common import ConfigOption, installation
from monitor.commands.reading_back import read_back
from monitor.commands.source_desk import SourceDesk
from monitor.context import utc_now
from monitor.errors import SetupError
from monitor.jobs import JOBS, Job, run_job
from monitor.models import Source
from monitor.settings import load
from monitor.sources import collecting, sourcing
from monitor.store import sources as source_store
from monitor.wiring import CONFIG_NAME, App, check_source, load_text_model, open_app

log = logging.getLogger("claimwatch")


def init(folder: Annotated[Path, typer.Argument(help="Where to put everything.")] = Path()) -> None:
    """Write a commented config, create the database, and make the first admin."""
    app = _prepared(folder / CONFIG_NAME, demo=False)
    app.close()
    print("Ready. Start the desk with: claimwatch run", file=sys.stderr)


def run(
    config: ConfigOption = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.")] = None,
    demo: Annotated[bool, typer.Option("--demo", help="Add the sample sources.")] = False,
) -> None:
    """Run everything in one process: collecting, triage, pages, weekly summary."""
    import uvicorn  # these take long to import, and every other command does without

    from review_ui import published
    from review_ui.app import create_app

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s: %(message)s", stream=sys.stderr)
    for quiet in ("apscheduler", "alembic", "bm25s", "httpx", "httpcore"):
        logging.getLogger(quiet).setLevel(logging.ERROR)  # a job still at work when its next time comes is no news
    path = config or Path(CONFIG_NAME)
    model = load_text_model(
        load(path), path.resolve().parent
    )  # before anything is written: without weights there is no desk
    app = _prepared(path, demo=demo)
    app.use_model(model)
    web = app.context.settings.web
    with _alone(app.context.home), listening(host or web.host, port or web.port) as listener:
        _recover(app)
        published.write_all(app.context)
        scheduler = scheduled(app)
        scheduler.start()
        log.info("the desk is open on http://%s:%s", *listener.getsockname()[:2])
        try:
            pages = create_app(app.context, SourceDesk(app))
            server = uvicorn.Server(uvicorn.Config(pages, log_level="warning", server_header=False))
            server.run(sockets=[listener])
        finally:
            scheduler.shutdown(wait=True)
            app.close()


def collect(
    config: ConfigOption = None,
    source: Annotated[str | None, typer.Option("--source", help="Only this source, due or not.")] = None,
    since: Annotated[str | None, typer.Option(help="With --source: read it back from this day or time on.")] = None,
    until: Annotated[str | None, typer.Option(help="With --since: up to this day or time; default: now.")] = None,
) -> None:
    """Visit due sources (or the named one) once, then exit; exit status 1 when one failed.

    With --since the named source is read back; stopped anywhere, the same call goes on where it was.
    """
    with installation(config) as app:
        if since is not None:
            read_back(app, source, since, until)
            return
        numbers = _chosen(app, source)
        failed = 0
        for number in numbers:
            done = collecting.collect_one(app.context, app.open_source, number)
            if done is None:
                print("busy: another process is visiting this source", file=sys.stderr)
                continue
            failed += done.error is not None
            print(
                f"{_name(app, number)}: {done.outcome}, {done.new} new, {done.revised} revised, "
                f"{done.duplicate} known, {done.unmapped} unreadable" + (f"; {done.error}" if done.error else "")
            )
        if failed:
            raise typer.Exit(1)


def _chosen(app: App, name: str | None) -> list[int]:
    with app.context.reading() as session:
        if name is not None:
            return [sourcing.find(session, name).id or 0]
        return [source.id or 0 for source in source_store.due(session, app.context.clock(), 1000)]


def _name(app: App, number: int) -> str:
    with app.context.reading() as session:
        return session.get_one(Source, number).name


def _prepared(path: Path, *, demo: bool) -> App:
    """Return the installation, made ready on first use: config, key, schema, admin, configured sources."""
    if installing.write_config(path):
        print(f"Wrote {path.resolve()}", file=sys.stderr)
    app = open_app(path, create=True)
    try:
        app.context.db.upgrade()
    except sa.exc.OperationalError as error:
        raise SetupError(f"The database {app.context.settings.database.url} cannot be opened: {error.orig}.") from error
    with app.context.writing() as session:
        password = installing.first_admin(session, app.context)
        installing.add_configured(session, app.context, check_source)
        if demo:
            installing.add_sample(session, app.context, check_source)
    if password is not None:
        print(f"\n  First login: admin\n  One-time password (shown only now): {password}\n", file=sys.stderr)
    return app


@contextmanager
def _alone(home: Path) -> Iterator[None]:
    """Hold the folder's lock, so that two processes never schedule the same installation."""
    with (home / "claimwatch.lock").open("w", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise SetupError(f"Claimwatch is already running in {home}: stop it first.") from error
        yield


@contextmanager
def listening(host: str, port: int) -> Iterator[socket.socket]:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        listener = socket.create_server((host, port), family=family, backlog=128)
    except OSError as error:
        raise SetupError(
            f"Cannot listen on {host}:{port} ({error.strerror}): free the port or choose another with --port."
        ) from error
    with listener:
        yield listener


def _recover(app: App) -> None:
    """After a crash: this process is alone, so every lease on a source is a dead one."""
    with app.context.writing() as session:
        session.execute(sa.update(Source).values(lease_token=None, lease_until=None))
        collecting.end_dead_runs(session, app.context.clock())


def scheduled(app: App, jobs: Iterable[Job] = JOBS) -> BackgroundScheduler:
    """Return a scheduler that runs ``jobs`` once it is started."""
    # A job that is late must still run, and never twice at once.
    defaults = {"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
    scheduler = BackgroundScheduler(timezone="UTC", job_defaults=defaults)
    for job in jobs:
        scheduler.add_job(
            _run_logged, "interval", [app, job], seconds=job.every_seconds, id=job.id, next_run_time=utc_now()
        )
    return scheduler


def _run_logged(app: App, job: Job) -> None:
    result = run_job(app, job)
    worth = {name: count for name, count in result.counts.items() if count}
    if worth:
        log.info("%s: %s", job.id, ", ".join(f"{count} {name}" for name, count in worth.items()))
