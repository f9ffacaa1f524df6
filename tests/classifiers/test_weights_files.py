"""What is loaded is what was measured: pins, missing, changed and extra files."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from classifiers.encoder import EncoderModel
from classifiers.labels import LABEL_TABLE, read_thresholds
from classifiers.registry import load_model
from classifiers.weights_files import SHIPPED, folder_of, shipped_sizes, verified, write_manifest
from monitor.errors import SettingsError, SetupError
from monitor.records import LABELS, LANGUAGES


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SHIPPED, tmp_path / "model"))


def test_the_shipped_weights_are_small_enough() -> None:
    assert sum(p.stat().st_size for p in SHIPPED.glob("*.onnx")) <= 45_000_000


def test_a_copy_is_verified_with_the_same_revision(copy: Path) -> None:
    assert verified(copy) == verified(SHIPPED)


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json", "thresholds.json"])
def test_a_changed_file_is_refused(copy: Path, name: str) -> None:
    data = bytearray((copy / name).read_bytes())
    data[len(data) // 2] ^= 1
    (copy / name).write_bytes(bytes(data))
    with pytest.raises(SetupError, match=name):
        EncoderModel.load(copy)


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer_config.json"])
def test_a_missing_file_is_refused(copy: Path, name: str) -> None:
    (copy / name).unlink()
    with pytest.raises(SetupError, match=f"{name} is missing"):
        EncoderModel.load(copy)


def test_a_file_nobody_pinned_is_refused(copy: Path) -> None:
    (copy / "model.onnx.data").write_bytes(b"weights from elsewhere")
    with pytest.raises(SetupError, match=r"model\.onnx\.data"):
        EncoderModel.load(copy)


def test_a_folder_without_manifest_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=r"manifest\.json"):
        EncoderModel.load(tmp_path)


def test_pinned_rubbish_is_refused_in_one_sentence(copy: Path) -> None:
    (copy / "model.onnx").write_bytes(b"not a model")
    write_manifest(copy, "rubbish")
    with pytest.raises(SetupError, match="cannot be read"):
        EncoderModel.load(copy)


def test_an_unknown_kind_names_the_known_ones() -> None:
    with pytest.raises(SettingsError, match="encoder"):
        load_model("oracle")


@pytest.mark.parametrize("size", shipped_sizes())
def test_thresholds_exist_for_every_label_and_language(size: str) -> None:
    table = read_thresholds(folder_of(size) / "thresholds.json")
    for label in LABELS:
        assert label in LABEL_TABLE
        for lang in (*LANGUAGES, "other"):
            rule = table[label][lang]
            assert 0.0 < rule.unsure <= rule.flag < 1.0
