"""Thresholds of the labels: what they do, what the desk's decisions propose, and a supervisor's word on them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import Response

from monitor.desk import thresholds as core
from monitor.errors import Invalid
from monitor.store import pages
from review_ui.deps import ActingSupervisor, Supervisor, Visit
from review_ui.wording import sentence

router = APIRouter()


@router.get("/thresholds")
def show(visit: Supervisor) -> Response:
    """Show every label and language with its threshold, its expected effect and what is proposed."""
    return _page(visit)


def _page(visit: Visit, status: int = 200, problem: str = "") -> Response:
    with visit.context.reading() as session:
        name, _ = core.loaded_model(session)
        lines = core.table(session, visit.desk())
        changes = pages.events_named(session, "thresholds.changed", 20)
    return visit.page(
        "thresholds.html", status, lines=lines, model=name, changes=changes, problem=problem, least=core.LEAST_CASES
    )


@router.post("/thresholds")
def accept(
    visit: ActingSupervisor,
    label: Annotated[str, Form()] = "",
    lang: Annotated[str, Form()] = "",
    flag: Annotated[str, Form()] = "",
) -> Response:
    """Put another threshold in force; posts scored from now on follow it."""
    try:
        with visit.context.writing() as session:
            core.accept(session, visit.desk(), label, lang, _number(flag))
    except Invalid as error:
        return _page(visit, 422, sentence(visit.speech, str(error)))
    return visit.go("/thresholds", "thresholds")


@router.post("/thresholds/reset")
def reset(visit: ActingSupervisor, label: Annotated[str, Form()] = "", lang: Annotated[str, Form()] = "") -> Response:
    """Go back to the model's own threshold, of one label and language or of all."""
    with visit.context.writing() as session:
        core.reset(session, visit.desk(), label, lang)
    return visit.go("/thresholds", "thresholds_back")


def _number(text: str) -> float:
    try:
        return float(text.replace(",", "."))
    except ValueError as error:
        raise Invalid("A threshold lies between 0.05 and 0.995.") from error
