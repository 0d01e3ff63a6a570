import pytest

from bot.engine import import_rasa


@pytest.fixture(scope="session")
def rasa() -> None:
    """Rasa, loaded: a test imports the modules that need it only once it has this."""
    import_rasa()
