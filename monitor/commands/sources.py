"""Commands about sources: list, add, check, pause, resume, remove, replay."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from monitor.commands import source_words
from monitor.commands.common import ConfigOption, installation, system_desk
from monitor.errors import Invalid
from monitor.sources import collecting, sourcing, trying
from monitor.sources import health as source_health
from monitor.vocabulary import TIP
from monitor.wiring import App, check_source

sources = typer.Typer(help="Where posts come from.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="Name of the source.")]


@sources.command("list")
def sources_list(config: ConfigOption = None) -> None:
    """Show every source: last success, posts an hour against what is normal, failures in words."""
    with installation(config) as app, app.context.reading() as session:
        for health in source_health.everything(session, app.context.clock()):
            print("\t".join(source_words.line(health)))


@sources.command("add")
def sources_add(
    name: Name,
    kind: Annotated[str, typer.Option(help="Kind of source.")],
    option: Annotated[list[str] | None, typer.Option("-O", "--option", help="key=value, may be repeated.")] = None,
    every_minutes: Annotated[float, typer.Option(min=0.1, help="Minutes between visits.")] = 15,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show its five newest items; add nothing.")] = False,
    config: ConfigOption = None,
) -> None:
    """Add a source; it is visited at once by a running desk. With --dry-run see first what would come."""
    options = dict(_option(text) for text in option or [])
    if dry_run:
        with installation(config) as app:
            _try(app, kind, options)
        return
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
def sources_check(
    name: Annotated[str, typer.Argument(help="Name of the source; nothing means: how are all of them?")] = "",
    config: ConfigOption = None,
) -> None:
    """Say how sources are; with a name also fetch it without storing anything, and show its five newest items.

    Exit status 1 when a source is red, or the named one cannot be read.
    """
    with installation(config) as app:
        with app.context.reading() as session:
            if name:
                sourcing.find(session, name)
            found = source_health.everything(session, app.context.clock())
        chosen = [health for health in found if name in ("", health.source.name)]
        for health in chosen:
            print("\n".join(source_words.lines(health, app.context.clock())))
        if name and chosen[0].source.kind != TIP:
            _try(app, chosen[0].source.kind, chosen[0].source.options)
        if any(health.state == "red" for health in chosen):
            raise typer.Exit(1)


def _try(app: App, kind: str, options: Mapping[str, Any]) -> None:
    """Fetch without storing and show what came; exit status 1 when nothing could be read."""
    collector, client = app.open_source(kind, options)
    trial = trying.try_out(collector, client, app.context.clock())
    print("\n".join(source_words.tried(trial)))
    if trial.problem:
        raise typer.Exit(1)


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
