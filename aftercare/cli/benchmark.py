"""`aftercare benchmark`."""

from __future__ import annotations

import json as jsonlib
import os
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from aftercare.cli.console import errors, out
from aftercare.errors import ConfigurationError
from aftercare.settings import Settings

POSTGRES_VARIABLE, REDIS_VARIABLE = "AFTERCARE_TEST_POSTGRES_URL", "AFTERCARE_TEST_REDIS_URL"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(benchmark)


def benchmark(
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print tables in Markdown.")] = False,
    plot: Annotated[Path | None, typer.Option(help="A folder for pictures.")] = None,
    only: Annotated[
        list[str] | None,
        typer.Option(help="Only training, start, rest, widget, return, throughput, workers or stock; may be repeated."),
    ] = None,
    without_stock: Annotated[bool, typer.Option("--without-stock", help="Leave stock Rasa out.")] = False,
    seconds: Annotated[float, typer.Option(min=0.2, help="How long throughput is measured each time.")] = 5.0,
    turns: Annotated[int, typer.Option(min=1, help="The turns of the longest conversation.")] = 500,
    stock_seconds: Annotated[float, typer.Option(min=1, help="How long stock Rasa's neural parts may train.")] = 120.0,
    stock_folder: Annotated[
        Path | None, typer.Option(help="Keep stock Rasa's model in this folder, or take it from there.")
    ] = None,
    postgres: Annotated[
        str | None, typer.Option(help="A PostgreSQL server on which a database may be made.", envvar=POSTGRES_VARIABLE)
    ] = None,
    redis: Annotated[str | None, typer.Option(help="An empty Redis database.", envvar=REDIS_VARIABLE)] = None,
) -> None:
    """Measure speed and memory, beside stock Rasa's, on servers of its own (docs/performance.md)."""
    try:
        from benchmarks import plots, report, speed, stores
        from benchmarks.doors import TurnFailed
        from benchmarks.servers import ServerError
        from benchmarks.turns import Unexpected
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            f"The benchmarks are run from a checkout of the repository, with its development tools: {error}."
        ) from error
    parts = frozenset(only or speed.PARTS) - ({"stock"} if without_stock else set())
    if unknown := parts - set(speed.PARTS):
        raise ConfigurationError(
            f"--only: there is no {', '.join(sorted(unknown))}; there are {', '.join(speed.PARTS)}"
        )
    settings = Settings.load()
    plan = speed.Plan(
        project=settings.project.resolve(),
        models=settings.models.resolve(),
        parts=parts,
        seconds=seconds,
        turns=turns,
        stock_seconds=stock_seconds,
        stock_folder=stock_folder,
        postgres=postgres or stores.LOCAL_POSTGRES,
        redis=redis or stores.LOCAL_REDIS,
        say=lambda doing: errors.print(f"[dim]{doing} …[/]", highlight=False),
    )
    try:
        found = speed.measure(plan)
    except (ServerError, TurnFailed, Unexpected) as error:
        raise ConfigurationError(f"The benchmark stopped: {error}") from error
    if plot:
        for path in plots.draw(found, plot):
            errors.print(os.fspath(path), highlight=False, soft_wrap=True)
    if json:
        typer.echo(jsonlib.dumps(report.as_json(found), ensure_ascii=False))
    elif markdown:
        typer.echo(report.as_markdown(found))
    else:
        for title, header, rows in report.sections(found):
            table = Table(*header, title=title, title_justify="left", box=None)
            for row in rows:
                table.add_row(*row)
            out.print(table)
            out.print()
        for note in found.notes:
            out.print(note, highlight=False, soft_wrap=True)
