"""Every fixed word of the desk as people read it: the code kept in the database -> English for the catalogues."""

from __future__ import annotations

from review_ui.language import N_

STATUSES = {
    "watching": N_("Watching"),
    "queued": N_("Waiting"),
    "in_review": N_("In review"),
    "decided": N_("Decided"),
    "closed": N_("Closed"),
}
TRIAGES = {
    "check": N_("Check it"),
    "watch": N_("Keep watching"),
    "not_a_claim": N_("Not a claim"),
    "opinion_or_satire": N_("Opinion or satire"),
    "not_relevant": N_("Not relevant"),
    "duplicate": N_("Duplicate"),
    "escalate": N_("Escalate"),
    "cannot_tell": N_("Cannot tell"),
}
TRIAGE_KEYS = {
    "check": "v",
    "watch": "w",
    "not_a_claim": "n",
    "opinion_or_satire": "s",
    "not_relevant": "x",
    "duplicate": "d",
    "escalate": "e",
    "cannot_tell": "t",
}
"""triage word -> the key that chooses it."""

VERDICTS = {
    "false": N_("False"),
    "misleading": N_("Misleading"),
    "altered": N_("Altered or made up"),
    "partly_false": N_("Partly false"),
    "missing_context": N_("Missing context"),
    "unproven": N_("Unproven"),
    "mostly_true": N_("Mostly true"),
    "true": N_("True"),
    "satire": N_("Satire"),
}
ACTIONS = {
    "fact_check_published": N_("Fact-check published"),
    "answer_published": N_("Answer or explainer published"),
    "prebunk": N_("Warned ahead of time"),
    "reply_to_asker": N_("Replied to those who asked"),
    "messenger_briefed": N_("Trusted messenger briefed"),
    "authority_alerted": N_("Partner or authority told about the claim"),
    "platform_reported": N_("Post reported to the platform"),
    "correction_asked": N_("Correction asked of a publisher"),
    "community_feedback": N_("Feedback passed to the programme"),
    "monitoring_only": N_("Monitoring only"),
    "no_action": N_("No action, with a reason"),
}
OUTCOMES = {
    "pending": N_("Pending"),
    "acknowledged": N_("Acknowledged"),
    "done_in_full": N_("Done in full"),
    "done_in_part": N_("Done in part"),
    "refused": N_("Refused"),
    "no_answer": N_("No answer"),
    "reversed": N_("Reversed"),
}
VISIBILITIES = {
    "removed": N_("taken down"),
    "disabled": N_("blocked from view"),
    "demoted": N_("shown to fewer people"),
    "age_restricted": N_("limited by age"),
    "interaction_restricted": N_("sharing or replying limited"),
    "labelled": N_("marked with a notice"),
    "other": N_("something else"),
    "unchanged": N_("left as it was"),
}
ROLES = {
    "viewer": N_("Viewer"),
    "analyst": N_("Analyst"),
    "supervisor": N_("Supervisor"),
    "admin": N_("Administrator"),
}
SCOPES = {
    "read": N_("read"),
    "review": N_("review: hold, decide, answer"),
    "publish": N_("write and publish fact-checks"),
    "admin": N_("sources and the log"),
}
TOPICS = {
    "story.queued": N_("a story came into the queue"),
    "story.decided": N_("a story was decided"),
    "response.logged": N_("a response was logged"),
    "factcheck.published": N_("a fact-check was published"),
    "alarm.raised": N_("an early warning was raised"),
    "report.frozen": N_("a weekly summary was written"),
}
LABELS = {
    "claim": N_("states a checkable fact"),
    "check_worthy": N_("worth checking"),
    "harmful": N_("harmful if believed"),
    "unreliable": N_("reads like information that turned out false"),
    "hate": N_("hate"),
    "abuse": N_("abuse"),
    "scam": N_("reads like a scam"),
}
STANCES = {
    "repeats": N_("repeats"),
    "denies": N_("denies"),
    "asks": N_("asks"),
    "unclear": N_("repeats or denies: unclear"),
}
BANDS = {
    "sure": N_("same claim"),
    "suggest": N_("perhaps the same claim"),
    "none": N_("weak likeness"),
}
MATCH_STATES = {
    "suggested": N_("suggested"),
    "confirmed": N_("confirmed"),
    "rejected": N_("rejected"),
}
HARM = {
    "fragmentation": N_("Sets people against each other"),
    "actionability": N_("Could make people do harm or come to harm"),
    "believability": N_("Is easily believed"),
    "likelihood": N_("Is likely to spread"),
    "exploitation": N_("Preys on fear or need"),
}
HARM_ANSWERS = {"0": N_("no"), "1": N_("somewhat"), "2": N_("strongly"), "na": N_("cannot say")}
"""What the form sends -> how people read it."""

