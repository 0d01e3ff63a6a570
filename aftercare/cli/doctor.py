"""`aftercare doctor`."""

from __future__ import annotations

import asyncio
import platform
from collections.abc import Awaitable, Callable
from importlib.metadata import version

import typer
from redis.exceptions import RedisError

from aftercare.cli.console import out
from aftercare.errors import ConfigurationError
from aftercare.house import Ground, lay_ground, load_catalogues, open_help_centre, open_outbox, open_storefront
from aftercare.settings import Settings, SettingsError
from aftercare.training import ENGINES, model_path, trained_already
from storage import DatabaseUnavailable, redis_client


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(doctor)


def doctor() -> None:
    """Check what is installed, reachable and trained; the exit status is 1 when something is wrong."""
    healthy = True

    def report(name: str, problem: str | None, fine: str = "") -> None:
        nonlocal healthy
        healthy = healthy and problem is None
        mark = "[green]✓[/]" if problem is None else "[red]✗[/]"
        out.print(f"{mark} {name}", end=" ", highlight=False)
        out.print(fine if problem is None else problem, markup=False, highlight=False, soft_wrap=True)

    report("Python", None, platform.python_version())
    report("Packages", None, ", ".join(f"{package} {version(package)}" for package in ENGINES))
    try:
        settings = Settings.load()
        ground = lay_ground(settings)
        load_catalogues(settings)
        open_help_centre(ground)
        if settings.demonstration:
            open_storefront(ground)
        open_outbox(ground)
    except (SettingsError, ConfigurationError) as error:
        report("Settings and data", str(error))
        raise typer.Exit(1) from None
    report("Settings and data", None, f"{', '.join(ground.languages)}; {len(ground.articles)} articles")
    report("Database", asyncio.run(_problem(ground.database.ping)), ground.database.name)
    if settings.redis_url:
        report("Redis", asyncio.run(_problem(lambda: _ping_redis(settings.redis_url))), "answers")
    findings = ground.knowledge_base.check(ground.policies.countries)
    report("Articles", "\n".join(map(str, findings)) or None, "no findings")
    report("Model", *_model(ground))
    if not healthy:
        raise typer.Exit(1)


def _model(ground: Ground) -> tuple[str | None, str]:
    path = trained_already(ground.settings, model_path(ground.settings, ground.articles))
    if path:
        return None, str(path)
    return "not trained for the present data; `aftercare train` or `serve` does it", ""


async def _problem(check: Callable[[], Awaitable[None]]) -> str | None:
    try:
        await check()
    except (DatabaseUnavailable, RedisError, OSError) as error:
        return str(error)
    return None


async def _ping_redis(url: str) -> None:
    redis = redis_client(url)
    try:
        await redis.ping()
    finally:
        await redis.aclose()
