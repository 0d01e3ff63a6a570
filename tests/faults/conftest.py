from tests.bot.conftest import rasa  # noqa: F401
from tests.databases import database, database_url, postgresql_server  # noqa: F401
