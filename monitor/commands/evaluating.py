"""The command that measures: suites of the model and of what the core does with its vectors, and the model card."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from classifiers import card as model_card
from classifiers import desk, gate, suite_float
from classifiers import evaluate as suites
from classifiers.encoder import EncoderModel
from classifiers.evalrows import CROSSLINGUAL
from classifiers.tables import Table, markdown
from classifiers.weights_files import folder_of
from monitor.commands import stance_data
from monitor.commands.common import ConfigOption, SizeOption
from monitor.comparing import calibration
from monitor.errors import Invalid, SettingsError
from monitor.measuring import suite as retrieval_suite
from monitor.settings import load
from monitor.surges import suite as surge_suite
from monitor.wiring import load_named

CORE_SUITES = ("retrieval", "stories")
"""Suites of what the core does with the model's vectors; those of the scores are in ``classifiers.evaluate``."""


def evaluate(
    suite: Annotated[
        str, typer.Option(help=f"{', '.join(suites.SUITES)}, retrieval, stories, stance or surges.")
    ] = "fairness",
    data: Annotated[Path | None, typer.Option(help="Folder of labelled sets, or your desk's exported labels.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    cache: Annotated[Path | None, typer.Option(help="Folder for scores already computed.")] = None,
    card: Annotated[bool, typer.Option("--card", help="Run all suites of the model and write its card.")] = False,
    without: Annotated[list[str] | None, typer.Option(help="With --card: leave out retrieval or stories.")] = None,
    float_file: Annotated[
        Path | None, typer.Option("--float", help="float.onnx of a training run: int8 against float32.")
    ] = None,
    candidate: Annotated[
        str,
        typer.Option("--gate", help="A model folder or size: may it replace the one in use? Exit status 0: yes."),
    ] = "",
    fit: Annotated[
        bool, typer.Option("--fit", help="Fit the suite's thresholds to this model and write them.")
    ] = False,
    size: SizeOption = "",
    config: ConfigOption = None,
) -> None:
    """Measure the model (that of --size, else of --config) and print label x language tables; --card: both sizes.

    --data is a folder of labelled sets, or the file that 'claimwatch export --labels' wrote: the model on your desk's
    own decisions.
    """
    if card:
        more = partial(_core_sections, data=data, without=without or ())
        for path in model_card.write(data, cache, float_file=float_file, size=size, more=more):
            print(f"Wrote {path}")
        return
    if suite == "surges":  # counts only: no model is loaded
        counted = surge_suite.evaluate_surges(_folder(data, suite))
        print(json.dumps(counted, indent=2) if as_json else _shown(counted))
        return
    model: Any = load_named(size, load(config) if config is not None else None)
    if fit:
        print(_fitted(suite, data, model))
    elif candidate:
        _judge(model, candidate, data, cache, as_json)
    elif data is not None and data.is_file():
        print(suites.shown("desk", desk.run(model, data, cache), as_json))
    elif float_file is not None:
        found = suite_float.run(model, _folder(data, "float"), float_file, cache)
        print(suites.shown("float", found, as_json))
    elif suite == "stance":
        figures = stance_data.figures(model, data)
        print(json.dumps(figures, ensure_ascii=False, indent=2) if as_json else _shown(figures))
    elif suite in CORE_SUITES:
        figures = _core_figures(suite, _folder(data, suite), model)
        print(json.dumps(figures, ensure_ascii=False, indent=2) if as_json else _shown(figures))
    else:
        print(suites.shown(suite, suites.tables(suite, data, model, cache), as_json))


def _judge(used: Any, name: str, data: Path | None, cache: Path | None, as_json: bool) -> None:
    """Print whether the model ``name`` (a folder or a size) may replace ``used``; exit status 1 when it may not."""
    model = EncoderModel.load(folder_of(name))
    checks = gate.judge(used, model, data, cache)
    names = f"{used.model_id}@{used.revision}", f"{model.model_id}@{model.revision}"
    print(suites.shown("gate", [gate.verdict_table(checks, names)], as_json))
    if not all(check.passed for check in checks):
        raise typer.Exit(1)


def _folder(data: Path | None, suite: str) -> Path:
    if data is None or not data.is_dir():
        raise Invalid(f"The suite '{suite}' needs --data DIR, the folder of labelled sets.")
    return data


def _fitted(suite: str, data: Path | None, model: Any) -> str:
    """Write the thresholds of a suite; they hold from the next start on."""
    if suite == "stance":
        return stance_data.fit(model, data)
    if suite not in CORE_SUITES:
        raise Invalid("Only stories, retrieval and stance can be fitted here; 'claimwatch train' fits the rest.")
    folder = _folder(data, suite)
    (retrieval_suite.fit_stories if suite == "stories" else retrieval_suite.fit_retrieval)(folder, model, CROSSLINGUAL)
    name = calibration.encoder(model.model_id)
    return f"Wrote the part of {name} in {calibration.FILE}; measure without --fit."


def _core_figures(suite: str, data: Path, model: Any) -> dict[str, Any]:
    if suite == "retrieval":
        return retrieval_suite.evaluate_retrieval(data, model, CROSSLINGUAL)
    return retrieval_suite.evaluate_stories(data, model)


def _shown(found: Mapping[str, Any], depth: int = 0) -> str:
    """Return nested figures as indented lines."""
    lines = []
    for key, value in found.items():
        if isinstance(value, Mapping):
            lines += ["  " * depth + str(key), _shown(value, depth + 1)]
        else:
            lines.append(
                "  " * depth + f"{key}: {value:.4f}" if isinstance(value, float) else "  " * depth + f"{key}: {value}"
            )
    return "\n".join(lines)


def _core_sections(model: EncoderModel, data: Path | None, without: Sequence[str] = ()) -> list[model_card.Section]:
    """Return the card's sections of retrieval and stories, but for those named in ``without``."""

    def made(suite: str) -> list[str]:
        found = [markdown(t) for t in core_tables(_core_figures(suite, _folder(data, suite), model))]
        said = calibration.borrowed(model.model_id)
        return [*found, *([said + "\n"] if said else [])]

    return [
        model_card.Section(model_card.command(model, f"--suite {suite}"), partial(made, suite))
        for suite in CORE_SUITES
        if suite not in without
    ]


def core_tables(found: Mapping[str, Any]) -> list[Table]:
    """Return nested figures as tables: one row per part that has figures of its own, grouped by their columns."""
    groups: dict[tuple[str, ...], list[tuple[Any, ...]]] = {}
    for name, figures in found.items():
        if not isinstance(figures, Mapping):
            raise SettingsError(f"'{name}' is a figure without a part.")
        columns = tuple(figures)
        groups.setdefault(columns, []).append((name, *figures.values()))
    return [
        Table("Retrieval" if "fused" in columns else "Across languages" if "mean" in columns else "Stories",
              ("measured on", *columns), rows)
        for columns, rows in groups.items()
    ]  # fmt: skip
