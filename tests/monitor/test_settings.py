"""Settings: every wrong key or value is one sentence that names it and what is allowed."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.config_text import CONFIG_TEXT
from monitor.errors import SettingsError
from monitor.settings import Settings, load


def _load(tmp_path: Path, body: str, environ: dict[str, str] | None = None) -> Settings:
    path = tmp_path / "claimwatch.toml"
    path.write_text(body, encoding="utf-8")
    return load(path, environ or {})


def test_the_written_config_is_all_defaults(tmp_path: Path) -> None:
    assert _load(tmp_path, CONFIG_TEXT) == Settings()


def test_every_setting_stands_in_the_written_config_with_its_default() -> None:
    uncommented = re.sub(r"^# (?=[a-z_]+ = )", "", CONFIG_TEXT.split("# Sources.")[0], flags=re.MULTILINE)
    written = tomllib.loads(uncommented)
    expected = Settings().model_dump(exclude={"source"})
    assert written == expected


def test_the_commented_example_sources_are_valid_toml() -> None:
    examples = CONFIG_TEXT.split("never a private person.\n#\n")[1]
    found = tomllib.loads(re.sub(r"^# ?", "", examples, flags=re.MULTILINE))
    assert len(Settings.model_validate(found).source) == 5


@pytest.mark.parametrize(
    ("body", "parts"),
    [
        ("[web]\nprot = 1", ["web.prot", "[web]", "host, port"]),
        ("[wbe]\nport = 1", ["wbe", "at the top", "web"]),
        ("[web]\nport = 99999", ["web.port", "99999", "65535"]),
        ("[web]\nport = 'many'", ["web.port", "many", "integer"]),
        ("[team]\nzone = 'Mars/Olympus'", ["team.zone", "Mars/Olympus", "time zone name"]),
        ("[team]\nlanguage = 'fr'", ["team.language", "fr", "'en', 'vi' or 'ar'"]),
        ("[[source]]\nkind = 'feed'", ["source.0.name"]),
        ("[web\nport = 1", ["not valid TOML"]),
    ],
)
def test_a_wrong_config_is_one_sentence(tmp_path: Path, body: str, parts: list[str]) -> None:
    with pytest.raises(SettingsError) as caught:
        _load(tmp_path, body)
    words = str(caught.value)
    assert "\n" not in words
    assert [part for part in parts if part not in words] == []


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    secret = tmp_path / "url"
    secret.write_text("sqlite:///other.db\n")
    environ = {"CLAIMWATCH_WEB_PORT": "9000", "CLAIMWATCH_DATABASE_URL_FILE": str(secret)}
    settings = _load(tmp_path, "[web]\nport = 8001", environ)
    assert (settings.web.port, settings.database.url) == (9000, "sqlite:///other.db")


def test_a_missing_secret_file_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="CLAIMWATCH_DATABASE_URL_FILE names /no/such"):
        _load(tmp_path, "", {"CLAIMWATCH_DATABASE_URL_FILE": "/no/such"})


@given(st.dictionaries(st.text(max_size=8), st.one_of(st.text(), st.integers(), st.booleans(), st.none()), max_size=3))
def test_any_section_is_accepted_or_refused_in_words(section: dict[str, object]) -> None:
    from pydantic import ValidationError

    from monitor.settings import _sentence

    try:
        Settings.model_validate({"web": section})
    except ValidationError as error:
        assert _sentence(error, None).endswith(".")
