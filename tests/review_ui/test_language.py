"""Three languages: full catalogues, plural rules, directions, and a style sheet that mirrors by itself."""

from __future__ import annotations

import ast
import io
import re
import shutil
from datetime import UTC, datetime
from gettext import GNUTranslations
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from babel.messages.catalog import Catalog

from monitor import vocabulary
from monitor.context import Context
from monitor.models import Source
from monitor.ranking.priority import DEFAULT_WEIGHTS
from monitor.records import LABELS
from review_ui import catalogues, sentences, wording
from review_ui.language import LANGUAGES, LOCALES, Speech, choose, isolate
from tests import builders
from tests.review_ui.conftest import Someone

ROOT = Path(__file__).parent.parent.parent
CORE = (
    "acting", "fable", "reviewing", "second_reading", "responding", "undoing", "people", "sourcing", "exporting",
    "publishing", "weights", "handing", "experts", "tokens", "lenses", "codes",
)  # fmt: skip
PLACE = re.compile(r"%\(\w+\)s")


def speech(lang: str) -> Speech:
    return Speech(lang, ZoneInfo("UTC"))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_catalogues_are_full(lang: str) -> None:
    assert list(catalogues.missing(catalogues.load(lang), catalogues.messages())) == []


@pytest.mark.parametrize("lang", ["vi", "ar"])
def test_nothing_is_left_in_english(lang: str) -> None:
    assert [message.id for message in catalogues.load(lang) if message.id and message.string == message.id] == []


