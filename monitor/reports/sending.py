"""The weekly summary by mail: one mail per reader and week, through crashes, restarts and missed Mondays.

Only the newest summary is mailed: after weeks without power a reader gets one mail, which names those of the weeks
between.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from markupsafe import Markup

from monitor.accounts import links
from monitor.context import Context
from monitor.models import Recipient, Report, ReportUse
from monitor.reports import as_mail, as_pdf, as_text
from monitor.reports.drawing import pictures
from monitor.reports.words import language
from monitor.sending import outbox
from monitor.store import recipients as store
from monitor.summaries.outside import outside
from monitor.summaries.weeks import parse

LINK_DAYS = 14
"""Days after the summary was written for which the link of its mail is good."""

_LOOK_BACK = 8


def send_due(context: Context) -> int:
    """Put the mail of the newest summary into the outbox for every recipient who has not got it; return how many."""
    now = context.clock()
    if not context.settings.mail.host:
        return 0
    with context.reading() as session:
        reports = [report for report in store.newest_reports(session, _LOOK_BACK) if _is_due(context, report, now)]
        waiting = [
            (recipient, store.mailed_weeks(session, recipient.id or 0))
            for recipient in store.active(session)
            if reports and recipient.created_at <= reports[0].built_at
        ]
    put = 0
    for recipient, mailed in waiting:
        if reports[0].week not in mailed:
            missed = [report.week for report in reports[1:] if mailed and report.week > max(mailed)]
            payload = letter(context, reports[0], recipient, missed)
            put += _put(context, reports[0], recipient, payload, now)
    return put


def _is_due(context: Context, report: Report, now: datetime) -> bool:
    return parse(report.week, context.zone).shift(1).at(0, context.settings.summary.hour) <= now


def _put(context: Context, report: Report, recipient: Recipient, payload: dict[str, Any], now: datetime) -> bool:
    with context.writing() as session:
        key = f"weekly:{report.week}:{recipient.id}"
        if session.get(Recipient, recipient.id) is None or not outbox.put(
            session, now, key=key, kind="mail", to=recipient.address, payload=payload
        ):
            return False
        session.add(ReportUse(week=report.week, recipient_id=recipient.id or 0, mailed_at=now))
        return True


def link(context: Context, report: Report, recipient: Recipient) -> str:
    """Return the address at which this recipient answers and rates this summary, or "" when the desk has none."""
    address = context.settings.web.address.rstrip("/")
    if not address:
        return ""
    expires = report.built_at + timedelta(days=LINK_DAYS)
    return f"{address}/r/{links.make(context.key, 'reader', (report.week, recipient.id), expires)}"


def letter(context: Context, report: Report, recipient: Recipient, missed: Sequence[str] = ()) -> dict[str, Any]:
    """Return the mail of a summary for one recipient, as the outbox takes it."""
    payload = outside(report.payload) if recipient.outside else report.payload
    words = language(recipient.lang)
    count = len(payload["asks"]["items"])
    asks = words.count("ask", count) if count else words.word("mail.no_asks")
    title, team = words.word("title", week=report.week), payload["header"]["team"]
    url = link(context, report, recipient)
    said = [words.word("mail.answer" if recipient.answers and count else "mail.rate")] if url else []
    named = [words.word("mail.missed", weeks=words.listed(sorted(missed)))] if missed else []
    base = "" if recipient.outside else context.settings.web.address.rstrip("/")
    above = Markup("").join(
        [
            *(Markup('<p><a href="{}" style="color:#0b4f9c">{}</a></p>\n').format(url, line) for line in said),
            *(Markup("<p>{}</p>\n").format(line) for line in named),
        ]
    )
    drawn = pictures(payload, recipient.lang, "png")
    made: dict[str, Any] = {
        "subject": words.word("mail.subject", title=title, team=team, asks=asks),
        "text": "\n".join([*(f"{line}\n{url}\n" for line in said), *named, as_text.render(payload, recipient.lang)]),
        "html": as_mail.render(payload, recipient.lang, base, above, drawn),
        "lang": recipient.lang,
        "attachments": [
            {"name": f"{name}.png", "media": "image/png", "cid": name, "base64": base64.b64encode(one).decode()}
            for name, one in drawn.items()
        ],
    }
    if recipient.pdf:
        paper = base64.b64encode(as_pdf.render(payload, recipient.lang)).decode()
        made["attachments"].append({"name": f"{report.week}.pdf", "media": "application/pdf", "base64": paper})
    return made
