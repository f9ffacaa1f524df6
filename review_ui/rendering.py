"""Templates: one Jinja environment per language, escaping on, and the few filters pages need."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cache, lru_cache
from gettext import NullTranslations
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined, nodes
from jinja2.visitor import NodeTransformer
from markupsafe import Markup

from monitor.text import links_in, mask_handles, one_line, show_controls
from review_ui import wording
from review_ui.language import LANGUAGES, Speech, catalogue, direction, isolate
from review_ui.told import Told

if TYPE_CHECKING:
    from review_ui.deps import Visit

HERE = Path(__file__).parent
TEMPLATES = HERE / "templates"
STATIC = HERE / "static"
KEPT_ROWS = 5_000
"""About a kilobyte each; rows that nobody looks at any more are forgotten first."""

NUMBER, VERSION = "\ufdd0", "\ufdd1"
"""Where ``filled`` puts a story's number and version: characters that no text has."""


class Views:
    """Renders templates. ``visit`` decides language and what the person may see."""

    def __init__(self) -> None:
        self._environments = {lang: environment(lang) for lang in LANGUAGES}
        self.told = lru_cache(maxsize=KEPT_ROWS)(self._told)

    def _told(self, speech: Speech, told: Told) -> Markup:
        """Return the part of a row that all who are told the same see alike."""
        template = self._environments[speech.lang].get_template("_told.html")
        return Markup(template.render(speech=speech, story=told))  # noqa: S704 (a template escapes what it is given)

    def render(self, template: str, visit: Visit, values: Mapping[str, Any]) -> str:
        speech = visit.speech
        said = wording.notice(speech, visit.request.query_params.get("said", ""))
        shared = {"visit": visit, "speech": speech, "now": visit.now, "notice": said}
        return self._environments[speech.lang].get_template(template).render({**shared, **values})


class _Spoken(Environment):
    """The templates of one language: texts without values are looked up once, when a template is compiled."""

    texts: NullTranslations

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree: nodes.Template = _FixedTexts(self.texts).visit(super()._parse(source, name, filename))
        return tree


class _FixedTexts(NodeTransformer):
    """Puts the translation in the place of ``_("a text")``."""

    def __init__(self, texts: NullTranslations) -> None:
        self._texts = texts

    def visit_Call(self, node: nodes.Call) -> nodes.Node:
        self.generic_visit(node)
        if not isinstance(node.node, nodes.Name) or node.node.name != "_" or node.kwargs:
            return node
        text = self._texts.gettext(node.args[0].as_const()) % {}  # as elsewhere, two signs of per cent stand for one
        return nodes.Const(Markup(text), lineno=node.lineno)  # noqa: S704 (our own texts)


@cache
def environment(lang: str) -> Environment:
    """Return the templates of one language, compiled once. Every suffix is escaped; a missing value is an error."""
    env = _Spoken(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    env.texts = catalogue(lang)
    env.install_gettext_translations(env.texts, newstyle=True)  # type: ignore[attr-defined]
    env.filters.update(
        shown=shown,
        host=host,
        web_link=web_link,
        isolate=isolate,
        one_line=one_line,
        direction=direction,
        tag=tag,
        segments=segments,
        filled=filled,
    )
    from review_ui import storyparts  # it uses ``shown`` from here

    env.globals.update(marked=storyparts.marked, untested=storyparts.untested)
    env.globals.update(NUMBER=NUMBER, VERSION=VERSION)
    env.globals.update(only_suggested=storyparts.only_suggested)
    env.globals.update(asset=asset, languages=LANGUAGES, words=wording)
    return env


def shown(text: str | None) -> str:
    """Return post text for display: handles hidden, direction tricks made visible."""
    return show_controls(mask_handles(text or ""))


def filled(part: Markup, number: int, version: int) -> Markup:
    """Return a part made once for many stories with the number and version of one."""
    return Markup(str(part).replace(NUMBER, str(number)).replace(VERSION, str(version)))  # noqa: S704 (whole numbers)


def tag(lang: str | None) -> str:
    """Return a ``lang`` attribute: empty means "unknown", which readers' software understands."""
    return "" if not lang or lang == "und" else lang


def web_link(url: str | None) -> str:
    """Return ``url`` if it is http(s) with a host, without any user name in it; else an empty string."""
    try:
        parts = urlsplit((url or "").strip())
        name = parts.hostname
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not name:
        return ""
    return parts._replace(netloc=parts.netloc.rsplit("@", 1)[-1]).geturl()


def host(url: str | None) -> str:
    """Return the host of a link as the network knows it (punycode), so that look-alike letters show."""
    try:
        name = urlsplit((url or "").strip()).hostname or ""
        return name if name.isascii() else name.encode("idna").decode("ascii")
    except (ValueError, UnicodeError):
        return "?"


def segments(text: str) -> list[tuple[str, str]]:
    """Return ``text`` cut at its web addresses: (words, link), the link empty for what is none."""
    found, at = [], 0
    for address in links_in(text):
        start = text.find(address, at)
        link = web_link(address)
        if start > at:
            found.append((text[at:start], ""))
        found.append((address, link))
        at = start + len(address)
    return [*found, (text[at:], "")] if text[at:] else found


@lru_cache(maxsize=64)
def asset(name: str) -> str:
    """Return the address of a static file, changed whenever its content changes."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:10]
    return f"/static/{name}?v={digest}"
