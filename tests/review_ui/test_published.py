"""Published fact-checks as the world sees them: pages, data for search engines, feeds; and the pages to write them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import jsonschema
import pytest
from bs4 import BeautifulSoup
from fastapi import FastAPI

from collectors.claimreview import ClaimReviewOptions, ClaimReviews, _review
from monitor.context import Context
from monitor.desk.claimreview import Publisher, claim_review
from monitor.http import PoliteClient
from monitor.models import Story
from monitor.records import FactCheckRecord
from monitor.settings import Publishing, Settings, Web
from monitor.vocabulary import CLAIM_REVIEW_RATING, VERDICTS
from review_ui import published
from review_ui.app import create_app
from review_ui.language import LANGUAGES
from tests import builders
from tests.collectors.recorded import AGENT, records, run
from tests.review_ui.browser import Browser, Page
from tests.review_ui.conftest import Someone
from tests.review_ui.test_hostile import HOSTILE
from tests.review_ui.test_routes import HEADERS
from tests.servers import Server, page, serving

TEXTS = {
    "claim_en": "The Tarn Dam burst.", "title_en": "No, the dam stands",
    "explanation_en": "Engineers looked; see https://water.example/dam.\n\nThey found no damage.",
    "claim_ar": "انهار سد تارن.", "title_ar": "لا، السد سليم", "explanation_ar": "فحصه المهندسون.",
}  # fmt: skip

TIME = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00$"}
LINK = {"type": "string", "pattern": "^https?://[^ ]+$"}
WORDS = {"type": "string", "minLength": 1}
ORGANISATION = {
    "type": "object",
    "required": ["@type", "name", "url"],
    "properties": {"@type": {"const": "Organization"}, "name": WORDS, "url": LINK},
}
CLAIM_REVIEW = {
    "type": "object",
    "required": [
        "@context", "@type", "url", "claimReviewed", "reviewRating", "author", "datePublished", "itemReviewed",
    ],
    "properties": {
        "@context": {"const": "https://schema.org"},
        "@type": {"const": "ClaimReview"},
        "url": LINK,
        "claimReviewed": WORDS,
        "datePublished": TIME,
        "dateModified": TIME,
        "inLanguage": {"enum": list(LANGUAGES)},
        "author": ORGANISATION,
        "publisher": ORGANISATION,
        "itemReviewed": {
            "type": "object",
            "required": ["@type", "datePublished"],
            "properties": {
                "@type": {"const": "Claim"}, "author": False, "datePublished": {"pattern": r"^\d{4}-\d\d-\d\d$"},
            },
        },
        "reviewRating": {
            "type": "object",
            "required": ["@type", "alternateName", "ratingValue", "bestRating", "worstRating"],
            "properties": {
                "@type": {"const": "Rating"}, "alternateName": WORDS, "bestRating": {"const": 5},
                "worstRating": {"const": 1}, "ratingValue": {"type": "integer", "minimum": 1, "maximum": 5},
            },
        },
    },
}  # fmt: skip
"""What search engines ask of a ClaimReview (and what we add); an author of the claim must not be there."""


def _publish(browser: Browser, story_id: int = 1, **texts: str) -> Page:
    page = browser.open(f"/stories/{story_id}")
    page = page.submit(f"/stories/{story_id}/decide", "Save", triage="check", verdict="false",
                       evidence="https://water.example/report")  # fmt: skip
    page = page.submit(f"/stories/{story_id}/publication")
    page = page.submit(page.path, "Save", **(texts or TEXTS))
    page = page.submit(page.path.split("?")[0] + "/publish")
    assert "Published." in page.text
    return page


def _data(html: str) -> dict[str, Any]:
    script = BeautifulSoup(html, "lxml").select_one('script[type="application/ld+json"]')
    assert script is not None
    found: dict[str, Any] = json.loads(script.get_text())
    return found


def test_from_a_decided_story_to_a_public_page(context: Context, someone: Someone, app: FastAPI, story: Story) -> None:
    shown = _publish(someone("ann"))
    assert "Fact-check published" in shown.browser.open("/stories/1").one(".response").get_text()
    stranger = Browser(app)
    page = stranger.open(str(shown.one('.facts a[hreflang="en"]')["href"]))
    assert page.one("h1").get_text() == "No, the dam stands"
    assert page.one(".verdict strong").get_text() == "False"
    assert [p.get_text() for p in page.soup.select(".explanation p")] == [
        "Engineers looked; see https://water.example/dam.", "They found no damage.",
    ]  # fmt: skip
    assert page.one(".explanation a")["href"] == "https://water.example/dam"
    others = {link["hreflang"]: link["href"] for link in page.soup.select("head link[hreflang]")}
    assert others["ar"] == "http://127.0.0.1:8000/published/ar/1-no-the-dam-stands.html"
    arabic = page.browser.open(str(others["ar"]).removeprefix("http://127.0.0.1:8000"))
    assert (arabic.one("html")["lang"], arabic.one("html")["dir"]) == ("ar", "rtl")
    assert arabic.one(".verdict strong").get_text() == "خاطئ"
    data = _data(page.html)
    jsonschema.validate(data, CLAIM_REVIEW)
    jsonschema.validate(_data(arabic.html), CLAIM_REVIEW)
    assert data["reviewRating"]["ratingValue"] == CLAIM_REVIEW_RATING["false"]
    assert data["author"]["name"] == "Our desk"


def test_public_pages_are_hardened(someone: Someone, app: FastAPI, context: Context, story: Story) -> None:
    (context.home / "claimwatch.key").write_text("00" * 32)
    _publish(someone("ann"))
    stranger = Browser(app).client
    answers = {
        path: stranger.get(f"/published{path}", follow_redirects=False)
        for path in ("/", "/en/", "/ar/1-no-the-dam-stands.html", "/en/feed.xml", "/feed.json", "/claimreview.json",
                     "/published.css", "/no.html", "/..%2fclaimwatch.key", "/en")
    }  # fmt: skip
    for path, answer in answers.items():
        assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS, path
        assert "set-cookie" not in answer.headers, path
    unlike = {path: answer.status_code for path, answer in answers.items() if answer.status_code != 200}
    assert unlike == {"/no.html": 404, "/..%2fclaimwatch.key": 404, "/en": 307}


def test_feeds_tell_of_every_language(someone: Someone, app: FastAPI, story: Story) -> None:
    _publish(someone("ann"))
    stranger = Browser(app)
    channel = ET.fromstring(stranger.open("/published/ar/feed.xml").html).find("channel")
    assert channel is not None
    items = channel.findall("item")
    assert [item.findtext("title") for item in items] == ["خاطئ: لا، السد سليم"]
    assert parsedate_to_datetime(items[0].findtext("pubDate") or "") == datetime(2026, 11, 18, 9, tzinfo=UTC)
    feed = json.loads(stranger.open("/published/feed.json").html)
    assert (feed["version"], len(feed["items"])) == ("https://jsonfeed.org/version/1.1", 2)
    for item in feed["items"]:
        jsonschema.validate(item["_claim_review"], CLAIM_REVIEW)
    assert len(ET.fromstring(stranger.open("/published/feed.xml").html).findall(".//item")) == 2
    assert [link.get_text() for link in stranger.open("/published/vi/").soup.select("main li a")] == []


def _served(folder: Path, server: Server) -> None:
    kinds = {".html": "text/html; charset=utf-8", ".xml": "application/rss+xml", ".json": "application/json"}
    for path in folder.rglob("*"):
        if path.suffix in kinds:
            server.routes["/" + path.relative_to(folder).as_posix()] = page(path.read_bytes(), kinds[path.suffix])


def test_what_we_publish_comes_back_through_our_own_collector(
    context: Context, tmp_path: Path, source: Any, story: Story
) -> None:
    with serving() as server:
        settings = Settings(publishing=Publishing(organisation="Lakemoor Fact Desk", address=server.base),
                            web=Web(secure_cookies=False))  # fmt: skip
        here = Context(settings, context.home, context.db, context.key, context.clock)
        builders.make_person(here, "ann")
        ann = Browser(create_app(here))
        ann.log_in("ann")
        _publish(ann)
        _served(published.folder(here), server)
        client = PoliteClient(AGENT, allow_private=server.allowed, per_host_gap=0)
        found: dict[str, FactCheckRecord] = {}
        for options in (
            {"pages": f"{server.base}/feed.xml"},
            {"dump": str(published.folder(here) / "claimreview.json")},
        ):
            made = ClaimReviews(ClaimReviewOptions.model_validate(options))
            got = [record for record in records(made, run(made, client)) if isinstance(record, FactCheckRecord)]
            assert sorted(str(record.lang) for record in got) == ["ar", "en"]
            found |= {f"{record.lang}": record for record in got}
        client.close()
    english = found["en"]
    assert (english.claim, english.title) == ("The Tarn Dam burst.", "No, the dam stands")
    assert (english.publisher, english.verdict, english.rating) == ("Lakemoor Fact Desk", "false", "False")
    assert english.url == f"{server.base}/en/1-no-the-dam-stands.html"
    assert english.published_at == datetime(2026, 11, 18, 9, tzinfo=UTC)
    assert english.summary == "Engineers looked; see https://water.example/dam."
    assert (found["ar"].verdict, found["ar"].rating) == ("false", "خاطئ")


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("verdict", VERDICTS)
def test_every_verdict_is_understood_again_in_every_language(module_context: Context, lang: str, verdict: str) -> None:
    text = {"claim": "C", "title": "T", "explanation": "E", "published_at": "2026-11-18T09:00:00+00:00",
            "changed_at": "2026-11-18T09:00:00+00:00"}  # fmt: skip
    shown = {"slug": "1", "verdict": verdict, "evidence": [], "claim_at": "2026-11-17", "texts": {lang: text}}
    by = Publisher("Desk", "https://desk.example/", "https://desk.example")
    review = claim_review(shown, lang, by, published.rating(module_context, lang, verdict))
    jsonschema.validate(review, CLAIM_REVIEW)
    made = ClaimReviews(ClaimReviewOptions(dump="x"))
    raw = _review(review, {})
    assert raw is not None
    assert made.normalise(raw).verdict == verdict


def test_a_correction_is_dated_on_the_page(someone: Someone, app: FastAPI, story: Story, clock: Any) -> None:
    page = _publish(someone("ann"))
    clock.forward(minutes=30)
    page = page.submit("/publications/1", "Save", title_en="The dam stands", correction_en="Shorter title.")
    assert "Publish the correction" in page.text
    stranger = Browser(app)
    assert stranger.open("/published/en/1-no-the-dam-stands.html").one("h1").get_text() == "No, the dam stands"
    page.submit("/publications/1/publish")
    page = stranger.open("/published/en/1-no-the-dam-stands.html")
    assert page.one("h1").get_text() == "The dam stands"
    assert page.one(".corrections").get_text(" ", strip=True) == "Corrections Nov 18, 2026 Shorter title."
    assert _data(page.html)["dateModified"] == "2026-11-18T09:30:00+00:00"
    assert not stranger.open("/published/ar/1-no-the-dam-stands.html").soup.select(".corrections")


def test_a_withdrawn_fact_check_leaves_a_note(someone: Someone, app: FastAPI, story: Story) -> None:
    page = _publish(someone("ann"))
    page = page.submit("/publications/1/withdraw", note_en="We mixed up two dams.")
    assert "Withdrawn" in page.text
    stranger = Browser(app)
    for lang in ("en", "ar"):
        public = stranger.open(f"/published/{lang}/1-no-the-dam-stands.html")
        assert "We mixed up two dams." in public.text
        assert "https://water.example" not in public.html
        assert not public.soup.select("script, .verdict")
        assert public.one('meta[name="robots"]')["content"] == "noindex"
    assert json.loads(stranger.open("/published/feed.json").html)["items"] == []
    assert json.loads(stranger.open("/published/claimreview.json").html)["dataFeedElement"] == []


def test_a_preview_is_for_the_desk_only(someone: Someone, app: FastAPI, story: Story) -> None:
    browser = someone("ann")
    page = browser.open("/stories/1").submit("/stories/1/decide", "Save", triage="check", verdict="false",
                                             evidence="https://water.example/report")  # fmt: skip
    page = page.submit("/stories/1/publication").submit("/publications/1", "Save and preview: Arabic", **TEXTS)
    assert page.path == "/publications/1/preview/ar"
    assert page.one(".preview")
    assert not page.soup.select("script")
    assert Browser(app).open("/publications/1/preview/ar").path.startswith("/login")
    assert Browser(app).open("/published/ar/1-no-the-dam-stands.html").status == 404


def test_what_is_missing_is_said_and_what_was_typed_is_kept(someone: Someone, story: Story) -> None:
    browser = someone("ann")
    browser.open("/stories/1").submit("/stories/1/decide", "Save", triage="check", verdict="false",
                                      evidence="https://water.example/report")  # fmt: skip
    page = browser.open("/stories/1").submit("/stories/1/publication")
    assert "Each language needs the claim" in page.one(".todo").get_text()
    page = page.submit("/publications/1", "Save", title_vi="Đập vẫn đứng", evidence="ftp://x")
    assert page.status == 422
    assert page.one('[name="title_vi"]')["value"] == "Đập vẫn đứng"
    page = page.submit("/publications/1", "Save", evidence="https://x.example Nguồn")
    assert page.one('[name="evidence"]').get_text() == "https://x.example Nguồn"
    stale = browser.open("/publications/1")
    page.submit("/publications/1", "Save", title_vi="Khác")
    assert stale.submit("/publications/1", "Save").status == 409
    assert "Our fact-checks" in browser.open("/factchecks").text
    assert "Đập" not in browser.open("/publications").one("main").get_text()


def test_the_one_who_wrote_waits_for_a_second_person(context: Context, story: Story) -> None:
    settings = Settings(publishing=Publishing(second_person=True))
    app = create_app(Context(settings, context.home, context.db, context.key, context.clock))
    browsers = []
    for login in ("ann", "bob"):
        builders.make_person(context, login)
        browsers.append(Browser(app))
        browsers[-1].log_in(login)
    ann, bob = browsers
    page = ann.open("/stories/1").submit("/stories/1/decide", "Save", triage="check", verdict="false",
                                         evidence="https://water.example/report")  # fmt: skip
    page = page.submit("/stories/1/publication").submit("/publications/1", "Save", **TEXTS)
    assert not page.soup.select("#publish")
    token = str(page.one('[name="form_token"]')["value"])
    version = str(page.one('[name="version"]')["value"])
    page = ann.post("/publications/1/publish", {"form_token": token, "version": version})
    assert (page.status, "did not write on it" in page.one("[role=alert]").get_text()) == (403, True)
    assert bob.open("/publications/1").status == 409, "who is to read the decision does not see what was made of it"
    builders.read_all(context)
    assert "Published." in bob.open("/publications/1").submit("/publications/1/publish").text


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_words_are_only_words_for_the_world_too(
    someone: Someone, app: FastAPI, story: Story, text: str
) -> None:
    _publish(someone("ann"), claim_en=text, title_en=text, explanation_en=f"{text}\n\nhttps://x.example/{text}")
    stranger = Browser(app)
    home = stranger.open("/published/en/")
    own = stranger.open(str(home.one("main li a")["href"]).replace("../", "/published/"))
    for public in (home, own):
        soup = BeautifulSoup(public.html, "html.parser")
        assert not soup.find_all(["iframe", "base", "img", "object", "embed", "style", "form", "svg"])
        assert len(soup.find_all("script")) == (public is own)
        for tag in soup.find_all(True):
            assert not [name for name in tag.attrs if name.startswith(("on", "hx-", "data-hx"))]
            assert not str(tag.get("href", "")).startswith(("javascript:", "//"))
    assert _data(own.html)["claimReviewed"] == own.one("blockquote").get_text()
    ET.fromstring(stranger.open("/published/en/feed.xml").html)


def test_everything_is_written_again(context: Context, someone: Someone, story: Story) -> None:
    assert published.write_all(context) == 0
    assert not published.folder(context).exists()
    _publish(someone("ann"))
    before = {p.relative_to(context.home): p.read_bytes() for p in published.folder(context).rglob("*") if p.is_file()}
    for path in before:
        (context.home / path).unlink()
    assert published.write_all(context) == 1
    after = {p.relative_to(context.home): p.read_bytes() for p in published.folder(context).rglob("*") if p.is_file()}
    assert before == after
    assert len(before) == 16
