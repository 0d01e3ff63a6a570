"""Starting, stopping, outages."""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

import httpx

from tests.app.conftest import Server, run
from tests.databases import PostgresServer
from tests.widget.visiting import window

EMAIL = "lucia.fernandez@correo.example"


def test_metrics_count_turns_and_tell_nothing_of_customers(server: Server, sender: str) -> None:
    server.say(sender, "where is my order AC-104233")
    metrics = httpx.get(f"{server.url}/metrics").text
    assert 'aftercare_turns_total{channel="rest"}' in metrics
    assert sender not in metrics


def test_a_second_start_trains_nothing_and_the_conversation_goes_on(server: Server, sender: str) -> None:
    assert "order number" in server.say(sender, "where is my order")[0]["text"]
    models = {path.name: path.stat().st_mtime_ns for path in (server.home / "models").iterdir()}
    assert server.stop() == 0
    server.start()
    assert {path.name: path.stat().st_mtime_ns for path in (server.home / "models").iterdir()} == models
    assert "e-mail" in server.say(sender, "104233")[0]["text"]
    assert "on its way" in server.say(sender, EMAIL)[0]["text"]


def test_the_log_has_no_personal_data(server: Server, sender: str) -> None:
    server.say(sender, "where is my order")
    server.say(sender, "AC-104233")
    assert "on its way" in server.say(sender, EMAIL)[0]["text"]
    server.say(sender, "show me my orders")
    server.say(sender, "call me at +34 600 998 877")
    log = server.log.read_text()
    assert "correo.example" not in log
    assert "998 877" not in log


def test_a_database_that_cannot_be_reached_stops_the_start(home: Path, server: Server) -> None:
    result = run(
        home, "serve", AFTERCARE_DATABASE_URL="postgresql://shop:secret@127.0.0.1:1/shop", AFTERCARE_PORT="8999"
    )
    assert result.returncode == 1
    assert "postgresql://shop:***@127.0.0.1:1/shop" in result.stderr
    assert "Traceback" not in result.stderr
    assert "secret" not in result.stderr


def test_a_wrong_setting_stops_the_start_and_is_named(home: Path) -> None:
    result = run(home, "serve", AFTERCARE_PORT="ninety")
    assert result.returncode == 1
    assert "AFTERCARE_PORT" in result.stderr


def test_a_taken_port_stops_the_start(server: Server) -> None:
    result = run(server.home, "serve", "--host", "127.0.0.1", "--port", str(server.port))
    assert result.returncode == 1
    assert str(server.port) in result.stderr


def test_several_workers_need_a_place_to_lock(home: Path) -> None:
    result = run(home, "serve", "--workers", "2")
    assert result.returncode == 1
    assert "AFTERCARE_REDIS_URL" in result.stderr


def test_workers_share_conversations_and_outlive_their_database(
    server: Server, sender: str, redis_url: str, postgresql_server: PostgresServer
) -> None:
    name = postgresql_server.create(migrated=False)
    url = postgresql_server.url(name)
    workers = Server(server.home, {"AFTERCARE_DATABASE_URL": url, "AFTERCARE_REDIS_URL": redis_url}, ("--workers", "2"))
    workers.start()
    try:
        # Each request on a connection of its own: both workers get some.
        assert "order number" in workers.say(sender, "where is my order")[0]["text"]
        assert "e-mail" in workers.say(sender, "104233")[0]["text"]
        assert "on its way" in workers.say(sender, EMAIL)[0]["text"]
        asyncio.run(_talk_in_many_windows(workers.url))
        postgresql_server.execute(
            f"UPDATE pg_database SET datallowconn = false WHERE datname = '{name}'",
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'",
        )
        response = workers.post({"sender": sender, "message": "thanks"})
        assert response.status_code == 503, response.text
        assert response.json()["error"] == "unavailable"
        assert httpx.get(f"{workers.url}/health/live").status_code == 200
        assert httpx.get(f"{workers.url}/health/ready").status_code == 503
        postgresql_server.execute(f"UPDATE pg_database SET datallowconn = true WHERE datname = '{name}'")
        assert workers.say(sender, "thanks")[0]["text"] == "You're welcome."
    finally:
        workers.stop()
        postgresql_server.drop(name)


async def _talk_in_many_windows(url: str) -> None:
    """Whichever process a window of a visitor is connected to, it shows what was said in another one."""
    async with AsyncExitStack() as stack:
        first = await stack.enter_async_context(window(url))
        token = first.welcome["token"]
        others = [await stack.enter_async_context(window(url, token=token)) for _ in range(6)]
        await first.say("where is my order")
        for other in others:
            said = [(await other.until("message"))["message"] for _ in range(2)]
            assert [message["author"] for message in said] == ["customer", "bot"]
            assert "order number" in said[1]["content"]["text"]
