"""YouTube: the videos of an outlet's channel by its feed, and with an API key the comments under them.

Without a key nothing but the feed of the fifteen newest videos is read. With one, each visit spends at most what
is left of ``daily_units`` (a page of comments costs one; the day ends at midnight Pacific time). The terms ask
that what the API gave is refreshed or deleted within 30 days.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, ClassVar

from pydantic import Field, SecretStr

from collectors.base import Client, Options, Response
from collectors.html import plain
from collectors.quota import DailyQuota
from collectors.recent import Recent
from collectors.values import count_at, dig, list_at, moment, post, raw_item, strange, text_at, time_at
from monitor.errors import PageChanged, SourceBusy, SourceGone, Unmappable
from monitor.records import Page, PostRecord, RawItem

_SKIPPED = {"commentsDisabled", "videoNotFound"}


class YouTubeOptions(Options):
    """``channel`` is the id (UC...) of an outlet's or institution's channel; ``outlet_reason`` says which it is."""

    channel: str = Field(pattern=r"^UC[A-Za-z0-9_-]{3,60}$")
    outlet_reason: str = Field(min_length=10)
    api_key: SecretStr | None = None
    daily_units: int = Field(default=500, ge=1, le=10_000)
    site: str = Field(default="https://www.youtube.com", pattern=r"^https?://[^/]+(/[^/]+)*$")
    api: str = Field(default="https://www.googleapis.com/youtube/v3", pattern=r"^https?://[^/]+(/[^/]+)*$")


class YouTube:
    """One channel. The cursor holds validators, what was seen, and the units spent today."""

    kind: ClassVar[str] = "youtube"
    options_type: ClassVar[type[Options]] = YouTubeOptions
    yields: ClassVar[str] = "posts"
    global_ids: ClassVar[bool] = True

    def __init__(self, options: YouTubeOptions) -> None:
        self._options = options

    def fetch(self, client: Client, cursor: Mapping[str, Any], now: datetime) -> Iterator[Page]:
        """Yield new and changed videos, then, with a key, the newest comments under the latest videos."""
        state = dict(cursor)
        answer = self._feed(client, state)
        items: list[RawItem] = []
        if answer.status != 304:
            found = client.parse(
                "collectors.feed_parser:read", answer.body, answer.url, answer.headers.get("content-type", "")
            )
            if dig(found, "format") != "xml":
                raise PageChanged("YouTube sent something else than a feed.")
            entries = list_at(found, "entries")
            videos = [entry for entry in entries if text_at(entry, "yt_videoid")]
            recent = Recent(state)
            items = recent.fresh(
                raw_item(f"video:{identity}", {"video": entry})
                if (identity := text_at(entry, "yt_videoid"))
                else strange(entry)
                for entry in entries[::-1]
            )
            state |= {
                "etag": answer.headers.get("etag"),
                "last_modified": answer.headers.get("last-modified"),
                "recent": recent.as_cursor(),
                "videos": [entry["yt_videoid"] for entry in videos[:15]],
            }
        yield Page(items=items, cursor=dict(state), outcome="ok" if items else "not_modified")
        if self._options.api_key is not None:
            yield from self._comments(client, state, now)

    def _feed(self, client: Client, state: Mapping[str, Any]) -> Response:
        try:
            return client.get(
                f"{self._options.site}/feeds/videos.xml",
                params={"channel_id": self._options.channel},
                etag=text_at(state, "etag"),
                last_modified=text_at(state, "last_modified"),
            )
        except SourceGone as error:
            # The whole platform's feeds answered 404 for hours several times in 2026: never take it for the end.
            raise SourceBusy(f"YouTube shows no feed of {self._options.channel} now ({error})") from error

    def _comments(self, client: Client, state: dict[str, Any], now: datetime) -> Iterator[Page]:
        quota = DailyQuota(state, self._options.daily_units, now)
        recent = Recent({"recent": state.get("comments")})
        for video in list_at(state, "videos"):
            if quota.spent:
                break
            items, left = self._threads(client, str(video))
            if left:
                quota.spend()
            else:
                quota.end()
            fresh = recent.fresh(items)
            state |= {"units": quota.as_cursor(), "comments": recent.as_cursor()}
            yield Page(items=fresh, cursor=dict(state))
        # Said at every visit, also when nothing is left: then it is the reason why no comments come.
        yield Page(cursor=dict(state), notes=(quota.note("YouTube", "units"),))

    def _threads(self, client: Client, video: str) -> tuple[list[RawItem], bool]:
        """Return the newest comments of a video, oldest first, and False when the quota of the key is spent."""
        key = self._options.api_key
        params = {"part": "snippet", "videoId": video, "order": "time", "maxResults": "100"}
        headers = {"x-goog-api-key": key.get_secret_value() if key else ""}
        url = f"{self._options.api}/commentThreads"
        answer = client.get(url, params=params, headers=headers, accept=(400, 403, 404))
        if answer.status != 200:
            reason = text_at(answer.json(), "error", "errors", 0, "reason") or ""
            if reason in _SKIPPED:
                return [], True
            if reason in ("quotaExceeded", "rateLimitExceeded", "dailyLimitExceeded"):
                return [], False
            raise SourceGone(f"YouTube did not accept the API key ({answer.status}: {reason or 'no reason given'}).")
        threads = dig(answer.json(), "items")
        if not isinstance(threads, list):
            raise PageChanged("YouTube sent something else than comments.")
        return [item for thread in threads[::-1] if (item := _comment(thread))], True

    def normalise(self, raw: RawItem) -> PostRecord:
        """Map a video (title and description) or a comment."""
        if "video" in raw.payload:
            return _video(raw, raw.payload["video"])
        return _from_comment(raw, raw.payload.get("comment"))


def _comment(thread: Any) -> RawItem | None:
    comment = dig(thread, "snippet", "topLevelComment")
    identity = text_at(comment, "id")
    if identity is None:
        return strange(thread)
    snippet = {k: v for k, v in (dig(comment, "snippet") or {}).items() if k != "authorProfileImageUrl"}
    return raw_item(f"comment:{identity}", {"comment": snippet, "replies": dig(thread, "snippet", "totalReplyCount")})


def _video(raw: RawItem, entry: Any) -> PostRecord:
    title, video = text_at(entry, "title"), text_at(entry, "yt_videoid")
    body = plain(text_at(entry, "summary") or "")
    published, updated = moment(dig(entry, "published")), moment(dig(entry, "updated"))
    return post(
        raw,
        f"{title}\n\n{body}" if title and body and body != title else body or title,
        title=title,
        url=f"https://www.youtube.com/watch?v={video}" if video else None,
        author_id=f"youtube:{text_at(entry, 'yt_channelid')}",
        published_at=published,
        edited_at=updated if published and updated and updated > published else None,
        views=count_at(entry, "media_statistics", "views"),
        likes=count_at(entry, "media_starrating", "count"),
    )


def _from_comment(raw: RawItem, snippet: Any) -> PostRecord:
    text = text_at(snippet, "textOriginal") or plain(text_at(snippet, "textDisplay") or "")
    if not text:
        raise Unmappable("The comment has no text.")
    video, identity = text_at(snippet, "videoId"), raw.external_id.partition(":")[2]
    published, updated = time_at(snippet, "publishedAt"), time_at(snippet, "updatedAt")
    author = text_at(snippet, "authorDisplayName")
    return post(
        raw,
        text,
        url=f"https://www.youtube.com/watch?v={video}&lc={identity}" if video else None,
        author_id=text_at(snippet, "authorChannelId", "value") or author,
        author_names=(author,) if author else (),
        published_at=published,
        edited_at=updated if published and updated and updated > published else None,
        likes=count_at(snippet, "likeCount"),
        replies=count_at(raw.payload, "replies"),
        reply_to=f"video:{video}" if video else None,
    )
