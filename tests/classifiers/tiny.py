"""A text classifier of a few words, built on the spot: real ONNX, a real tokenizer, weights one can reckon with."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer, models, pre_tokenizers, processors

WORDS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "idiot", "kind", "scamcoins", "weather")
HIDDEN = 4
KINDS = ("neutral", "insult", "threat", "fraud")

# A word's vector is what it says about each of the four kinds; unknown words say "neutral".
VECTORS = np.zeros((len(WORDS), HIDDEN), np.float32)
VECTORS[1:4, 0] = 0.2
VECTORS[WORDS.index("idiot"), 1] = 12.0
VECTORS[WORDS.index("kind"), 0] = 4.0
VECTORS[WORDS.index("weather"), 0] = 4.0
VECTORS[WORDS.index("scamcoins"), 3] = 12.0


def write_tiny(folder: Path, *, tokens: bool = True, several: bool = False) -> Path:
    """Write config, tokenizer and ``model.onnx``; ``tokens``: it shows its last layer; ``several``: labels are
    independent of each other."""
    folder.mkdir(parents=True, exist_ok=True)
    names = {str(number): name for number, name in enumerate(KINDS)}
    kind = "multi_label_classification" if several else "single_label_classification"
    config = {"model_type": "bert", "id2label": names, "vocab_size": len(WORDS), "problem_type": kind}
    (folder / "config.json").write_text(json.dumps(config))
    _write_tokenizer(folder)
    onnx.save(_network(tokens), str(folder / "model.onnx"))
    return folder


def _write_tokenizer(folder: Path) -> None:
    tokenizer = Tokenizer(models.WordLevel({word: i for i, word in enumerate(WORDS)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    tokenizer.save(str(folder / "tokenizer.json"))
    special = {"unk_token": "[UNK]", "pad_token": "[PAD]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    about = {"tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": 64, **special}
    (folder / "tokenizer_config.json").write_text(json.dumps(about))


def _network(tokens: bool) -> onnx.ModelProto:
    """Return a network whose logits are the mean of its words' vectors."""
    nodes = [
        helper.make_node("Gather", ["vectors", "input_ids"], ["last_hidden_state"]),
        helper.make_node("ReduceMean", ["last_hidden_state"], ["logits"], axes=[1], keepdims=0),
    ]
    ids = [
        helper.make_tensor_value_info(name, TensorProto.INT64, ["n", "t"]) for name in ("input_ids", "attention_mask")
    ]
    out = [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["n", HIDDEN])]
    if tokens:
        out.append(helper.make_tensor_value_info("last_hidden_state", TensorProto.FLOAT, ["n", "t", HIDDEN]))
    graph = helper.make_graph(nodes, "tiny", ids, out, [numpy_helper.from_array(VECTORS, "vectors")])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
