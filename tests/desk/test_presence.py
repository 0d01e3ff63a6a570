"""Who is at the desk."""

from desk.access.agents import Presence
from desk.events import DESK
from storage import Database
from tests.desk.working import SQLITE, Floor, events


async def test_who_was_not_heard_of_is_not_there(database: Database) -> None:
    floor = Floor(database)
    mei, jonas = await floor.agent("Mei Lin"), await floor.agent("Jonas Weber")
    async with floor.feed.subscribe(DESK) as desk:
        await floor.attendance.set(jonas.id, Presence.AWAY)
        assert events(desk) == [{"type": "presence", "agent_id": jonas.id, "presence": "away"}]
    assert [one.agent.id for one in await floor.attendance.present()] == [mei.id]
    floor.clock.pass_by(seconds=30)
    await floor.attendance.heartbeat(mei.id)
    floor.clock.pass_by(seconds=30)
    assert await floor.attendance.presences() == {mei.id: Presence.ONLINE, jonas.id: Presence.OFFLINE}
    floor.clock.pass_by(seconds=30)
    assert await floor.attendance.present() == []
    await floor.attendance.heartbeat(mei.id)
    assert [one.agent.id for one in await floor.attendance.present()] == [mei.id]


@SQLITE
async def test_what_agents_have_to_do_is_counted(database: Database) -> None:
    floor = Floor(database)
    mei = await floor.agent("Mei Lin")
    first, second, third = [await floor.ticket(sender) for sender in "abc"]
    await floor.tickets.accept(first.id, mei)
    await floor.tickets.accept(second.id, mei)
    await floor.tickets.close(second.id, mei, "solved")
    await floor.tickets.offer(third, mei.id)
    (one,) = await floor.attendance.present()
    assert (one.load, one.room, one.busy_since) == (2, 3, floor.clock())
