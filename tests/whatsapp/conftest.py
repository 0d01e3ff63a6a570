from collections.abc import Iterator
from pathlib import Path
from shutil import copyfile

import pytest

from bot.engine import import_rasa
from storage import migrate
from tests.databases import PostgresServer, database, postgresql_server  # noqa: F401


@pytest.fixture(scope="session")
def rasa() -> None:
    """Rasa, loaded: a test imports the modules that need it only once it has this."""
    import_rasa()


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated database that nobody uses."""
    path = tmp_path_factory.mktemp("migrated") / "test.db"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture
def database_url(request: pytest.FixtureRequest, tmp_path: Path, migrated: Path) -> Iterator[str]:
    """The URL of a migrated database: on SQLite, but where a test asks for another one, since the inbox and the outbox
    have tests of their own.
    """
    if getattr(request, "param", "sqlite") == "sqlite":
        yield f"sqlite:///{copyfile(migrated, tmp_path / 'test.db')}"
        return
    server: PostgresServer = request.getfixturevalue("postgresql_server")
    name = server.create()
    yield server.url(name)
    server.drop(name)
