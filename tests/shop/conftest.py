from tests.databases import database, database_url, empty_database_url, postgresql_server  # noqa: F401
from tests.medusa.server import medusa  # noqa: F401
