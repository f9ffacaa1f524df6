"""The desk's fact-checks as static pages, feeds and data that any web server can serve.

Everything is made from published snapshots; writing it again gives the same files. The desk serves the folder at
``/published``, without a login.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlmodel import Session

from monitor.acting import Desk
from monitor.context import Context
from monitor.desk import publishing
from monitor.desk.claimreview import Publisher, claim_review
from monitor.models import Publication
from monitor.store import publications as store
from review_ui import published_feeds, wording
from review_ui.language import LANGUAGES, Speech, direction
from review_ui.rendering import STATIC, environment

STYLE = "published.css"
LISTED = 500
"""Fact-checks the lists and data files hold, newest first; every page stays."""

Snapshot = Mapping[str, Any]


def publisher(context: Context) -> Publisher:
    """Return who publishes here and where, by the settings."""
    settings, web = context.settings.publishing, context.settings.web
    address = settings.address.rstrip("/") or f"http://{web.host}:{web.port}/published"
    return Publisher(settings.organisation or context.settings.team.name, settings.website or address + "/", address)


def folder(context: Context) -> Path:
    """Return the folder of the published pages."""
    return context.home / context.settings.publishing.folder


def rating(context: Context, lang: str, verdict: str) -> str:
    """Return a verdict in the words of a language."""
    return wording.word(Speech(lang, context.zone), "verdict", verdict)


def publish(session: Session, context: Context, desk: Desk, publication_id: int, version: int) -> Publication:
    """Call the use-case with what the settings say; write the pages after the commit (``write``)."""
    by = publisher(context)
    return publishing.publish(
        session, desk, publication_id, version, publisher=by.name, url=by.url,
        rating=lambda lang, verdict: rating(context, lang, verdict),
        second_person=context.settings.publishing.second_person,
    )  # fmt: skip


def write(context: Context, publication_id: int) -> None:
    """Write the pages of one fact-check, and the lists and feeds anew."""
    with context.reading() as session:
        one = store.get(session, publication_id)
        listed = store.public(session, limit=LISTED)
        _write(context, dict(_pages(context, one) if one is not None else ()))
    _write(context, _lists(context, listed))


def write_all(context: Context) -> int:
    """Write everything anew (after a restore, or when a run was cut off); return how many fact-checks there are."""
    count = 0
    with context.reading() as session:
        listed = store.public(session, limit=LISTED)
        for publication in _everything(session):
            _write(context, dict(_pages(context, publication)))
            count += 1
    if count:
        _write(context, _lists(context, listed))
    return count


def _everything(session: Session) -> Iterator[Publication]:
    before: int | None = None
    while found := store.public(session, before, 100):
        yield from found
        before = found[-1].id


def _write(context: Context, files: Mapping[str, str]) -> None:
    """Put each file in place whole, so that a reader never sees half a page."""
    for name, body in files.items():
        target = folder(context) / name
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(target.name + ".part")
        part.write_text(body, encoding="utf-8", newline="\n")
        os.replace(part, target)


def _pages(context: Context, publication: Publication) -> Iterator[tuple[str, str]]:
    shown = publication.published
    for lang in shown["texts"]:
        yield f"{lang}/{shown['slug']}.html", page(context, shown, lang)


def page(context: Context, shown: Snapshot, lang: str, *, preview: bool = False) -> str:
    """Return one language version as a page; a withdrawn one says so and carries no data."""
    by = publisher(context)
    speech = Speech(lang, context.zone)
    words = rating(context, lang, shown["verdict"])
    review = None if shown["withdrawn"] or preview else claim_review(shown, lang, by, words)
    html: str = environment(lang).get_template("published_page.html").render(
        shown=shown, text=shown["texts"][lang], lang=lang, speech=speech, by=by, rating=words, review=review,
        preview=preview, direction=direction(lang), when=datetime.fromisoformat, names=LANGUAGES,
        style="/static/" + STYLE if preview else f"../{STYLE}",
    )  # fmt: skip
    return html


def _lists(context: Context, publications: Sequence[Publication]) -> dict[str, str]:
    """Return index pages, feeds and the data file; withdrawn fact-checks are in none of them."""
    by = publisher(context)
    shown = [p.published for p in publications if p.withdrawn_at is None]
    files = {STYLE: (STATIC / STYLE).read_text(encoding="utf-8")}
    reviews = []
    for lang in LANGUAGES:
        items = [one for one in shown if lang in one["texts"]]
        made = [claim_review(one, lang, by, rating(context, lang, one["verdict"])) for one in items]
        reviews += made
        title = Speech(lang, context.zone).say("Fact-checks of %(name)s", name=by.name)
        files[f"{lang}/index.html"] = _index(context, items, lang)
        files[f"{lang}/feed.xml"] = published_feeds.rss(title, f"{by.address}/{lang}/", lang, made)
        files[f"{lang}/feed.json"] = published_feeds.json_feed(title, f"{by.address}/{lang}/", lang, made)
    first = context.settings.team.language
    files["index.html"] = _index(context, shown, first, every=True)
    files["feed.xml"] = published_feeds.rss(by.name, f"{by.address}/", None, reviews)
    files["feed.json"] = published_feeds.json_feed(by.name, f"{by.address}/", None, reviews)
    files["claimreview.json"] = json.dumps(published_feeds.data_feed(reviews), ensure_ascii=False, indent=1)
    return files


def _index(context: Context, items: Sequence[Snapshot], lang: str, *, every: bool = False) -> str:
    speech = Speech(lang, context.zone)
    rows = []
    for one in items:
        chosen = lang if lang in one["texts"] else next(iter(one["texts"]))
        rows.append((one, chosen, rating(context, lang, one["verdict"])))
    html: str = environment(lang).get_template("published_index.html").render(
        rows=rows, lang=lang, speech=speech, by=publisher(context), direction=direction(lang), names=LANGUAGES,
        when=datetime.fromisoformat, up="" if every else "../", style=("" if every else "../") + STYLE,
    )  # fmt: skip
    return html
