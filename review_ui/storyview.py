"""Everything the story page shows, gathered in one read: posts by copies, matches, scores, growth and history."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlmodel import Session

from monitor.desk import experts, second_reading
from monitor.grouping import likeness
from monitor.models import Decision, Event, ExpertAsk, FactCheck, Post, PostRun, Response, Story, StoryMatch
from monitor.records import LABELS
from monitor.store import experts as experts_store
from monitor.store import pages, people, posts, queue, stories
from monitor.vocabulary import ANALYST, TIP, may
from review_ui import storyparts, wording
from review_ui.language import isolate

if TYPE_CHECKING:
    from review_ui.deps import Visit

MAX_POSTS = 200
BARS = 24


@dataclass(frozen=True)
class Copies:
    """One wording and the posts that carry it; ``first`` is the earliest."""

    first: Post
    others: list[Post]
    run: PostRun | None
    mask: bool


@dataclass(frozen=True)
class Entry:
    """One line of the history."""

    at: datetime
    actor: str
    text: str
    machine: bool = False
    note: str = ""
    links: tuple[str, ...] = ()
    undone: bool = False


@dataclass(frozen=True)
class Bar:
    """One step of the growth chart, in the chart's own units."""

    x: int
    height: int
    posts: int


@dataclass(frozen=True)
class StoryView:
    """What ``story.html`` is given."""

    story: Story
    holder: str | None
    mine: bool
    groups: list[Copies]
    shown_posts: int
    matches: Sequence[tuple[StoryMatch, FactCheck]]
    scores: list[tuple[str, float, bool]]
    model: str | None
    decisions: Sequence[Decision]
    responses: Sequence[Response]
    history: list[Entry]
    readers: list[str]
    bars: list[Bar]
    bar_span: timedelta
    sources: dict[int, str]
    aliases: dict[int, str]
    mask: bool
    kept_for: str | None
    """Somebody else it was handed to."""
    staff: list[tuple[int, str]]
    """Whom it can be handed to: number and pseudonym."""
    asks: list[tuple[ExpertAsk, str]]
    """Questions to people outside; the link only while it works."""
    similar: list[Story]
    """Decided ones nearest in meaning."""
    words: dict[str, list[list[tuple[str, bool]]]]
    """Label -> the words of one post that mattered most to the machine, in their place."""
    words_lang: str | None
    missing: list[str]
    harsh: bool
    last_event: int
    blind: bool = False

    @property
    def unverified(self) -> bool:
        """Whether a post shown is in a language that nobody measured the model in."""
        runs = (group.run for group in self.groups)
        return any(run is not None and run.outcomes.get("language") == "unverified_language" for run in runs)

    @property
    def evidence(self) -> str:
        """Return the links of confirmed fact-checks, one a line: the evidence a verdict can start from."""
        return "\n".join(
            check.url
            for match, check in self.matches
            if match.state == "confirmed" and check.url and check.withdrawn_at is None
        )


def gather(session: Session, visit: Visit, story_id: int) -> StoryView:
    """Read one story. The caller has made sure that it exists."""
    story = session.get(Story, story_id)
    assert story is not None
    found = posts.of_story(session, story_id, MAX_POSTS)
    runs = posts.runs_of_story(session, story_id)
    newest, explained = _newest(session, story_id, found, runs)
    decided = stories.decisions(session, story_id)
    answered = stories.responses(session, story_id)
    events = stories.events(session, story_id)
    asks = experts_store.of_story(session, story_id)
    held = bool(story.lease_until and story.lease_until > visit.now and story.lease_person_id)
    times = [post.event_at for post in found if post.kind != TIP]
    bars, span = _growth(times if len(found) < MAX_POSTS else pages.post_times(session, story_id))
    mask = visit.pref("mask")
    matched = stories.matches(session, story_id)
    read = session.get(Post, explained.post_id) if explained else None
    return StoryView(
        story=story,
        holder=queue.holder(session, story_id) if held else None,
        mine=held and story.lease_person_id == visit.person_id,
        groups=grouped(found, newest, mask),
        shown_posts=len(found),
        matches=matched,
        scores=[(label, story.scores[label], label in story.flags) for label in LABELS if label in story.scores],
        model=runs[0].model if runs else None,
        decisions=decided,
        responses=answered,
        history=_history(visit, events, decided, asks, runs),
        readers=sorted({event.actor for event in events if event.action == "story.read"}),
        bars=bars,
        bar_span=span,
        sources=pages.source_names(session, sorted({p.source_id for p in found})),
        aliases=people.aliases(session, sorted({r.person_id for r in answered} | {d.person_id for d in decided})),
        mask=mask and wording.is_harsh(story.flags),
        kept_for=people.aliases(session, [story.assigned_id]).get(story.assigned_id)
        if story.assigned_id not in (None, visit.person_id) and story.assigned_id is not None else None,
        staff=[(number, alias) for number, alias, role in people.at_work(session) if may(role, ANALYST)],
        asks=[(ask, _link(visit, ask)) for ask in asks],
        similar=_similar(session, visit, story_id),
        words={
            label: storyparts.in_place(words, f"{read.title or ''}\n{read.text}" if read else "")
            for label, words in (explained.words if explained else {}).items()
        },
        words_lang=read.lang if read else None,
        missing=storyparts.missing(visit.speech, story, found, _unscored(newest), len(matched)),
        harsh=wording.is_harsh(story.flags),
        last_event=events[0].seq if events else 0,
    )  # fmt: skip


