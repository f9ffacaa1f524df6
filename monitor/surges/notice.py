"""Telling people and programs of an alarm that got a place in the budget: mail and signed webhook, once each.

What is sent goes into the outbox in the transaction that shows the alarm, under a key of the alarm: killed and run
again, nobody is told twice, and nobody is told of more than the budget.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlmodel import Session

from monitor.context import Context
from monitor.models import Alarm, Story
from monitor.sending import outbox, webhooks
from monitor.surges import notice_words as words
from monitor.text import mask_handles, one_line

TOPIC = "alarm.raised"
WITHHELD = frozenset({"hate", "abuse"})
"""Flags of stories whose words are not sent about."""


def tell(session: Session, context: Context, now: datetime, alarm: Alarm, story: Story, shown: int, budget: int) -> int:
    """Put the mails and webhook calls of one alarm into the outbox; return how many were new.

    ``shown`` and ``budget`` are the team's alarms of this week so far and at most.
    """
    lang = context.settings.team.language
    title = words.WITHHELD[lang] if WITHHELD & set(story.flags) else one_line(mask_handles(story.title))
    payload = {
        "subject": words.SUBJECT[lang].format(title=one_line(title, 80)),
        "text": _text(context, alarm, title, shown, budget),
        "lang": lang,
    }
    receivers = dict.fromkeys(address.strip() for address in context.settings.surges.mail_to)
    told = sum(
        outbox.put(session, now, key=f"alarm:{alarm.id}:mail:{to}", kind="mail", to=to, payload=payload)
        for to in receivers
        if to
    )
    return told + webhooks.announce(session, now, TOPIC, _data(context, alarm, story, title), key=f"alarm:{alarm.id}")


def _link(context: Context, alarm: Alarm) -> str:
    address = context.settings.web.address.rstrip("/")
    return f"{address}/surges#alarm-{alarm.id}" if address else ""


def _text(context: Context, alarm: Alarm, title: str, shown: int, budget: int) -> str:
    lang = context.settings.team.language
    notes = [note[lang] for note, said in ((words.PROVISIONAL, alarm.provisional), (words.LATE, alarm.late)) if said]
    first = datetime.fromisoformat(alarm.card["first_seen"]).astimezone(context.zone)
    return words.BODY[lang].format(
        title=title,
        kind=words.KINDS[lang][alarm.kind],
        observed=alarm.observed,
        hours=alarm.window_hours,
        low=round(alarm.card["low"]),
        upper=round(alarm.upper),
        sceptical=alarm.card["sceptical"],
        posts=alarm.posts,
        first=first.strftime("%Y-%m-%d %H:%M"),
        notes="".join(f"\n{note}" for note in notes),
        link=_link(context, alarm) or words.PAGE[lang].format(number=alarm.id),
        shown=shown,
        budget=budget,
    )


def _data(context: Context, alarm: Alarm, story: Story, title: str) -> dict[str, Any]:
    return {
        "alarm": alarm.id,
        "story": story.id,
        "title": title,
        "lang": story.title_lang,
        "kind": alarm.kind,
        "raised_at": alarm.raised_at.isoformat(timespec="seconds"),
        "window_hours": alarm.window_hours,
        "observed": alarm.observed,
        "expected": alarm.expected,
        "upper": alarm.upper,
        "authors": alarm.authors,
        "posts": alarm.posts,
        "sceptic_share": alarm.sceptic_share,
        "provisional": alarm.provisional,
        "late": alarm.late,
        "link": _link(context, alarm) or None,
    }
