"""Fact-checks of this desk: drafted by people, published as pages, corrected with a date, withdrawn with a note.

A publication says what the desk decided about one story, in one or more languages. What the world reads is a frozen
snapshot (``Publication.published``); the row and its texts are the working copy. Publishing again is a correction.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlmodel import Session

from monitor import events, text
from monitor.acting import Desk, check_link, get_story, require
from monitor.desk import publishing_library
from monitor.errors import Conflict, Invalid, NotAllowed
from monitor.models import Publication, PublicationText, Story
from monitor.sending import announcing
from monitor.store import publications as store
from monitor.vocabulary import ANALYST, NO_EVIDENCE_NEEDED, VERDICTS

LANGS = ("en", "vi", "ar")
"""Languages a fact-check of ours can have: those its page has words for."""

RatingWords = Callable[[str, str], str]
"""(language, verdict) -> the verdict in that language's words."""

_WORD = re.compile(r"[a-z0-9]+")


@dataclass(frozen=True)
class TextDraft:
    """One language version as typed. ``correction`` says what changed; needed once it was published."""

    claim: str = ""
    title: str = ""
    explanation: str = ""
    correction: str = ""

    @property
    def empty(self) -> bool:
        return not (self.claim.strip() or self.title.strip() or self.explanation.strip())


@dataclass(frozen=True)
class Draft:
    """The whole form: ``evidence`` holds lines of a link and, after a space, its title."""

    verdict: str = ""
    evidence: Sequence[str] = ()
    texts: Mapping[str, TextDraft] = field(default_factory=dict)


def start(session: Session, desk: Desk, story_id: int, lang: str) -> Publication:
    """Return the story's publication, made from what is known of it when there is none yet."""
    require(desk, ANALYST)
    story = get_story(session, story_id)
    found = store.open_of_story(session, story_id)
    if found is not None:
        return found
    decision = store.standing_decision(session, story_id)
    links = decision.evidence if decision else []
    publication = Publication(
        story_id=story_id, verdict=story.verdict, evidence=[{"link": link, "title": ""} for link in links],
        editors=[desk.person_id], created_at=desk.now, changed_at=desk.now,
    )  # fmt: skip
    session.add(publication)
    session.flush()
    assert publication.id is not None
    first = story.title_lang if story.title_lang in LANGS else lang
    session.add(PublicationText(publication_id=publication.id, lang=first, claim=text.mask(story.title)))
    _log(session, desk, publication, "publication.drafted")
    return publication


def save(session: Session, desk: Desk, publication_id: int, version: int, draft: Draft) -> Publication:
    """Keep what was typed; ``Conflict`` when somebody else saved since, ``Invalid`` when a value is impossible."""
    publication = _current(session, desk, publication_id, version)
    if draft.verdict and draft.verdict not in VERDICTS:
        raise Invalid(f"'{draft.verdict}' is not a verdict: choose one of {', '.join(VERDICTS)}.")
    unknown = set(draft.texts) - set(LANGS)
    if unknown:
        raise Invalid(f"There is no page in the language '{sorted(unknown)[0]}': choose one of {', '.join(LANGS)}.")
    publication.verdict = draft.verdict or None
    publication.evidence = [found for line in draft.evidence if (found := evidence_line(line))]
    rows = {row.lang: row for row in store.texts(session, publication_id)}
    for lang, typed in draft.texts.items():
        if typed.empty and lang in public_langs(publication):
            raise Invalid("A published language can not be emptied: withdraw the fact-check instead.")
        _keep_text(session, publication_id, rows.get(lang), lang, typed)
    _changed(session, desk, publication)
    return publication


def _keep_text(session: Session, number: int, row: PublicationText | None, lang: str, typed: TextDraft) -> None:
    if typed.empty:
        if row is not None:
            session.delete(row)
        return
    row = row or PublicationText(publication_id=number, lang=lang)
    row.claim = text.clean(typed.claim).strip()[:2000]
    row.title = text.clean(typed.title).strip()[:300]
    row.explanation = text.clean(typed.explanation).strip()[:20_000]
    row.correction = text.clean(typed.correction).strip()[:2000]
    session.add(row)


def _changed(session: Session, desk: Desk, publication: Publication) -> None:
    publication.editors = sorted({*publication.editors, desk.person_id})
    publication.version += 1
    publication.changed_at = desk.now
    session.add(publication)
    session.flush()


def evidence_line(line: str) -> dict[str, str] | None:
    """Return a line of evidence as link and title; ``Invalid`` when its first word is no web address."""
    link, _, title = text.clean(line).strip().partition(" ")
    if not link:
        return None
    check_link(link)
    return {"link": link, "title": title.strip()[:300]}


def problems(session: Session, publication: Publication) -> list[str]:
    """Return what still keeps a publication from being published, one sentence each."""
    story = _story(session, publication)
    rows = store.texts(session, publication.id or 0)
    found = []
    if not publication.verdict:
        found.append("Choose the verdict.")
    elif publication.verdict != story.verdict:
        found.append("The verdict is not the one the desk decided for this story: decide the story first.")
    if publication.verdict not in NO_EVIDENCE_NEEDED and not publication.evidence:
        found.append("This verdict needs at least one link to evidence.")
    if not rows:
        found.append("Write the fact-check in at least one language.")
    if any(not (row.claim and row.title and row.explanation) for row in rows):
        found.append("Each language needs the claim, a title and an explanation.")
    if any(row.lang in public_langs(publication) and _differs(publication, row) and not row.correction for row in rows):
        found.append("Say for each published language what was corrected.")
    if public_langs(publication) and not _anything_new(publication, rows):
        found.append("Nothing has changed since this was published.")
    return found


