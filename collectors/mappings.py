"""Which column of an export is which field of a post: ready mappings of known tools, and a guess for the rest.

Column names of 4CAT, CrowdTangle, Junkipedia, the Meta Content Library and Aggie as their exports show or document
them; those of the Content Library, Junkipedia and Aggie were not checked against a fresh download.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from monitor.text import fold

FIELDS = (
    "id", "text", "title", "url", "author", "lang", "published_at", "edited_at", "likes", "shares", "replies", "views",
    "reply_to", "links", "media", "platform",
)  # fmt: skip
"""What a column can be. Several columns may be given for one field: the first that is filled counts."""

Mapped = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Preset:
    """A known export: recognised when all ``needs`` are among the columns. ``platform`` where it is always one."""

    name: str
    needs: frozenset[str]
    columns: Mapped
    platform: str | None = None


PRESETS = (
    Preset(
        "crowdtangle_facebook",
        frozenset({"Post Created", "URL", "Message"}),
        {
            "id": ("URL",),
            "text": ("Message", "Image Text", "Link Text", "Description"),
            "url": ("URL",),
            "author": ("Facebook Id", "Page Name", "Group Name"),
            "published_at": ("Post Created",),
            "likes": ("Likes",),
            "shares": ("Shares",),
            "replies": ("Comments",),
            "views": ("Total Views", "Post Views"),
            "links": ("Final Link", "Link"),
        },
        "facebook",
    ),
    Preset(
        "crowdtangle_instagram",
        frozenset({"Post Created", "URL", "Photo", "Account"}),
        {
            "id": ("URL",),
            "text": ("Description", "Image Text", "Title"),
            "url": ("URL",),
            "author": ("User Name", "Account"),
            "published_at": ("Post Created",),
            "likes": ("Likes",),
            "replies": ("Comments",),
            "views": ("Views",),
            "media": ("Photo",),
        },
        "instagram",
    ),
    Preset(
        "crowdtangle_api",
        frozenset({"platformId", "postUrl", "date"}),
        {
            "id": ("platformId",),
            "text": ("message", "description", "title"),
            "url": ("postUrl",),
            "author": ("account.platformId", "account.handle"),
            "lang": ("languageCode",),
            "published_at": ("date",),
            "edited_at": ("updated",),
            "likes": ("statistics.actual.likeCount", "statistics.actual.favoriteCount"),
            "shares": ("statistics.actual.shareCount",),
            "replies": ("statistics.actual.commentCount",),
            "links": ("link",),
            "platform": ("platform",),
        },
    ),
    Preset(
        "meta_content_library",
        frozenset({"mcl_url", "creation_time", "text"}),
        {
            "id": ("id",),
            "text": ("text",),
            "url": ("mcl_url",),
            "author": ("post_owner.id", "post_owner.username"),
            "lang": ("lang",),
            "published_at": ("creation_time",),
            "edited_at": ("modified_time",),
            "likes": ("statistics.reaction_count", "statistics.like_count"),
            "shares": ("statistics.share_count",),
            "replies": ("statistics.comment_count",),
            "views": ("statistics.views",),
            "links": ("link_attachment.link",),
        },
    ),
    Preset(
        "junkipedia",
        frozenset({"attributes.published_at", "attributes.search_data_fields.all_text"}),
        {
            "id": ("id",),
            "text": ("attributes.search_data_fields.all_text", "attributes.search_data_fields.sanitized_text"),
            "url": ("attributes.url",),
            "author": ("attributes.channel.channel_name",),
            "lang": ("attributes.search_data_fields.language_code",),
            "published_at": ("attributes.published_at",),
            "likes": ("attributes.engagement_data.like_count",),
            "shares": ("attributes.engagement_data.share_count",),
            "replies": ("attributes.engagement_data.comment_count",),
            "platform": ("attributes.search_data_fields.platform_name",),
        },
    ),
    Preset(
        "zeeschuimer",
        frozenset({"item_id", "source_platform", "data.legacy.full_text"}),
        {
            "id": ("item_id",),
            "text": ("data.legacy.full_text",),
            "author": ("data.core.user_results.result.legacy.screen_name",),
            "lang": ("data.legacy.lang",),
            "published_at": ("data.legacy.created_at",),
            "likes": ("data.legacy.favorite_count",),
            "shares": ("data.legacy.retweet_count",),
            "replies": ("data.legacy.reply_count",),
            "platform": ("source_platform",),
        },
    ),
    Preset(
        "aggie",
        frozenset({"content", "authoredAt"}),
        {
            "id": ("guid", "_id", "url"),
            "text": ("content",),
            "url": ("url",),
            "author": ("author",),
            "published_at": ("authoredAt",),
            "platform": ("_media", "media"),
        },
    ),
    Preset(
        "4cat",
        frozenset({"id", "thread_id", "author", "body", "timestamp"}),
        {
            "id": ("id",),
            "text": ("body",),
            "title": ("subject", "title"),
            "url": ("link", "url"),
            "author": ("author_id", "author"),
            "lang": ("languages", "language"),
            "published_at": ("unix_timestamp", "timestamp"),
            "edited_at": ("unix_timestamp_edited", "timestamp_edited"),
            "likes": ("like_count", "likes", "score"),
            "shares": ("repost_count", "forwards", "retweet_count", "shares"),
            "replies": ("reply_count", "replies", "comments"),
            "views": ("views", "view_count"),
            "reply_to": ("replied_to_post", "reply_to"),
        },
    ),
)

_SYNONYMS: Mapped = {
    "id": ("id", "post id", "postid", "tweet id", "message id", "uuid", "guid", "ma", "ma bai", "ma bai viet",
           "المعرف"),
    "text": ("text", "body", "message", "content", "post", "tweet", "full text", "caption", "noi dung", "van ban",
             "النص", "المحتوى"),
    "title": ("title", "headline", "subject", "tieu de", "العنوان"),
    "url": ("url", "link", "permalink", "post url", "lien ket", "duong dan", "الرابط"),
    "author": ("author id", "author", "user id", "user", "username", "account", "from", "screen name", "tac gia",
               "nguoi dang", "الكاتب", "المستخدم"),
    "lang": ("lang", "language", "ngon ngu", "اللغة"),
    "published_at": ("published at", "created at", "date", "time", "timestamp", "datetime", "created", "posted at",
                     "published", "creation time", "ngay", "thoi gian", "ngay dang", "التاريخ", "الوقت"),
    "edited_at": ("edited at", "updated at", "modified", "updated"),
    "likes": ("likes", "like count", "favorites", "favourites", "reactions", "upvotes", "luot thich", "الإعجابات"),
    "shares": ("shares", "share count", "retweets", "reposts", "forwards", "luot chia se", "المشاركات"),
    "replies": ("replies", "reply count", "comments", "comment count", "binh luan", "التعليقات"),
    "views": ("views", "view count", "impressions", "plays", "luot xem", "المشاهدات"),
    "reply_to": ("reply to", "in reply to", "parent id", "replied to"),
    "platform": ("platform", "source", "network", "nen tang", "المنصة"),
}  # fmt: skip


def recognised(columns: Iterable[str]) -> Preset | None:
    """Return the known export that these columns belong to."""
    present = set(columns)
    return next((preset for preset in PRESETS if preset.needs <= present), None)


def guessed(columns: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return field -> columns by their names, in English, Vietnamese or Arabic; each column is used once."""
    spelled = {_spelled(column): column for column in columns}
    found: dict[str, tuple[str, ...]] = {}
    for field, names in _SYNONYMS.items():
        hits = [spelled.pop(key) for name in names if (key := _spelled(name)) in spelled]
        if hits:
            found[field] = tuple(hits[:3]) if field == "text" else (hits[0],)
    return found


def _spelled(name: str) -> str:
    return " ".join(fold(name, strip_marks=True).replace("_", " ").replace("-", " ").replace(".", " ").split())
