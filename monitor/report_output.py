"""The weekly summary for files and the command line: which week, frozen when it is over, in the form asked for."""

from __future__ import annotations

from typing import Any

from monitor import report_csv, report_html, report_json, report_md, summary
from monitor.context import Context
from monitor.errors import Invalid
from monitor.records import LANGUAGES
from monitor.summary_week import parse

FORMS = ("html", "md", "json", "csv")


def weekly(context: Context, week: str | None, form: str, lang: str) -> str:
    """Return the summary of ``week`` (default: the last one that is over) as text.

    A week that is over is frozen the first time anybody asks; a running one is counted up to now.
    """
    if form not in FORMS:
        raise Invalid(f"'{form}' is not a form of the summary: choose one of {', '.join(FORMS)}.")
    if lang not in LANGUAGES:
        raise Invalid(f"'{lang}' is not a language of the summary: choose one of {', '.join(LANGUAGES)}.")
    payload = _payload(context, week or summary.last_week(context.zone, context.clock()))
    return _rendered(payload, form, lang)


def _rendered(payload: dict[str, Any], form: str, lang: str) -> str:
    if form == "json":
        return report_json.render(payload)
    if form == "csv":
        return report_csv.render(payload, links=False)
    if form == "md":
        return report_md.render(payload, lang, links=False)
    return report_html.render(payload, lang, links=False)


def _payload(context: Context, week: str) -> dict[str, Any]:
    settings, now = context.settings, context.clock()
    with context.writing() as session:
        if parse(week, context.zone).end <= now:
            row = summary.freeze(session, context.key, week, context.zone, settings.team.name, now, settings.summary)
            return dict(row.payload)
        return summary.build(session, week, context.zone, settings.team.name, now, settings.summary)
