"""`aftercare evaluate`."""

from __future__ import annotations

import asyncio
import dataclasses
import json as jsonlib
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from aftercare import logs
from aftercare.cli.console import out
from aftercare.cli.preparing import prepare_engine, prepare_model
from aftercare.house import lay_ground, load_assistant
from aftercare.settings import Settings

app = typer.Typer(help="Measure the assistant on labelled data.", no_args_is_help=True)


@app.callback()
def evaluate() -> None:
    """Measure the assistant on labelled data."""


@app.command()
def nlu(
    files: Annotated[list[Path], typer.Argument(help="JSON lines with text, language, intent and entities.")],
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """How well messages are understood, per language, intent and entity."""
    settings = Settings.load()
    logs.configure("error", settings.log_format)
    ground = lay_ground(settings)
    from aftercare.evaluation import evaluate, read_samples

    samples = read_samples(files)
    prepare_engine(settings)
    assistant = load_assistant(ground, prepare_model(ground))
    reports = asyncio.run(evaluate(assistant.parse, samples))
    if json:
        languages = {language: dataclasses.asdict(report) for language, report in reports.items()}
        typer.echo(jsonlib.dumps({"languages": languages}, ensure_ascii=False))
        return
    table = Table("", "n", "language", "intent", "intent F1", "entity F1", "calibration", "unsure", box=None)
    for language, report in reports.items():
        table.add_row(
            language,
            str(report.n),
            *(
                f"{share:.1%}"
                for share in (report.language_accuracy, report.intent_accuracy, report.intent_f1, report.entity_f1)
            ),
            f"{report.calibration_error:.3f}",
            f"{report.fallbacks / report.n:.1%}",
        )
    out.print(table)
    for language, report in reports.items():
        _details(language, report)


def _details(language: str, report: object) -> None:
    from aftercare.evaluation import LanguageReport

    assert isinstance(report, LanguageReport)
    intents = Table(f"{language}: intent", "n", "accuracy", "F1", box=None)
    for intent, scores in sorted(report.intents.items(), key=lambda item: item[1]["f1"]):
        intents.add_row(intent, f"{scores['n']:.0f}", f"{scores['accuracy']:.1%}", f"{scores['f1']:.1%}")
    entities = Table(f"{language}: entity", "n", "precision", "recall", "F1", box=None)
    for entity, scores in sorted(report.entities.items(), key=lambda item: item[1]["f1"]):
        shares = (f"{scores[name]:.1%}" for name in ("precision", "recall", "f1"))
        entities.add_row(entity, f"{scores['n']:.0f}", *shares)
    confusions = Table(f"{language}: confused", "taken for", "n", box=None)
    for confusion in report.confusions:
        confusions.add_row(confusion["intent"], confusion["taken_for"], str(confusion["n"]))
    for detail in (intents, entities, confusions):
        out.print()
        out.print(detail)
