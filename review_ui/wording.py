"""Every fixed word of the desk as people read it, and the sentences made of what the machine and the log recorded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from monitor.ranking.fable import Proposal
from review_ui import happenings, sentences, surge_words
from review_ui.desk_words import (
    ACTIONS,
    AGES,
    BANDS,
    HARM,
    HARM_ANSWERS,
    LABELS,
    LEVELS,
    MATCH_STATES,
    NOTICES,
    OUTCOMES,
    PROPOSALS,
    ROLES,
    RUN_OUTCOMES,
    SCOPES,
    SIGNALS,
    SOURCE_OUTCOMES,
    STANCES,
    STATUSES,
    STEPS,
    TOPICS,
    TRIAGE_KEYS,
    TRIAGES,
    VERDICTS,
    VISIBILITIES,
)
from review_ui.language import Speech, isolate

__all__ = [
    "ACTIONS",
    "AGES",
    "BANDS",
    "HARM",
    "HARM_ANSWERS",
    "LABELS",
    "LEVELS",
    "MATCH_STATES",
    "NOTICES",
    "OUTCOMES",
    "PROPOSALS",
    "ROLES",
    "RUN_OUTCOMES",
    "SIGNALS",
    "SOURCE_OUTCOMES",
    "STANCES",
    "STATUSES",
    "STEPS",
    "TRIAGES",
    "TRIAGE_KEYS",
    "VERDICTS",
    "VISIBILITIES",
    "event",
    "harm_reason",
    "is_harsh",
    "level",
    "level_words",
    "notice",
    "sentence",
    "why",
    "word",
]
_VOCABULARIES: Mapping[str, Mapping[str, str]] = {
    "status": STATUSES,
    "triage": TRIAGES,
    "verdict": VERDICTS,
    "action": ACTIONS,
    "outcome": OUTCOMES,
    "visibility": VISIBILITIES,
    "role": ROLES,
    "scope": SCOPES,
    "topic": TOPICS,
    "label": LABELS,
    "stance": STANCES,
    "band": BANDS,
    "alarm": surge_words.STATES,
    "match": MATCH_STATES,
    "harm": HARM,
    "signal": SIGNALS,
    "step": STEPS,
    "age": AGES,
    "source": SOURCE_OUTCOMES,
    "run": RUN_OUTCOMES,
    "proposal": PROPOSALS,
}


def word(speech: Speech, kind: str, code: str | None) -> str:
    """Return the translated word of a vocabulary; an unknown code is shown as it is rather than hidden."""
    if not code:
        return "–"
    known = _VOCABULARIES[kind].get(code)
    return speech.say(known) if known else code


def notice(speech: Speech, code: str) -> str:
    """Return the notice for a word in the address, or an empty string."""
    known = NOTICES.get(code)
    return speech.say(known) if known else ""


def level(score: float) -> str:
    """Return the step (``1`` to ``5``) of a score's band."""
    return next(step for lowest, step, _ in LEVELS if score >= lowest or lowest == 0.0)


def level_words(speech: Speech, score: float) -> str:
    """Return the band of a score in words."""
    return next(speech.say(words) for lowest, _, words in LEVELS if score >= lowest or lowest == 0.0)


def why(speech: Speech, part: Mapping[str, Any]) -> str:
    """Return one part of a priority in words, without its points."""
    signal = str(part.get("signal", ""))
    detail = part.get("detail")
    details: Mapping[str, Any] = detail if isinstance(detail, Mapping) else {}
    if signal in LABELS:
        return speech.say(LABELS[signal])
    make = _WHY.get(signal)
    return make(speech, details) if make else signal


def _why_match(speech: Speech, detail: Mapping[str, Any]) -> str:
    verdict = detail.get("verdict")
    values = {"verdict": isolate(word(speech, "verdict", str(verdict)) if verdict else "?")}
    if detail.get("publisher"):
        values["publisher"] = isolate(detail["publisher"])
        if detail.get("band") == "sure":
            return speech.say("repeats a claim checked by %(publisher)s: %(verdict)s", **values)
        return speech.say("close to a claim checked by %(publisher)s: %(verdict)s", **values)
    if detail.get("band") == "sure":
        return speech.say("repeats a claim already checked: %(verdict)s", **values)
    return speech.say("close to a claim already checked: %(verdict)s", **values)


