"""Summaries as files: every form once, for the pages and for the command line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlmodel import Session

from monitor.context import Context
from monitor.desk import lenses
from monitor.errors import Invalid
from monitor.records import LANGUAGES
from monitor.reports import as_csv, as_html, as_json, as_md, as_pdf, public_view
from monitor.reports.drawing import pictures
from monitor.store import lenses as lens_store
from monitor.store.queue import Lens
from monitor.summaries import freezing, public, summary
from monitor.summaries.weeks import parse


class Form(NamedTuple):
    """A form of the summary: its media type, and how a payload becomes it in one language."""

    media: str
    render: Callable[[dict[str, Any], str], str | bytes]


FORMS: Mapping[str, Form] = {
    "html": Form("text/html; charset=utf-8", lambda payload, lang: _page(payload, lang)),
    "pdf": Form("application/pdf", as_pdf.render),
    "md": Form("text/markdown; charset=utf-8", lambda payload, lang: as_md.render(payload, lang, links=False)),
    "csv": Form("text/csv; charset=utf-8", lambda payload, _lang: as_csv.render(payload, links=False)),
    "json": Form("application/json", lambda payload, _lang: as_json.render(payload)),
}
"""Files one can pass on, without links into the desk."""


def _page(payload: dict[str, Any], lang: str) -> str:
    return as_html.render(payload, lang, links=False, pictures=as_html.inline(pictures(payload, lang, "svg")))


def of_period(context: Context, span: str | None, form: str, lang: str, lens: str = "") -> str | bytes:
    """Return the summary of a span (default: the last week that is over) as text, or bytes for a PDF.

    ``span`` is a week like 2026-W47 or days like 2026-11-01..2026-11-30; ``lens`` the name of a view the team shares.
    A week that is over is frozen the first time anybody asks for all of it; everything else is counted now.
    """
    if form not in FORMS:
        raise Invalid(f"'{form}' is not a form of the summary: choose one of {', '.join(FORMS)}.")
    if lang not in LANGUAGES:
        raise Invalid(f"'{lang}' is not a language of the summary: choose one of {', '.join(LANGUAGES)}.")
    return FORMS[form].render(_payload(context, span or summary.last_week(context.zone, context.clock()), lens), lang)


def of_year(context: Context, year: int | None, form: str, lang: str) -> str | bytes:
    """Return the report for the public of a year (default: the last one that is over)."""
    if form not in public_view.FORMS:
        raise Invalid(f"'{form}' is not a form of the summary: choose one of {', '.join(public_view.FORMS)}.")
    if lang not in LANGUAGES:
        raise Invalid(f"'{lang}' is not a language of the summary: choose one of {', '.join(LANGUAGES)}.")
    now = context.clock()
    with context.reading() as session:
        found = public.build(session, context.settings, year or now.astimezone(context.zone).year - 1, now)
    return public_view.FORMS[form][1](found, lang)


def _payload(context: Context, span: str, lens: str) -> dict[str, Any]:
    now, period = context.clock(), parse(span, context.zone)
    if period.is_week and period.end <= now and not lens:
        return dict(freezing.freeze(context, period).payload)
    with context.reading() as session:
        only = shared_lens(session, lens, now) if lens else None
        return summary.build(session, summary.asked(context.settings, period, only, lens), now)


def shared_lens(session: Session, name: str, now: datetime) -> Lens:
    """Return a view the team shares; ``Invalid`` when there is none of this name."""
    row = lens_store.shared_by_name(session, name)
    if row is None:
        raise Invalid(f"The team shares no view named '{name[:60]}'.")
    return lenses.to_lens(row.query, now)
