"""Kinds of source. A new one is a module and a line here."""

from __future__ import annotations

from importlib import import_module

from collectors.base import Collector

KINDS = {
    "claimreview": "collectors.claimreview:ClaimReviews",
    "factchecks": "collectors.factchecks:FactChecks",
    "bluesky": "collectors.bluesky:Bluesky",
    "feed": "collectors.feed:Feed",
    "hackernews": "collectors.hackernews:HackerNews",
    "lemmy": "collectors.lemmy:Lemmy",
    "mastodon": "collectors.mastodon:Mastodon",
    "news": "collectors.news:News",
    "reddit": "collectors.reddit:Reddit",
    "telegram": "collectors.telegram:Telegram",
    "youtube": "collectors.youtube:YouTube",
    "import": "collectors.imports:Import",
    "jsonl": "collectors.jsonl:JsonLines",
}
"""kind -> ``module:Class``, imported on first use so that one broken module cannot stop the others."""


def collector_class(kind: str) -> type[Collector]:
    """Return the collector class of ``kind``; ``KeyError`` when there is none."""
    module, name = KINDS[kind].split(":")
    found: type[Collector] = getattr(import_module(module), name)
    return found
