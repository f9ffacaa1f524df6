"""A fact-check of the desk as schema.org ClaimReview, the way search engines and other desks read it.

Made from the published snapshot (``monitor.desk.publishing``) alone. Who said the claim is no part of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from monitor.vocabulary import CLAIM_REVIEW_RATING

BEST, WORST = 5, 1


@dataclass(frozen=True)
class Publisher:
    """Who publishes: the organisation's name and web page, and where its fact-checks stand (no slash at the end)."""

    name: str
    website: str
    address: str

    def url(self, lang: str, slug: str) -> str:
        return f"{self.address}/{lang}/{slug}.html"


def claim_review(snapshot: Mapping[str, Any], lang: str, publisher: Publisher, rating: str) -> dict[str, Any]:
    """Return the ClaimReview of one language version; ``rating`` is the verdict in that language's words."""
    text = snapshot["texts"][lang]
    organisation = {"@type": "Organization", "name": publisher.name, "url": publisher.website}
    return {
        "@context": "https://schema.org",
        "@type": "ClaimReview",
        "url": publisher.url(lang, snapshot["slug"]),
        "inLanguage": lang,
        "name": text["title"],
        "claimReviewed": text["claim"],
        "description": first_paragraph(text["explanation"]),
        "datePublished": text["published_at"],
        "dateModified": text["changed_at"],
        "author": organisation,
        "publisher": organisation,
        "itemReviewed": {"@type": "Claim", "name": text["claim"], "datePublished": snapshot["claim_at"]},
        "reviewRating": {
            "@type": "Rating",
            "ratingValue": CLAIM_REVIEW_RATING[snapshot["verdict"]],
            "bestRating": BEST,
            "worstRating": WORST,
            "alternateName": rating,
        },
        "citation": [item["link"] for item in snapshot["evidence"]],
    }


def first_paragraph(text: str) -> str:
    return text.strip().split("\n\n")[0].replace("\n", " ").strip()
