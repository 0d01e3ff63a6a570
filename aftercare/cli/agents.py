"""`aftercare agents`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer
from rich.table import Table
from rich.text import Text

from aftercare.cli.console import out
from aftercare.errors import ConfigurationError
from aftercare.secret import load_secret
from aftercare.settings import Settings
from desk.access.agents import Agent, EmailTaken, InvalidAgent, LastAdministrator, Role
from desk.access.links import INVITATION, NEW_PASSWORD
from storage import Database, migrate

if TYPE_CHECKING:
    from desk.access.web import Access

app = typer.Typer(help="The accounts of the people at the desk.", no_args_is_help=True)

Result = TypeVar("Result")

Email = Annotated[str, typer.Argument(help="The e-mail address of the account.")]


@app.command()
def add(
    email: Annotated[str, typer.Argument(help="The e-mail address to sign in with.")],
    name: Annotated[str, typer.Argument(help="The name; customers see it.")],
    role: Annotated[Role, typer.Option(help="What they are at the desk.")] = Role.AGENT,
    team: Annotated[str | None, typer.Option(help="The team, as `desk/routing.yml` names it.")] = None,
    language: Annotated[
        list[str] | None, typer.Option(help="A language that they write to customers in; the best first.")
    ] = None,
    skill: Annotated[
        list[str] | None, typer.Option(help="What they know well, as `desk/routing.yml` names it.")
    ] = None,
    time_zone: Annotated[str, typer.Option(help="Such as `Europe/Berlin`.")] = "UTC",
    capacity: Annotated[int, typer.Option(help="How many open conversations they have at most.")] = 5,
) -> None:
    """Create an account, and print the link with which its owner sets a password."""
    settings = Settings.load()
    languages = language or [settings.default_language]

    async def work(access: Access) -> str:
        agent = await access.agents.add(
            email,
            name,
            role,
            team=team,
            locale=languages[0],
            languages=languages,
            skills=skill or (),
            time_zone=time_zone,
            capacity=capacity,
        )
        await access.audit.record(None, "agent_added", agent=agent.id, role=agent.role)
        return await access.links.make(agent.id, INVITATION)

    _print_link(_run(settings, work))


@app.command("list")
def list_() -> None:
    """List the accounts."""

    async def work(access: Access) -> list[Agent]:
        return await access.agents.all(disabled=True)

    table = Table("E-mail", "Name", "Role", "Team", "Languages", "State", box=None)
    for agent in _run(Settings.load(), work):
        row = (agent.email, agent.name, agent.role, agent.team or "", ", ".join(agent.languages), _state(agent))
        table.add_row(*(Text(cell) for cell in row))
    out.print(table)


@app.command()
def disable(email: Email) -> None:
    """Disable an account: its owner is signed out at once, and cannot sign in any more."""

    async def work(access: Access) -> None:
        agent = await _agent(access, email)
        await access.agents.disable(agent.id)
        await access.audit.record(None, "agent_disabled", agent=agent.id)

    _run(Settings.load(), work)
    out.print("Disabled.")


@app.command()
def enable(email: Email) -> None:
    """Enable an account again."""

    async def work(access: Access) -> None:
        agent = await _agent(access, email)
        await access.agents.enable(agent.id)
        await access.audit.record(None, "agent_enabled", agent=agent.id)

    _run(Settings.load(), work)
    out.print("Enabled.")


@app.command()
def link(
    email: Email,
    reset_totp: Annotated[
        bool, typer.Option("--reset-totp", help="Turn off two-step sign-in, too: for a phone that is lost.")
    ] = False,
) -> None:
    """Print a link, good once, with which the owner of an account sets a new password."""

    async def work(access: Access) -> str:
        agent = await _agent(access, email)
        if agent.disabled:
            raise ConfigurationError(f"The account {agent.email} is disabled.")
        if reset_totp:
            await access.credentials.turn_totp_off(agent.id, by=None)
        await access.audit.record(None, "link_made", agent=agent.id)
        return await access.links.make(agent.id, NEW_PASSWORD if agent.signs_in else INVITATION)

    _print_link(_run(Settings.load(), work))


def _run(settings: Settings, work: Callable[[Access], Awaitable[Result]]) -> Result:
    """Do something with the accounts. Raises `ConfigurationError` where it cannot be done."""
    # It loads the web server, which other commands do without.
    from desk.access.web import Access

    settings.home.mkdir(parents=True, exist_ok=True)
    migrate(settings.database)
    database = Database(settings.database)
    access = Access(database, load_secret(settings), public_url=settings.address)

    async def run() -> Result:
        try:
            return await work(access)
        finally:
            await database.close()

    try:
        return asyncio.run(run())
    except EmailTaken as error:
        raise ConfigurationError("There is an account with this e-mail address already.") from error
    except LastAdministrator as error:
        raise ConfigurationError("There has to be another administrator who can sign in first.") from error
    except InvalidAgent as error:
        raise ConfigurationError(str(error)) from error


async def _agent(access: Access, email: str) -> Agent:
    agent = await access.agents.by_email(email)
    if agent is None:
        raise ConfigurationError(f"There is no account {email}.")
    return agent


def _state(agent: Agent) -> str:
    if agent.disabled:
        return "disabled"
    return agent.presence if agent.signs_in else "invited"


def _print_link(address: str) -> None:
    out.print("This link sets the password. It is good once:", highlight=False)
    out.print(address, markup=False, highlight=False, soft_wrap=True)