AGES = {
    "new": N_("first seen within a day"),
    "day": N_("waits longer than a day"),
    "three_days": N_("waits longer than three days"),
    "week": N_("waits longer than a week"),
}
STEPS = {
    "decision": N_("a decision"),
    "reading": N_("a second reading"),
    "match": N_("a word on a fact-check"),
    "response": N_("a response"),
    "merge": N_("a merge"),
    "split": N_("a split"),
}
SIGNALS = {
    **HARM,
    "check_worthy": LABELS["check_worthy"],
    "unreliable": LABELS["unreliable"],
    "match": N_("likeness to a claim that was checked before"),
    "authors": N_("how many people say it"),
    "reach": N_("how often it was seen or shared"),
    "growth": N_("how fast it grows"),
    "requests": N_("how many people asked about it"),
    "age": N_("how long it has waited"),
    "audit": N_("drawn by lot from what the machine left out"),
    "denials": N_("posts that deny it (taken off)"),
}

LEVELS = (
    (0.85, "5", N_("very likely")),
    (0.65, "4", N_("likely")),
    (0.4, "3", N_("unsure")),
    (0.15, "2", N_("unlikely")),
    (0.0, "1", N_("very unlikely")),
)
"""Scores are shown as bands: (lowest score, step, words)."""

SOURCE_OUTCOMES = {
    "ok": N_("working"),
    "running": N_("being fetched now"),
    "not_modified": N_("nothing new"),
    "source_busy": N_("asked us to slow down, or was slow itself"),
    "source_gone": N_("gone, or does not let us in"),
    "page_changed": N_("answered in another form than it used to"),
    "refused": N_("not fetched: our own rules forbid it"),
    "unmapped": N_("some items could not be read"),
    "bad_settings": N_("its settings are wrong"),
    "bad_setup": N_("this machine lacks something"),
    "failed": N_("failed"),
    "crashed": N_("failed in a way nobody foresaw"),
}
RUN_OUTCOMES = {
    "ok": N_("scored"),
    "duplicate": N_("copy of another post"),
    "too_short": N_("too short to score"),
    "language_unsupported": N_("language not supported"),
    "not_scored": N_("not scored"),
    "unverified_language": N_("unverified language"),
    "pending": N_("waiting for the model"),
    "quarantined": N_("set aside after repeated failures"),
}
PROPOSALS = {
    "balance": N_("balanced"),
    "precision": N_("few false alarms"),
    "recall": N_("little missed"),
}
NOTICES = {
    "claimed": N_("You hold this story now."),
    "released": N_("Released: the story is back where it was."),
    "taken_over": N_("You took this story over."),
    "decided": N_("Saved."),
    "confirmed": N_("Saved: the fact-check answers this story."),
    "rejected": N_("Saved: the fact-check is about something else."),
    "responded": N_("Response logged."),
    "outcome": N_("Outcome saved."),
    "postponed": N_("Follow-up date saved."),
    "read": N_("Saved: thank you for reading it second."),
    "reading_taken": N_("It is yours to read for now."),
    "reading_left": N_("Left to somebody else."),
    "saved": N_("Saved."),
    "published": N_("Published."),
    "withdrawn": N_("Withdrawn: its pages say so."),
    "lens": N_("The view is kept."),
    "code_off": N_("The second step is off: log in again."),
    "session_ended": N_("Logged out there."),
    "passed": N_("Passed on. Here is another one."),
    "kept": N_("It stays with you, and others see why."),
    "assigned": N_("Handed over."),
    "merged": N_("Merged: every post is here now."),
    "split": N_("Split off: this is the new story."),
    "expert": N_("The link is ready to be sent."),
    "expert_ended": N_("The link leads nowhere any more."),
    "weights": N_("Saved. The queue follows within ten minutes."),
    "thresholds": N_("Saved. Posts scored from now on follow it."),
    "thresholds_back": N_("The model's own thresholds are back in force."),
    "undone": N_("Taken back."),
    "undone_some": N_("Taken back, but for stories that others worked on since."),
    "revoked": N_("Revoked: the key works no more."),
    "hook_test": N_("A test is on its way."),
    "hook_pause": N_("Switched off."),
    "hook_resume": N_("Switched on."),
    "hook_remove": N_("Removed."),
    "queue_empty": N_("Saved. Nothing else is waiting for you."),
    "paused": N_("Paused: the source will not be visited."),
    "resumed": N_("Resumed: the source is due now."),
    "source_added": N_("Saved: the source is visited at once."),
    "check_asked": N_("The source is due now."),
    "removed": N_("Removed."),
    "preferences": N_("Settings saved."),
    "recipient": N_("Recipients saved."),
    "answered": N_("Recorded. Thank you."),
    "mail_sent": N_("The mail server took the test mail."),
    "password": N_("Password changed: log in with the new one."),
    "disabled": N_("The account is closed and logged out everywhere."),
    "tip": N_("Thank you. We have it and will look at it."),
    "alarm": N_("Saved: your word on the alarm."),
    "budget": N_("Saved: the budget of early warning."),
    "logged_out": N_("You are logged out."),
}
"""Word in the address -> the notice it shows. Nothing else from the address is shown."""
