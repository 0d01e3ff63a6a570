from tests.databases import database, database_url, postgresql_server, redis_url  # noqa: F401
