"""The command ``claimwatch``. Errors are one sentence on standard error; exit status 0 means success only."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from monitor import __version__
from monitor.commands import (
    benching,
    desk,
    evaluating,
    importing,
    modelling,
    operating,
    scoring,
    sending,
    serving,
    sources,
)
from monitor.errors import ClaimwatchError, SettingsError

app = typer.Typer(
    help="Watch public posts for harmful or false claims, decide as a desk, and answer.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
for command in (
    serving.init,
    serving.run,
    serving.collect,
    scoring.triage,
    scoring.match,
    scoring.cluster,
    evaluating.evaluate,
    benching.bench,
    desk.report,
    operating.export,
    operating.forget,
    operating.doctor,
):
    app.command()(command)
app.command("import")(importing.import_table)
app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})(scoring.train)
app.add_typer(sources.sources, name="sources")
app.add_typer(desk.factchecks, name="factchecks")
app.add_typer(desk.users, name="users")
app.add_typer(sending.mail, name="mail")
app.add_typer(sending.recipients, name="recipients")
app.add_typer(sending.webhooks, name="webhooks")
app.add_typer(modelling.model, name="model")
app.add_typer(operating.db, name="db")
app.add_typer(operating.audit, name="audit")


def _version(wanted: bool) -> None:
    if wanted:
        print(__version__)
        raise typer.Exit()


@app.callback()
def _options(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print it.")] = False,
) -> None:
    pass


def main() -> None:
    """Run the command line; 2 for a wrong config or call, 1 for everything else that failed."""
    try:
        app()
    except ClaimwatchError as error:
        print(f"claimwatch: {error}", file=sys.stderr)
        sys.exit(2 if isinstance(error, SettingsError) else 1)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)


if __name__ == "__main__":
    main()
