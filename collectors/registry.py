"""Kinds of source. A new one is a module and a line here."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any, get_args

from pydantic import SecretStr

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


def shown_options(kind: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``options`` as logs and pages may show them: what a kind declares secret is replaced by ``"•••"``."""
    fields = collector_class(kind).options_type.model_fields
    secret = {name for name, field in fields.items() if SecretStr in (field.annotation, *get_args(field.annotation))}
    return {name: "•••" if name in secret and value else value for name, value in options.items()}
