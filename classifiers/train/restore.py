"""From the shipped int8 file back to a torch model: training goes on where it ended, instead of from the base.

Rounding to 7 bits is the only loss, and a parameter the earlier run left alone has none: where the base's own
values round to what the file holds, the base's are taken.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
import torch
from onnx import numpy_helper

from classifiers.train.multitask import BRIDGE, Multitask, cut, new_model
from monitor.errors import SetupError

Array = npt.NDArray[np.float32]

_ROOT = "model."
"""The exporter wraps the model, so every named parameter starts with the attribute it was kept under."""


def restored(folder: Path, base: Path) -> Multitask:
    """Return the model whose int8 form is ``folder``/model.onnx, in float32 and without its words.

    ``base`` is the encoder it came from.

    ``SetupError`` when the file does not hold every parameter in the base's shape.
    """
    model = new_model(base)
    found = dict(_parameters(onnx.load(str(folder / "model.onnx"))))
    layers = sorted({int(name.split(".")[3]) for name in found if name.startswith("encoder.encoder.layer.")})
    if len(layers) > model.encoder.config.num_hidden_layers:
        raise SetupError(f"The model in {folder} does not fit the base encoder: it has more layers.")
    cut(model, [BRIDGE if _bridge(i) in found else i for i in layers])
    state = model.state_dict()
    for name, old in state.items():
        if name not in found or tuple(found[name][0].shape) != tuple(old.shape):
            raise SetupError(
                f"The model in {folder} does not fit the base encoder: {name} is missing or of another shape."
            )
        values, step = (torch.from_numpy(np.array(part)) for part in found[name])
        untouched = bool(((values - old).abs() <= step * 0.5001).all())
        state[name] = old if untouched else values
    model.load_state_dict(state)
    return model


def _bridge(layer: int) -> str:
    return f"encoder.encoder.layer.{layer}.linear.weight"


def _parameters(model: onnx.ModelProto) -> Iterator[tuple[str, tuple[Array, Array]]]:
    """Yield parameter names with values and the width of one rounding step (0 where nothing was rounded)."""
    stored = {i.name: numpy_helper.to_array(i) for i in model.graph.initializer}
    for name, values in stored.items():
        if name.startswith(_ROOT) and values.dtype == np.float32 and not name.endswith("_scale"):
            yield name.removeprefix(_ROOT), (values, np.zeros((), np.float32))
    for node in model.graph.node:
        for name in node.input:
            if name.endswith("_quantized") and name in stored:
                plain = name.removesuffix("_quantized")
                scale, zero = stored[plain + "_scale"], stored[plain + "_zero_point"]
                whole = (stored[name].astype(np.float32) - zero.astype(np.float32)) * scale
                step = np.broadcast_to(scale, whole.shape)
                if plain.startswith(_ROOT):
                    yield plain.removeprefix(_ROOT), (whole, step)
                else:
                    # The weight of a linear layer lost its name; the node that multiplies by it kept its place.
                    place = node.name.strip("/").replace("/", ".").rsplit(".MatMul", 1)[0]
                    yield f"{place}.weight", (whole.T, step.T)
