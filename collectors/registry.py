"""Kinds of source. A new one is a module and a line here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib import import_module
from typing import Any, get_args, get_origin

from pydantic import SecretStr

from collectors.base import Collector
from monitor.records import OptionField

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


LOCAL = frozenset({"import", "jsonl", "factchecks"})
"""Kinds that read files of this machine: for the command line, never for a form on a page."""

_NOT_ON_FORMS = frozenset({"dump", "api", "site", "base", "service", "pds", "stream_url"})
_CHOICES = re.compile(r"\^\(([a-z|]+)\)\$")


def option_fields(kind: str) -> list[OptionField]:
    """Return the options of ``kind`` that a form may offer: no files of this machine, no other servers to talk to."""
    found = []
    for name, field in collector_class(kind).options_type.model_fields.items():
        if name in _NOT_ON_FORMS:
            continue
        types = {field.annotation, *get_args(field.annotation)}
        pattern = next((str(part.pattern) for part in field.metadata if getattr(part, "pattern", None)), "")
        choices = tuple(match[1].split("|")) if (match := _CHOICES.fullmatch(pattern)) else ()
        form = "choice" if choices else _form(types)
        default = None if field.is_required() else field.default
        found.append(OptionField(name, form, field.is_required(), default, choices))
    return found


def _form(types: set[Any]) -> str:
    if SecretStr in types:
        return "secret"
    if int in types:
        return "number"
    return "list" if any(get_origin(found) is list for found in types) else "text"


def shown_options(kind: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``options`` as logs and pages may show them: what a kind declares secret is replaced by ``"•••"``."""
    fields = collector_class(kind).options_type.model_fields
    secret = {name for name, field in fields.items() if SecretStr in (field.annotation, *get_args(field.annotation))}
    return {name: "•••" if name in secret and value else value for name, value in options.items()}
