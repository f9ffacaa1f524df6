"""Other programs: keys they come with, and addresses that are told what happened."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from monitor.accounts import tokens
from monitor.errors import Conflict, FetchRefused, Invalid
from monitor.models import Webhook
from monitor.sending import webhooks
from monitor.store import outbox, people
from monitor.store import tokens as store
from monitor.vocabulary import ADMIN, may
from review_ui.deps import ActingAdmin, ActingMember, Member, Visit
from review_ui.wording import sentence

router = APIRouter()
DAYS = (7, 30, 90, 180, 365)


@router.get("/settings/programs")
def show(visit: Member) -> Response:
    """Show one's own keys; to administrators everybody's, and the webhooks."""
    return _page(visit)


def _page(visit: Visit, status: int = 200, problem: str = "", made: tuple[str, str] | None = None) -> Response:
    """Render; ``made`` is (name, secret), shown this once."""
    with visit.context.reading() as session:
        keys = store.listed(session, None if visit.may(ADMIN) else visit.person_id)
        names = people.aliases(session, sorted({key.person_id for key in keys}))
        hooks = outbox.webhooks(session) if visit.may(ADMIN) else []
        troubled = outbox.troubled(session) if visit.may(ADMIN) else []
    errors = {row.to: row.error for row in reversed(troubled) if row.kind == "webhook"}
    scopes = [scope for scope, role in tokens.SCOPES.items() if may(visit.person.role, role)]
    return visit.page(
        "programs.html", status, problem=problem, made=made, keys=keys, names=names, hooks=hooks, scopes=scopes,
        topics=webhooks.TOPICS, days=DAYS, errors=errors,
    )  # fmt: skip


@router.post("/settings/tokens")
def make_key(
    visit: ActingMember,
    name: Annotated[str, Form()] = "",
    scope: Annotated[list[str] | None, Form()] = None,
    days: Annotated[int, Form()] = 90,
) -> Response:
    """Make a key and show it once."""
    try:
        with visit.context.writing() as session:
            key, secret = tokens.make(session, visit.desk(), name=name, scopes=scope or [], days=days)
    except Invalid as error:
        return _page(visit, 422, sentence(visit.speech, str(error)))
    return _page(visit, made=(key.name, secret))


@router.post("/settings/tokens/{token_id}/revoke")
def revoke(visit: ActingMember, token_id: int) -> Response:
    """End a key at once."""
    with visit.context.writing() as session:
        tokens.revoke(session, visit.desk(), token_id)
    return visit.go("/settings/programs", "revoked")


@router.post("/settings/webhooks")
def add_hook(
    visit: ActingAdmin,
    name: Annotated[str, Form()] = "",
    url: Annotated[str, Form()] = "",
    topic: Annotated[list[str] | None, Form()] = None,
) -> Response:
    """Add an address that is told what happens, and show its secret once."""
    context = visit.context
    try:
        with context.writing() as session:
            hook = webhooks.add(
                session, context.key, visit.now, visit.actor, name=name[:100], url=url[:2048], topics=topic or [],
                allow_private=context.settings.collect.allow_private,
            )  # fmt: skip
            made = (hook.name, hook.secret)
    except (Invalid, Conflict, FetchRefused) as error:
        return _page(visit, 409 if isinstance(error, Conflict) else 422, sentence(visit.speech, str(error)))
    return _page(visit, made=made)


@router.post("/settings/webhooks/{hook_id}/{deed}")
def change_hook(visit: ActingAdmin, hook_id: int, deed: str) -> Response:
    """Switch an address off or on, send it a test, or forget it."""
    context = visit.context
    with context.writing() as session:
        hook = session.get(Webhook, hook_id)
        if hook is None or deed not in ("pause", "resume", "test", "remove"):
            raise HTTPException(404)
        if deed == "test":
            webhooks.ask_test(session, visit.now, hook)
        elif deed == "remove":
            webhooks.remove(session, context.key, visit.now, visit.actor, hook)
        else:
            webhooks.switch(session, context.key, visit.now, visit.actor, hook, deed == "resume")
    return visit.go("/settings/programs", f"hook_{deed}")
