"""`aftercare kb import`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from aftercare.cli.console import out
from aftercare.errors import ConfigurationError
from aftercare.languages import served_languages
from aftercare.settings import Settings
from knowledge_base.articles import CATEGORIES
from knowledge_base.figures import written_out
from knowledge_base.imports.exports import ExportError
from knowledge_base.imports.records import COLUMNS

if TYPE_CHECKING:
    from knowledge_base.imports.planning import Plan

HINT = """\
Figures in imported text are fixed text. Which of them are the shop's own, and come from a variable such as
{{ returns.window_days }}, is the writer's decision. `aftercare kb check` says what else there is to mend."""

_PLAIN: dict[str, Any] = {"markup": False, "highlight": False, "soft_wrap": True}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("import")(import_)


def import_(
    file: Annotated[Path, typer.Argument(help="JSON, JSON lines or CSV.")],
    language: Annotated[str, typer.Option(help="The language of articles that name none, such as `de`.")] = "",
    category: Annotated[
        list[str] | None,
        typer.Option(metavar="SOURCE=OURS", help=f"What a category of theirs is here: {', '.join(CATEGORIES)}."),
    ] = None,
    default_category: Annotated[
        str, typer.Option(help="The category of articles of which nothing tells it.")
    ] = "company",
    column: Annotated[
        list[str] | None,
        typer.Option(metavar="FIELD=NAME", help=f"The column or path that holds a field: {', '.join(COLUMNS)}."),
    ] = None,
    encoding: Annotated[str | None, typer.Option(help="The file's encoding, such as `gb18030`.")] = None,
    drafts: Annotated[bool, typer.Option("--drafts", help="Also drafts, archived and internal articles.")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace articles that exist.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be written.")] = False,
) -> None:
    """Take over articles from the export of a help desk: Zendesk, Freshdesk, Intercom, Help Scout, or a spreadsheet."""
    # What converts texts takes half a second to load, which is no other command's business.
    from knowledge_base.imports.planning import Source, plan_import, write

    settings = Settings.load()
    languages = served_languages(settings.config_file)
    if language and language not in languages:
        raise typer.BadParameter(
            f"'{language}' is not served: there are {', '.join(languages)}", param_hint="--language"
        )
    source = Source(
        file,
        languages,
        language=language,
        columns=_pairs(column, "--column"),
        encoding=encoding,
        categories=_pairs(category, "--category"),
        default_category=default_category,
        drafts=drafts,
    )
    try:
        plan = plan_import(source, settings.articles, date.today(), overwrite=overwrite)
        if not dry_run:
            write(plan.articles)
    except (ExportError, OSError) as error:
        raise ConfigurationError(str(error)) from error
    _show(plan, file, "would be written" if dry_run else "written")


def _pairs(options: Sequence[str] | None, name: str) -> dict[str, str]:
    pairs = {}
    for option in options or ():
        left, equals, right = option.rpartition("=") if name == "--category" else option.partition("=")
        if not (left.strip() and equals and right.strip()):
            raise typer.BadParameter(f"'{option}' is not of the form LEFT=RIGHT", param_hint=name)
        pairs[left.strip()] = right.strip()
    return pairs


def _show(plan: Plan, file: Path, written: str) -> None:
    for planned in plan.articles:
        out.print(f"{planned.article.path}: {planned.article.title}", **_PLAIN)
    for one in plan.left_out:
        detail = f": {one.detail}" if one.detail else ""
        out.print(f"{file}: {one.where}: '{one.title}' is left out, {one.reason}{detail}", **_PLAIN)
    for remark in plan.remarks:
        out.print(f"{file}: {remark}", **_PLAIN)
    for planned in plan.articles:
        for figure in written_out(planned.article):
            out.print(f"{planned.article.path}:{figure.line}: a figure: '{figure.text}'", **_PLAIN)
    out.print(_summary(plan, written), **_PLAIN)
    if plan.articles:
        out.print(HINT, **_PLAIN)


def _summary(plan: Plan, written: str) -> str:
    """`12 articles written, 2 skipped (1 empty, 1 existing), 1 left out (1 not public).`"""
    parts = [f"{len(plan.articles)} {'article' if len(plan.articles) == 1 else 'articles'} {written}"]
    for verb, wanted in (("skipped", True), ("left out", False)):
        counts = Counter(one.reason for one in plan.left_out if one.wanted is wanted)
        if counts:
            listed = ", ".join(f"{count} {reason}" for reason, count in counts.items())
            parts.append(f"{counts.total()} {verb} ({listed})")
    return f"{', '.join(parts)}."