def test_new_texts_are_taken_up_without_a_translation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A text nobody translated yet must be found missing, not stand there in English."""
    shutil.copytree(LOCALES, tmp_path / "locales")
    monkeypatch.setattr(catalogues, "LOCALES", tmp_path / "locales")
    template = catalogues.messages

    def with_one_more() -> Catalog:
        found = template()
        found.add("A text that is new", locations=[("app.py", 0)])
        return found

    monkeypatch.setattr(catalogues, "messages", with_one_more)
    catalogues.update()
    missing = {lang: list(catalogues.missing(catalogues.load(lang), with_one_more())) for lang in LANGUAGES}
    assert missing == {"en": [], "vi": ["A text that is new"], "ar": ["A text that is new"]}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_compiled_catalogues_are_those_of_the_translators(lang: str) -> None:
    with (LOCALES / lang / "LC_MESSAGES" / "messages.mo").open("rb") as file:
        shipped = GNUTranslations(file)._catalog  # type: ignore[attr-defined]
    fresh = GNUTranslations(io.BytesIO(catalogues.compiled(catalogues.load(lang))))._catalog  # type: ignore[attr-defined]
    assert {key: text for key, text in shipped.items() if key} == {key: text for key, text in fresh.items() if key}


@pytest.mark.parametrize("lang", ["vi", "ar"])
def test_translations_keep_the_places_of_values(lang: str) -> None:
    for message in catalogues.load(lang):
        if not message.id:
            continue
        source = message.id if isinstance(message.id, tuple) else (message.id,)
        wanted = set(PLACE.findall(source[-1]))
        forms = message.string if isinstance(message.string, tuple) else (message.string,)
        for form in forms:
            left_out = {"%(num)s"} if len(forms) > 1 else set()  # "one" and "two" are words in Arabic
            assert wanted - left_out <= set(PLACE.findall(form)) <= wanted, message.id


def test_arabic_has_six_forms() -> None:
    say = speech("ar")
    forms = {n: say.count("%(num)s post", "%(num)s posts", n) for n in (0, 1, 2, 3, 10, 11, 99, 100, 102, 103)}
    assert len({re.sub(r"\d+", "", form) for form in forms.values()}) == 6
    for numbers, word in (((3, 10, 103), "منشورات"), ((11, 99), "منشورًا"), ((100, 102), "منشور")):
        assert {forms[number].split()[-1] for number in numbers} == {word}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_word_of_the_core_is_translated(lang: str) -> None:
    say = speech(lang)
    for kind, codes in {
        "status": vocabulary.STATUSES, "triage": vocabulary.TRIAGES, "verdict": vocabulary.VERDICTS,
        "action": vocabulary.ACTIONS, "outcome": vocabulary.OUTCOMES, "role": vocabulary.ROLES, "label": LABELS,
    }.items():  # fmt: skip
        for code in codes:
            assert wording.word(say, kind, code) != code or lang == "en", f"{kind} {code}"
    for signal in (*DEFAULT_WEIGHTS, "unscored", "disguised"):
        assert wording.why(say, {"signal": signal, "points": 1, "detail": {}}) != signal or signal in LABELS


@pytest.mark.parametrize("lang", LANGUAGES)
def test_style_is_never_called_a_finding(lang: str) -> None:
    words = wording.word(speech(lang), "label", "unreliable")
    assert words != wording.word(speech(lang), "verdict", "false")
    assert len(words.split()) > 3


def test_triage_keys_are_one_letter_each() -> None:
    assert set(wording.TRIAGE_KEYS) == set(vocabulary.TRIAGES)
    taken = [*wording.TRIAGE_KEYS.values(), *"jkoclabpzrq"]
    assert len(taken) == len(set(taken))


def _core_sentences() -> set[str]:
    """Return what the core can say to a person: values in a sentence stand as ``X`` (numbers as ``7``)."""
    found = set()
    paths = [path for path in (ROOT / "monitor").rglob("*.py") if path.stem in CORE and path.parent.name != "store"]
    assert {path.stem for path in paths} == set(CORE)
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            raised = isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call)
            if not raised or ast.unparse(node.exc.func) not in ("Invalid", "Conflict", "NotAllowed"):  # type: ignore[union-attr, attr-defined]
                continue
            found |= {_spelled(argument) for argument in _branches(node.exc.args[0])}  # type: ignore[union-attr, attr-defined]
    return {sentence for sentence in found if sentence}


def _branches(node: ast.expr) -> list[ast.expr]:
    return [node.body, node.orelse] if isinstance(node, ast.IfExp) else [node]


def _spelled(node: ast.expr) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    if not isinstance(node, ast.JoinedStr):
        return ""
    numbers = ("MIN", "MAX_", "count", "num", "STEPS")
    parts = []
    for part in node.values:
        if isinstance(part, ast.Constant):
            parts.append(str(part.value))
        else:
            parts.append("7" if any(word in ast.unparse(part) for word in numbers) else "X")
    return "".join(parts)


def test_every_sentence_of_the_core_is_known() -> None:
    say = speech("vi")
    spoken = _core_sentences()
    assert len(spoken) > 20
    assert {s for s in spoken if sentences.translate(say, s, wording.ROLES) == s} == set()


def test_names_are_isolated_inside_sentences() -> None:
    text = wording.sentence(speech("ar"), "This story is held by R02.")
    assert isolate("R02") in text


@pytest.mark.parametrize("lang", LANGUAGES)
def test_pages_speak_the_accounts_language(lang: str, someone: Someone, context: Context, source: Source) -> None:
    builders.make_match(context, builders.make_story(context, source), builders.make_fact_check(context))
    browser = someone("ann", "admin", locale=lang)
    for path in (
        "/",
        "/stories/1",
        "/sources",
        "/factchecks",
        "/reports",
        "/settings",
        "/audit",
        "/help",
        "/search?q=dam",
    ):
        page = browser.open(path)
        assert page.status == 200, path
        html = page.one("html")
        assert (html["lang"], html["dir"]) == (lang, "rtl" if lang == "ar" else "ltr")
    words = speech(lang).say("Why it is here")
    assert words in browser.open("/stories/1").text


def test_the_language_is_changed_on_the_settings_page(someone: Someone) -> None:
    page = someone("ann").open("/settings").submit("/settings/preferences", locale="ar")
    assert page.one("html")["dir"] == "rtl"
    assert "حُفظت الإعدادات." in page.text


def test_the_browsers_languages_are_read_in_order() -> None:
    assert choose(None, "fr, ar-EG;q=0.9, en;q=0.8", "vi") == "ar"
    assert choose("xx", "", "vi") == "vi"


def test_the_style_sheet_knows_no_left_and_right() -> None:
    css = (ROOT / "review_ui" / "static" / "app.css").read_text(encoding="utf-8")
    rules = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    sided = re.findall(
        r"(?<![\w-])(?:left|right)(?![\w-])|(?:margin|padding|border)-(?:left|right)\S*|float:\s*\w+", rules
    )
    assert sided == []
    assert "url(" not in rules


def test_local_digits_are_written_only_where_they_are_wanted() -> None:
    arabic = Speech("ar", ZoneInfo("UTC"), local_digits=True)
    at = datetime(2026, 11, 18, 9, 5, tzinfo=UTC)
    assert arabic.number(1234.5) == "١٬٢٣٤٫٥"
    assert "٠٩:٠٥" in arabic.when(at)
    assert not any(digit in arabic.when(at) + arabic.percent(0.12) + arabic.day(at) for digit in "0123456789")
    assert Speech("vi", ZoneInfo("UTC"), local_digits=True).number(1234) == "1.234"
