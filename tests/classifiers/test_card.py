"""The model card: sections without input say so, drawings hold the figures, tables of the core are read right."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from classifiers import card, plots, suite_errors, suite_sizes
from classifiers.encoder import EncoderModel
from classifiers.evalrows import label_posts
from classifiers.labels import Threshold
from classifiers.normalise import prepare
from classifiers.scored import Scored
from classifiers.suite_labels import AIMS, three_class_table
from classifiers.suite_scores import Spread, confusion_table, curve_table, spreads, usual_scores, usual_table
from classifiers.suite_sources import cross_set_table, overlap_table
from classifiers.tables import Table
from classifiers.train.data import Labels, Row
from classifiers.weights_files import FIRST, SECOND, SHIPPED
from monitor.commands.evaluating import core_tables
from monitor.errors import SettingsError, SetupError
from monitor.records import LABELS, LANGUAGES
from tests.sizes import with_sizes


@pytest.fixture(scope="module")
def scored(model: EncoderModel) -> Scored:
    return Scored(model)


def _spread(lang: str = "en") -> Spread:
    scores = np.linspace(0.0, 0.99, 100)
    return Spread("scam", lang, Threshold(0.8, 0.4), scores, (scores >= 0.7).astype(np.int64), "a set")


def _smishing() -> list[Row]:
    texts = [f"Send {n} coins to win a golden {thing} today" for n in range(6) for thing in ("phone", "ring")]
    return [
        Row(f"{split}-{i}", text, "en", "smishing_en", split, {"scam": (float(i % 2), 1.0)}, {}, text)
        for split in ("calibrate", "test") for i, text in enumerate(texts)
    ]  # fmt: skip


def _comments() -> list[Row]:
    kinds: list[Labels] = [{"abuse": (a, 1.0), "hate": (h, 1.0)} for a, h in ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0))] * 2
    return [
        Row(f"vi-{split}-{i}", f"câu {i}", "vi", "vihsd_vi", split, known, {}, f"câu {i}")
        for split in ("dev", "test")
        for i, known in enumerate(kinds)
    ]


def test_a_section_without_its_input_says_so() -> None:
    def fail() -> list[str]:
        raise SetupError("there is no such folder.")

    assert card._made(card.Section("x", fail)) == ["Not measured for this card: there is no such folder.\n"]
    assert card._made(card.Section("x", lambda: ["fine"])) == ["fine"]


def test_each_size_has_a_card_and_both_stand_side_by_side(
    model: EncoderModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_sizes(monkeypatch, tmp_path / "weights")
    monkeypatch.setattr(suite_sizes, "label_posts", lambda: label_posts()[::25])
    asked = list[str]()

    def tables(suite: str, data: object, of: EncoderModel, cache: Path) -> list[Table]:
        asked.append(f"{suite} {of.model_id}")
        return suite_sizes.run(of, None, cache) if suite == "sizes" else [Table(f"A table of {suite}", ("x",))]

    def more(of: EncoderModel) -> list[card.Section]:
        return [card.Section(card.command(of, "--suite stories"), lambda: [f"stories as {of.model_id} sees them\n"])]

    monkeypatch.setattr(card, "tables", tables)
    monkeypatch.setattr(card, "_drawn", lambda of, data, cache, drawings: [f"drawn into {drawings.name}"])
    paths = card.write(None, to=tmp_path, more=more)
    assert [path.name for path in paths] == ["README.md", "README-6.md"]
    first, second = (path.read_text(encoding="utf-8") for path in paths)
    assert first.startswith(f"# Model card: {FIRST}\n")
    assert f"[{SECOND}](README-6.md)" in first
    assert f"| label | set | lang | posts | metric | {FIRST} | {SECOND} | lost | must |" in first
    assert "drawn into card\n" in first
    assert second.startswith(f"# Model card: {SECOND}\n")
    assert f"[{FIRST}](README.md)" in second
    assert "drawn into card-6\n" in second
    assert f"`claimwatch evaluate --suite stories --data DIR --size {SECOND}`" in second
    assert f"stories as {SECOND} sees them" in second
    assert "side by side, row by row" in second
    assert "| lost |" not in second
    assert {f"sizes {FIRST}", f"robust {FIRST}", f"robust {SECOND}"} <= {*asked}
    assert f"sizes {SECOND}" not in asked


def test_a_card_is_written_when_one_size_alone_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_sizes(monkeypatch, tmp_path / "weights", FIRST)
    monkeypatch.setattr(card, "SUITES", {"sizes": "classifiers.suite_sizes:run"})
    monkeypatch.setattr(card, "NO_SUITES", ("sizes",))
    monkeypatch.setattr(card, "_drawn", lambda *rest: [])
    (path,) = card.write(None, to=tmp_path)
    words = path.read_text(encoding="utf-8")
    assert "Not measured for this card: claimwatch-12 is all there is" in words
    assert "README-6" not in words
    with pytest.raises(SetupError, match="claimwatch-6 is not installed"):
        card.write(None, to=tmp_path, size=SECOND)
    with pytest.raises(SettingsError, match="no card of 'other': choose claimwatch-12 or claimwatch-6"):
        card.write(None, to=tmp_path, size="other")


def test_sizes_are_set_side_by_side_value_against_value(
    model: EncoderModel, scored: Scored, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_sizes(monkeypatch, tmp_path / "weights")
    own = suite_sizes.values(model, scored, [])
    assert {place[0] for place in own} == {"claim", "check_worthy", "harmful", "unreliable", "scam"}
    half = {place: (value / 2, must) for place, (value, must) in own.items()}
    small = EncoderModel(model._session, model.tokenizer, model.thresholds, SECOND, "0")
    table = suite_sizes.values_table([model, small], [own, half])
    for row in table.rows:
        assert row[5] == pytest.approx(float(row[6] or 0) * 2)
        assert row[7] == row[6]
    assert {row[8] for row in table.rows if row[2] == "vi" and row[0] == "claim"} == {0.8}
    sizes = suite_sizes.bytes_table([model, small])
    assert [row[0] for row in sizes.rows] == [FIRST, SECOND]
    assert sizes.rows[0][2] == (SHIPPED / "model.onnx").stat().st_size


def test_every_row_of_the_label_table_is_compared(
    model: EncoderModel, scored: Scored, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(suite_sizes, "label_posts", lambda: [])
    monkeypatch.setattr(suite_sizes, "aims_of", lambda _model: [aim for aim in AIMS if aim.source == "smishing_en"])
    rows = _smishing() + _comments()
    found = suite_sizes.values(model, scored, rows)
    scam, three = found
    assert scam == ("scam", "smishing_en", "en", 12, "F1+")
    assert three == ("abuse, hate", "vihsd_vi", "vi", 6, "macro-F1 of three classes")
    assert found[three][0] == three_class_table(scored, rows).rows[0][3]


def test_confusion_and_curve_are_counted_right() -> None:
    assert _spread().confusion == (70, 0, 10, 20)
    assert confusion_table([_spread()]).rows == [("scam", "en", 70, 0, 10, 20, "a set")]
    curve = _spread().curve
    assert [posts for _, _, posts in curve] == [10] * 10
    assert [share for _, share, _ in curve] == [0.0] * 7 + [1.0] * 3
    assert curve_table([_spread()]).rows[0][3] == "0.05 0.00"


def test_a_drawing_is_well_formed_and_holds_the_counts(tmp_path: Path) -> None:
    names = plots.write([_spread(lang) for lang in LANGUAGES], tmp_path)
    assert names == {"scam": "scam.svg"}
    drawing = ElementTree.parse(tmp_path / "scam.svg").getroot()
    words = [text.text for text in drawing.iter("{http://www.w3.org/2000/svg}text")]
    assert words.count("70") == 3
    assert len(list(drawing.iter("{http://www.w3.org/2000/svg}polyline"))) == 3
    assert "ar: 100 posts" in words


def test_our_posts_alone_give_spreads_and_usual_scores(model: EncoderModel, scored: Scored) -> None:
    found = spreads(model, scored, [])
    assert {one.label for one in found} == {"claim", "check_worthy", "harmful", "unreliable", "scam"}
    assert all(one.sets == "our posts" for one in found)
    usual = json.loads(json.dumps(usual_scores(model, scored, [])))
    assert usual["model"] == f"{model.model_id}@{model.revision}"
    for label in LABELS:
        for lang in LANGUAGES:
            deciles = usual["labels"][label][lang]["deciles"]
            assert deciles == sorted(deciles)
            assert len(deciles) == 9
    assert len(usual_table(usual).rows) == len(LABELS) * len(LANGUAGES)


def test_unreliable_is_shown_across_sets(model: EncoderModel, scored: Scored) -> None:
    table = cross_set_table(model, scored, [])
    assert [row[:3] for row in table.rows] == [(lang, "our posts", "our posts") for lang in LANGUAGES]
    assert all("never trained on" in str(row[-1]) for row in table.rows)


def test_texts_that_also_stand_in_train_are_counted_and_left_out(
    model: EncoderModel, scored: Scored, monkeypatch: pytest.MonkeyPatch
) -> None:
    import classifiers.suite_sources as suite

    rows = _smishing()
    text = rows[0].text
    rows += [Row("train-0", text + "!", "en", "olid_en", "train", {"abuse": (0.0, 1.0)}, {}, text)]
    monkeypatch.setattr(suite, "aims_of", lambda _model: [aim for aim in AIMS if aim.source == "smishing_en"])
    table = overlap_table(model, scored, [*rows, *_comments()])
    assert [row[4:6] for row in table.rows] == [(12, 1), (6, 0)]


def test_the_worst_errors_are_listed_with_handles_masked(
    model: EncoderModel, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    texts = ["@someone the ministry closed forty schools in Leeds on Monday", "what a lovely evening, good night all"]
    rows = [
        Row(f"t-{i}", prepare(text), "en", "ct22", "test", {"claim": (float(i), 1.0)}, {"file": "test"}, text)
        for i, text in enumerate(texts)
    ]
    monkeypatch.setattr(suite_errors, "all_rows", lambda _data: rows)
    table = suite_errors.run(model, tmp_path)[0]
    assert table.title == "Worst errors: claim"
    assert [row[2] for row in table.rows] in ([0, 1], [1, 0])
    assert any("@user" in str(row[-1]) for row in table.rows)
    assert "1.000 of them" in table.note
    with pytest.raises(SetupError, match="needs --data"):
        suite_errors.run(model, None)


def test_figures_of_the_core_become_tables_by_their_columns() -> None:
    found = {
        "one set": {"posts": 3, "fused": 0.9},
        "another": {"posts": 5, "fused": 0.8},
        "crosslingual": {"claims": 2, "en to vi": 1.0, "mean": 1.0},
    }
    first, second = core_tables(found)
    assert (first.title, first.rows) == ("Retrieval", [("one set", 3, 0.9), ("another", 5, 0.8)])
    assert (second.title, second.columns) == ("Across languages", ("measured on", "claims", "en to vi", "mean"))
