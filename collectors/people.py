"""Topics, not people: searches for authors are refused, and accounts are taken only as outlets, with a reason."""

from __future__ import annotations

import re
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator

_OPERATOR = re.compile(r"(?:^|[\s(\-+\"'])(?:from|author|user|to|mentions?|did)\s*:\s*\S", re.IGNORECASE)
_ACCOUNT_PATH = re.compile(r"^/(?:@[^/]+|users?/[^/]+|u/[^/]+|profile/[^/]+|feeds/u/[^/]+|feed/@[^/]+)(?:/|\.|$)")
NO_PERSON = "a private person is no source"


def _words(value: str) -> str:
    if _OPERATOR.search(value):
        raise ValueError("search for words of claims; from:, author:, to: and mentions: look for people")
    return value


Words = Annotated[str, AfterValidator(_words)]
"""Words to search for. What a platform would take for a search by author is refused."""


def is_account(url: str) -> bool:
    """Whether an address looks like that of one account: a profile, its feed, or the feed of a YouTube channel."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    is_channel = (parts.hostname or "").endswith("youtube.com") and parts.path == "/feeds/videos.xml"
    return is_channel or _ACCOUNT_PATH.match(parts.path) is not None
