"""From a trained torch model to the shipped folder: ONNX, int8, tokenizer files and their hashes."""

from __future__ import annotations

import shutil
import tempfile
import warnings
from pathlib import Path

import onnx
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.quantization.shape_inference import quant_pre_process

from classifiers.train.multitask import Multitask

TOKENIZER_FILES = ("tokenizer.json", "tokenizer_config.json")


class Explained(torch.nn.Module):  # type: ignore[misc]
    """The model with its attention as a third output."""

    def __init__(self, model: Multitask) -> None:
        super().__init__()
        self.model = model

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> tuple[torch.Tensor, ...]:
        return self.model.explained(input_ids, attention_mask)


def export_float(model: Multitask, to: Path) -> None:
    """Write ``model`` as float32 ONNX: ids and mask (batch, time) to ``vector``, ``logits`` and ``attention``."""
    model.eval()
    model.encoder.set_attn_implementation("eager")
    example = (torch.tensor([[0, 50, 60, 2], [0, 70, 2, 1]]), torch.tensor([[1, 1, 1, 1], [1, 1, 1, 0]]))
    axes = {0: "batch", 1: "time"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the tracer warns of constants that are constant on purpose
        torch.onnx.export(
            Explained(model).eval(), example, str(to), dynamo=False, opset_version=17,
            input_names=["input_ids", "attention_mask"], output_names=["vector", "logits", "attention"],
            dynamic_axes={
                "input_ids": axes, "attention_mask": axes, "vector": {0: "batch"}, "logits": {0: "batch"},
                "attention": {0: "batch", 2: "time"},
            },
        )  # fmt: skip


def quantise(source: Path, to: Path) -> None:
    """Write the int8 form of ``source``: per channel, 7-bit weights.

    AVX2 without VNNI adds pairs of products in 16 bits; full 8-bit weights overflow there and cost accuracy.
    """
    with tempfile.TemporaryDirectory() as folder:
        prepared = Path(folder) / "prepared.onnx"
        quant_pre_process(str(source), str(prepared), skip_symbolic_shape=True)
        quantize_dynamic(
            str(prepared), str(to), weight_type=QuantType.QInt8, per_channel=True, reduce_range=True,
            extra_options={"DefaultTensorType": onnx.TensorProto.FLOAT},
        )  # fmt: skip


def export(model: Multitask, base: Path, to: Path, *, keep_float: Path | None = None) -> None:
    """Write ``model.onnx`` (int8) and the tokenizer of ``base`` into ``to``; ``keep_float`` keeps float32 too."""
    to.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        whole = keep_float or Path(folder) / "float.onnx"
        export_float(model, whole)
        quantise(whole, to / "model.onnx")
    for name in TOKENIZER_FILES:
        # Files given read-only would make the copy read-only too.
        (to / name).unlink(missing_ok=True)
        shutil.copyfile(base / name, to / name)
