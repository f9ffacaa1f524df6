"""Published fact-checks as schema.org ClaimReview: on publishers' pages, from Google's API, from a data dump.

Google dropped the search result these were made for in 2025, but the markup lives on at many fact-checkers. Pages
without it give nothing here.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, model_validator

from collectors import google_claims
from collectors.articles import Archive, visits
from collectors.base import Client, Options
from collectors.html import plain
from collectors.quota import DailyQuota
from collectors.ratings import verdict_of
from collectors.recent import Recent
from collectors.values import (
    count_at,
    dig,
    digest,
    fact_check,
    language,
    list_at,
    raw_item,
    text_at,
    time_at,
    web_link,
)
from monitor.errors import Invalid, PageChanged, SourceGone, Unmappable
from monitor.records import FactCheckRecord, Older, Page, RawItem

_PER_PAGE = 200
_CHUNK = 2**20


class ClaimReviewOptions(Options):
    """One of ``pages`` (sitemap or feed of a fact-checker), ``query`` or ``publisher`` (Google), ``dump`` (a file).

    Google's Fact Check Tools API needs an ``api_key`` and gets at most ``daily_calls`` a day; ``publisher`` is a site
    name as in ``factcheck.example``.
    """

    pages: str | None = Field(default=None, pattern=r"^https?://")
    prefix: str = Field(default="/", pattern="^/")
    pages_per_visit: int = Field(default=20, ge=1, le=100)
    query: str | None = Field(default=None, min_length=1)
    publisher: str | None = Field(default=None, min_length=3)
    lang: str | None = Field(default=None, min_length=2, max_length=10)
    max_age_days: int = Field(default=30, ge=1, le=3650)
    api_key: SecretStr | None = None
    daily_calls: int = Field(default=200, ge=1, le=100_000)
    dump: str | None = Field(default=None, min_length=1)
    api: str = Field(default="https://factchecktools.googleapis.com/v1alpha1", pattern=r"^https?://[^/]+(/[^/]+)*$")

    @model_validator(mode="after")
    def _one_way(self) -> ClaimReviewOptions:
        if sum(value is not None for value in (self.pages, self.query or self.publisher, self.dump)) != 1:
            raise ValueError("give exactly one of pages, query (or publisher), dump")
        if (self.query or self.publisher) and not self.api_key:
            raise ValueError("query and publisher need api_key (Google Fact Check Tools API)")
        return self


class ClaimReviews:
    """One source of fact-checks."""

    kind: ClassVar[str] = "claimreview"
    options_type: ClassVar[type[Options]] = ClaimReviewOptions
    yields: ClassVar[str] = "factchecks"
    global_ids: ClassVar[bool] = True

    def __init__(self, options: ClaimReviewOptions) -> None:
        self._options = options
        self._archive: Archive | None = None

    def fetch(self, client: Client, cursor: Mapping[str, Any], now: datetime) -> Iterator[Page]:
        """Yield reviews that are new or changed."""
        if self._options.pages:
            yield from self._from_pages(client, cursor)
        elif self._options.dump:
            yield from self._from_dump(Path(self._options.dump).expanduser(), cursor)
        else:
            yield from self._from_google(client, cursor, now)

    def older(self, client: Client, place: str | None, since: datetime, until: datetime, now: datetime) -> Older:
        """Read a fact-checker's pages back; the other ways hold everything from the start."""
        options = self._options
        if not options.pages:
            raise Invalid("Only the pages of a fact-checker can be read back by date.")
        if self._archive is None:
            self._archive = Archive(options.pages, options.prefix, options.pages_per_visit)
        pages, following = self._archive.older(client, place, since)
        found = [_review(review, page.payload) for page in pages for review in list_at(page.payload, "reviews")]
        return Older([review for review in found if review], following)

    def _from_pages(self, client: Client, cursor: Mapping[str, Any]) -> Iterator[Page]:
        options = self._options
        found = visits(client, str(options.pages), options.prefix, cursor, options.pages_per_visit)
        for item, state, notes in found:
            page = item.payload if item else {}
            reviews = [_review(each, page) for each in list_at(page, "reviews")]
            yield Page(
                items=[review for review in reviews if review],
                cursor=state,
                outcome="ok" if reviews else "not_modified",
                notes=notes,
                next_poll_seconds=60.0 if list_at(state, "pending") else None,
            )

    def _from_google(self, client: Client, cursor: Mapping[str, Any], now: datetime) -> Iterator[Page]:
        options, recent = self._options, Recent(cursor)
        quota = DailyQuota(cursor, options.daily_calls, now)
        key = options.api_key.get_secret_value() if options.api_key else ""
        wanted = {
            "query": options.query,
            "reviewPublisherSiteFilter": options.publisher,
            "languageCode": options.lang,
            "maxAgeDays": str(options.max_age_days),
            "pageSize": "50",
        }
        given = {name: value for name, value in wanted.items() if value}
        for reviews in google_claims.pages(client, options.api, key, given, quota):
            fresh = recent.fresh(item for review in reviews if (item := _review(review, {})))
            state = {"recent": recent.as_cursor(), "units": quota.as_cursor()}
            yield Page(items=fresh, cursor=state)
            if not fresh:
                break
        # Said at every visit, also when nothing is left: then it is the reason why no fact-checks come.
        state = {"recent": recent.as_cursor(), "units": quota.as_cursor()}
        note = quota.note("Google Fact Check API", "calls")
        yield Page(cursor=state, outcome="not_modified", notes=(note,))

    def _from_dump(self, path: Path, cursor: Mapping[str, Any]) -> Iterator[Page]:
        try:
            found = path.stat()
        except OSError as error:
            raise SourceGone(f"{path} cannot be read ({error.strerror}).") from error
        mark = f"{found.st_size}-{int(found.st_mtime)}"
        done = count_at(cursor, "done") or 0 if text_at(cursor, "mark") == mark else 0
        items: list[RawItem] = []
        number = done
        for number, element in enumerate(elements(path), 1):
            if number <= done:
                continue
            items += [item for review in _dump_reviews(element) if (item := _review(review, {}))]
            if len(items) >= _PER_PAGE:
                yield Page(items=items, cursor={"mark": mark, "done": number})
                items = []
        outcome = "ok" if items or number > done else "not_modified"
        yield Page(items=items, cursor={"mark": mark, "done": max(number, done)}, outcome=outcome)

    def normalise(self, raw: RawItem) -> FactCheckRecord:
        """Map one review; ``Unmappable`` when it does not say which claim it reviews."""
        review = raw.payload.get("review")
        claim = text_at(review, "claimReviewed")
        if claim is None:
            raise Unmappable("The review does not name the claim it reviews.")
        rating = dig(review, "reviewRating")
        rating = rating[0] if isinstance(rating, list) and rating else rating
        words = text_at(rating, "alternateName") or text_at(rating, "name") or text_at(rating, "ratingExplanation")
        number = _number(dig(rating, "ratingValue"))
        verdict = verdict_of(words, number, _number(dig(rating, "bestRating")), _number(dig(rating, "worstRating")))
        publisher = _named(review, "author") or _named(review, "publisher")
        url = web_link(dig(review, "url")) or web_link(raw.payload.get("page"))
        title = text_at(review, "name") or text_at(review, "headline") or text_at(raw.payload, "title")
        return fact_check(
            raw.external_id,
            plain(claim),
            title=plain(title) if title else None,
            url=url,
            publisher=publisher or (urlsplit(url).hostname if url else None),
            lang=language(dig(review, "inLanguage")) or language(raw.payload.get("lang")),
            rating=words or text_at(rating, "ratingValue"),
            verdict=verdict,
            summary=_summary(review),
            published_at=time_at(review, "datePublished") or time_at(review, "dateModified"),
        )


