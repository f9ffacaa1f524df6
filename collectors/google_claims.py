"""Google's Fact Check Tools API: published reviews of claims, by words or by publisher, within a daily budget."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from collectors.base import Client
from collectors.quota import DailyQuota
from collectors.values import dig, list_at, text_at
from monitor.errors import PageChanged, SourceGone

_MOST_PAGES = 20


def pages(
    client: Client, api: str, key: str, wanted: Mapping[str, str], quota: DailyQuota
) -> Iterator[list[dict[str, Any]]]:
    """Yield the reviews of one page after the other, in the shape of schema.org, while the budget lasts."""
    token: str | None = None
    for _ in range(_MOST_PAGES):
        if quota.spent:
            return
        quota.spend()  # a refused call costs as well
        more = {"pageToken": token} if token else {}
        answer = client.get(
            f"{api}/claims:search", params={**wanted, **more}, headers={"x-goog-api-key": key}, accept=(400, 403, 429)
        )
        if answer.status == 429:
            quota.end()
            return
        if answer.status != 200:
            said = text_at(answer.json(), "error", "message") or "no reason given"
            raise SourceGone(f"Google's Fact Check API refused the request ({answer.status}: {said}).")
        found = answer.json()  # no match at all is an empty object
        if not isinstance(found, Mapping) or not isinstance(found.get("claims", []), list):
            raise PageChanged("Google's Fact Check API sent something else than claims.")
        yield [review for claim in list_at(found, "claims") for review in _reviews(claim)]
        token = text_at(found, "nextPageToken")
        if token is None:
            return


def _reviews(claim: Any) -> Iterator[dict[str, Any]]:
    for found in list_at(claim, "claimReview"):
        yield {
            "claimReviewed": dig(claim, "text"),
            "url": dig(found, "url"),
            "name": dig(found, "title"),
            "author": {"name": dig(found, "publisher", "name") or dig(found, "publisher", "site")},
            "datePublished": dig(found, "reviewDate") or dig(claim, "claimDate"),
            "inLanguage": dig(found, "languageCode"),
            "reviewRating": {"alternateName": dig(found, "textualRating")},
        }
