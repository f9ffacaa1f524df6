"""What every number of a summary means: what is counted, out of what, by which clock, and what is left out.

The parts are keys of phrases in ``monitor.reports.words``, so that a definition reads the same in every language.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Definition:
    """``counted`` (numerator), ``of`` (denominator, if a share), ``clock`` (which time decides), ``without``."""

    counted: str
    clock: str
    of: str | None = None
    without: tuple[str, ...] = ()

    def phrases(self) -> list[str]:
        """Return the keys of all its phrases."""
        return [key for key in (self.counted, self.of, self.clock, *self.without) if key]


def _count(counted: str, clock: str, *without: str, of: str | None = None) -> Definition:
    return Definition(f"n.{counted}", f"c.{clock}", f"o.{of}" if of else None, tuple(f"x.{key}" for key in without))


DEFINITIONS: Mapping[str, Definition] = {
    "coverage.sources": _count("sources", "end", "paused"),
    "coverage.full": _count("sources_full", "end", "paused", of="sources"),
    "coverage.down": _count("sources_down", "end", "paused", of="sources"),
    "coverage.tries": _count("tries", "try"),
    "coverage.hours": _count("hours", "try", of="hours"),
    "coverage.posts": _count("posts", "seen"),
    "in.posts": _count("posts", "seen"),
    "in.authors": _count("authors", "seen", "nameless"),
    "in.copies": _count("copies", "seen", of="posts"),
    "in.unscored": _count("unscored", "seen", of="posts"),
    "in.stories": _count("stories", "created", "merged"),
    "in.tips": _count("tips", "tip"),
    "in.lang": _count("posts_lang", "seen", of="posts"),
    "in.platform": _count("posts_platform", "seen", of="posts"),
    "trend.median": _count("median", "seen", "before_start"),
    "trend.ratio": _count("ratio", "seen", "breaks", of="median"),
    "spread.flagged": _count("flagged", "seen", "merged"),
    "spread.posts": _count("story_posts", "seen"),
    "spread.authors": _count("story_authors", "seen", "nameless"),
    "spread.share": _count("share", "seen", "before_start", of="posts"),
    "spread.harm": _count("harm", "decided", "undone"),
    "spread.responses": _count("responses", "end", "withdrawn"),
    "questions.open": _count("unanswered", "five_weeks", "merged", "closed"),
    "questions.posts": _count("asking", "five_weeks"),
    "flow.queued": _count("queued", "queued", "merged"),
    "flow.looked": _count("looked", "opened", "merged"),
    "flow.settled": _count("settled", "decided", "undone", "merged"),
    "flow.answered": _count("answered", "logged", "withdrawn"),
    "decided.all": _count("decisions", "decided", "undone"),
    "decided.triage": _count("decisions_triage", "decided", "undone"),
    "decided.verdict": _count("decisions_verdict", "decided", "undone"),
    "decided.undone": _count("undone", "undone"),
    "decided.changed": _count("changed", "decided", "undone"),
    "answered.all": _count("responses", "logged", "withdrawn"),
    "answered.action": _count("responses_action", "logged", "withdrawn"),
    "answered.outcome": _count("outcomes", "outcome", "withdrawn"),
    "answered.open": _count("responses_open", "end", "withdrawn", "no_outcome"),
    "answered.carried": _count("responses_carried", "end", "withdrawn", "no_outcome"),
    "answered.overdue": _count("overdue", "end", "withdrawn"),
    "fast.look": _count("time_look", "opened", "merged"),
    "fast.decide": _count("time_decide", "decided", "undone", "merged"),
    "fast.respond": _count("time_respond", "logged", "withdrawn", "unsettled"),
    "fast.outcome": _count("time_outcome", "outcome", "withdrawn"),
    "sla.look": _count("promise_look", "deadline", "merged", of="deadlines"),
    "sla.decide": _count("promise_decide", "deadline", "undone", "merged", of="deadlines"),
    "wait.start": _count("waiting", "start", "merged"),
    "wait.entered": _count("entered", "entered", "merged"),
    "wait.left": _count("left", "entered", "merged"),
    "wait.end": _count("waiting", "end", "merged"),
    "wait.lang": _count("waiting_lang", "end", "merged"),
    "wait.age": _count("age", "end", "merged"),
    "wait.forecast": _count("forecast", "end"),
    "funnel.decided": _count("funnel_decided", "funnel", "undone", "merged"),
    "funnel.answered": _count("funnel_answered", "funnel", "withdrawn", "no_outcome", of="funnel"),
    "funnel.heard": _count("funnel_heard", "funnel", "withdrawn", "no_outcome", of="funnel"),
    "funnel.done": _count("funnel_done", "funnel", "withdrawn", "no_outcome", of="funnel"),
    "funnel.step.sent": _count("step_sent", "funnel", "withdrawn"),
    **{
        f"funnel.step.{name}": _count("step", "funnel", "withdrawn")
        for name in ("acknowledged", "done", "refused", "no_answer", "pending")
    },
    "funnel.first": _count("step_first", "funnel", "withdrawn"),
    "funnel.final": _count("step_final", "funnel", "withdrawn"),
    "after.before": _count("after_before", "answer", "withdrawn"),
    "after.after": _count("after_after", "answer", "withdrawn"),
    "alarms.shown": _count("warn_shown", "warn"),
    "alarms.held": _count("warn_held", "warn"),
    "alarms.confirmed": _count("warn_confirmed", "warn"),
    "alarms.dismissed": _count("warn_dismissed", "warn"),
    "alarms.known": _count("warn_known", "warn"),
    "alarms.undecided": _count("warn_undecided", "warn"),
    "alarms.precision": _count("warn_precision", "warn", of="warn_decided"),
    "alarms.per_reviewer": _count("warn_dismissed", "warn", of="reviewers"),
    "alarms.delay": _count("warn_delay", "warn"),
    "alarms.missed": _count("warn_missed", "decided", "undone", "merged"),
    "audit.settled": _count("audit_settled", "audit", "undone", "merged", "duplicates"),
    "audit.serious": _count("audit_serious", "audit", "undone", "merged", of="audit"),
    "audit.share": _count("audit_share", "audit", "undone", "merged", of="audit"),
    "audit.waiting": _count("audit_waiting", "end", "merged"),
    "audit.below": _count("audit_below", "created", "merged"),
    "agreement.all": _count("second", "read", "undone"),
    "agreement.agreed": _count("second_agreed", "read", "undone", of="second"),
    "agreement.overturned": _count("second_overturned", "read", "undone"),
    "agreement.alpha": _count("second_alpha", "read", "undone"),
    "model.settled": _count("alarms", "decided", "undone", "duplicates"),
    "model.confirmed": _count("alarms_right", "decided", "undone", "duplicates", of="alarms"),
    "model.dismissed": _count("alarms_wrong", "decided", "undone", "duplicates", of="alarms"),
    "model.precision": _count("precision", "decided", "undone", "duplicates", of="alarms"),
    "model.top": _count("model_top", "decided", "undone", "duplicates", of="alarms"),
    "model.top.dismissed": _count("model_top_dismissed", "decided", "undone", "duplicates"),
    "model.bottom": _count("model_bottom", "decided", "undone", "duplicates", of="alarms"),
    "model.bottom.serious": _count("model_bottom_serious", "decided", "undone", "duplicates"),
    "weeks.posts": _count("posts", "seen"),
    "weeks.stories": _count("stories", "created", "merged"),
    "weeks.decisions": _count("week_decisions", "decided", "undone"),
    "weeks.waiting": _count("week_waiting", "end", "merged"),
    "weeks.look": _count("time_look", "opened", "merged"),
    "weeks.band": _count("week_band", "end", "before_start"),
    "exposure.items": _count("exposure_items", "day"),
    "exposure.days": _count("exposure_days", "day"),
    "exposure.over": _count("exposure_over", "day"),
    "use.mailed": _count("use_mailed", "use"),
    "use.opened": _count("use_opened", "use"),
    "use.useful": _count("use_useful", "use"),
    "use.not_useful": _count("use_not_useful", "use"),
    "use.asked": _count("use_asked", "use"),
    "use.answered": _count("use_answered", "use"),
    "asks.blind": _count("sources_down", "end", "paused", of="sources"),
    "asks.escalated": _count("escalated", "end", "undone", "merged"),
    "asks.late_harmful": _count("late_harmful", "end", "merged"),
    "asks.late_follow_ups": _count("overdue", "end", "withdrawn"),
    "asks.sources_down": _count("sources_down", "end", "paused", of="sources"),
}
