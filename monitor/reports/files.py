"""The weekly summary as files: every form once, for the pages and for the command line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from monitor.context import Context
from monitor.errors import Invalid
from monitor.records import LANGUAGES
from monitor.reports import as_csv, as_html, as_json, as_md, as_pdf
from monitor.summaries import freezing, summary
from monitor.summaries.weeks import parse


class Form(NamedTuple):
    """A form of the summary: its media type, and how a payload becomes it in one language."""

    media: str
    render: Callable[[dict[str, Any], str], str | bytes]


FORMS: Mapping[str, Form] = {
    "html": Form("text/html; charset=utf-8", lambda payload, lang: as_html.render(payload, lang, links=False)),
    "pdf": Form("application/pdf", as_pdf.render),
    "md": Form("text/markdown; charset=utf-8", lambda payload, lang: as_md.render(payload, lang, links=False)),
    "csv": Form("text/csv; charset=utf-8", lambda payload, _lang: as_csv.render(payload, links=False)),
    "json": Form("application/json", lambda payload, _lang: as_json.render(payload)),
}
"""Files one can pass on, without links into the desk."""


def weekly(context: Context, week: str | None, form: str, lang: str) -> str | bytes:
    """Return the summary of ``week`` (default: the last one that is over) as text, or bytes for a PDF.

    A week that is over is frozen the first time anybody asks; a running one is counted up to now.
    """
    if form not in FORMS:
        raise Invalid(f"'{form}' is not a form of the summary: choose one of {', '.join(FORMS)}.")
    if lang not in LANGUAGES:
        raise Invalid(f"'{lang}' is not a language of the summary: choose one of {', '.join(LANGUAGES)}.")
    return FORMS[form].render(_payload(context, week or summary.last_week(context.zone, context.clock())), lang)


def _payload(context: Context, week: str) -> dict[str, Any]:
    now, period = context.clock(), parse(week, context.zone)
    if period.is_week and period.end <= now:
        return dict(freezing.freeze(context, period).payload)
    with context.reading() as session:
        return summary.build(session, summary.asked(context.settings, period), now)