def _review(review: Any, page: Mapping[str, Any]) -> RawItem | None:
    if not isinstance(review, Mapping):
        return None
    link = web_link(dig(review, "url")) or web_link(page.get("canonical")) or web_link(page.get("url"))
    key = "review:" + digest(link, text_at(review, "claimReviewed"))
    # Who said the claim is no business of the library.
    kept = {name: value for name, value in review.items() if name != "itemReviewed"}
    return raw_item(key, {"review": kept, "page": link, "lang": page.get("lang"), "title": page.get("title")})


def _dump_reviews(element: Any) -> list[Any]:
    """Return the reviews of a Data Commons feed element (``DataFeedItem``), or the review that it is itself."""
    inside = dig(element, "item")
    if inside is None:
        return [element]
    return inside if isinstance(inside, list) else [inside]


def elements(path: Path) -> Iterator[Any]:
    """Yield the elements of the first array in a JSON file (``dataFeedElement``), a megabyte at a time."""
    decoder = json.JSONDecoder(parse_constant=lambda _: None)
    with path.open(encoding="utf-8", errors="replace") as file:
        buffer = file.read(_CHUNK)
        start = buffer.find("[")
        if start < 0:
            raise PageChanged(f"{path.name} holds no list of reviews.")
        buffer = buffer[start + 1 :]
        while True:
            buffer = buffer.lstrip(" \t\r\n,")
            if buffer.startswith("]"):
                return
            try:
                element, end = decoder.raw_decode(buffer)
            except (ValueError, RecursionError) as error:
                more = file.read(_CHUNK)
                if not more or len(buffer) > 8 * _CHUNK:
                    raise PageChanged(f"{path.name} breaks off or is damaged.") from error
                buffer += more
                continue
            yield element
            buffer = buffer[end:]


def _named(review: Any, role: str) -> str | None:
    found = dig(review, role)
    found = found[0] if isinstance(found, list) and found else found
    return text_at(found, "name") or (found.strip() or None if isinstance(found, str) else None)


def _summary(review: Any) -> str | None:
    found = text_at(review, "description") or text_at(review, "reviewBody") or text_at(review, "articleBody")
    return plain(found) if found else None


def _number(value: Any) -> float | None:
    try:
        return float(value) if isinstance(value, int | float | str) and not isinstance(value, bool) else None
    except ValueError:
        return None
