"""Full-text search: stories by the words of their posts, and fact-checks. In any spelling, newest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response
from sqlmodel import Session
from starlette.exceptions import HTTPException

from monitor.desk import found
from monitor.store import posts, search
from review_ui.deps import Member, query_string
from review_ui.pages.queue import Row, rows
from review_ui.rendering import shown

router = APIRouter()
PAGE = 25
KINDS = ("stories", "factchecks")


@dataclass(frozen=True)
class _Hit:
    """A story that was found: its title in pieces, and of its posts the one that holds most of the words."""

    row: Row
    title: list[found.Piece]
    excerpt: list[found.Piece]


def _hits(session: Session, shown_rows: Sequence[Row], words: str) -> list[_Hit]:
    groups = found.wanted(words)
    missing: dict[int, list[frozenset[str]]] = {}
    for story in (row.story for row in shown_rows):
        in_title = found.held(story.title, story.title_lang, groups)
        missing[story.id or 0] = [group for group in groups if group not in in_title]
    wordings = posts.wordings(session, [number for number, lacking in missing.items() if lacking])
    hits = []
    for row in shown_rows:
        number = row.story.id or 0
        title = found.marked(shown(row.story.title), row.story.title_lang, groups)
        hits.append(_Hit(row, title, _excerpt(wordings.get(number, []), missing[number], groups)))
    return hits


def _excerpt(
    wordings: Sequence[tuple[str, str | None]], missing: Sequence[frozenset[str]], groups: Sequence[frozenset[str]]
) -> list[found.Piece]:
    """Return the part of the wording that holds most of the words which the title does not."""
    best: tuple[str, str | None] | None = None
    most = 0
    for text, lang in wordings:
        count = len(found.held(text, lang, missing))
        if count > most:
            best, most = (text, lang), count
    return found.excerpt(shown(best[0]), best[1], missing, groups) if best is not None else []


@router.get("/search")
def show(visit: Member, q: str = "", kind: str = "stories", after: int | None = None) -> Response:
    """Show what holds all words of ``q``, newest first; the words are marked where they stand."""
    if kind not in KINDS:
        raise HTTPException(404)
    words = q.strip()[:200]
    values: dict[str, Any] = {"rows": [], "checks": [], "counts": dict.fromkeys(KINDS, 0), "more": ""}
    if words:
        with visit.context.reading() as session:
            values["counts"] = {
                "stories": search.count_stories(session, words), "factchecks": search.count_fact_checks(session, words),
            }  # fmt: skip
            hits: Sequence[Any]
            if kind == "stories":
                hits = search.stories(session, words, after, PAGE + 1)
                values["rows"] = _hits(session, rows(session, visit, hits[:PAGE]), words)
            else:
                hits = search.fact_checks(session, words, after, PAGE + 1)
                groups = found.wanted(words)
                values["checks"] = [(one, found.marked(shown(one.claim), one.lang, groups)) for one in hits[:PAGE]]
        if len(hits) > PAGE:
            values["more"] = query_string({"q": words, "kind": kind, "after": hits[PAGE - 1].id})
    return visit.page("search.html", q=words, kind=kind, cap=search.COUNT_CAP, first=after is None, **values)
