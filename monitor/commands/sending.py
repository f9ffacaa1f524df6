"""Commands about what leaves the desk by itself: mail and webhooks."""

from __future__ import annotations

from typing import Annotated

import typer

from monitor.commands.common import ConfigOption, installation, system_desk
from monitor.events import SYSTEM
from monitor.sending import mail as mailing
from monitor.sending import recipients as receivers
from monitor.sending import webhooks as hooks
from monitor.store import outbox as store
from monitor.store import recipients as recipient_store

mail = typer.Typer(help="Mail the desk sends.", no_args_is_help=True)
recipients = typer.Typer(help="Who gets the weekly summary by mail.", no_args_is_help=True)
webhooks = typer.Typer(help="Other programs that are told what happened.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="Name of the webhook.")]


@mail.command("test")
def mail_test(address: Annotated[str, typer.Argument(help="Who gets it.")], config: ConfigOption = None) -> None:
    """Send one short mail now and say what the mail server answered."""
    with installation(config) as app:
        settings = app.context.settings
        mailing.send_test(settings.mail, address, settings.team.name, app.context.clock())
    print(f"The mail server took a mail for {address}.")


@mail.command("list")
def mail_list(config: ConfigOption = None) -> None:
    """Show how many mails and webhook calls wait, were sent or given up, and what went wrong."""
    with installation(config) as app, app.context.reading() as session:
        for (kind, state), count in sorted(store.counts(session).items()):
            print(f"{kind}\t{state}\t{count}")
        for row in store.troubled(session):
            print(f"{row.kind}\t{row.state}\t{row.key}\t{row.tries} tries\t{row.error}")


@recipients.command("add")
def recipients_add(
    name: Annotated[str, typer.Argument(help="Name, as the log shows it.")],
    address: Annotated[str, typer.Argument(help="Mail address.")],
    language: Annotated[str, typer.Option(help="en, vi or ar.")] = "en",
    pdf: Annotated[bool, typer.Option("--pdf", help="Attach the PDF.")] = False,
    answers: Annotated[bool, typer.Option("--answers", help="May answer what the summary asks.")] = False,
    outside: Annotated[bool, typer.Option("--outside", help="Not of the team: small counts are hidden.")] = False,
    config: ConfigOption = None,
) -> None:
    """Add a recipient; the next summary is the first one they get."""
    with installation(config) as app, app.context.writing() as session:
        receivers.add(
            session, system_desk(app), name=name, address=address, lang=language, pdf=pdf, answers=answers,
            outside=outside,
        )  # fmt: skip


@recipients.command("list")
def recipients_list(config: ConfigOption = None) -> None:
    """Show every recipient."""
    with installation(config) as app, app.context.reading() as session:
        for row in recipient_store.everyone(session):
            marks = [word for word, on in (("pdf", row.pdf), ("answers", row.answers), ("outside", row.outside)) if on]
            state = "active" if row.active else "paused"
            print(f"{row.name}\t{row.address}\t{row.lang}\t{state}\t{', '.join(marks)}")


@recipients.command("remove")
def recipients_remove(
    name: Annotated[str, typer.Argument(help="Name or address.")], config: ConfigOption = None
) -> None:
    """Forget a recipient and their address."""
    with installation(config) as app, app.context.writing() as session:
        receivers.remove(session, system_desk(app), receivers.find(session, name))


@webhooks.command("add")
def webhooks_add(
    name: Name,
    url: Annotated[str, typer.Option(help="Address that is called.")],
    topic: Annotated[list[str], typer.Option(help=f"One of {', '.join(hooks.TOPICS)}; may be repeated.")],
    config: ConfigOption = None,
) -> None:
    """Add an address; its secret is printed once."""
    with installation(config) as app, app.context.writing() as session:
        context = app.context
        hook = hooks.add(
            session, context.key, context.clock(), SYSTEM, name=name, url=url, topics=topic,
            allow_private=context.settings.collect.allow_private,
        )  # fmt: skip
    print(f"Secret of {hook.name} (shown only now): {hook.secret}")


@webhooks.command("list")
def webhooks_list(config: ConfigOption = None) -> None:
    """Show every address."""
    with installation(config) as app, app.context.reading() as session:
        for hook in store.webhooks(session):
            print(f"{hook.name}\t{'active' if hook.active else 'paused'}\t{', '.join(hook.topics)}\t{hook.url}")


@webhooks.command("pause")
def webhooks_pause(name: Name, config: ConfigOption = None) -> None:
    """Call an address no more; what waits for it is given up."""
    _switch(name, False, config)


@webhooks.command("resume")
def webhooks_resume(name: Name, config: ConfigOption = None) -> None:
    """Call an address again."""
    _switch(name, True, config)


def _switch(name: str, active: bool, config: ConfigOption) -> None:
    with installation(config) as app, app.context.writing() as session:
        context = app.context
        hooks.switch(session, context.key, context.clock(), SYSTEM, hooks.find(session, name), active)


@webhooks.command("remove")
def webhooks_remove(name: Name, config: ConfigOption = None) -> None:
    """Forget an address and its secret."""
    with installation(config) as app, app.context.writing() as session:
        context = app.context
        hooks.remove(session, context.key, context.clock(), SYSTEM, hooks.find(session, name))


@webhooks.command("test")
def webhooks_test(name: Name, config: ConfigOption = None) -> None:
    """Put a test call into the outbox of a running desk; 'claimwatch mail list' shows what became of it."""
    with installation(config) as app, app.context.writing() as session:
        hooks.ask_test(session, app.context.clock(), hooks.find(session, name))
    print(f"A test for {name} is in the outbox.")
