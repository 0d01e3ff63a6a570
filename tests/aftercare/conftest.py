from tests.bot.conftest import rasa  # noqa: F401
