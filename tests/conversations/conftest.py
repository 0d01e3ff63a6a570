from tests.databases import (  # noqa: F401
    database,
    database_url,
    empty_database_url,
    postgresql_server,
    redis_url,
)
