"""Kinds of source, their options and how they are, as people read them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from review_ui.language import N_, Speech, isolate

KINDS = {
    "feed": N_("News feed (RSS, Atom, JSON Feed), or a page that names one"),
    "news": N_("News site: the text of its articles, by sitemap or feed"),
    "mastodon": N_("Mastodon and servers like it: a hashtag, a timeline, a search, an outlet"),
    "bluesky": N_("Bluesky: everything public by words, a search, a topic feed, an outlet"),
    "telegram": N_("Public Telegram channel"),
    "reddit": N_("Reddit: communities or a search, with a client that Reddit approved"),
    "lemmy": N_("Lemmy: a community or a whole server"),
    "hackernews": N_("Hacker News: stories and comments by words"),
    "youtube": N_("YouTube: an outlet's videos, and comments with an API key"),
    "claimreview": N_("Published fact-checks: pages of a fact-checker, or Google's Fact Check API"),
    "tip": N_("Tip line"),
    "jsonl": N_("Lines of JSON in a file"),
    "factchecks": N_("Fact-checks in a file"),
    "import": N_("Imported table"),
}
OPTIONS = {
    "url": N_("Address"),
    "pages": N_("Address of the sitemap or feed"),
    "prefix": N_("Only pages whose path begins with"),
    "pages_per_visit": N_("Pages read at one visit"),
    "first_pages": N_("Pages read back at the first visit"),
    "first_hours": N_("Hours read back at the first visit"),
    "server": N_("Address of the server"),
    "hashtag": N_("Hashtag"),
    "timeline": N_("Timeline"),
    "search": N_("Words to search for"),
    "account": N_("Account of an outlet or institution"),
    "outlet_reason": N_("Why this is an outlet or institution"),
    "token": N_("Access token"),
    "keywords": N_("Words, one a line; any of them is enough"),
    "langs": N_("Languages, one a line (en, vi, ar …)"),
    "feed": N_("Address of the topic feed (at://…)"),
    "identifier": N_("Account that searches"),
    "app_password": N_("App password"),
    "channel": N_("Channel"),
    "community": N_("Community"),
    "client_id": N_("Client id"),
    "client_secret": N_("Client secret"),
    "what": N_("What to read"),
    "api_key": N_("API key"),
    "daily_units": N_("Units of the API used a day at most"),
    "query": N_("Words of the claim"),
    "publisher": N_("Site of the publisher"),
    "lang": N_("Language"),
    "max_age_days": N_("At most so many days old"),
}
LABELS = {("feed", "pages"): N_("Pages read back at the first visit")}
"""Where one kind means something else by an option than the others."""

HINTS = {
    "outlet_reason": N_("An account is taken only with a reason, which the log shows. A private person is no source."),
    "keywords": N_("A * at the end of a word takes any ending."),
    "server": N_("For example https://mastodon.social"),
    "channel": N_("Telegram: its name. YouTube: its id, which begins with UC."),
    "api_key": N_("Kept in the database of this desk; no log and no page shows it again."),
    "token": N_("Kept in the database of this desk; no log and no page shows it again."),
    "app_password": N_("Kept in the database of this desk; no log and no page shows it again."),
    "client_secret": N_("Kept in the database of this desk; no log and no page shows it again."),
}
CHOICES = {
    "public": N_("everything the server knows"),
    "local": N_("posts of this server"),
    "story": N_("stories"),
    "comment": N_("comments"),
    "both": N_("both"),
    "posts": N_("posts"),
    "comments": N_("comments"),
}
FIELDS = {
    "id": N_("Its own number or key"),
    "text": N_("Text"),
    "title": N_("Title"),
    "url": N_("Link"),
    "author": N_("Who wrote it (kept as a pseudonym only)"),
    "lang": N_("Language"),
    "published_at": N_("Published"),
    "edited_at": N_("Changed"),
    "likes": N_("Likes"),
    "shares": N_("Shares"),
    "replies": N_("Replies"),
    "views": N_("Views"),
    "reply_to": N_("Answer to"),
    "links": N_("Links in it"),
    "media": N_("Pictures and films"),
    "platform": N_("Platform"),
}
STATES = {
    "ok": N_("working"),
    "new": N_("not visited yet"),
    "warning": N_("needs a look"),
    "red": N_("broken"),
    "paused": N_("paused"),
}
WARNINGS = {
    "empty_days": N_("Nothing new for three days, though there used to be posts."),
    "overdue": N_("Overdue: nobody visits it. Is the desk's program running?"),
}


def kind(speech: Speech, code: str) -> str:
    """Return what a kind of source is, in words."""
    return speech.say(KINDS[code]) if code in KINDS else code


def option(speech: Speech, of_kind: str, name: str) -> str:
    """Return the label of an option."""
    words = LABELS.get((of_kind, name)) or OPTIONS.get(name)
    return speech.say(words) if words else name


def hint(speech: Speech, name: str) -> str:
    return speech.say(HINTS[name]) if name in HINTS else ""


def choice(speech: Speech, code: str) -> str:
    return speech.say(CHOICES[code]) if code in CHOICES else code


def field(speech: Speech, name: str) -> str:
    return speech.say(FIELDS[name]) if name in FIELDS else name


def state(speech: Speech, code: str) -> str:
    return speech.say(STATES[code]) if code in STATES else code


def warning(speech: Speech, code: str) -> str:
    return speech.say(WARNINGS[code]) if code in WARNINGS else code


def limit(speech: Speech, said: Mapping[str, Any]) -> str:
    """Return what a host said of how often it may be asked."""
    host = isolate(said.get("host", "?"))
    closed = said.get("closed_seconds")
    if isinstance(closed, int | float):
        return speech.say("%(host)s asks us to wait %(span)s.", host=host, span=speech.span(closed))
    left = speech.number(int(said.get("remaining") or 0))
    if said.get("limit"):
        return speech.say("%(host)s: %(left)s of %(limit)s requests are left.", host=host, left=left,
                          limit=speech.number(int(said["limit"])))  # fmt: skip
    return speech.say("%(host)s: %(left)s requests are left.", host=host, left=left)


def rate(speech: Speech, per_hour: float, normal: float | None) -> str:
    """Return posts an hour, and what is normal where that is known."""
    now = speech.number(round(per_hour, 1))
    if normal is None:
        return now
    return speech.say("%(now)s (normal: %(normal)s)", now=now, normal=speech.number(round(normal, 1)))
