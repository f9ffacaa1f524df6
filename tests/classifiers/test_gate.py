"""The gate: the shipped model passes against itself, one taught or set wrongly does not; choosing and going back."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
from sqlmodel import select

from classifiers import gate
from classifiers.encoder import EncoderModel
from classifiers.evalrows import fairness_posts, label_posts
from classifiers.train.data import read_jsonl
from classifiers.weights_files import SHIPPED, verified, write_manifest
from monitor import choosing
from monitor.choosing import Choice
from monitor.commands import modelling, serving
from monitor.errors import Invalid, SettingsError, SetupError
from monitor.models import Event
from monitor.settings import Settings
from monitor.wiring import load_text_model, open_app


@pytest.fixture
def changed(tmp_path: Path) -> Path:
    """A folder whose thresholds call everything a scam and nothing a claim: what flipped labels would teach."""
    folder = Path(shutil.copytree(SHIPPED, tmp_path / "candidate"))
    model = EncoderModel.load(folder)
    table = {label: {lang: asdict(rule) for lang, rule in langs.items()} for label, langs in model.thresholds.items()}
    for rule in table["scam"].values():
        rule["flag"], rule["unsure"] = 0.0001, 0.00005
    (folder / "thresholds.json").write_text(json.dumps(table))
    write_manifest(folder, "candidate")
    return folder


class Poisoned(EncoderModel):
    """The shipped network with the sign of one label turned round."""

    def logits(self, texts):  # type: ignore[no-untyped-def]
        found = super().logits(texts).copy()
        found[:, 0] *= -1
        return found


@pytest.fixture
def fewer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every fourth post: enough for what a test must see."""
    monkeypatch.setattr(gate, "label_posts", lambda: label_posts()[::4])
    monkeypatch.setattr(gate, "fairness_posts", lambda: fairness_posts()[::4])
    monkeypatch.setattr(gate, "read_jsonl", lambda path: read_jsonl(path)[:15])


@pytest.mark.usefixtures("fewer")
def test_a_model_passes_against_itself_and_a_poisoned_one_does_not(model: EncoderModel) -> None:
    own = gate.judge(model, model)
    assert all(check.passed for check in own), [check for check in own if not check.passed]
    assert gate.verdict_table(own, ("a", "b")).note == "Yes."
    poisoned = Poisoned(model._session, model.tokenizer, model.thresholds, "poisoned", "0")
    failed = {check.name for check in gate.judge(model, poisoned) if not check.passed}
    assert {"AUC of claim, en", "AUC of claim, vi", "AUC of claim, ar", "mean AUC on our posts"} <= failed


@pytest.mark.usefixtures("fewer")
def test_thresholds_that_accuse_opinion_are_refused(model: EncoderModel, changed: Path) -> None:
    checks = gate._fair(model, EncoderModel.load(changed), gate.Scored(model), gate.Scored(EncoderModel.load(changed)))
    assert not any(check.passed for check in checks)
    note = gate.verdict_table(checks, ("a", "b")).note
    assert note.startswith("No: 6 of 6 checks failed (opinion flagged, en;")


def test_chance_does_not_fail_a_candidate() -> None:
    rng = np.random.default_rng(0)
    true = np.repeat([0, 1], 40)
    old = true + rng.normal(0, 1, 80)
    noisy = old + rng.normal(0, 0.2, 80)
    assert gate._paired("x", true, old, noisy, gate.auc, 0.0).passed
    assert not gate._paired("x", true, old, -old, gate.auc, 0.02).passed


def test_a_choice_is_pinned_and_taken_back(tmp_path: Path, changed: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    with pytest.raises(Invalid, match="No model was chosen"):
        choosing.back(home)
    choosing.choose(home, Choice(str(changed), verified(changed)[1]))
    assert load_text_model(Settings(), home).model_id == "candidate"
    write_manifest(changed, "another")
    (changed / "thresholds.json").write_text((SHIPPED / "thresholds.json").read_text())
    write_manifest(changed, "candidate")
    with pytest.raises(SetupError, match="is not the one that was chosen"):
        load_text_model(Settings(), home)
    assert choosing.back(home) is None
    assert load_text_model(Settings(), home).model_id == "claimwatch-12"
    assert replace(choosing.back(home) or Choice(), revision="").folder == str(changed)
    (home / choosing.FILE).write_text("[]")
    with pytest.raises(SetupError, match="choose a model again"):
        choosing.chosen(home)


def test_the_commands_choose_show_and_go_back(
    tmp_path: Path, changed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home, config = tmp_path / "desk", tmp_path / "desk" / "claimwatch.toml"
    home.mkdir()
    serving.init(home)
    with pytest.raises(SettingsError, match="choose claimwatch-12 or claimwatch-6, or name a folder"):
        modelling.use(str(tmp_path / "nowhere"), "", config)
    modelling.use(str(changed), "a trial", config)
    modelling.show(config)
    assert "in use: candidate@" in capsys.readouterr().out
    modelling.back(config)
    modelling.show(config)
    assert "in use: claimwatch-12@" in capsys.readouterr().out
    app = open_app(config)
    with app.context.reading() as session:
        logged = session.exec(select(Event).where(Event.action == "model.chosen")).all()
    app.close()
    assert [event.details["reason"] for event in logged] == ["a trial", "taken back"]
