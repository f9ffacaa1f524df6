"""One Bluesky post as it is kept and mapped, wherever it came from (search, a feed or the stream).

Lexicons: app.bsky.feed.post, app.bsky.embed.*. Payload: ``{"uri","cid","did","record","indexed_at"[,"counts",
"names"]}``; a post that is gone: ``{"deleted": true, "did"}``.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from collectors.recent import deletion
from collectors.values import count_at, dig, language, list_at, post, raw_item, strange, text_at, time_at, web_links
from monitor.errors import Unmappable
from monitor.records import PostRecord, RawItem

COLLECTION = "app.bsky.feed.post"
_HIDING = {"!no-unauthenticated", "!hide", "!takedown", "!suspend"}
_COUNTS = ("likeCount", "repostCount", "quoteCount", "replyCount")


def from_view(view: Any) -> RawItem | None:
    """Return the raw item of a post view, or None when its author does not want to be seen without an account."""
    uri, did = text_at(view, "uri"), text_at(view, "author", "did")
    labels = [*list_at(view, "labels"), *list_at(view, "author", "labels")]
    if any(dig(label, "val") in _HIDING for label in labels):
        return None
    if uri is None or did is None:
        return strange(view)
    return raw_item(
        uri,
        {
            "uri": uri,
            "cid": dig(view, "cid"),
            "did": did,
            "record": dig(view, "record"),
            "indexed_at": dig(view, "indexedAt"),
            "counts": {name: dig(view, name) for name in _COUNTS},
            "names": [text_at(view, "author", "handle"), text_at(view, "author", "displayName")],
        },
    )


def from_commit(did: str, rkey: str, cid: Any, record: Any, seen: str) -> RawItem:
    """Return the raw item of a post created or changed in the stream at the ISO time ``seen``."""
    uri = f"at://{did}/{COLLECTION}/{rkey}"
    return raw_item(uri, {"uri": uri, "cid": cid, "did": did, "record": record, "indexed_at": seen})


def post_gone(did: str, rkey: str) -> RawItem:
    """Return the raw item that says a post was deleted."""
    return deletion(f"at://{did}/{COLLECTION}/{rkey}", did=did)


def account_gone(did: str, status: str | None) -> RawItem:
    """Return the raw item that says an account is gone: all posts of this author are to go with it."""
    return deletion(f"at://{did}", did=did, account=status or "gone")


def normalise(raw: RawItem) -> PostRecord:
    """Map a payload of this module; ``Unmappable`` when it holds neither words nor media."""
    payload = raw.payload
    did = text_at(payload, "did")
    if payload.get("deleted") is True:
        gone = raw.external_id == f"at://{did}"  # the account itself, not one of its posts
        return post(raw, "", deleted=True, author_id=did, author_gone=gone)
    record = payload.get("record")
    if not isinstance(record, Mapping) or did is None:
        raise Unmappable("The post has no record or no author.")
    embed = _embed(record)
    alts = [alt for image in list_at(embed, "images") if (alt := text_at(image, "alt"))]
    return post(
        raw,
        text_at(record, "text") or "\n".join(alts),
        url=f"https://bsky.app/profile/{did}/post/{raw.external_id.rsplit('/', 1)[-1]}",
        author_id=did,
        author_names=tuple(name for name in list_at(payload, "names") if isinstance(name, str) and name),
        lang=_language(record),
        published_at=_published(record, payload),
        likes=count_at(payload, "counts", "likeCount"),
        shares=_shares(payload),
        replies=count_at(payload, "counts", "replyCount"),
        reply_to=text_at(record, "reply", "parent", "uri"),
        links=web_links([*_facet_links(record), dig(embed, "external", "uri")]),
        media=_media(did, embed),
        content_warning=_warning(record),
    )


def _embed(record: Mapping[str, Any]) -> Any:
    embed = dig(record, "embed")
    return dig(embed, "media") or embed


def _language(record: Mapping[str, Any]) -> str | None:
    """Return the language the author named, if it is one: several say nothing about this text."""
    named = list_at(record, "langs")
    return language(named[0]) if len(named) == 1 else None


def _published(record: Mapping[str, Any], payload: Mapping[str, Any]) -> datetime | None:
    """Return the earlier of the author's and the network's time: authors can date posts ahead."""
    times = [moment for moment in (time_at(record, "createdAt"), time_at(payload, "indexed_at")) if moment]
    return min(times, default=None)


def _shares(payload: Mapping[str, Any]) -> int | None:
    found = [count_at(payload, "counts", name) for name in ("repostCount", "quoteCount")]
    known = [count for count in found if count is not None]
    return sum(known) if known else None


def _facet_links(record: Mapping[str, Any]) -> list[Any]:
    features = [feature for facet in list_at(record, "facets") for feature in list_at(facet, "features")]
    return [dig(feature, "uri") for feature in features]


def _media(did: str, embed: Any) -> tuple[str, ...]:
    blobs = [text_at(image, "image", "ref", "$link") for image in list_at(embed, "images")]
    images = [f"https://cdn.bsky.app/img/feed_fullsize/plain/{did}/{blob}" for blob in blobs if blob]
    video = text_at(embed, "video", "ref", "$link")
    return web_links([*images, *([f"https://video.bsky.app/watch/{did}/{video}/playlist.m3u8"] if video else [])])


def _warning(record: Mapping[str, Any]) -> str | None:
    values = [text_at(label, "val") for label in list_at(record, "labels", "values")]
    return ", ".join(value for value in values if value) or None
