"""`aftercare train`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from aftercare import logs
from aftercare.cli.console import errors, out
from aftercare.cli.preparing import prepare_engine, prepare_model, prepare_readers
from aftercare.house import lay_ground
from aftercare.settings import Settings

if TYPE_CHECKING:
    from aftercare.audit import Audit


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(train)


def train(
    force: Annotated[bool, typer.Option(help="Train even if nothing has changed.")] = False,
    audit: Annotated[bool, typer.Option("--audit", help="Look for doubtful examples instead.")] = False,
    language: Annotated[list[str] | None, typer.Option(help="Audit only this language; may be repeated.")] = None,
    limit: Annotated[int, typer.Option(help="The audit's findings of each kind that are shown.")] = 40,
) -> None:
    """Train the model from the project's present state."""
    settings = Settings.load()
    logs.configure(settings.log_level, settings.log_format)
    ground = lay_ground(settings)
    prepare_engine(settings)
    if not audit:
        model = prepare_model(ground, force=force)
        prepare_readers(ground)
        out.print(str(model), soft_wrap=True)
        return
    from aftercare.audit import audit as look_through
    from bot.languages import configured_pipelines
    from bot.nlu.importer import MultilingualImporter
    from bot.nlu.pipelines import of_language

    importer = MultilingualImporter(str(settings.config_file))
    pipelines = configured_pipelines(importer.get_config())
    for code in language or pipelines:
        with errors.status(f"Cross-validation of {code} …"):
            found = look_through(code, pipelines[code], of_language(importer.get_nlu_data(), code))
        _show(code, found, limit)


def _show(language: str, found: Audit, limit: int) -> None:
    out.print(
        f"{language}: {found.examples} examples, {len(found.doubts)} doubtful labels, "
        f"{len(found.pairs)} near-duplicates, {len(found.rising)} intents that still learn",
        highlight=False,
    )
    doubts = Table("label", "taken for", "confidence", "example", box=None)
    for doubt in found.doubts[:limit]:
        doubts.add_row(doubt.label, doubt.guess.label, f"{doubt.guess.confidence:.2f}", doubt.text)
    pairs = Table("label", "example", "other label", "other example", "alike", box=None)
    for pair in found.pairs[:limit]:
        pairs.add_row(pair.first_label, pair.first, pair.second_label, pair.second, f"{pair.likeness:.2f}")
    rising = Table("still learns", "examples", "from half", "from all", box=None)
    for curve in found.rising[:limit]:
        rising.add_row(curve.label, str(curve.examples), f"{curve.half:.0%}", f"{curve.all:.0%}")
    for table in (doubts, pairs, rising):
        if table.rows:
            out.print(table)
            out.print()