def _why_authors(speech: Speech, detail: Mapping[str, Any]) -> str:
    return speech.count("%(num)s author", "%(num)s authors", _whole(detail, "authors"))


def _why_reach(speech: Speech, detail: Mapping[str, Any]) -> str:
    return speech.count("seen or shared %(num)s time", "seen or shared %(num)s times", _whole(detail, "reach"))


def _why_growth(speech: Speech, detail: Mapping[str, Any]) -> str:
    before = speech.number(_whole(detail, "before"))
    last = _whole(detail, "last")
    return speech.count(
        "%(num)s new post, %(before)s before", "%(num)s new posts, %(before)s before", last, before=before
    )


def _why_requests(speech: Speech, detail: Mapping[str, Any]) -> str:
    return speech.count("%(num)s person asked about it", "%(num)s people asked about it", _whole(detail, "requests"))


def _why_age(speech: Speech, detail: Mapping[str, Any]) -> str:
    return speech.say("first seen %(span)s ago", span=speech.span(3600 * float(detail.get("hours") or 0)))


def _why_denials(speech: Speech, detail: Mapping[str, Any]) -> str:
    return speech.count("%(num)s post already denies it", "%(num)s posts already deny it", _whole(detail, "posts"))


def _why_unscored(speech: Speech, detail: Mapping[str, Any]) -> str:
    return speech.count("%(num)s post the model could not score", "%(num)s posts the model could not score",
                        _whole(detail, "posts"))  # fmt: skip


def _why_audit(speech: Speech, detail: Mapping[str, Any]) -> str:
    week = str(detail.get("week") or "–")
    return speech.say("audit sample of %(week)s: drawn by lot, the machine had left it out", week=week)


def _why_disguised(speech: Speech, detail: Mapping[str, Any]) -> str:
    return speech.count(
        "%(num)s post hides its words by several tricks",
        "%(num)s posts hide their words by several tricks",
        _whole(detail, "posts"),
    )


def _whole(detail: Mapping[str, Any], key: str) -> int:
    value = detail.get(key)
    return int(value) if isinstance(value, int | float) else 0


def _why_harm(signal: str) -> Callable[[Speech, Mapping[str, Any]], str]:
    def make(speech: Speech, detail: Mapping[str, Any]) -> str:
        label = LABELS.get(str(detail.get("label")))
        if label is not None:
            return speech.say(label)
        answer = detail.get("answer")
        word = speech.say(HARM_ANSWERS["na" if answer is None else str(answer)])
        return f"{speech.say(HARM[signal])}: {word}"

    return make


def harm_reason(speech: Speech, proposal: Proposal) -> str:
    """Return why an answer about harm is proposed."""
    detail = proposal.detail
    if proposal.reason == "label":
        values = {"label": speech.say(LABELS[detail["label"]]), "level": level_words(speech, detail["score"])}
        return speech.say("the machine says “%(label)s”: %(level)s", **values)
    if proposal.reason == "doubts":
        share = {"doubting": speech.number(detail["doubting"])}
        return speech.count("%(doubting)s of %(num)s post deny or ask", "%(doubting)s of %(num)s posts deny or ask",
                            detail["posts"], **share)  # fmt: skip
    if proposal.reason == "few_posts":
        return speech.say("too few posts to see how people take it")
    if proposal.reason == "not_scored":
        return speech.say("the machine has not read it")
    authors = speech.count("%(num)s author", "%(num)s authors", detail["authors"])
    return speech.listed([authors, speech.say("reach %(num)s", num=speech.number(detail["reach"]))])


_WHY = {
    "match": _why_match,
    "authors": _why_authors,
    "reach": _why_reach,
    "growth": _why_growth,
    "requests": _why_requests,
    "age": _why_age,
    "denials": _why_denials,
    "unscored": _why_unscored,
    "disguised": _why_disguised,
    "audit": _why_audit,
    **{signal: _why_harm(signal) for signal in HARM},
}


def is_harsh(flags: object) -> bool:
    """Whether text under these flags is hidden until the reader asks for it."""
    return isinstance(flags, list | tuple) and bool({"hate", "abuse"} & set(flags))


def event(speech: Speech, action: str, details: Mapping[str, Any]) -> str:
    """Return what an entry of the log says happened."""
    return happenings.tell(speech, action, details, _VOCABULARIES)


def sentence(speech: Speech, message: str) -> str:
    """Return a sentence of the core in the person's language."""
    return sentences.translate(speech, message, ROLES)
