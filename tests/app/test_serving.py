"""Starting, stopping, and what an operator sees."""

from pathlib import Path

import httpx

from tests.app.conftest import Server
from tests.forks import run

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
