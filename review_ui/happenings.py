"""Entries of the audit log in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from review_ui.language import N_, Speech, isolate

ACTIONS = {
    "story.read": N_("opened the story"),
    "story.hidden": N_("hidden from you until you have read the story a second time"),
    "story.claimed": N_("claimed the story"),
    "story.released": N_("released the story"),
    "story.lease_ended": N_("the hold on the story ran out"),
    "story.audit_drawn": N_("drew the story by lot for the audit sample"),
    "match.confirmed": N_("confirmed a fact-check"),
    "match.rejected": N_("rejected a fact-check"),
    "decision.undone": N_("took a decision back"),
    "match.undone": N_("took back the word on a fact-check"),
    "response.follow_up": N_("moved the follow-up date of a response"),
    "response.undone": N_("took a response back"),
    "merge.undone": N_("took a merge back"),
    "split.undone": N_("took a split back"),
    "lens.saved": N_("kept a view"),
    "lens.removed": N_("removed a view"),
    "person.code_on": N_("switched the second step at login on"),
    "person.code_off": N_("switched a second step at login off"),
    "person.recovery_used": N_("logged in with a recovery code"),
    "person.enabled": N_("opened an account again"),
    "person.role": N_("changed the role of an account"),
    "session.ended": N_("ended a login"),
    "expert.asked": N_("asked somebody outside"),
    "expert.withdrawn": N_("took a link to somebody outside back"),
    "expert.answered": N_("answered from outside"),
    "reading.asked": N_("asked for another reading of the decision"),
    "reading.waived": N_("looked at everything instead of reading it second"),
    "reading.undone": N_("took a reading back"),
    "reading.split": N_("three readers, three answers: back to the queue for a supervisor"),
    "publication.drafted": N_("began a fact-check"),
    "publication.published": N_("published a fact-check"),
    "publication.withdrawn": N_("withdrew a fact-check"),
    "token.made": N_("made a key for a program"),
    "token.revoked": N_("revoked a key"),
    "api.call": N_("called through a key"),
    "alarm.raised": N_("raised an alarm: it spreads faster than expected"),
    "alarm.shown": N_("put the alarm before the team"),
    "alarm.acknowledged": N_("has seen the alarm"),
    "alarm.confirmed": N_("said of the alarm: a rumour"),
    "alarm.not_rumour": N_("said of the alarm: not a rumour"),
    "alarm.known": N_("said of the alarm: already known"),
    "alarm.cannot_tell": N_("said of the alarm: cannot tell"),
    "surges.budget": N_("changed the budget of early warning"),
    "surges.refitted": N_("fitted the thresholds of early warning"),
    "login.ok": N_("logged in"),
    "login.refused": N_("a login was refused"),
    "logout": N_("logged out"),
    "person.added": N_("added an account"),
    "person.password": N_("changed a password"),
    "person.disabled": N_("closed an account"),
    "person.preferences": N_("changed their own settings"),
    "source.added": N_("added a source"),
    "source.paused": N_("paused a source"),
    "source.resumed": N_("resumed a source"),
    "source.check_asked": N_("asked to visit a source now"),
    "source.backfilled": N_("read a source back over some time"),
    "source.removed": N_("removed a source"),
    "weights.changed": N_("changed the weights of the priority"),
    "thresholds.changed": N_("changed the thresholds of the labels"),
    "model.loaded": N_("loaded another model"),
    "model.chosen": N_("chose another model"),
    "export": N_("took out an export"),
    "report.frozen": N_("wrote a weekly summary"),
    "report.exported": N_("took a report out as a file"),
    "report.answered": N_("decided what a summary asked"),
    "recipient.added": N_("added a recipient of the summary"),
    "recipient.paused": N_("paused a recipient of the summary"),
    "recipient.resumed": N_("resumed a recipient of the summary"),
    "recipient.removed": N_("removed a recipient of the summary"),
    "outbox.sent": N_("sent a message"),
    "outbox.given_up": N_("gave up sending a message"),
    "webhook.added": N_("added a webhook"),
    "webhook.paused": N_("paused a webhook"),
    "webhook.resumed": N_("resumed a webhook"),
    "webhook.removed": N_("removed a webhook"),
    "tip.received": N_("took in a tip"),
    "posts.erased": N_("erased old texts, as the rules for keeping say"),
    "database.restored": N_("restored the database from a backup"),
    "story.text_changed": N_("a post changed its text after the decision"),
}
"""Action -> what the actor did; those with values in the sentence are below."""

REGROUPED = {
    "story.merged": N_("merged this story into story %(number)s: %(reason)s"),
    "story.merged_in": N_("merged story %(number)s into this one: %(reason)s"),
    "story.split": N_("split posts off into story %(number)s: %(reason)s"),
    "story.split_off": N_("split this story off story %(number)s: %(reason)s"),
}


def tell(speech: Speech, action: str, details: Mapping[str, Any], vocabularies: Mapping[str, Mapping[str, str]]) -> str:
    """Return what happened, without who and when; an unknown action is shown by its own name."""

    def word(kind: str, code: object) -> str:
        known = vocabularies[kind].get(str(code))
        return isolate(speech.say(known) if known else code)

    if action == "story.taken_over":
        values = {"name": isolate(details.get("from") or "–"), "reason": isolate(details.get("reason", ""))}
        return speech.say("took the story over from %(name)s: %(reason)s", **values)
    if action in REGROUPED:
        number = details.get("into") or details.get("from") or details.get("new") or "–"
        values = {"number": isolate(number), "reason": isolate(details.get("reason", ""))}
        return speech.say(REGROUPED[action], **values)
    if action == "story.decided" and details.get("verdict"):
        values = {"triage": word("triage", details.get("triage")), "verdict": word("verdict", details["verdict"])}
        return speech.say("decided: %(triage)s, verdict %(verdict)s", **values)
    if action == "story.decided":
        return speech.say("decided: %(triage)s", triage=word("triage", details.get("triage")))
    if action == "story.kept":
        values = {"span": speech.span(3600 * float(details.get("hours") or 0)), "reason": isolate(details["reason"])}
        return speech.say("keeps the story for %(span)s: %(reason)s", **values)
    if action == "story.assigned" and details.get("to"):
        values = {"name": isolate(details["to"]), "reason": isolate(details.get("reason", ""))}
        return speech.say("handed the story to %(name)s: %(reason)s", **values)
    if action == "story.assigned":
        return speech.say("made the story free for all: %(reason)s", reason=isolate(details.get("reason", "")))
    said = word("verdict" if details.get("verdict") else "triage", details.get("verdict") or details.get("triage"))
    if action == "reading.given":
        if details.get("agrees"):
            return speech.say("read it again and said the same: %(word)s", word=said)
        return speech.say("read it again and said otherwise: %(word)s", word=said)
    if action == "reading.overturned":
        return speech.say("two of three readers changed the decision: %(word)s", word=said)
    if action == "response.logged":
        return speech.say("logged a response: %(action)s", action=word("action", details.get("action")))
    if action == "response.outcome":
        return speech.say("outcome of a response: %(outcome)s", outcome=word("outcome", details.get("to")))
    known = ACTIONS.get(action)
    return speech.say(known) if known else action