def unread(session: Session, publication: Publication) -> bool:
    """Whether the decision behind it still waits for a second reader."""
    return store.unread(session, _story(session, publication).id or 0)


def _story(session: Session, publication: Publication) -> Story:
    """Return the story, or the one it was merged into."""
    story = get_story(session, publication.story_id)
    while story.merged_into is not None:
        story = get_story(session, story.merged_into)
    return story


def public_langs(publication: Publication) -> frozenset[str]:
    """Return the languages the world can read now."""
    return frozenset(publication.published.get("texts", {})) if publication.withdrawn_at is None else frozenset()


def _differs(publication: Publication, row: PublicationText) -> bool:
    shown = publication.published["texts"][row.lang]
    texts = any(shown[name] != getattr(row, name) for name in ("claim", "title", "explanation"))
    return texts or publication.published["verdict"] != publication.verdict


def _anything_new(publication: Publication, rows: Sequence[PublicationText]) -> bool:
    shown = publication.published
    return (
        publication.evidence != shown["evidence"]
        or {row.lang for row in rows} != set(shown["texts"])
        or any(_differs(publication, row) for row in rows if row.lang in shown["texts"])
    )


def snapshot(session: Session, publication: Publication, now: str) -> dict[str, Any]:
    """Return what would be published at ``now`` (ISO), corrections dated."""
    story = _story(session, publication)
    before = publication.published.get("texts", {})
    texts = {}
    for row in store.texts(session, publication.id or 0):
        old = before.get(row.lang, {"corrections": [], "published_at": now, "changed_at": now})
        changed = row.lang in before and _differs(publication, row)
        added = [{"at": now, "text": row.correction}] if changed and row.correction else []
        texts[row.lang] = {
            "claim": row.claim,
            "title": row.title,
            "explanation": row.explanation,
            "published_at": old["published_at"],
            "changed_at": now if changed else old["changed_at"],
            "corrections": [*old["corrections"], *added],
        }
    return {
        "id": publication.id,
        "slug": publication.slug or slug(publication.id or 0, texts),
        "verdict": publication.verdict,
        "evidence": publication.evidence,
        "claim_at": story.first_seen_at.date().isoformat(),
        "texts": texts,
        "withdrawn": None,
    }


def slug(number: int, texts: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the last part of the pages' address: the number and, from a title in Latin letters, a few words."""
    title = next((texts[lang]["title"] for lang in ("en", "vi") if lang in texts), "")
    words = _WORD.findall(text.fold(title, strip_marks=True))[:8]
    return "-".join([str(number), *words])[:80]


def publish(
    session: Session, desk: Desk, publication_id: int, version: int, *, rating: RatingWords, publisher: str,
    url: Callable[[str, str], str], second_person: bool,
) -> Publication:  # fmt: skip
    """Freeze the working copy as what the world reads, log a response per new language, add it to the library.

    ``url`` maps (language, slug) to an address. With ``second_person`` whoever wrote on it may not publish it.
    """
    publication = _current(session, desk, publication_id, version)
    found = problems(session, publication)
    if found:
        raise Invalid(found[0])
    if second_person and desk.person_id in publication.editors:
        raise NotAllowed("Somebody who did not write on it has to read this and publish it.")
    if second_person and unread(session, publication):
        raise Invalid("Somebody else is still to read this decision: publish after the second reading.")
    before = public_langs(publication)
    now = desk.now.isoformat(timespec="seconds")
    publication.published = snapshot(session, publication, now)
    publication.slug = publication.published["slug"]
    publication.first_published_at = publication.first_published_at or desk.now
    publication.published_at, publication.withdrawn_at = desk.now, None
    publication.editors, publication.version = [], publication.version + 1
    session.add(publication)
    for row in store.texts(session, publication_id):
        row.correction = ""
        session.add(row)
    publishing_library.shelve(session, desk, publication, publisher=publisher, rating=rating, url=url, known=before)
    details = {"langs": sorted(publication.published["texts"]), "verdict": publication.verdict, "again": bool(before)}
    _log(session, desk, publication, "publication.published", details)
    addresses = {lang: url(lang, publication.slug) for lang in publication.published["texts"]}
    announcing.factcheck_published(session, desk.now, publication, addresses)
    return publication


def withdraw(session: Session, desk: Desk, publication_id: int, version: int, notes: Mapping[str, str]) -> Publication:
    """Take a fact-check back: its pages say so, with a dated note; feeds and library drop it."""
    publication = _current(session, desk, publication_id, version)
    shown = public_langs(publication)
    if not shown:
        raise Invalid("This fact-check is not published.")
    kept = {lang: text.clean(note).strip()[:2000] for lang, note in notes.items() if lang in shown and note.strip()}
    if not kept:
        raise Invalid("Say in at least one language why this fact-check is withdrawn.")
    withdrawn = {"at": desk.now.isoformat(timespec="seconds"), "notes": kept}
    publication.published = {**publication.published, "withdrawn": withdrawn}
    publication.withdrawn_at = desk.now
    _changed(session, desk, publication)
    publishing_library.take_down(session, publication, desk.now)
    _log(session, desk, publication, "publication.withdrawn", {"notes": kept})
    return publication


def _current(session: Session, desk: Desk, publication_id: int, version: int) -> Publication:
    require(desk, ANALYST)
    publication = store.get(session, publication_id)
    if publication is None:
        raise Invalid("There is no such fact-check of ours.")
    if publication.version != version:
        raise Conflict("Somebody else saved this fact-check meanwhile: look at it again, your entries are kept below.")
    return publication


def _log(
    session: Session, desk: Desk, publication: Publication, action: str, details: Mapping[str, Any] | None = None
) -> None:
    more = {"publication": publication.id, **(details or {})}
    events.record(session, desk.key, desk.now, desk.actor, action, f"story:{publication.story_id}", details=more)
