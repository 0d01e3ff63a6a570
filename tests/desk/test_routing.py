"""Who gets a ticket: a pure decision."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from desk.access.agents import Agent, Presence, Role
from desk.models import Priority, State, Ticket
from desk.routing import Candidate, all_declined, choose
from desk.rules import Rules
from desk.waits import expected_wait

RULES = Rules.load()
NOW = datetime(2026, 11, 16, 12, 0, tzinfo=UTC)

TICKET = Ticket(
    id=1,
    conversation_id="widget:u1",
    handoff_id=1,
    state=State.WAITING,
    reason="asked",
    channel="widget",
    language="de",
    skill="returns",
    priority=Priority.NORMAL,
    severity=None,
    intent=None,
    team=None,
    agent_id=None,
    declined_by=(),
    offered_until=None,
    tags=(),
    created_at=NOW,
    queued_at=NOW,
    accepted_at=None,
    first_answer_at=None,
    answer_due_at=None,
    resolution_due_at=None,
    warned=(),
    snoozed_until=None,
    closed_at=None,
    close_reason=None,
    rating_message_id=None,
    reopened=0,
    changed_at=NOW,
)


def candidate(
    agent_id: int,
    *languages: str,
    skills: tuple[str, ...] = ("returns",),
    team: str | None = None,
    load: int = 0,
    capacity: int = 5,
    busy: timedelta | None = None,
) -> Candidate:
    """An agent who is there; `busy` is how long ago they took their last ticket."""
    agent = Agent(
        id=agent_id,
        email=f"a{agent_id}@example.com",
        name=f"Agent {agent_id}",
        role=Role.AGENT,
        team=team,
        locale="en",
        languages=languages or ("de",),
        skills=skills,
        time_zone="UTC",
        capacity=capacity,
        presence=Presence.ONLINE,
        sound=True,
        disabled=False,
    )
    return Candidate(agent, load, NOW - busy if busy else None)


def chosen(*candidates: Candidate, ticket: Ticket = TICKET, waited: timedelta = timedelta()) -> int | None:
    """The id of the agent who gets it."""
    found = choose(ticket, candidates, RULES, ticket.queued_at + waited)
    return found.agent.id if found else None


def test_the_language_comes_before_the_skill() -> None:
    assert chosen(candidate(1, "en"), candidate(2, "de", skills=())) == 2


def test_of_those_who_have_the_language_the_one_with_the_skill() -> None:
    assert chosen(candidate(1, skills=()), candidate(2, load=4)) == 2


def test_the_skill_is_waited_for_a_little_while_somebody_has_it() -> None:
    busy, other = candidate(1, load=5), candidate(2, skills=())
    assert chosen(busy, other) is None
    assert chosen(busy, other, waited=RULES.skill_after) == 2
    assert chosen(other) == 2


def test_after_a_while_somebody_gets_it_who_does_not_write_the_language() -> None:
    almost = RULES.overflow_after - timedelta(seconds=1)
    others = (candidate(1, "en"), candidate(2, "de", load=5))
    assert chosen(*others, waited=almost) is None
    assert chosen(*others, waited=RULES.overflow_after) == 1
    assert chosen(*others, candidate(3, "de"), waited=RULES.overflow_after) == 3


def test_the_one_with_the_least_to_do_for_their_capacity() -> None:
    assert chosen(candidate(1, load=2, capacity=3), candidate(2, load=3, capacity=6)) == 2


def test_then_the_one_who_had_the_last_ticket_longest_ago() -> None:
    assert chosen(candidate(1, busy=timedelta(minutes=5)), candidate(2, busy=timedelta(minutes=9))) == 2
    assert chosen(candidate(1, busy=timedelta(minutes=5)), candidate(2)) == 2


def test_a_team_keeps_its_tickets() -> None:
    ticket = replace(TICKET, team="technical")
    assert chosen(candidate(1), candidate(2, team="technical", load=4), ticket=ticket) == 2
    assert chosen(candidate(1), ticket=ticket, waited=timedelta(hours=1)) is None


def test_who_let_it_pass_does_not_get_it_again_until_all_did() -> None:
    ticket = replace(TICKET, declined_by=(1,))
    assert chosen(candidate(1), candidate(2, load=4), ticket=ticket) == 2
    assert not all_declined(ticket, [candidate(1), candidate(2)])
    assert all_declined(ticket, [candidate(1), candidate(2, load=5)])
    assert not all_declined(ticket, [])


CANDIDATES = st.lists(
    st.builds(
        lambda languages, skills, load, busy: (languages, skills, load, busy),
        st.sampled_from([("de",), ("en",), ("en", "de")]),
        st.sampled_from([(), ("returns",), ("billing",)]),
        st.integers(0, 5),
        st.one_of(st.none(), st.integers(1, 100)),
    ),
    max_size=6,
)


@given(made=CANDIDATES, waited=st.integers(0, 20), declined=st.sets(st.integers(0, 5)), data=st.data())
def test_it_never_goes_where_it_may_not(
    made: list[tuple[tuple[str, ...], tuple[str, ...], int, int | None]],
    waited: int,
    declined: set[int],
    data: st.DataObject,
) -> None:
    everybody = [
        candidate(number, *languages, skills=skills, load=load, busy=timedelta(minutes=busy) if busy else None)
        for number, (languages, skills, load, busy) in enumerate(made)
    ]
    ticket = replace(TICKET, declined_by=tuple(sorted(declined)))
    found = chosen(*everybody, ticket=ticket, waited=timedelta(minutes=waited))
    shuffled = data.draw(st.permutations(everybody))
    assert chosen(*shuffled, ticket=ticket, waited=timedelta(minutes=waited)) == found
    free = [one for one in everybody if one.room and one.agent.id not in declined]
    if found is None:
        assert not free or timedelta(minutes=waited) < RULES.overflow_after
    else:
        (winner,) = [one for one in free if one.agent.id == found]
        speakers = [one for one in free if "de" in one.agent.languages]
        assert winner in speakers or (not speakers and timedelta(minutes=waited) >= RULES.overflow_after)


def test_a_wait_is_what_it_lately_was_while_somebody_is_free() -> None:
    minutes = [timedelta(minutes=each) for each in (1, 2, 30)]
    assert expected_wait(2, minutes, [], [candidate(1, load=3)]) == timedelta(minutes=2)
    assert expected_wait(2, minutes, [], [candidate(1)], timedelta(minutes=5)) == timedelta(minutes=5)


def test_a_wait_is_as_long_as_the_agents_need_for_those_ahead() -> None:
    full = [candidate(1, load=5), candidate(2, load=5)]
    wait = expected_wait(20, [timedelta(minutes=1)], [timedelta(minutes=15)], full)
    assert wait == timedelta(minutes=15 * 20 / 10)


def test_nothing_is_said_of_a_wait_of_which_nothing_is_known() -> None:
    assert expected_wait(1, [], [timedelta(minutes=5)], [candidate(1)]) is None
    assert expected_wait(1, [timedelta(minutes=5)], [], []) is None
