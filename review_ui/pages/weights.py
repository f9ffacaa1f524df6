"""The weights of the priority: supervisors change them after seeing the order they would make."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response

from monitor.errors import Invalid
from monitor.ranking import weights as core
from monitor.ranking.priority import DEFAULT_WEIGHTS
from monitor.store import pages
from monitor.store.settings import weights_version
from review_ui.deps import ActingSupervisor, Supervisor, Visit
from review_ui.pages.queue import rows
from review_ui.wording import sentence

router = APIRouter()


async def _sent(request: Request) -> dict[str, str]:
    form = await request.form()
    return {signal: str(form.get(signal, "")).strip() for signal in DEFAULT_WEIGHTS}


Sent = Annotated[dict[str, str], Depends(_sent)]


@router.get("/weights")
def show(visit: Supervisor) -> Response:
    """Show the weights in force and what changed them."""
    return _page(visit, {})


@router.post("/weights")
def save(visit: ActingSupervisor, sent: Sent, then: Annotated[str, Form()] = "") -> Response:
    """Show the order that the weights sent would make, or save them."""
    try:
        wanted = core.checked(_numbers(sent))
        if then == "save":
            with visit.context.writing() as session:
                core.set_weights(session, visit.desk(), wanted)
            return visit.go("/weights", "weights")
    except Invalid as error:
        return _page(visit, sent, 422, sentence(visit.speech, str(error)))
    return _page(visit, sent, wanted=wanted)


def _numbers(sent: Mapping[str, str]) -> dict[str, float]:
    try:
        return {signal: float(text.replace(",", ".")) for signal, text in sent.items() if text}
    except ValueError as error:
        raise Invalid("A weight is a number of points.") from error


def _page(
    visit: Visit, sent: Mapping[str, str], status: int = 200, problem: str = "",
    wanted: Mapping[str, float] | None = None,
) -> Response:  # fmt: skip
    with visit.context.reading() as session:
        present = core.current_weights(session)
        moved = core.preview(session, wanted) if wanted is not None else []
        changes = pages.events_named(session, "weights.changed", 20)
        version = weights_version(session)
        shown = rows(session, visit, [move.story for move in moved])
    values = {signal: sent.get(signal) or f"{weight:g}" for signal, weight in present.items()}
    return visit.page(
        "weights.html", status, values=values, defaults=DEFAULT_WEIGHTS, limits={s: core.limit_of(s) for s in present},
        version=version, moved=list(zip(moved, shown, strict=True)), changes=changes, problem=problem,
        previewed=wanted is not None,
    )  # fmt: skip