def _newest(
    session: Session, story_id: int, found: Sequence[Post], runs: Sequence[PostRun]
) -> tuple[dict[int, PostRun], PostRun | None]:
    """Return the newest run of each post, and the newest one whose words are known."""
    if len(runs) == posts.MOST_RUNS:  # there may be more
        return posts.newest_runs(session, [p.id for p in found if p.id]), posts.explained_run(session, story_id)
    newest: dict[int, PostRun] = {}
    for run in runs:
        newest.setdefault(run.post_id, run)
    return newest, next((run for run in runs if run.explained), None)


def _unscored(runs: dict[int, PostRun]) -> int:
    return sum(run.outcomes.get("scores", "ok") == "not_scored" for run in runs.values())


def _similar(session: Session, visit: Visit, story_id: int) -> list[Story]:
    found = likeness.decided_like(session, story_id)
    hidden = second_reading.hidden(session, visit.desk(), [one.id for one in found if one.id])
    return [one for one in found if one.id not in hidden]


def _link(visit: Visit, ask: ExpertAsk) -> str:
    """Return the address to send, or nothing when it would lead nowhere."""
    if ask.answered_at or ask.withdrawn_at or ask.expires_at <= visit.now or not visit.may(ANALYST):
        return ""
    return str(visit.request.base_url.replace(path=f"/ask/{experts.token(visit.context.key, ask)}"))


def grouped(found: Sequence[Post], runs: dict[int, PostRun], mask: bool) -> list[Copies]:
    """Return posts grouped by what they copy: the widest spread wording first, then by time."""
    groups: dict[int, list[Post]] = {}
    for post in found:
        groups.setdefault(post.copy_of or post.id or 0, []).append(post)
    made = []
    for members in groups.values():
        run = runs.get(members[0].id or 0)
        harsh = mask and run is not None and wording.is_harsh(run.flags)
        made.append(Copies(members[0], members[1:], run, harsh))
    return sorted(made, key=lambda group: (-len(group.others), group.first.event_at))


def _growth(times: Sequence[datetime]) -> tuple[list[Bar], timedelta]:
    """Return at most ``BARS`` bars from first to last post, and the time each stands for (an hour or more)."""
    if len(times) < 2:
        return [], timedelta()
    step = max(timedelta(hours=1), (times[-1] - times[0]) / BARS)
    counts = Counter(min(BARS - 1, int((at - times[0]) / step)) for at in times)
    top = max(counts.values())
    last = max(counts)
    return [Bar(i * 10, round(40 * counts[i] / top), counts[i]) for i in range(last + 1)], step


def _history(
    visit: Visit, events: Sequence[Event], decided: Sequence[Decision], asks: Sequence[ExpertAsk],
    runs: Sequence[PostRun],
) -> list[Entry]:  # fmt: skip
    by_id = {decision.id: decision for decision in decided}
    asked = {ask.id: ask for ask in asks}
    people_did = [_from_event(visit, event, by_id, asked) for event in events if event.action != "story.read"]
    return sorted([*people_did, *_from_runs(visit, runs)], key=lambda entry: entry.at, reverse=True)


def _from_event(
    visit: Visit, event: Event, decided: dict[int | None, Decision], asked: dict[int | None, ExpertAsk]
) -> Entry:
    text = wording.event(visit.speech, event.action, event.details)
    ask = asked.get(event.details.get("ask"))
    if ask is not None and event.action == "expert.answered":
        return Entry(event.at, ask.name, text, note=ask.answer, links=tuple(ask.links))
    if ask is not None and event.action == "expert.asked":
        return Entry(event.at, event.actor, text, note=f"{ask.name}: {ask.question}")
    decision = decided.get(event.details.get("decision")) if event.action == "story.decided" else None
    if decision is None:
        return Entry(event.at, event.actor, text)
    links = tuple(decision.evidence)
    return Entry(event.at, event.actor, text, note=decision.note, links=links, undone=decision.undone_at is not None)


def _from_runs(visit: Visit, runs: Sequence[PostRun]) -> list[Entry]:
    """Return machine runs as one line per model and minute."""
    groups: dict[tuple[datetime, str], list[Any]] = {}
    for run in runs:
        groups.setdefault((run.at.replace(second=0, microsecond=0), run.model), []).append(run)
    entries = []
    for (_, model), members in groups.items():
        text = visit.speech.count(
            "%(num)s post read by the model %(model)s", "%(num)s posts read by the model %(model)s",
            len(members), model=isolate(model),
        )  # fmt: skip
        flags = Counter(flag for run in members for flag in run.flags)
        words = [visit.speech.say(wording.LABELS[flag]) for flag, _ in flags.most_common() if flag in wording.LABELS]
        entries.append(Entry(members[0].at, "", text, machine=True, note=visit.speech.listed(words)))
    return entries
