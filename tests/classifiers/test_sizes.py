"""Two sizes of the model: chosen by config or command, missing and damaged ones told in one sentence."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from classifiers.weights_files import FIRST, SECOND, SHIPPED, SIZES, WEIGHTS, folder_of, shipped_sizes, verified
from monitor import choosing, settings, wiring
from monitor.commands import modelling, serving
from monitor.errors import SettingsError, SetupError
from monitor.settings import Settings
from monitor.wiring import load_named, load_text_model
from tests.sizes import with_sizes


def test_the_settings_know_the_sizes_that_there_are() -> None:
    assert get_args(settings.Size) == SIZES
    assert Settings().model.size == FIRST


def test_every_shipped_folder_carries_its_own_name_and_is_small_enough() -> None:
    for name in shipped_sizes():
        assert verified(folder_of(name))[0] == name
        assert (folder_of(name) / "model.onnx").stat().st_size <= 45_000_000
    assert folder_of(FIRST) == SHIPPED == WEIGHTS / FIRST


def test_the_config_chooses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    second = with_sizes(monkeypatch, tmp_path / "weights")
    config = tmp_path / "claimwatch.toml"
    config.write_text(f"[model]\nsize = '{SECOND}'\n")
    found = load_text_model(settings.load(config, {}))
    assert (found.model_id, found.revision) == verified(second)
    assert found.revision != verified(SHIPPED)[1]
    assert found.predict(["Send five coins to win a golden ring today"], ["en"])[0].outcome == "ok"


def test_a_folder_stands_before_the_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = list[Path]()
    monkeypatch.setattr(wiring, "load_model", lambda kind, folder, *rest, **more: asked.append(folder))
    with_sizes(monkeypatch, tmp_path / "weights")
    for text, environ in (("", {}), ("", {"CLAIMWATCH_MODEL_SIZE": SECOND}), (f"folder = '{tmp_path}'", {})):
        config = tmp_path / "claimwatch.toml"
        config.write_text(f"[model]\n{text}\n")
        load_text_model(settings.load(config, environ))
    load_named(SECOND, settings.load(config, {}))
    load_named("", settings.load(config, {}))
    names = [folder.name for folder in asked]
    assert names == [FIRST, SECOND, tmp_path.name, SECOND, tmp_path.name]


def test_a_size_that_is_missing_or_damaged_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    second = with_sizes(monkeypatch, tmp_path / "weights")
    (second / "manifest.json").write_text("{}")
    with pytest.raises(SetupError, match=r"list of files .*claimwatch-6/manifest\.json cannot be read; reinstall"):
        load_named(SECOND)
    (second / "manifest.json").unlink()
    with pytest.raises(SetupError, match=r"has no manifest\.json; reinstall"):
        load_named(SECOND)
    with_sizes(monkeypatch, tmp_path / "only the first", FIRST)
    assert shipped_sizes() == [FIRST]
    with pytest.raises(SetupError, match=r"claimwatch-6 is not installed.*or choose claimwatch-12"):
        load_named(SECOND)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("size = 'claimwatch-7'", "'model.size' is 'claimwatch-7'.*'claimwatch-12' or 'claimwatch-6'"),
        ("model = 'claimwatch-6'", "a shipped model is chosen by size = 'claimwatch-6'"),
        ("folder = 'claimwatch-7'", "no model 'claimwatch-7': choose claimwatch-12 or claimwatch-6"),
    ],
)
def test_an_unknown_name_is_answered_with_those_there_are(tmp_path: Path, text: str, words: str) -> None:
    config = tmp_path / "claimwatch.toml"
    config.write_text(f"[model]\n{text}\n")
    with pytest.raises(SettingsError, match=words):
        load_text_model(settings.load(config, {}))


def test_the_command_chooses_a_size_without_the_gate_and_goes_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with_sizes(monkeypatch, tmp_path / "weights")
    home, config = tmp_path / "desk", tmp_path / "desk" / "claimwatch.toml"
    serving.init(home)
    modelling.use(SECOND, "", config)
    assert choosing.chosen(home)[0] == choosing.Choice(SECOND)
    modelling.show(config)
    assert f"in use: {SECOND}@" in capsys.readouterr().out
    modelling.use("shipped", "", config)
    assert choosing.chosen(home) == (choosing.Choice(FIRST), choosing.Choice(SECOND))
    modelling.back(config)
    assert choosing.chosen(home)[0] == choosing.Choice(SECOND)


def test_a_size_that_is_not_there_is_not_chosen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_sizes(monkeypatch, tmp_path / "weights", FIRST)
    serving.init(tmp_path / "desk")
    with pytest.raises(SetupError, match="not installed"):
        modelling.use(SECOND, "", tmp_path / "desk" / "claimwatch.toml")
    assert choosing.chosen(tmp_path / "desk") == (None, None)
