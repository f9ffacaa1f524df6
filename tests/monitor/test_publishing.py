"""The desk's own fact-checks: drafted, checked, published, corrected, withdrawn, and found by matching."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlmodel import col, select

from monitor.accounts import people
from monitor.context import Context
from monitor.desk import publishing, reviewing
from monitor.desk.publishing import Draft, TextDraft
from monitor.desk.reviewing import Desk
from monitor.errors import Conflict, Invalid, NotAllowed
from monitor.models import Event, FactCheck, Publication, Response, Story, StoryMatch
from monitor.store import factchecks, grouping
from monitor.store import publications as store
from tests import builders
from tests.conftest import Clock

ENGLISH = TextDraft("The Tarn Dam burst.", "No, the dam stands", "Engineers looked.\n\nThey found no damage.")
ARABIC = TextDraft("انهار سد تارن.", "لا، السد سليم", "فحصه المهندسون.")
DRAFT = Draft("false", ("https://water.example/report Report of the water board", ""), {"en": ENGLISH})


@pytest.fixture
def ann(context: Context) -> Desk:
    return context.desk(people.actor(builders.make_person(context, "ann")))


@pytest.fixture
def bob(context: Context) -> Desk:
    return context.desk(people.actor(builders.make_person(context, "bob")))


@pytest.fixture
def story(context: Context, ann: Desk) -> Story:
    """A story decided as false."""
    story = builders.make_story(context, builders.make_source(context))
    with context.writing() as session:
        reviewing.claim(session, ann, story.id or 0)
        reviewing.decide(session, ann, story.id or 0, triage="check", verdict="false", version=1,
                         evidence=["https://water.example/report"])  # fmt: skip
    return story


def _start(context: Context, desk: Desk, story: Story) -> Publication:
    with context.writing() as session:
        return publishing.start(session, context.desk(desk.actor), story.id or 0, "en")


def _save(context: Context, desk: Desk, one: Publication, draft: Draft = DRAFT) -> Publication:
    with context.writing() as session:
        return publishing.save(session, context.desk(desk.actor), one.id or 0, one.version, draft)


def _publish(context: Context, desk: Desk, one: Publication, *, second_person: bool = False) -> Publication:
    with context.writing() as session:
        return publishing.publish(
            session, context.desk(desk.actor), one.id or 0, one.version, publisher="Lakemoor Fact Desk",
            url=lambda lang, slug: f"https://checks.example/{lang}/{slug}.html",
            rating=lambda lang, verdict: f"{verdict} ({lang})", second_person=second_person,
        )  # fmt: skip


def _problems(context: Context, one: Publication) -> list[str]:
    with context.reading() as session:
        fresh = store.get(session, one.id or 0)
        assert fresh is not None
        return publishing.problems(session, fresh)


def _all(context: Context, table: Any) -> list[Any]:
    with context.reading() as session:
        return list(session.exec(select(table).order_by(table.id)).all())


def test_a_draft_begins_with_what_is_known(context: Context, ann: Desk, bob: Desk, story: Story) -> None:
    one = _start(context, ann, story)
    assert (one.verdict, one.evidence) == ("false", [{"link": "https://water.example/report", "title": ""}])
    with context.reading() as session:
        text = store.texts(session, one.id or 0)[0]
    assert (text.lang, text.claim, text.title) == ("en", story.title, "")
    assert _start(context, bob, story).id == one.id
    assert _problems(context, one) == ["Each language needs the claim, a title and an explanation."]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"verdict": ""}, "Choose the verdict"),
        ({"verdict": "true"}, "not the one the desk decided"),
        ({"evidence": ()}, "at least one link"),
        ({"texts": {"en": TextDraft()}}, "at least one language"),
        ({"texts": {"en": replace(ENGLISH, title=" ")}}, "claim, a title and an explanation"),
    ],
)
def test_what_is_incomplete_is_not_published(
    context: Context, ann: Desk, story: Story, change: dict[str, Any], words: str
) -> None:
    one = _save(context, ann, _start(context, ann, story), replace(DRAFT, **change))
    assert words in _problems(context, one)[0]
    with pytest.raises(Invalid, match=words):
        _publish(context, ann, one)
    assert _all(context, FactCheck) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"verdict": "evil"}, "not a verdict"),
        ({"evidence": ("javascript:alert(1) x",)}, "not a link"),
        ({"texts": {"fr": ENGLISH}}, "no page in the language 'fr'"),
    ],
)
def test_impossible_values_are_not_saved(
    context: Context, ann: Desk, story: Story, change: dict[str, Any], words: str
) -> None:
    one = _start(context, ann, story)
    with pytest.raises(Invalid, match=words):
        _save(context, ann, one, replace(DRAFT, **change))


def test_publishing_answers_the_story_and_fills_the_library(context: Context, ann: Desk, story: Story) -> None:
    one = _save(context, ann, _start(context, ann, story), replace(DRAFT, texts={"en": ENGLISH, "ar": ARABIC}))
    one = _publish(context, ann, one)
    assert (one.slug, one.editors, sorted(one.published["texts"])) == ("1-no-the-dam-stands", [], ["ar", "en"])
    checks = {check.lang: check for check in _all(context, FactCheck)}
    english = checks["en"]
    assert (english.external_id, english.url) == ("desk:1:en", "https://checks.example/en/1-no-the-dam-stands.html")
    assert (english.publisher, english.verdict, english.rating) == ("Lakemoor Fact Desk", "false", "false (en)")
    assert (english.summary, checks["ar"].claim) == ("Engineers looked.", "انهار سد تارن.")
    assert {match.state for match in _all(context, StoryMatch)} == {"confirmed"}
    assert sorted((r.action, r.lang) for r in _all(context, Response)) == [
        ("fact_check_published", "ar"), ("fact_check_published", "en"),
    ]  # fmt: skip
    with context.reading() as session:
        assert len(factchecks.without_vector(session, "any@1")) == 2
        last = session.exec(select(Event).order_by(col(Event.seq).desc())).first()
    assert last is not None
    assert (last.action, last.details["langs"]) == ("publication.published", ["ar", "en"])


def test_a_correction_needs_words_and_gets_a_date(context: Context, ann: Desk, story: Story, clock: Clock) -> None:
    one = _publish(context, ann, _save(context, ann, _start(context, ann, story)))
    assert _problems(context, one) == ["Nothing has changed since this was published."]
    clock.forward(days=1)
    changed = replace(ENGLISH, explanation="Engineers looked twice.")
    one = _save(context, ann, one, replace(DRAFT, texts={"en": changed, "ar": ARABIC}))
    assert _problems(context, one) == ["Say for each published language what was corrected."]
    assert one.published["texts"]["en"]["explanation"] == ENGLISH.explanation, "the world still reads the old one"
    changed = replace(changed, correction="They looked twice, not once.")
    one = _publish(context, ann, _save(context, ann, one, replace(DRAFT, texts={"en": changed, "ar": ARABIC})))
    english = one.published["texts"]["en"]
    assert english["corrections"] == [{"at": "2026-11-19T09:00:00+00:00", "text": "They looked twice, not once."}]
    assert (english["published_at"], english["changed_at"]) == (
        "2026-11-18T09:00:00+00:00",
        "2026-11-19T09:00:00+00:00",
    )
    assert one.published["texts"]["ar"]["published_at"] == "2026-11-19T09:00:00+00:00"
    assert one.slug == "1-no-the-dam-stands"
    assert [r.lang for r in _all(context, Response)] == ["en", "ar"], "one response a language"
    assert {check.lang: check.summary for check in _all(context, FactCheck)}["en"] == "Engineers looked twice."
    with pytest.raises(Invalid, match="can not be emptied"):
        _save(context, ann, one, replace(DRAFT, texts={"en": TextDraft(), "ar": ARABIC}))


def test_a_changed_decision_asks_for_a_correction(context: Context, ann: Desk, story: Story) -> None:
    one = _publish(context, ann, _save(context, ann, _start(context, ann, story)))
    with context.writing() as session:
        again = reviewing.claim(session, ann, story.id or 0)
        reviewing.decide(session, ann, story.id or 0, triage="check", verdict="misleading", version=again.version,
                         evidence=["https://water.example/report"])  # fmt: skip
    assert _problems(context, one)[0].startswith("The verdict is not the one the desk decided")
    one = _save(context, ann, one, replace(DRAFT, verdict="misleading"))
    assert _problems(context, one) == ["Say for each published language what was corrected."]


def test_a_second_person_may_be_asked_for(context: Context, ann: Desk, bob: Desk, story: Story) -> None:
    one = _save(context, ann, _start(context, ann, story))
    with pytest.raises(NotAllowed, match="did not write on it"):
        _publish(context, ann, one, second_person=True)
    with pytest.raises(Invalid, match="still to read this decision"):
        _publish(context, bob, one, second_person=True)
    builders.read_all(context)
    one = _publish(context, bob, one, second_person=True)
    assert one.published["verdict"] == "false"
    one = _save(
        context, bob, one, replace(DRAFT, texts={"en": replace(ENGLISH, title="The dam stands", correction="x")})
    )
    with pytest.raises(NotAllowed, match="did not write on it"):
        _publish(context, bob, one, second_person=True)
    assert _publish(context, ann, one, second_person=True).editors == []


def test_two_people_do_not_overwrite_each_other(context: Context, ann: Desk, bob: Desk, story: Story) -> None:
    one = _start(context, ann, story)
    _save(context, bob, one)
    with pytest.raises(Conflict, match="Somebody else saved"):
        _save(context, ann, one)
    with pytest.raises(Conflict, match="Somebody else saved"):
        _publish(context, ann, one)


def test_withdrawing_leaves_a_note_and_takes_it_out_of_the_library(
    context: Context, ann: Desk, story: Story, clock: Clock
) -> None:
    one = _publish(context, ann, _save(context, ann, _start(context, ann, story)))
    with context.writing() as session, pytest.raises(Invalid, match="why this fact-check is withdrawn"):
        publishing.withdraw(session, ann, one.id or 0, one.version, {"en": " ", "vi": "not published"})
    clock.forward(days=2)
    with context.writing() as session:
        one = publishing.withdraw(session, context.desk(ann.actor), one.id or 0, one.version, {"en": "We were wrong."})
    assert one.published["withdrawn"] == {"at": "2026-11-20T09:00:00+00:00", "notes": {"en": "We were wrong."}}
    with context.reading() as session:
        assert factchecks.without_vector(session, "any@1") == []
        assert factchecks.page(session) == []
        assert grouping.best_match(session, story.id or 0) is None
    with context.writing() as session, pytest.raises(Invalid, match="is not published"):
        publishing.withdraw(session, ann, one.id or 0, one.version, {"en": "again"})
    again = _publish(context, ann, _save(context, ann, one))
    assert (again.published["withdrawn"], again.withdrawn_at) == (None, None)
    with context.reading() as session:
        assert len(factchecks.page(session)) == 1


def test_a_viewer_may_not_write(context: Context, story: Story) -> None:
    viewer = context.desk(people.actor(builders.make_person(context, "vic", "viewer")))
    with context.writing() as session, pytest.raises(NotAllowed, match="role analyst"):
        publishing.start(session, viewer, story.id or 0, "en")


@pytest.mark.parametrize(
    ("texts", "slug"),
    [
        ({"vi": {"title": "Không, đập Tarn vẫn đứng vững!"}}, "7-khong-dap-tarn-van-dung-vung"),
        ({"ar": {"title": "لا، السد سليم"}}, "7"),
        ({"en": {"title": "../../etc/passwd <b>"}}, "7-etc-passwd-b"),
    ],
)
def test_the_address_is_plain_letters(texts: dict[str, Any], slug: str) -> None:
    assert publishing.slug(7, texts) == slug
