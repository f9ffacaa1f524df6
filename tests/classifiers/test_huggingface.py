"""A Hugging Face classifier under our protocol: mapping, beside and instead, vectors, windows, faults in words."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from classifiers.encoder import EncoderModel
from classifiers.huggingface import HuggingFaceModel, Mapped, brought_to, pins, read_mapping
from classifiers.registry import load_model
from classifiers.scored import Scored
from classifiers.suite_fairness import flags
from classifiers.suite_labels import aims_of, own_table
from classifiers.weights_files import SHIPPED
from monitor.errors import SettingsError, SetupError
from monitor.settings import Settings, load
from monitor.wiring import load_text_model
from tests.classifiers.tiny import write_tiny

LABELS = {"insult": "abuse", "threat": "abuse", "fraud": "scam"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_tiny(tmp_path / "tiny")


@pytest.fixture
def alone(folder: Path) -> HuggingFaceModel:
    return HuggingFaceModel.load(model=str(folder), labels=LABELS, use="instead")


def test_instead_scores_the_mapped_labels_and_nothing_else(alone: HuggingFaceModel) -> None:
    texts = ["idiot idiot idiot", "kind weather", "scamcoins scamcoins", "", "😀"]
    found = alone.predict(texts, ["en"] * 5)
    assert alone.labels == ("abuse", "scam")
    assert [one.outcome for one in found] == ["ok", "ok", "ok", "empty", "too_short"]
    assert [one.flags for one in found] == [("abuse",), (), ("scam",), (), ()]
    assert all(set(one.scores) == {"abuse", "scam"} for one in found[:3])
    assert found[0].vector is not None
    assert np.linalg.norm(found[0].vector) == pytest.approx(1.0)


def test_one_choice_and_several_are_read_differently(tmp_path: Path) -> None:
    logits = np.array([0.0, 2.0, 2.0, -9.0], np.float32)
    one = read_mapping({"id2label": dict(enumerate(("a", "b", "c", "d")))}, {"b": "abuse", "c": "abuse", "d": "scam"})
    several = Mapped(one.columns, independent=True)
    assert one.probabilities(logits)["abuse"] == pytest.approx(2 / (2 + np.exp(-2.0)), abs=1e-3)
    assert several.probabilities(logits)["abuse"] == pytest.approx(1 / (1 + np.exp(-2.0)), abs=1e-3)
    model = HuggingFaceModel.load(model=str(write_tiny(tmp_path, several=True)), labels=LABELS, use="instead")
    assert model.predict(["idiot scamcoins"], ["en"])[0].flags == ("abuse", "scam")


def test_beside_the_shipped_model_only_the_mapped_labels_change(folder: Path, model: EncoderModel) -> None:
    both = HuggingFaceModel.load(model=str(folder), labels=LABELS)
    texts = ["They hide it: the measles jab made forty children in Leeds blind! idiot idiot idiot idiot idiot idiot"]
    plain, mixed = model.predict(texts, ["en"])[0], both.predict(texts, ["en"])[0]
    assert {label for label in plain.scores if plain.scores[label] != mixed.scores[label]} == {"abuse", "scam"}
    assert mixed.vector is not None
    assert plain.vector is not None
    assert np.array_equal(mixed.vector, plain.vector)
    assert both.model_id == "claimwatch-12+tiny"
    assert both.why(texts[0], "en", "claim") == model.why(texts[0], "en", "claim")
    assert both.predict([""], ["en"])[0].outcome == "empty"


def test_the_words_that_drove_a_score_are_named(alone: HuggingFaceModel) -> None:
    assert [word for word, _ in alone.why("the weather is kind idiot", "en", "abuse", k=1)] == ["idiot"]
    assert alone.why("the weather", "en", "hate") == []


def test_a_long_text_is_read_at_both_ends(alone: HuggingFaceModel) -> None:
    hidden = "weather " * 200 + "idiot " * 60
    assert "abuse" in alone.predict([hidden], ["en"])[0].flags
    assert "abuse" in alone.predict([hidden[::-1].replace("toidi", "idiot")], ["en"])[0].flags


def test_the_same_suites_measure_it(alone: HuggingFaceModel) -> None:
    scored = Scored(alone)
    rows = own_table(alone, scored).rows  # type: ignore[arg-type]
    assert {row[0] for row in rows} == {"scam"}
    assert {aim.label for aim in aims_of(alone)} == {"abuse", "scam"}  # type: ignore[arg-type]
    assert flags(alone, scored, ["idiot idiot idiot", "kind"], "en").any(axis=1).tolist() == [True, False]  # type: ignore[arg-type]


def test_own_thresholds_in_the_folder_are_used(folder: Path) -> None:
    shutil.copyfile(SHIPPED / "thresholds.json", folder / "thresholds.json")
    found = HuggingFaceModel.load(model=str(folder), labels=LABELS, use="instead")
    assert found.thresholds["abuse"]["en"] == EncoderModel.load().thresholds["abuse"]["en"]
    assert not found.thresholds["hate"]["en"].enabled


def test_vectors_of_other_sizes_keep_their_cosines() -> None:
    rng = np.random.default_rng(0)
    for size, exact in ((4, True), (1024, False)):
        a, b = rng.normal(size=(2, size)).astype(np.float32)
        b = a + 0.5 * b
        cosine = float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))
        assert float(brought_to(a) @ brought_to(b)) == pytest.approx(cosine, abs=1e-5 if exact else 0.1)


def test_another_file_is_another_revision(folder: Path) -> None:
    before = pins(folder)
    (folder / "tokenizer_config.json").write_text("{}")
    assert pins(folder) != before


def test_nan_becomes_not_scored(alone: HuggingFaceModel) -> None:
    alone._run = lambda ids, mask: (np.full(4, np.nan, np.float32), None)
    assert alone.predict(["a kind word"], ["en"])[0].outcome == "not_scored"


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        ({}, "model.labels is empty"),
        ({"insult": "politics"}, "'politics', which is none of"),
        ({"rude": "abuse"}, "'rude'; the model's labels are neutral, insult"),
    ],
)
def test_a_wrong_mapping_is_one_sentence(folder: Path, labels: dict[str, str], words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        HuggingFaceModel.load(model=str(folder), labels=labels, use="instead")


def test_what_can_not_be_loaded_is_one_sentence(tmp_path: Path, folder: Path) -> None:
    def words(model: str, use: str = "instead") -> str:
        with pytest.raises((SetupError, SettingsError)) as caught:
            load_model("huggingface", model=model, labels=LABELS, use=use)
        return str(caught.value)

    assert "model.model is empty" in words("")
    assert "fetch it once with 'hf download no-such/model'" in words("no-such/model")
    (tmp_path / "bare").mkdir()
    assert "has no config.json" in words(str(tmp_path / "bare"))
    blind = write_tiny(tmp_path / "blind", tokens=False)
    assert "set model.use to 'beside'" in words(str(blind))
    (folder / "model.onnx").unlink()
    (folder / "pytorch_model.bin").write_bytes(b"pickle")
    assert "pickled ones are not loaded" in words(str(folder))


def test_the_config_chooses_it(tmp_path: Path, folder: Path) -> None:
    config = tmp_path / "claimwatch.toml"
    config.write_text(
        f'[model]\nkind = "huggingface"\nmodel = "{folder}"\nuse = "instead"\nlabels = {{ insult = "abuse" }}\n'
    )
    found = load_text_model(load(config, {}))
    assert found.predict(["idiot idiot"], ["en"])[0].flags == ("abuse",)
    environ = {"CLAIMWATCH_MODEL_LABELS": "insult=abuse, fraud=scam", "CLAIMWATCH_COLLECT_ALLOW_PRIVATE": "a:1,b"}
    chosen = load(None, environ)
    assert chosen.model.labels == {"insult": "abuse", "fraud": "scam"}
    assert chosen.collect.allow_private == ["a:1", "b"]
    assert Settings().model.labels == {}
