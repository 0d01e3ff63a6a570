"""What several commands do before their own work: database, engine, model."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from aftercare.cli.console import errors
from aftercare.house import Ground, furnish, lay_ground
from aftercare.keys import prepare_storage
from aftercare.readers import train_readers
from aftercare.settings import Settings
from aftercare.training import model_path, train, trained_already
from bot.engine import import_rasa, needs_channels, needs_neural


@contextmanager
def step(title: str) -> Iterator[None]:
    """Show that something is being done, and how long it took."""
    started = time.monotonic()
    with errors.status(f"{title} …"):
        yield
    errors.print(f"[green]✓[/] {title} [dim]{time.monotonic() - started:.1f} s[/]", highlight=False)


def prepare_database(settings: Settings) -> Ground:
    """Read the project's files, migrate the database, and fill an empty one with the demonstration shop."""
    ground = lay_ground(settings)

    async def fill() -> int:
        try:
            return await furnish(ground)
        finally:
            # Its connections belong to this event loop; the server has another.
            await ground.database.close()

    with step(f"Database {ground.database.name}"):
        prepare_storage(settings, ground.database)
        orders = asyncio.run(fill())
    if orders:
        errors.print(f"  The demonstration shop has {orders} orders; AC-104233 is on its way.", highlight=False)
    return ground


def prepare_engine(settings: Settings) -> None:
    """Load Rasa."""
    with step("Engine"):
        import_rasa(neural=needs_neural(settings.config_file), channels=needs_channels(settings.credentials_file))


def prepare_model(ground: Ground, *, force: bool = False) -> Path:
    """The path of the model of the project's present state; trains it where there is none. Rasa must be loaded."""
    target = model_path(ground.settings, ground.articles)
    if not force and (model := trained_already(ground.settings, target)):
        errors.print(f"[green]✓[/] Model {model.name} is up to date", highlight=False)
        return model
    started = time.monotonic()
    with _training_display(ground.languages):
        train(ground.settings, target)
    errors.print(f"[green]✓[/] Model {target.name} trained [dim]{time.monotonic() - started:.1f} s[/]", highlight=False)
    return target


def prepare_readers(ground: Ground) -> None:
    """Train what answers and descriptions are read with, where it is not there."""
    started = time.monotonic()
    with errors.status("Reading of answers …"):
        trained = train_readers(ground)
    if trained:
        seconds = time.monotonic() - started
        errors.print(f"[green]✓[/] Reading of answers trained [dim]{seconds:.1f} s[/]", highlight=False)


@contextmanager
def _training_display(languages: list[str]) -> Iterator[None]:
    from bot.nlu import progress

    columns = (
        TextColumn("  {task.description:<10}"),
        BarColumn(),
        TextColumn("{task.fields[at]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=errors, transient=not errors.is_terminal) as display:
        tasks: dict[str, TaskID] = {}
        for name in ("", *languages):
            tasks[name] = display.add_task(name or "languages", total=None, start=False, at="")

        def show(language: str, component: str, done: int, total: int) -> None:
            task = tasks[language]
            display.start_task(task)
            display.update(task, total=total, completed=done, at=component)
            if done == total:
                display.stop_task(task)
                if not errors.is_terminal:
                    errors.print(f"  {language or 'languages'} trained", highlight=False)

        errors.print("Training …")
        with progress.listening(show):
            yield
