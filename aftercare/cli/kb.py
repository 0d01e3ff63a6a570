"""`aftercare kb`."""

from __future__ import annotations

import asyncio
import json as jsonlib
import logging
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from aftercare.cli import importing
from aftercare.cli.console import out
from aftercare.house import load_policies
from aftercare.settings import Settings
from bot.localization import language_name
from knowledge_base import GapGroup, GapLog, KnowledgeBase, RecordedGap, group, load_articles
from storage import Database, migrate

app = typer.Typer(help="The knowledge base.", no_args_is_help=True)
importing.register(app)


@app.callback()
def kb() -> None:
    """The knowledge base."""


@app.command()
def gaps(
    language: Annotated[str | None, typer.Option(help="Only questions in this language, such as `de`.")] = None,
    days: Annotated[int | None, typer.Option(min=1, help="Only questions of the last days.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Show the questions that have no good answer, those that ask for the same together."""
    settings = Settings.load()
    migrate(settings.database)
    since = datetime.now(UTC) - timedelta(days=days) if days else None
    groups = _groups(asyncio.run(_recorded(settings.database, language, since)), settings.articles)
    if json:
        found = [asdict(one) | {"latest": one.latest.isoformat()} for one in groups]
        typer.echo(jsonlib.dumps({"gaps": found}, ensure_ascii=False))
        return
    if not groups:
        scope = (f" in {language_name(language)}" if language else "") + (f" of the last {days} days" if days else "")
        out.print(f"There are no questions without a good answer{scope}.", highlight=False)
    for code, own in groupby(groups, key=lambda one: one.language):
        out.print(_table(language_name(code), list(own)))


@app.command()
def check() -> None:
    """List everything that a writer should mend in the articles; the exit status is 1 when there is anything."""
    # What is no article at all is a finding like the others, and not to be told twice.
    logging.getLogger("knowledge_base").addHandler(logging.NullHandler())
    settings = Settings.load()
    policies = load_policies(settings)
    knowledge_base = KnowledgeBase(settings.articles, policies.for_country)
    findings = knowledge_base.check(policies.countries)
    for finding in findings:
        out.print(str(finding), markup=False, highlight=False, soft_wrap=True)
    articles = sum(len(knowledge_base.articles(language)) for language in knowledge_base.languages)
    checked = f"{_count(articles, 'article')} in {_count(len(knowledge_base.languages), 'language')} checked"
    out.print(f"{checked}, {_count(len(findings), 'finding')}.", highlight=False)
    if findings:
        raise typer.Exit(1)


async def _recorded(database_url: str, language: str | None, since: datetime | None) -> list[RecordedGap]:
    database = Database(database_url)
    try:
        return await GapLog(database).gaps(language, since)
    finally:
        await database.close()


def _groups(recorded: Sequence[RecordedGap], articles: Path) -> list[GapGroup]:
    if not recorded:
        return []
    topics: dict[str, list[str]] = {}
    for article in load_articles(articles)[0]:
        topics.setdefault(article.language, []).append("\n".join(article.questions))
    return group(recorded, topics)


def _table(title: str, groups: Sequence[GapGroup]) -> Table:
    table = Table("Count", "Question", "Kinds", "Article", "Last asked", title=title, title_justify="left", box=None)
    for one in groups:
        kinds = ", ".join(f"{count} {kind}" for kind, count in one.kinds.items())
        # A mask in a question ([name]) looks like markup.
        question = Text(one.question)
        table.add_row(str(one.count), question, kinds, ", ".join(one.articles), f"{one.latest:%Y-%m-%d}")
    return table


def _count(number: int, noun: str) -> str:
    return f"{number or 'no'} {noun}{'' if number == 1 else 's'}"
