from tests.databases import database, database_url, empty_database_url, postgresql_server  # noqa: F401
