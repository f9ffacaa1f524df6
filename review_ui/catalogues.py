"""Keeps the catalogues: ``python -m review_ui.catalogues`` takes up new words from the code and compiles.

Translators edit ``locales/<language>/LC_MESSAGES/messages.po``; the compiled ``.mo`` beside it is what runs.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import UTC, datetime

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from review_ui.language import LANGUAGES, LOCALES

_MADE = datetime(2026, 11, 23, tzinfo=UTC)
_HEADER = "# Texts of Claimwatch's pages. Apache-2.0, as the rest of the project."
_METHODS = [("**.py", "python"), ("templates/**.html", "jinja2")]
_KEYWORDS = {
    "_": None, "gettext": None, "ngettext": (1, 2), "N_": None, "say": None, "count": (1, 2),
}  # fmt: skip


def messages() -> Catalog:
    """Return every text of the pages that is meant for people, as written in the code."""
    found = Catalog(charset="utf-8", creation_date=_MADE)
    root = LOCALES.parent
    options = {"templates/**.html": {"trimmed": "false", "silent": "false"}}
    for name, _line, text, _comments, _context in extract_from_dir(root, _METHODS, options, keywords=_KEYWORDS):
        if isinstance(text, tuple) or text:
            found.add(text, locations=[(name, 0)])
    return found


def load(lang: str) -> Catalog:
    """Return the catalogue of a language as its translators left it (empty when there is none)."""
    path = LOCALES / lang / "LC_MESSAGES" / "messages.po"
    if not path.exists():
        return Catalog(locale=lang, charset="utf-8", project="Claimwatch", header_comment=_HEADER)
    with path.open("rb") as file:
        return read_po(file, locale=lang, charset="utf-8")


def compiled(catalog: Catalog) -> bytes:
    """Return the bytes of the ``.mo`` file."""
    buffer = io.BytesIO()
    write_mo(buffer, catalog)
    return buffer.getvalue()


def missing(catalog: Catalog, template: Catalog) -> Iterator[str]:
    """Yield texts of the pages that the catalogue does not translate in full, each plural form counted."""
    for message in template:
        if not message.id:
            continue
        known = catalog.get(message.id)
        forms = known.string if known is not None and not known.fuzzy else ""
        parts = forms if isinstance(forms, tuple | list) else (forms,)
        wanted = catalog.num_plurals if message.pluralizable else 1
        if len(parts) != wanted or not all(parts):
            yield str(message.id)


def update() -> None:
    """Take up new texts, drop old ones, and compile. English is what the code says."""
    for lang in LANGUAGES:
        catalog = load(lang)
        # A template of its own: the catalogue takes its messages over, and English fills them in.
        catalog.update(messages(), no_fuzzy_matching=True)
        catalog.obsolete.clear()
        catalog.fuzzy = False
        catalog.project, catalog.version, catalog.revision_date = "Claimwatch", "1", _MADE
        catalog.header_comment = _HEADER
        catalog.last_translator = catalog.language_team = catalog.msgid_bugs_address = "Claimwatch"
        if lang == "en":
            for message in catalog:
                message.string = message.id
        folder = LOCALES / lang / "LC_MESSAGES"
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "messages.po").open("wb") as file:
            write_po(file, catalog, width=110, sort_output=True, omit_header=False, include_lineno=False)
        (folder / "messages.mo").write_bytes(compiled(catalog))


if __name__ == "__main__":
    update()
