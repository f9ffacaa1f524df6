"""Fact-checks: markup of every kind, Google's API, dumps, and the crosswalk of ratings."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html
from pydantic import ValidationError

from collectors import claimreview
from collectors.claimreview import ClaimReviewOptions, ClaimReviews, elements
from collectors.markup import objects, of_type
from collectors.ratings import verdict_of
from monitor.errors import PageChanged, SourceGone, Unmappable
from monitor.http import PoliteClient
from monitor.records import FactCheckRecord
from monitor.vocabulary import VERDICTS
from tests.collectors.recorded import AGENT, NOW, items, records, replay, run
from tests.servers import in_turn, page, serving

REVIEW = {
    "@type": "ClaimReview", "url": "https://check.example/1", "claimReviewed": "The dam <b>will</b> be opened",
    "author": {"@type": "Organization", "name": "Check Desk"}, "datePublished": "2026-11-20",
    "reviewRating": {"ratingValue": "1", "bestRating": "5", "worstRating": "1", "alternateName": "False"},
    "itemReviewed": {"author": {"name": "A private person"}},
}  # fmt: skip


def mapped(review: Any, **page_: Any) -> FactCheckRecord:
    item = claimreview._review(review, page_)
    assert item is not None
    return ClaimReviews(ClaimReviewOptions(pages="https://x.example/")).normalise(item)


def on_page(markup: str) -> list[dict[str, Any]]:
    return of_type(objects(html.document_fromstring(markup)), "ClaimReview")


def ld(text: str) -> str:
    return f'<html><body><script type="application/ld+json">{text}</script></body></html>'


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({}, "exactly one"),
        ({"query": "x"}, "api_key"),
        ({"pages": "https://x.example/", "dump": "f"}, "exactly one"),
        ({"publisher": "x.example"}, "api_key"),
    ],
)
def test_options_that_make_no_sense_are_refused(options: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        ClaimReviewOptions(**options)


def test_reviews_are_found_on_the_pages_of_a_fact_checker() -> None:
    with serving() as server:
        names = ("no-dam-opening", "la-fayadan", "khong-xa-lu", "megaluck", "zamfir-drops")
        server.routes = {f"/news/{name}.html": replay(f"news/news_{name}.html", server) for name in names}
        server.routes["/sitemap.xml"] = replay("news/sitemap.xml", server)
        client = PoliteClient(AGENT, allow_private=server.allowed, per_host_gap=0)
        made = ClaimReviews(ClaimReviewOptions(pages=server.base + "/sitemap.xml"))
        found = [record for record in records(made, run(made, client)) if isinstance(record, FactCheckRecord)]
        client.close()
    by_url = {str(record.url).rsplit("/")[-1]: record for record in found}
    assert {name: record.verdict for name, record in by_url.items()} == {
        "no-dam-opening.html": "false", "la-fayadan.html": "false", "khong-xa-lu.html": "false",
        "megaluck.html": "false", "zamfir-drops.html": "unproven",
    }  # fmt: skip
    arabic = by_url["la-fayadan.html"]
    assert (arabic.claim, arabic.rating, arabic.lang) == ("سيتم فتح سد تيل الساعة الثالثة فجراً", "زائف", "ar")
    assert arabic.publisher == "The Larrin Gazette"
    assert arabic.published_at == datetime(2026, 11, 19, tzinfo=UTC)


def test_a_review_is_mapped_and_the_claimant_is_not_kept() -> None:
    record = mapped(REVIEW, lang="en", title="No, the dam stays shut")
    assert (record.claim, record.publisher, record.rating) == ("The dam will be opened", "Check Desk", "False")
    assert (record.verdict, record.lang, record.title) == ("false", "en", "No, the dam stays shut")
    item = claimreview._review(REVIEW, {})
    assert item is not None
    assert "private person" not in json.dumps(item.payload)


@pytest.mark.parametrize(
    "change",
    [{"claimReviewed": None}, {"claimReviewed": {"a": 1}}, {"claimReviewed": ""}, {"claimReviewed": []}],
)
def test_a_review_without_a_claim_is_unmappable(change: dict[str, Any]) -> None:
    with pytest.raises(Unmappable):
        mapped({**REVIEW, **change})


def test_markup_is_read_in_all_its_forms() -> None:
    text = json.dumps(REVIEW)
    assert on_page(ld(text)) == [REVIEW]
    assert on_page(ld(f"[{text}]")) == [REVIEW]
    assert on_page(ld(json.dumps({"@graph": [{"@type": "WebPage"}, REVIEW]}))) == [REVIEW]
    assert on_page(ld(json.dumps({"@type": "NewsArticle", "review": REVIEW}))) == [REVIEW]
    assert on_page(ld(json.dumps({**REVIEW, "@type": ["Review", "ClaimReview"]})))
    assert on_page(ld("<!-- c -->" + text.replace('"False"}', '"False",}'))) == [REVIEW]
    assert on_page(ld(text.replace("opened", "ope\nned")))
    assert on_page(ld("{broken").replace("</body></html>", "") + ld(text)[12:]) == [REVIEW]
    assert on_page(ld("[" * 100_000)) == []
    microdata = """<div itemscope itemtype="http://schema.org/ClaimReview"><span itemprop="claimReviewed">Water
      is poisoned</span><a itemprop="url" href="https://check.example/2">x</a><div itemprop="reviewRating" itemscope
      itemtype="http://schema.org/Rating"><meta itemprop="alternateName" content="Falso"></div></div>"""
    found = on_page(f"<html><body>{microdata}</body></html>")
    assert found[0]["claimReviewed"] == "Water is poisoned"
    assert mapped(found[0]).verdict == "false"


def test_google_pages_and_says_nothing_when_there_is_nothing() -> None:
    with serving() as server:
        client = PoliteClient(AGENT, allow_private=server.allowed, per_host_gap=0)
        more = page(
            '{"claims": [{"text": "c", "claimReview": [{"url": "https://x.example/9"}]}], "nextPageToken": "n"}'
        )
        server.routes["/claims:search"] = in_turn(more, replay("claimreview/google", server))
        made = ClaimReviews(ClaimReviewOptions(query="MegaLuck", api_key="k3y", lang="en", api=server.base))
        pages = run(made, client)
        found = [record for record in records(made, pages) if isinstance(record, FactCheckRecord)]
        assert [record.verdict for record in found] == [None, "false", "false", "false"]
        assert [record.lang for record in found] == [None, "en", "vi", "ar"]
        assert "pageToken=n" in server.seen[1].path
        assert server.seen[0].headers["x-goog-api-key"] == "k3y"
        assert pages[-1].notes == ("Google Fact Check API: 2 of 200 calls used today.",)
        server.routes["/claims:search"] = replay("claimreview/google_none", server)
        assert items(run(made, client, dict(pages[-1].cursor))) == []
        server.routes["/claims:search"] = page('{"error": {"message": "API key not valid"}}', status=400)
        with pytest.raises(SourceGone, match="API key not valid"):
            run(made, client)
        server.routes["/claims:search"] = page("[]")
        with pytest.raises(PageChanged):
            run(made, client)
        client.close()


def test_google_is_asked_no_more_than_the_day_allows() -> None:
    with serving() as server:
        client = PoliteClient(AGENT, allow_private=server.allowed, per_host_gap=0)
        claim = '{"text": "c%d", "claimReview": [{"url": "https://x.example/%d"}]}'
        turns = [page(f'{{"claims": [{claim % (n, n)}], "nextPageToken": "n{n}"}}') for n in range(4)]
        server.routes["/claims:search"] = in_turn(*turns, page("{}", status=429))
        made = ClaimReviews(ClaimReviewOptions(query="x", api_key="k3y", daily_calls=3, api=server.base))
        first = run(made, client)
        assert (len(items(first)), len(server.seen)) == (3, 3)
        assert first[-1].notes == ("Google Fact Check API: 3 of 3 calls used today.",)
        assert items(run(made, client, dict(first[-1].cursor))) == []
        assert len(server.seen) == 3
        later = run(made, client, dict(first[-1].cursor), now=NOW + timedelta(days=1))
        assert (len(items(later)), later[-1].notes) == (1, ("Google Fact Check API: 3 of 3 calls used today.",))
        client.close()


def dump_of(path: Path, count: int) -> ClaimReviews:
    feed = [{"@type": "DataFeedItem", "item": [{**REVIEW, "url": f"https://x.example/{n}"}]} for n in range(count)]
    path.write_text(json.dumps({"@type": "DataFeed", "dataFeedElement": feed}))
    return ClaimReviews(ClaimReviewOptions(dump=str(path)))


def test_a_dump_is_read_in_pages_and_goes_on_after_a_stop(tmp_path: Path) -> None:
    made = dump_of(tmp_path / "dump.json", 450)
    first = next(iter(made.fetch(None, {}, datetime.now(UTC))))  # type: ignore[arg-type]
    rest = run(made, None, dict(first.cursor))
    found = {item.external_id for item in [*first.items, *items(rest)]}
    assert len(found) == 450
    assert len(first.items) == 200
    assert [page.outcome for page in run(made, None, dict(rest[-1].cursor))] == ["not_modified"]
    assert len(items(run(dump_of(tmp_path / "dump.json", 451), None, dict(rest[-1].cursor)))) == 451


def test_a_dump_larger_than_a_chunk_and_a_damaged_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claimreview, "_CHUNK", 700)
    made = dump_of(tmp_path / "dump.json", 20)
    assert len(items(run(made, None))) == 20
    path = tmp_path / "dump.json"
    path.write_text(path.read_text()[:-500])
    with pytest.raises(PageChanged, match="breaks off"):
        list(elements(path))
    path.write_text("{}")
    with pytest.raises(PageChanged, match="no list"):
        list(elements(path))
    path.unlink()
    with pytest.raises(SourceGone):
        run(made, None)


@pytest.mark.parametrize(
    ("rating", "verdict"),
    [
        ("False", "false"), ("FALSE.", "false"), ("Not true", "false"), ("Fake news", "false"),
        ("Pants on Fire!", "false"),
        ("Scam", "false"), ("Untrue", "false"), ("Mostly False", "partly_false"), ("Mostly-false", "partly_false"),
        ("Half True", "partly_false"), ("Partly false", "partly_false"), ("Mixture", "partly_false"),
        ("Mostly True", "mostly_true"), ("True", "true"), ("Correct Attribution", "true"),
        ("Missing context", "missing_context"), ("True, but missing context", "missing_context"),
        ("Misleading", "misleading"), ("Miscaptioned", "misleading"), ("Altered photo", "altered"),
        ("Satire", "satire"), ("Labeled Satire", "satire"), ("Unproven", "unproven"), ("No evidence", "unproven"),
        ("Not false", None),
        ("Sai sự thật", "false"), ("Sai", "false"), ("Tin giả", "false"), ("SAI SỰ THẬT", "false"), ("Đúng", "true"),
        ("Đúng một phần", "partly_false"), ("Không đúng", "false"), ("Gây hiểu lầm", "misleading"),
        ("Thiếu ngữ cảnh", "missing_context"), ("Chưa kiểm chứng", "unproven"), ("Ảnh cắt ghép", "altered"),
        ("Châm biếm", "satire"), ("زائف", "false"), ("غير صحيح", "false"), ("كاذب", "false"), ("صحيح", "true"),
        ("صحيح جزئيًا", "partly_false"), ("مضلّل", "misleading"), ("ساخر", "satire"), ("خارج السياق", "missing_context"),
        ("غير مؤكد", "unproven"), ("مفبرك", "altered"), ("لا صحة له", "false"), ("Falso", "false"), ("Faux", "false"),
        ("Engañoso", "misleading"), ("Opinion", None), ("", None), ("???", None), ("Research", None),
        ("This is false. The minister said it was true.", "false"), ("4", None),
    ],
)  # fmt: skip
def test_the_crosswalk_of_wordings(rating: str, verdict: str | None) -> None:
    assert verdict_of(rating) == verdict
    assert verdict is None or verdict in VERDICTS


@pytest.mark.parametrize(
    ("value", "best", "worst", "verdict"),
    [(1, 5, 1, "false"), (2, 5, 1, "partly_false"), (4, 5, 1, "mostly_true"), (5, 5, 1, "true"), (0, 5, 1, None),
     (1, 1, 0, None), (1, 10, 1, None), (3, None, None, None), (float("nan"), 5, 1, None)],
)  # fmt: skip
def test_numbers_count_only_on_the_usual_scale(value: float, best: Any, worst: Any, verdict: str | None) -> None:
    assert verdict_of(None, value, best, worst) == verdict


@given(st.text(max_size=200), st.none() | st.floats())
def test_any_rating_has_one_of_the_verdicts_or_none(rating: str, value: float | None) -> None:
    assert verdict_of(rating, value, 5, 1) in (None, *VERDICTS)


def test_a_rating_in_another_shape_is_no_verdict() -> None:
    for rating in (None, [], "False", 5, {"ratingValue": {"a": 1}}, [{"alternateName": "False"}]):
        record = mapped({**REVIEW, "reviewRating": rating})
        assert record.verdict in (None, "false")
