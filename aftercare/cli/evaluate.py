"""`aftercare evaluate`."""

from __future__ import annotations

import asyncio
import dataclasses
import json as jsonlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from aftercare import logs
from aftercare.cli.console import errors, out
from aftercare.cli.preparing import prepare_engine, prepare_model
from aftercare.errors import ConfigurationError
from aftercare.house import Ground, lay_ground, load_assistant
from aftercare.settings import Settings
from bot.trackers import keep_tracker
from shop import SqlShop
from storage import Database, migrate

if TYPE_CHECKING:
    from aftercare.evaluation import LanguageReport, Result, Sample
    from aftercare.faq import FaqReport, Outcome, Query

app = typer.Typer(help="Measure the assistant on labelled data.", no_args_is_help=True)

TYPING_SEED = 0


@app.callback()
def evaluate() -> None:
    """Measure the assistant on labelled data."""


@app.command()
def nlu(
    files: Annotated[list[Path], typer.Argument(help="JSON lines with text, language, intent and entities.")],
    model: Annotated[Path | None, typer.Option(help="A model archive; the project's own unless given.")] = None,
    against: Annotated[Path | None, typer.Option(help="Another model archive to compare with.")] = None,
    typing_errors: Annotated[bool, typer.Option(help="Put one typing error into each message.")] = False,
    thresholds: Annotated[bool, typer.Option(help="Say which thresholds serve these messages best.")] = False,
    curve: Annotated[bool, typer.Option(help="Train on growing parts of the examples too.")] = False,
    plot: Annotated[Path | None, typer.Option(help="A folder for pictures: confusions, reliability, curve.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """How well messages are understood, per language, intent and entity."""
    settings = Settings.load()
    logs.configure("error", settings.log_format)
    ground = lay_ground(settings)
    from aftercare.evaluation import best_thresholds, compare, read_samples, report

    samples = read_samples(files)
    if typing_errors:
        samples = _with_typing_errors(samples)
    prepare_engine(settings)
    results = _results(ground, model or prepare_model(ground), samples)
    reports = {language: report(own) for language, own in results.items()}
    others = _results(ground, against, samples) if against else {}
    curves = _curves(ground, samples) if curve else {}
    if plot:
        _draw(plot, results, curves)
    if json:
        found: dict[str, Any] = {"languages": {name: dataclasses.asdict(figures) for name, figures in reports.items()}}
        if others:
            found["against"] = {name: dataclasses.asdict(report(own)) for name, own in others.items()}
            found["comparison"] = {name: dataclasses.asdict(compare(results[name], others[name])) for name in results}
        if curves:
            found["learning_curve"] = curves
        if thresholds:
            names = ("sure", "offer")
            found["thresholds"] = {
                name: dict(zip(names, best_thresholds(own), strict=True)) for name, own in results.items()
            }
        typer.echo(jsonlib.dumps(found, ensure_ascii=False))
        return
    out.print(_overview(reports))
    for language, figures in reports.items():
        _details(language, figures)
    if others:
        _print(_comparison(results, others))
    if curves:
        _print(_curve_table(curves))
    if thresholds:
        _print(_threshold_table(results))


@app.command()
def pipeline(
    train: Annotated[Path, typer.Argument(help="A CSV file to train on: text, label.")],
    test: Annotated[Path, typer.Argument(help="A CSV file to measure on: text, label.")],
    language: Annotated[str, typer.Option(help="Whose pipeline to train.")] = "en",
) -> None:
    """How well a language's pipeline does when it is trained on other data."""
    settings = Settings.load()
    logs.configure("error", settings.log_format)
    ground = lay_ground(settings)
    prepare_engine(settings)
    from aftercare.learning import accuracy_elsewhere, read_labelled

    components, data = _training(ground, language)
    share, n = accuracy_elsewhere(language, components, data.lookup_tables, read_labelled(train), read_labelled(test))
    out.print(f"{share:.1%} of {n} messages", highlight=False)


@app.command()
def faq(
    files: Annotated[list[Path], typer.Argument(help="JSON lines with query, language and article.")],
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """How well general questions are answered: by the search alone, and in a conversation."""
    settings = Settings.load()
    logs.configure("error", settings.log_format)
    ground = lay_ground(settings)
    from aftercare.faq import check_articles, ranks, read_queries, report

    queries = read_queries(files)
    check_articles(queries, ground.knowledge_base)
    prepare_engine(settings)
    model = prepare_model(ground)
    with TemporaryDirectory() as folder:
        # Neither what is said here nor the questions without an answer are the shop's.
        url = f"sqlite:///{folder}/evaluation.db"
        migrate(url)
        database = Database(url)
        elsewhere = dataclasses.replace(ground, database=database, shop=SqlShop(database, ground.policies))
        results = asyncio.run(_outcomes(elsewhere, model, queries))
    reports = report(queries, ranks(ground.knowledge_base, queries), results)
    if json:
        figures = {name: dataclasses.asdict(own) for name, own in reports.items()}
        typer.echo(jsonlib.dumps({"languages": figures}, ensure_ascii=False))
        return
    out.print(_faq_table(reports))


async def _outcomes(ground: Ground, model: Path, queries: Sequence[Query]) -> list[Outcome]:
    from aftercare.faq import outcomes

    assistant = load_assistant(ground, model)

    async def converse(conversation: str, text: str) -> list[dict[str, Any]]:
        reply = await assistant.reply(conversation, text)
        if reply.tracker:
            async with ground.database.writing() as connection:
                await keep_tracker(connection, conversation, reply.tracker)
        return reply.messages

    try:
        return await outcomes(converse, queries)
    finally:
        await ground.database.close()


def _faq_table(reports: Mapping[str, FaqReport]) -> Table:
    shares = ("hit1", "hit3", "mrr", "answered", "offered", "lost", "wrong")
    table = Table("", "n", *shares, "no article", "declined", box=None, padding=(0, 1, 0, 0))
    for language, figures in reports.items():
        table.add_row(
            language,
            str(figures.n),
            *(f"{getattr(figures, name):.1%}" for name in shares),
            str(figures.unanswerable),
            f"{figures.declined:.1%}",
        )
    return table


def _with_typing_errors(samples: Sequence[Sample]) -> list[Sample]:
    import numpy as np

    from aftercare.typing_errors import with_typing_error

    random = np.random.default_rng(TYPING_SEED)
    return [
        # An error in a value would make it another value.
        dataclasses.replace(
            sample, text=with_typing_error(sample.text, random, [value for _, value in sample.entities])
        )
        for sample in samples
    ]


def _results(ground: Ground, model: Path, samples: Sequence[Sample]) -> dict[str, list[Result]]:
    from aftercare.evaluation import parse_all

    if not model.is_file():
        raise ConfigurationError(f"{model}: there is no such model")
    return asyncio.run(parse_all(load_assistant(ground, model).parse, samples))


def _training(ground: Ground, language: str) -> tuple[list[dict[str, Any]], Any]:
    """A language's pipeline and examples."""
    from bot.languages import configured_pipelines
    from bot.nlu.importer import MultilingualImporter
    from bot.nlu.pipelines import of_language

    importer = MultilingualImporter(str(ground.settings.config_file))
    pipelines = configured_pipelines(importer.get_config())
    if language not in pipelines:
        raise ConfigurationError(f"'{language}' has no pipeline in config.yml; {', '.join(pipelines)} have.")
    return pipelines[language], of_language(importer.get_nlu_data(), language)


def _curves(ground: Ground, samples: Sequence[Sample]) -> dict[str, dict[int, float]]:
    from aftercare.learning import learning_curve

    curves = {}
    for language in sorted({sample.language for sample in samples}):
        with errors.status(f"Learning curve of {language} …"):
            components, data = _training(ground, language)
            own = [sample for sample in samples if sample.language == language]
            curves[language] = learning_curve(language, components, data, own)
    return curves


def _draw(folder: Path, results: Mapping[str, list[Result]], curves: Mapping[str, Mapping[int, float]]) -> None:
    from aftercare import pictures

    for language, own in results.items():
        pictures.confusion_matrix(language, own, folder / f"confusion-{language}.png")
    pictures.reliability(results, folder / "reliability.png")
    if curves:
        pictures.learning_curves(curves, folder / "learning-curve.png")
    errors.print(f"[green]✓[/] Pictures are in {folder}", highlight=False)


def _overview(reports: Mapping[str, LanguageReport]) -> Table:
    headings = ("", "n", "language", "intent", "intent F1", "article", "entity F1", "calibration", "unsure")
    table = Table(*headings, box=None)
    for language, figures in reports.items():
        shares = (
            figures.language_accuracy,
            figures.intent_accuracy,
            figures.intent_f1,
            figures.article_accuracy,
            figures.entity_f1,
        )
        table.add_row(
            language,
            str(figures.n),
            *(f"{share:.1%}" for share in shares),
            f"{figures.calibration_error:.3f}",
            f"{figures.fallbacks / figures.n:.1%}",
        )
    return table


def _details(language: str, figures: LanguageReport) -> None:
    intents = Table(f"{language}: intent", "n", "accuracy", "F1", box=None)
    for intent, scores in sorted(figures.intents.items(), key=lambda item: item[1]["f1"]):
        intents.add_row(intent, f"{scores['n']:.0f}", f"{scores['accuracy']:.1%}", f"{scores['f1']:.1%}")
    entities = Table(f"{language}: entity", "n", "precision", "recall", "F1", box=None)
    for entity, scores in sorted(figures.entities.items(), key=lambda item: item[1]["f1"]):
        shares = (f"{scores[name]:.1%}" for name in ("precision", "recall", "f1"))
        entities.add_row(entity, f"{scores['n']:.0f}", *shares)
    confusions = Table(f"{language}: confused", "taken for", "n", box=None)
    for confusion in figures.confusions:
        confusions.add_row(confusion["intent"], confusion["taken_for"], str(confusion["n"]))
    for detail in (intents, entities, confusions):
        _print(detail)


def _comparison(results: Mapping[str, list[Result]], others: Mapping[str, list[Result]]) -> Table:
    from aftercare.evaluation import compare, report

    table = Table("against the other", "intent", "other", "only this", "only other", "p", box=None)
    for language, own in results.items():
        theirs = others[language]
        difference = compare(own, theirs)
        table.add_row(
            language,
            f"{report(own).intent_accuracy:.1%}",
            f"{report(theirs).intent_accuracy:.1%}",
            str(difference.fixed),
            str(difference.broken),
            f"{difference.p_value:.3f}",
        )
    return table


def _curve_table(curves: Mapping[str, Mapping[int, float]]) -> Table:
    table = Table("learning curve", "examples", "intent", box=None)
    for language, points in curves.items():
        for n, accuracy in points.items():
            table.add_row(language, str(n), f"{accuracy:.1%}")
    return table


def _threshold_table(results: Mapping[str, list[Result]]) -> Table:
    from aftercare.evaluation import best_thresholds

    table = Table("best thresholds", "sure", "offer", box=None)
    for language, own in results.items():
        table.add_row(language, *(f"{threshold:.2f}" for threshold in best_thresholds(own)))
    return table


def _print(table: Table) -> None:
    out.print()
    out.print(table)
