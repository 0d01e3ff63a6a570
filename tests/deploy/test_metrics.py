"""What Prometheus is told: of several processes together, and of what they share."""

import multiprocessing
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client import Metric, values
from prometheus_client.parser import text_string_to_metric_families

from aftercare.metrics import FOLDER, Metrics, Pulse, count_together
from aftercare.standing import Standing
from conversations import Inbox, Notice
from desk.access.agents import Presence
from storage import Database
from tests.desk.working import Floor

Samples = dict[tuple[str, str], float]


def samples(metrics: bytes) -> Samples:
    """Each value, by its name and the value of its label."""
    return {
        (sample.name, next(iter(sample.labels.values()), "")): sample.value
        for family in text_string_to_metric_families(metrics.decode())
        for sample in family.samples
    }


@pytest.fixture
def together(monkeypatch: pytest.MonkeyPatch) -> Iterator[Metrics]:
    """The metrics of processes that count together."""
    monkeypatch.setenv(FOLDER, "")
    monkeypatch.setattr(values, "ValueClass", values.ValueClass)
    count_together()
    yield Metrics()


def test_processes_count_together_and_the_dead_do_not_serve_any_more(together: Metrics) -> None:
    context = multiprocessing.get_context("fork")
    done = context.Barrier(3)

    def work(turns: int) -> None:
        for _ in range(turns):
            together.turns.labels("widget").inc()
            together.turn_seconds.labels("widget").observe(0.004)
        together.workers.set(1)
        together.sockets.set(10)
        done.wait()
        signal.pause()

    processes = [context.Process(target=work, args=(turns,)) for turns in (2, 3)]
    for each in processes:
        each.start()
    done.wait(timeout=20)
    try:
        told = samples(together.exposition())
        assert told["aftercare_turns_total", "widget"] == 5
        assert told["aftercare_turn_seconds_count", "widget"] == 5
        assert (told["aftercare_workers", ""], told["aftercare_sockets_open", ""]) == (2, 20)
        processes[0].kill()
        processes[0].join()
        told = samples(together.exposition())
        assert told["aftercare_turns_total", "widget"] == 5
        assert (told["aftercare_workers", ""], told["aftercare_sockets_open", ""]) == (1, 10)
    finally:
        for each in processes:
            each.kill()
            each.join()


def test_a_process_of_its_own_tells_of_itself() -> None:
    assert FOLDER not in os.environ
    told = samples(Metrics().exposition())
    assert told["process_resident_memory_bytes", ""] > 0


async def test_the_pulse_of_a_process() -> None:
    metrics = Metrics()
    pulse = Pulse(metrics, set())
    await pulse.look()
    await pulse.look()
    told = samples(metrics.exposition())
    assert told["aftercare_workers", ""] == 1
    assert told["aftercare_loop_delay_seconds", ""] == 0  # the second look came before its time
    assert told["aftercare_cpu_seconds_total", ""] > 0


def told_of(found: list[Metric]) -> Samples:
    """Each value, by its name and the value of its last label."""
    return {
        (sample.name, next(iter(sample.labels.values()), "")): sample.value
        for metric in found
        for sample in metric.samples
    }


async def test_how_things_stand(database: Database, redis_url: str, tmp_path: Path) -> None:
    floor = Floor(database)
    standing = Standing(database, floor.attendance, tmp_path, redis_url, lambda: "0123.tar.gz", floor.clock)
    told = told_of(await standing.look())
    assert (told["aftercare_tickets", "waiting"], told["aftercare_ticket_wait_seconds", ""]) == (0, 0)
    mei = await floor.agent("Mei Lin")
    await floor.ticket("a")
    inbox = Inbox(database, floor.clock)
    await inbox.put("whatsapp", [Notice("1", "whatsapp:1", {}), Notice("2", "whatsapp:1", {})])
    floor.clock.pass_by(seconds=30)
    second = await floor.ticket("b")
    await floor.tickets.accept(second.id, mei)
    told = told_of(await standing.look())
    assert told["aftercare_up", "database"] == told["aftercare_up", "redis"] == 1
    assert (told["aftercare_tickets", "waiting"], told["aftercare_tickets", "open"]) == (1, 1)
    assert told["aftercare_ticket_wait_seconds", ""] == 30
    assert (told["aftercare_agents", Presence.ONLINE], told["aftercare_agents", Presence.AWAY]) == (1, 0)
    assert (told["aftercare_queue_waiting", "inbox"], told["aftercare_queue_late_seconds", "inbox"]) == (2, 30)
    assert (told["aftercare_queue_waiting", "mail"], told["aftercare_queue_late_seconds", "mail"]) == (0, 0)
    assert told["aftercare_home_free_bytes", ""] > 0
    assert b'model="0123.tar.gz"' in await standing.exposition()
    await standing.close()


async def test_what_is_away_is_said_to_be_away(tmp_path: Path) -> None:
    database = Database("postgresql://ann:secret@127.0.0.1:1/shop")
    floor = Floor(database)
    nowhere = "redis://127.0.0.1:1/0"
    standing = Standing(database, floor.attendance, tmp_path, nowhere, lambda: "0123.tar.gz", floor.clock)
    told = told_of(await standing.look())
    assert (told["aftercare_up", "database"], told["aftercare_up", "redis"]) == (0, 0)
    assert not any(name.startswith("aftercare_queue") for name, _ in told)
    await standing.close()
    await database.close()


async def test_every_wish_for_a_person_is_counted(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    floor = Floor(database)
    reasons: list[str] = []
    monkeypatch.setattr(floor.tickets._intake, "_wished", reasons.append)
    await floor.ask("a")
    await floor.ask("b", reason="threat")
    assert reasons == ["asked", "threat"]
