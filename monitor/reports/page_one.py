"""Page one of a summary: what a supervisor must know in two minutes, coverage before any number."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from monitor.reports.blocks import Block, Bullets, Para, Table, Writer
from monitor.reports.charts import history
from monitor.reports.outcomes import steps
from monitor.reports.words import Line, Span

SHOWN_SILENT = 5
SPLIT_ROWS = 6


def blocks(w: Writer) -> Iterator[Block]:
    """Yield the blocks of page one."""
    yield from _header(w)
    yield from coverage(w)
    yield from _asks(w)
    yield from _spread(w)
    yield from _inflow(w)
    yield from history(w)
    yield from _decided(w)
    yield from _answered(w)
    yield from _questions(w)


def _header(w: Writer) -> Iterator[Block]:
    header = w.payload["header"]
    span = w.words.span(header["start"], header["end"])
    parts = {"team": header["team"], "span": span, "zone": header["zone"], "hours": w.words.number(header["hours"])}
    yield w.para("period", "lead", **parts)
    if header["lens"]:
        yield w.para("lens", "lead", lens=f"\u2068{header['lens']}\u2069")
    if not header["complete"]:
        yield w.para("unfinished", "warning", moment=w.moment(header["generated_at"]))


def coverage(w: Writer) -> Iterator[Block]:
    """Yield the coverage box: how much was seen, what was silent, what changed; and what counts do not mean."""
    box = w.payload["coverage"]
    yield w.heading("coverage")
    yield Para(_covered(w, box), "lead")
    silent = [row["name"] for row in box["sources"] if row["down"]]
    if silent and len(silent) == sum(not row["paused"] for row in box["sources"]):
        yield w.para("coverage.blind", "warning")
    elif silent:
        yield w.para("coverage.down", "warning", names=_shortened(w, silent))
    if box["changes"]:
        changes = [w.words.word(f"change.{c['what']}", name=c["name"]) for c in box["changes"]]
        yield w.para("coverage.changes", changes=_shortened(w, changes))
    yield w.para("about.not_prevalence", "note")


def _covered(w: Writer, box: dict[str, Any]) -> Line:
    total = box["total"]["value"]
    if total == 0:
        return w.words.line("coverage.none")
    count = w.count("source", box["total"])
    if box["full"]["value"] == total and not box["outages"]:
        return w.words.line("coverage.all", total=count)
    outages = w.words.count("outage", box["outages"])
    return w.words.line("coverage.some", full=w.number(box["full"]), total=count, outages=outages)


def _shortened(w: Writer, words: Sequence[str]) -> str:
    shown = list(words[:SHOWN_SILENT])
    if len(words) > SHOWN_SILENT:
        shown.append(w.words.word("more", n=len(words) - SHOWN_SILENT))
    return w.words.listed(shown)


_ASK_NOUN = {
    "blind": "source",
    "escalated": "story",
    "late_harmful": "story",
    "late_follow_ups": "response",
    "sources_down": "source",
}


def _asks(w: Writer) -> Iterator[Block]:
    asks = w.payload["asks"]
    yield w.heading("asks")
    if asks["items"]:
        yield Bullets([_ask(w, item) for item in asks["items"]], ordered=True)
    else:
        yield w.para("asks.none", "lead")
    if asks["more"]:
        more = [[Span(w.words.word(f"rule.{m['rule']}") + ": "), w.number(m["count"])] for m in asks["more"]]
        yield w.para("asks.more", what=w.join(more))
    if asks["last_week"]:
        yield w.para("asks.carried", "note")
        yield Bullets([_carried(w, item) for item in asks["last_week"]])


def ask(w: Writer, item: dict[str, Any]) -> Line:
    """Return what one decision is about: what, and since when."""
    count = w.count(_ASK_NOUN[item["rule"]], item["count"])
    example = item["example"]
    quoted = w.quote(example["quote"], example["link"]) if example else Span("–")
    return w.words.line(f"asks.{item['rule']}", count=count, since=w.moment(item["since"]), quote=quoted)


def _ask(w: Writer, item: dict[str, Any]) -> Line:
    options = " / ".join(w.words.word(f"option.{option}") for option in item["options"])
    owner, due = w.words.word(f"owner.{item['owner']}"), Span(w.moment(item["due"]), "strong")
    detail = w.words.line("asks.detail", options=options, owner=owner, due=due)
    return [*ask(w, item), Span(" "), *detail, Span(" ", "go"), Span(w.words.word("asks.open"), "go", item["link"])]


def _carried(w: Writer, item: dict[str, Any]) -> Line:
    """What was asked in an earlier week: how much is open, and what people decided."""
    parts = {"week": item["week"], "rule": w.words.word(f"rule.{item['rule']}")}
    answers = [_answered_as(w, answer) for answer in item["answers"]]
    said = w.words.word("asks.answered", what=w.words.listed(answers)) if answers else w.words.word("asks.unanswered")
    counts = {key: w.words.number(item[key]) for key in ("open", "asked")}
    return w.words.line("asks.carried_item", answers=said, **parts, **counts)


def _answered_as(w: Writer, answer: dict[str, Any]) -> str:
    option = w.words.known("option", answer["option"])
    return w.words.word("asks.noted", option=option, note=answer["note"]) if answer["note"] else option


def _spread(w: Writer) -> Iterator[Block]:
    spread = w.payload["spread"]
    yield w.heading("spread")
    if not spread["items"]:
        yield w.para("spread.none")
        return
    flagged = spread["flagged"]["value"]
    if isinstance(flagged, int) and flagged > len(spread["items"]):
        yield w.para("spread.rest", count=w.count("story", spread["flagged"]))
    yield Bullets([_narrative(w, item) for item in spread["items"]])


def _narrative(w: Writer, item: dict[str, Any]) -> Line:
    """A correction first, the claim once, then how it moves and where it stands."""
    correction: Line = ()
    if item["verdict"]:
        verdict = Span(w.words.known("verdict", item["verdict"]), "strong")
        correction = w.words.line("spread.correction", verdict=verdict)
    past: Line = ()
    seen_before = item["trend"]["state"] != "new"
    if seen_before and item["posts_median"] is not None and item["trend"]["median"] is not None:
        posts, authors = w.count("post", item["posts_median"]), w.count("author", item["trend"]["median"])
        weeks = w.words.count("week", item["trend"]["weeks"])
        past = w.words.line("spread.past", weeks=weeks, posts=posts, authors=authors)
    where = w.words.line(
        "spread.where", langs=w.languages(item["langs"] or ["und"]), platforms=w.words.listed(item["platforms"])
    )
    return w.words.line(
        "spread.item",
        correction=correction,
        quote=w.quote(item["quote"], item["link"]),
        state=Span(_state(w, item["trend"], "state"), "strong"),
        posts=w.count("post", item["posts"]),
        authors=w.count("author", item["authors"]),
        past=past,
        where=where,
        status=_standing(w, item),
    )


def _standing(w: Writer, item: dict[str, Any]) -> Line:
    """How much of everything it is, how harmful people find it, where it stands, and who still asks."""
    parts: list[Line] = []
    if item["share"]["percent"]["value"] is not None:
        share: dict[str, Span | str] = {"percent": w.percent(item["share"]["percent"])}
        share["total"] = w.words.number(item["share"]["of"])
        if item["share"]["change"]["value"] is None:
            parts.append(w.words.line("spread.share_only", **share))
        else:
            parts.append(w.words.line("spread.share", change=w.signed(item["share"]["change"]), **share))
    if item["harm"] is not None:
        believed = item["harm"]["believability"]
        word = w.words.word(f"believability.{'none' if believed is None else believed}")
        parts.append(w.words.line("spread.harm", sum=w.number(item["harm"]["sum"]), believability=word))
    status, responses = w.words.known("status", item["status"]), w.count("response", item["responses"])
    parts.append(w.words.line("spread.status", status=status, responses=responses))
    if item["action"]:
        parts.append(w.words.line("spread.action", action=w.words.known("action", item["action"])))
    if item["question"]:
        parts.append(w.words.line("spread.question", oldest=w.moment(item["question"])))
    return w.join(parts)


def _state(w: Writer, trend: dict[str, Any], prefix: str) -> str:
    ratio = trend["ratio"] or {"low": 0.0, "high": None}
    low, high = w.words.number(round(ratio["low"], 1)), w.words.number(_one(ratio["high"]))
    mark = w.words.word(f"mark.{trend['mark']}") if trend["mark"] else ""
    key = f"{prefix}.{trend['state']}" + ("_open" if trend["state"] == "up" and ratio["high"] is None else "")
    median = w.words.number(trend["median"]["value"]) if trend["median"] else "–"
    weeks = w.words.count("week", trend["weeks"])
    return w.words.word(key, low=low, high=high, mark=mark, median=median, weeks=weeks)


def _one(value: float | None) -> float | None:
    return None if value is None else round(value, 1)


def _inflow(w: Writer) -> Iterator[Block]:
    inflow = w.payload["inflow"]
    yield w.heading("inflow")
    if inflow["posts"]["value"] == 0:
        yield w.para("inflow.none")
        return
    yield w.para(
        "inflow.line",
        posts=w.count("post", inflow["posts"]),
        authors=w.count("author", inflow["authors"]),
        stories=w.count("story", inflow["stories"]),
        trend=_state(w, inflow["trend"], "inflow"),
    )
    yield w.para("inflow.rest", copies=w.number(inflow["copies"]), unscored=w.number(inflow["unscored"]))
    if inflow["tips"]["value"]:
        yield w.para("inflow.tips", tips=w.number(inflow["tips"]))
    total = inflow["posts"]["value"]
    yield _split(w, "langs", "lang", [(w.words.language_name(r["key"]), r["posts"]) for r in inflow["langs"]], total)
    yield _split(w, "platforms", "platform", [(r["key"], r["posts"]) for r in inflow["platforms"]], total)


def _split(w: Writer, caption: str, column: str, rows: Sequence[tuple[str, dict[str, Any]]], total: Any) -> Table:
    head = [w.words.word(f"col.{column}"), w.words.word("col.posts"), w.words.word("col.share")]
    shown = rows[:SPLIT_ROWS]
    lines = [[[Span(name)], [w.number(figure)], [Span(_share(w, figure["value"], total))]] for name, figure in shown]
    bars = [figure["value"] / total if _known(figure["value"], total) else 0.0 for _, figure in shown]
    return Table(w.words.word(f"cap.{caption}"), head, lines, bars)


def _known(part: Any, total: Any) -> bool:
    return isinstance(part, int) and isinstance(total, int) and total > 0


def _share(w: Writer, part: Any, total: Any) -> str:
    if not _known(part, total) or total < 20:
        return "–"
    return w.words.percent(round(100 * part / total, 1))


def _decided(w: Writer) -> Iterator[Block]:
    flow, decided = w.payload["flow"], w.payload["decided"]
    yield w.heading("decided")
    first = w.count("story", flow["queued"])
    yield w.para(
        "flow.line", "", queued=first, **{key: w.number(flow[key]) for key in ("looked", "settled", "answered")}
    )
    if decided["all"]["value"] == 0:
        yield w.para("decided.none")
        return
    counts = {key: w.number(decided[key]) for key in ("undone", "changed")}
    yield w.para("decided.line", "", all=w.count("decision", decided["all"]), **counts)
    rows = [(w.words.word("verdict_row", verdict=w.words.known("verdict", r["key"])), r) for r in decided["verdict"]]
    rows += [(w.words.known("triage", r["key"]), r) for r in decided["triage"]]
    yield counted(w, "decided", "word", rows)


def counted(w: Writer, caption: str, column: str, rows: Sequence[tuple[str, dict[str, Any]]]) -> Table:
    """Return a table of words and counts with a bar to the largest of them."""
    values = [row["count"]["value"] for _, row in rows]
    top = max((v for v in values if isinstance(v, int)), default=0)
    lines = [[[Span(name)], [w.number(row["count"])]] for name, row in rows]
    bars = [v / top if isinstance(v, int) and top else 0.0 for v in values]
    head = [w.words.word(f"col.{column}"), w.words.word("col.count")]
    return Table(w.words.word(f"cap.{caption}"), head, lines, bars)


def _answered(w: Writer) -> Iterator[Block]:
    answered = w.payload["answered"]
    yield w.heading("answered")
    if answered["all"]["value"] == 0:
        yield w.para("answered.none")
    else:
        yield w.para("answered.line", all=w.count("response", answered["all"]), open=w.number(answered["open"]))
        yield counted(w, "answered", "action", [(w.words.known("action", r["key"]), r) for r in answered["action"]])
    yield from steps(w)
    if answered["outcome"]:
        rows = [(w.words.known("outcome", r["key"]), r) for r in answered["outcome"]]
        yield counted(w, "outcomes", "outcome", rows)
    if answered["carried"]["value"] or answered["overdue"]["value"]:
        parts = {key: w.number(answered[key]) for key in ("carried", "overdue")}
        yield w.para("answered.carried", "", **parts)


def _questions(w: Writer) -> Iterator[Block]:
    questions = w.payload["questions"]
    yield w.heading("questions")
    if not questions["items"]:
        yield w.para("questions.none")
        return
    yield Bullets([_question(w, item) for item in questions["items"]])
    rest = questions["open"]["value"]
    if isinstance(rest, int) and rest > len(questions["items"]):
        extra = rest - len(questions["items"])
        link = Span(w.words.word("more", n=extra), "number", questions["open"]["link"], "questions.open")
        yield Para([link], "note")


def _question(w: Writer, item: dict[str, Any]) -> Line:
    return w.words.line(
        "questions.item",
        quote=w.quote(item["quote"], item["link"]),
        posts=w.count("question_post", item["posts"]),
        oldest=w.moment(item["oldest"]),
        status=w.words.known("status", item["status"]),
    )
