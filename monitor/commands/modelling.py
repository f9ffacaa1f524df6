"""claimwatch model: which model is in use, choosing another behind the gate, going back, thresholds."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from classifiers import gate
from classifiers.encoder import EncoderModel
from classifiers.tables import screen
from classifiers.weights_files import FIRST, SIZES, folder_of, verified
from monitor import choosing, events
from monitor.choosing import SHIPPED, Choice
from monitor.commands.common import ConfigOption, installation, system_desk
from monitor.comparing import calibration
from monitor.desk import thresholds
from monitor.errors import Invalid
from monitor.wiring import App, load_text_model

model = typer.Typer(help="The text model.", no_args_is_help=True)


@model.command("show")
def show(config: ConfigOption = None) -> None:
    """Say which model is in use and which one 'claimwatch model back' would bring."""
    with installation(config) as app:
        now, before = choosing.chosen(app.context.home)
        used = load_text_model(app.context.settings, app.context.home)
    print(f"in use: {used.model_id}@{used.revision}, {_words(now)}")
    print(f"before: {_words(before)}")
    if said := calibration.borrowed(used.model_id):
        print(said)


def _words(choice: Choice | None) -> str:
    return choice.words if choice is not None else "as the config says"


@model.command("use")
def use(
    folder: Annotated[str, typer.Argument(help=f"{' or '.join(SIZES)}, or a model folder ('shipped': {FIRST}).")],
    ungated: Annotated[str, typer.Option(help="Skip the gate, for a reason that stands in the log.")] = "",
    config: ConfigOption = None,
) -> None:
    """Choose a shipped size, or another model if the gate says yes; a running desk takes it up at its next start."""
    with installation(config) as app:
        name = FIRST if folder == SHIPPED else folder
        place = folder_of(name).resolve()
        revision = verified(place)[1]
        if name in SIZES:  # both were measured by us, and the desk weighs speed against quality
            choice, reason = Choice(name), ungated or "a shipped size"
        else:
            choice, reason = Choice(str(place), revision), ungated or "the gate said yes"
            if not ungated:
                _pass_gate(app, place)
        before, _ = choosing.chosen(app.context.home)
        choosing.choose(app.context.home, choice)
        _note(app, before, choice, reason)
    print(f"In use from the next start: {choice.words}. 'claimwatch model back' undoes this.")


def _pass_gate(app: App, place: Path) -> None:
    used, candidate = load_text_model(app.context.settings, app.context.home), EncoderModel.load(place)
    if not isinstance(used, EncoderModel):
        used = EncoderModel.load()
    checks = gate.judge(used, candidate)
    if not all(check.passed for check in checks):
        names = f"{used.model_id}@{used.revision}", f"{candidate.model_id}@{candidate.revision}"
        print(screen(gate.verdict_table(checks, names)))
        raise Invalid("The gate says no: nothing was changed.")


def _note(app: App, before: Choice | None, after: Choice | None, reason: str) -> None:
    with app.context.writing() as session:
        desk = system_desk(app)
        details = {"before": _words(before), "after": _words(after), "reason": reason[:500]}
        events.record(session, desk.key, desk.now, desk.actor, "model.chosen", "setting:model", details=details)


@model.command("back")
def back(config: ConfigOption = None) -> None:
    """Go back to the model that was in use before the last choice."""
    with installation(config) as app:
        now, _ = choosing.chosen(app.context.home)
        before = choosing.back(app.context.home)
        _note(app, now, before, "taken back")
    print(f"In use from the next start: {_words(before)}.")


@model.command("thresholds")
def show_thresholds(
    reset: Annotated[bool, typer.Option("--reset", help="Go back to the model's own thresholds.")] = False,
    config: ConfigOption = None,
) -> None:
    """Show the thresholds in force with their expected effect; a supervisor changes them on the page."""
    with installation(config) as app:
        desk = system_desk(app)
        if reset:
            with app.context.writing() as session:
                count = thresholds.reset(session, desk)
            print(f"{count} thresholds are the model's own again.")
            return
        with app.context.reading() as session:
            lines = thresholds.table(session, desk)
    for line in thresholds.summary(lines):
        print(line)
