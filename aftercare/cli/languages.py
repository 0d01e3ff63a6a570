"""`aftercare languages`."""

from __future__ import annotations

import typer
from rich.table import Table

from aftercare.cli.console import out
from aftercare.house import lay_ground
from aftercare.settings import Settings
from bot.localization import language_name


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(languages)


def languages() -> None:
    """Show, for each served language, what there is of it and what is missing."""
    from aftercare.translations import load_messages
    from bot.nlu.examples import count_examples

    settings = Settings.load()
    ground = lay_ground(settings)
    counts = {language: count_examples(settings.training_data / "nlu" / language) for language in ground.languages}
    table = Table("", *(f"{code} {language_name(code)}" for code in ground.languages), box=None)
    for intent in sorted({intent for count in counts.values() for intent in count}):
        table.add_row(intent, *(str(counts[code].get(intent, 0)) for code in ground.languages))
    questions = {
        code: sum(len(article.examples) for article in ground.knowledge_base.articles(code))
        for code in ground.languages
    }
    table.add_row("ask_faq (articles' questions)", *(str(questions[code]) for code in ground.languages))
    table.add_section()
    missing = {code: ground.knowledge_base.missing(code) for code in ground.languages}
    rooms = load_messages(settings)
    messages = {code: [text for room in rooms for text in room.untranslated(code)] for code in ground.languages}
    table.add_row("articles", *(str(len(ground.knowledge_base.articles(code))) for code in ground.languages))
    table.add_row("articles missing", *(str(len(missing[code])) for code in ground.languages))
    table.add_row("messages untranslated", *(str(len(messages[code])) for code in ground.languages))
    out.print(table)
    for code in ground.languages:
        for slug in missing[code]:
            out.print(f"{code}: no article {slug}", highlight=False)
        for message in messages[code]:
            out.print(f"{code}: untranslated: {message}", markup=False, highlight=False)
