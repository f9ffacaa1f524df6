"""The web preview of a public Telegram channel to plain JSON. Runs in the child process that may be killed.

``read`` returns ``{"history": bool, "title": str, "posts": [...], "before": int | None}``, posts oldest first.
"""

from __future__ import annotations

import re
from typing import Any

from bs4 import BeautifulSoup, Tag

MAX_POSTS = 100
_NUMBER = re.compile(r"/(\d{1,15})$")
_STYLE_URL = re.compile(r"url\(['\"]?(https?://[^'\")]+)")
_MESSAGE = "tgme_widget_message"


def read(body: bytes) -> dict[str, Any]:
    """Return the messages of one preview page."""
    page = BeautifulSoup(body, "lxml")
    history = page.select_one(".tgme_channel_history")
    more = page.select_one("a.tme_messages_more[data-before]")
    messages = page.select(f"div.{_MESSAGE}[data-post]")[:MAX_POSTS]
    posts = [_post(message) for message in messages if "service_message" not in (message.get("class") or [])]
    return {
        "history": history is not None,
        "title": _text(page.select_one(".tgme_channel_info_header_title")),
        "before": _digits(more.get("data-before")) if more else None,
        "posts": sorted((post for post in posts if post["number"] is not None), key=lambda post: post["number"]),
    }


def _post(message: Tag) -> dict[str, Any]:
    where = str(message.get("data-post"))
    number = _NUMBER.search(where)
    reply = message.select_one(f"a.{_MESSAGE}_reply")
    if reply is not None:
        reply.extract()  # it holds another post's text
    forwarded = message.select_one(f".{_MESSAGE}_forwarded_from_name")
    preview = message.select_one(f"a.{_MESSAGE}_link_preview")
    time = message.select_one(f"a.{_MESSAGE}_date time[datetime]")
    return {
        "post": where,
        "number": int(number[1]) if number else None,
        "text": _text(message.select_one(f".{_MESSAGE}_text.js-message_text")),
        "links": _links(message),
        "time": time.get("datetime") if time else None,
        "edited": "edited" in _text(message.select_one(f".{_MESSAGE}_meta")).lower().split(),
        "views": _text(message.select_one(f".{_MESSAGE}_views")) or None,
        "reply_to": reply.get("href") if reply else None,
        "forwarded_from": forwarded.get("href") or _text(forwarded) if forwarded else None,
        "preview": {"url": preview.get("href"), "text": _text(preview)} if preview else None,
        "poll": [_text(part) for part in message.select(f".{_MESSAGE}_poll_question, .{_MESSAGE}_poll_option_text")],
        "documents": [_text(part) for part in message.select(f".{_MESSAGE}_document_title")],
        "media": _media(message),
        "unsupported": message.select_one(".message_media_not_supported") is not None,
    }


def _text(node: Tag | None) -> str:
    if node is None:
        return ""
    for line_end in node.find_all("br"):
        line_end.replace_with("\n")
    return node.get_text().strip()


def _links(message: Tag) -> list[str]:
    text = message.select_one(f".{_MESSAGE}_text.js-message_text")
    found = text.select("a[href]") if text else []
    return [str(link.get("href")) for link in found][:50]


def _media(message: Tag) -> list[str]:
    found = []
    for wrap in message.select(f".{_MESSAGE}_photo_wrap, .{_MESSAGE}_video_thumb, .{_MESSAGE}_sticker_wrap i"):
        style = _STYLE_URL.search(str(wrap.get("style") or ""))
        if style:
            found.append(style[1])
    found += [str(part.get("src")) for part in message.select("video[src], audio[src]")]
    return found[:20]


def _digits(value: Any) -> int | None:
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 16 else None
