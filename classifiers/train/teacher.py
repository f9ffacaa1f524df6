"""What a trained model says about many texts, written down once, so that a smaller one can learn from it.

Kept per text: the tokens of the last layer, from which the sentence vector follows; those of a lower layer, from
which the smaller model may start; and the encoder's own logits without the words, which the smaller model gets
beside its encoder in the same way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import helper

from classifiers.encoder import open_session
from monitor.records import LABELS

PART = 500
"""Texts between two notes of how far it came."""


@dataclass(frozen=True)
class Said:
    """Answers on n texts: ``below`` and ``tokens`` (all tokens, hidden), ``logits`` (n, labels), ``starts`` (n + 1,).

    The tokens of text i are ``tokens[starts[i] : starts[i + 1]]`` in the last layer, in ``below`` in the lower.
    """

    below: npt.NDArray[np.float16]
    tokens: npt.NDArray[np.float16]
    logits: npt.NDArray[np.float32]
    starts: npt.NDArray[np.int64]


def ask(model: Path, ids: Sequence[Sequence[int]], folder: Path, lower: int, size: int) -> Said:
    """Return what the int8 file ``model`` says of every text (token ids), each read alone as at run time.

    The first ``lower`` layers give ``below``; tokens are ``size`` wide. Kept in ``folder``: a run that was ended goes
    on where it was.
    """
    folder.mkdir(parents=True, exist_ok=True)
    starts = np.concatenate([[0], np.cumsum([len(one) for one in ids])]).astype(np.int64)
    far, begun = folder / "done", (folder / "done").exists()
    mode: Any = "r+" if begun else "w+"
    shape = (int(starts[-1]), size)
    below, tokens = (np.memmap(folder / f"{name}.f16", np.float16, mode, shape=shape) for name in ("below", "tokens"))
    logits = np.memmap(folder / "logits.f32", np.float32, mode, shape=(len(ids), len(LABELS)))
    done = int(far.read_text()) if begun else 0
    session: Any = None if done >= len(ids) else _session(model, folder, lower)
    for i in range(done, len(ids)):
        one = np.asarray([ids[i]], dtype=np.int64)
        first, last, deep = session.run(list(_PLACES), {"input_ids": one, "attention_mask": np.ones_like(one)})
        place = slice(starts[i], starts[i + 1])
        below[place], tokens[place], logits[i] = first[0], last[0], deep[0]
        if (i + 1) % PART == 0 or i + 1 == len(ids):
            for kept in (below, tokens, logits):
                kept.flush()
            far.write_text(str(i + 1))
            print(f"asked {i + 1} of {len(ids)}", flush=True)
    return Said(below, tokens, logits, starts)


_PLACES = ("below", "tokens", "deep")


def _session(model: Path, folder: Path, lower: int) -> Any:
    """Return the model with the tokens of two layers and the encoder's logits as outputs."""
    graph = onnx.load(str(model))
    made = {name: node for node in graph.graph.node for name in node.output}
    layers = 1 + max(int(name.split("layer.")[1].split("/")[0]) for name in made if "/layer." in name)
    deep = [node for node in graph.graph.node if node.name.startswith("/heads/")][-1].output[0]
    rows, ends = ("batch", "time", "hidden"), (_end(lower), _end(layers))
    for name, place, shape in zip(_PLACES, (*ends, deep), (rows, rows, ("batch", len(LABELS))), strict=True):
        graph.graph.node.append(helper.make_node("Identity", [place], [name]))
        graph.graph.output.append(helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape))
    opened = folder / "asked.onnx"
    onnx.save(graph, str(opened))
    return open_session(opened)


def _end(layers: int) -> str:
    """Return the name of what comes out of the first ``layers`` layers."""
    return f"/encoder/encoder/layer.{layers - 1}/output/LayerNorm/LayerNormalization_output_0"
