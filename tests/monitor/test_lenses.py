"""Views of the queue with a name: what they show, whose they are."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlmodel import col

from monitor.accounts import people
from monitor.acting import Desk
from monitor.context import Context
from monitor.desk import lenses
from monitor.errors import Conflict, Invalid, NotAllowed
from monitor.models import Source, Story
from monitor.store import queue
from tests import builders


def _desk(context: Context, login: str, role: str = "analyst") -> Desk:
    return context.desk(people.actor(builders.make_person(context, login, role)))


def test_each_lens_shows_what_it_says(context: Context, source: Source) -> None:
    now = context.clock()
    builders.make_story(
        context, source, ["Old"], queued_at=now - timedelta(days=4), first_seen_at=now - timedelta(days=5)
    )
    builders.make_story(context, source, ["Asked"], request_count=2)
    builders.make_story(context, source, ["Alarm"], alarm_at=now)
    builders.make_story(context, source, ["Higher"], escalated=True, lang="ar")
    shown = {"tips": [2], "alarm": [3], "escalated": [4]}
    with context.reading() as session:
        for switch, ids in shown.items():
            found = queue.page(session, lenses.to_lens({switch: True}, now))
            assert [story.id for story in found] == ids, switch
        for age, ids in {"new": [2, 3, 4], "day": [1], "three_days": [1], "week": []}.items():
            assert [story.id for story in queue.page(session, lenses.to_lens({"age": age}, now))] == ids, age
        assert queue.count(session, lenses.to_lens({"lang": "ar", "tips": True}, now)) == 0


def test_lenses_follow_whatever_happens_to_a_story(context: Context, source: Source) -> None:
    first, second = (builders.make_story(context, source, [text], lang="vi", flags=["scam"]) for text in ("A", "B"))

    def shown(**asked: str | bool) -> list[int | None]:
        with context.reading() as session:
            found = queue.page(session, lenses.to_lens(asked, context.clock()))
            assert queue.count(session, lenses.to_lens(asked, context.clock())) == len(found)
            return [story.id for story in found]

    assert shown(lang="vi", label="scam", source=str(source.id)) == [first.id, second.id]
    with context.writing() as session:
        session.execute(sa.update(Story).where(col(Story.id) == second.id).values(priority=99.0, request_count=1))
    assert shown(lang="vi") == [second.id, first.id]
    assert shown(lang="vi", tips=True) == [second.id]
    with context.writing() as session:
        session.get_one(Story, first.id).status = "closed"
        session.get_one(Story, second.id).langs = ["vi", "ar"]
    assert (shown(lang="vi"), shown(lang="ar"), shown(status="closed", lang="vi")) == ([2], [2], [1])
    with context.writing() as session:
        session.get_one(Story, second.id).merged_into = first.id
    assert shown(lang="vi") == shown(tips=True) == []
    with context.reading() as session:
        assert queue.values(session, "lang") == ["vi"]


@pytest.mark.parametrize("query", [{"status": "gone"}, {"age": "old"}])
def test_a_lens_that_means_nothing_is_refused(context: Context, query: dict[str, str]) -> None:
    with pytest.raises(Invalid):
        lenses.to_lens(query, context.clock())


def test_views_are_ones_own_or_the_teams(context: Context) -> None:
    ann, bob, sam = _desk(context, "ann"), _desk(context, "bob"), _desk(context, "sam", "supervisor")
    with context.writing() as session:
        lenses.save(session, ann, " Scams  in Arabic ", {"lang": "ar", "label": "scam", "role": "admin"}, shared=False)
        lenses.save(session, ann, "Scams in Arabic", {"lang": "ar", "label": "scam"}, shared=True)
        lenses.save(session, bob, "Mine", {"mine": True}, shared=False)
        assert [row.name for row in lenses.seen_by(session, bob.person_id)] == ["Mine", "Scams in Arabic"]
        assert [row.query for row in lenses.seen_by(session, ann.person_id)] == [{"lang": "ar", "label": "scam"}]
        assert lenses.by_name(session, "Scams in Arabic", context.clock()).label == "scam"
        with pytest.raises(Invalid, match="no view named"):
            lenses.by_name(session, "Mine", context.clock())
        with pytest.raises(Conflict):
            lenses.save(session, bob, "Scams in Arabic", {}, shared=True)
        with pytest.raises(NotAllowed):
            lenses.remove(session, bob, 1)
        lenses.remove(session, sam, 1)
        with pytest.raises(NotAllowed):
            lenses.remove(session, sam, 2)
        lenses.remove(session, bob, 2)
        assert lenses.seen_by(session, ann.person_id) == []


def test_viewers_keep_views_for_themselves(context: Context) -> None:
    vic = _desk(context, "vic", "viewer")
    with context.writing() as session:
        lenses.save(session, vic, "Decided", {"status": "decided"}, shared=False)
        with pytest.raises(NotAllowed):
            lenses.save(session, vic, "For all", {"status": "decided"}, shared=True)
