"""What the API takes and gives, as pydantic models; the description of the API is made from them.

What is taken refuses fields that it does not know: a typing error is no wish. What is given is read from the desk's own
classes by the names of their attributes.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from desk.access.agents import Presence, Role
from desk.api.happenings import EVENTS
from desk.api.webhooks import State as DeliveryState
from desk.models import Priority, State, View

MOST_AT_ONCE = 100

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000)]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
Code = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)]
Language = Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$", max_length=16)]
Number = Annotated[int, Field(ge=1, lt=2**31)]
"""What the database takes for the id of something."""
Level = Literal["low", "normal", "high", "urgent"]


class Taken(BaseModel):
    """What programs send."""

    model_config = ConfigDict(extra="forbid")


class Given(BaseModel):
    """What programs get."""

    model_config = ConfigDict(from_attributes=True)


class Failure(Given):
    """Why something was not done: a code for programs, a sentence for engineers."""

    error: str
    message: str


# Pages of lists


class Paged(Taken):
    """Which page of a list."""

    limit: int = Field(50, ge=1, le=MOST_AT_ONCE)
    cursor: str | None = Field(None, max_length=200, description="`next` of the page before.")


class TicketsQuery(Paged):
    """Which tickets."""

    view: View = View.ALL
    words: str = Field("", max_length=200, description="Said in the conversation, or in the customer's name.")
    language: str | None = None
    channel: str | None = None
    reason: str | None = None
    team: str | None = None
    tag: str | None = None
    agent_id: Number | None = None
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None


class MessagesQuery(Taken):
    """Which messages: without `after` and `before`, the latest. They come in their order, the oldest first."""

    after: int | None = Field(None, ge=0, lt=2**31, description="The id of a message: those after it.")
    before: Number | None = Field(None, description="The id of a message: those before it.")
    limit: int = Field(50, ge=1, le=MOST_AT_ONCE)


class CannedQuery(Taken):
    """Which prepared answers."""

    language: Language | None = None


class AgentsQuery(Taken):
    """Which accounts."""

    disabled: bool = Field(False, description="With those that are disabled.")


class KnowledgeQuery(Taken):
    """What is looked for in the articles."""

    q: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
    language: Language
    country: Annotated[str, StringConstraints(pattern="^[A-Z]{2}$")] | None = Field(
        None, description="ISO 3166: as customers there see it."
    )
    limit: int = Field(5, ge=1, le=20)


class ReportQuery(Taken):
    """What a report is about."""

    first: date
    last: date = Field(description="Included.")
    zone: str = Field("UTC", max_length=64, description="The IANA name of the time zone whose days are meant.")
    language: Language | None = None
    channel: Code | None = None
    agent_id: Number | None = None


# What is done


class OpenTicket(Taken):
    """A conversation that its agent takes over by themselves."""

    conversation_id: Annotated[str, StringConstraints(min_length=1, max_length=255)]


class Assign(Taken):
    """To whom a ticket goes: an agent, a team, or both."""

    agent_id: Number | None = None
    team: Code | None = None
    note: str = Field("", max_length=4000, description="For whoever gets it; the customer does not see it.")


class Snooze(Taken):
    """Until when."""

    until: AwareDatetime


class Close(Taken):
    """Why; `rating` says whether the customer is asked how it was."""

    reason: Code
    rating: bool = True


class HandBack(Taken):
    """A note for the colleagues, and the flow that the bot begins, such as `return_item`."""

    note: str = Field("", max_length=4000)
    flow: Code | None = None


class SetTags(Taken):
    """All tags that it then has."""

    tags: list[Code] = Field(max_length=20)


class SetPriority(Taken):
    """How urgent it is."""

    priority: Level


class Send(Taken):
    """What the customer is told. Where there is `translated`, the customer reads that, and the agents both."""

    text: Text
    translated: Text | None = None


class MarkRead(Taken):
    """Up to which message the agent has seen what was said."""

    up_to: Number


class AddNote(Taken):
    """What agents write to each other; `@Name` mentions somebody."""

    text: Text


class PutCanned(Taken):
    """A prepared answer; one with the same shortcut and language is replaced."""

    shortcut: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=32)]
    language: Language
    text: Text


class AddAgent(Taken):
    """An account. Its owner sets a password with the link that an administrator sends them."""

    email: Annotated[str, StringConstraints(min_length=3, max_length=320)]
    name: Name
    role: Role = Role.AGENT
    team: Code | None = None
    locale: Language = "en"
    languages: list[Language] = Field(["en"], min_length=1, max_length=20)
    skills: list[Code] = Field([], max_length=50)
    time_zone: str = Field("UTC", max_length=64)
    capacity: int = Field(5, ge=1, le=50)


class ChangeAgent(Taken):
    """What changes of an account; the rest stays."""

    name: Name | None = None
    role: Role | None = None
    team: Code | None = None
    locale: Language | None = None
    languages: list[Language] | None = Field(None, min_length=1, max_length=20)
    skills: list[Code] | None = Field(None, max_length=50)
    time_zone: str | None = Field(None, max_length=64)
    capacity: int | None = Field(None, ge=1, le=50)
    disabled: bool | None = None


class SetPresence(Taken):
    """Whether the agent takes tickets."""

    presence: Presence


class AddWebhook(Taken):
    """An address that is told of events. Texts go along only where the token has `messages:read`, and those of
    notes `notes`."""

    url: Annotated[str, StringConstraints(max_length=500)]
    events: list[Literal[EVENTS]] = Field(min_length=1)  # type: ignore[valid-type]
    texts: bool = False


# What there is


class TicketGiven(Given):
    """A ticket: a conversation, or a part of it, that people settle."""

    id: int
    conversation_id: str
    state: State
    reason: str
    channel: str
    language: str
    skill: str | None
    priority: Level
    severity: str | None
    intent: str | None
    team: str | None
    agent_id: int | None
    offered_until: AwareDatetime | None
    tags: list[str]
    created_at: AwareDatetime
    queued_at: AwareDatetime
    accepted_at: AwareDatetime | None
    first_answer_at: AwareDatetime | None
    answer_due_at: AwareDatetime | None
    resolution_due_at: AwareDatetime | None
    snoozed_until: AwareDatetime | None
    closed_at: AwareDatetime | None
    close_reason: str | None
    reopened: int
    changed_at: AwareDatetime

    @classmethod
    def of(cls, ticket: Any) -> TicketGiven:
        """A `desk.models.Ticket`."""
        values = {name: getattr(ticket, name) for name in cls.model_fields}
        return cls.model_validate({**values, "priority": Priority(ticket.priority).name.lower()})


class LineGiven(Given):
    """A ticket in a list. Without the scope `messages:read`, `name` and `last_text` are null."""

    ticket: TicketGiven
    name: str | None
    agent: str | None
    last_text: str | None
    last_author: str | None
    last_at: AwareDatetime | None
    unread: int


class TicketList(Given):
    """A page of tickets."""

    items: list[LineGiven]
    next: str | None


class PlaceGiven(Given):
    """Where a ticket stands in the queue: 1 is next. `wait_seconds` is null where nobody knows."""

    position: int
    wait_seconds: int | None


class Counts(Given):
    """How many tickets are in each view of the agent's."""

    counts: dict[str, int]


class MessageGiven(Given):
    """Something that was said."""

    id: int
    author: str
    content: dict[str, Any]
    created_at: AwareDatetime
    rating: int | None


class MessageList(Given):
    """Some of what was said, the oldest first."""

    items: list[MessageGiven]


class NoteGiven(Given):
    """What an agent wrote to the others."""

    id: int
    conversation_id: str
    agent_id: int | None
    text: str
    mentions: list[int]
    created_at: AwareDatetime


class NoteList(Given):
    """The notes of a conversation, the oldest first."""

    items: list[NoteGiven]


class CannedGiven(Given):
    """A prepared answer."""

    id: int
    shortcut: str
    language: str
    text: str


class CannedList(Given):
    """Prepared answers."""

    items: list[CannedGiven]


class FollowUpGiven(Given):
    """Something that somebody has to look after."""

    id: int
    kind: str
    conversation_id: str
    message_id: int | None
    note_id: int | None
    agent_id: int | None
    created_at: AwareDatetime
    done_at: AwareDatetime | None


class FollowUpList(Given):
    """What is to be looked after."""

    items: list[FollowUpGiven]


class AgentGiven(Given):
    """Somebody who works at the desk."""

    id: int
    email: str
    name: str
    role: Role
    team: str | None
    locale: str
    languages: list[str]
    skills: list[str]
    time_zone: str
    capacity: int
    presence: Presence
    disabled: bool


class AgentList(Given):
    """The accounts, by their names."""

    items: list[AgentGiven]


class Hit(Given):
    """An article, or a part of it, that answers a question; `score` is a chance from 0 to 1."""

    slug: str
    title: str
    answer: str
    url: str | None
    score: float


class HitList(Given):
    """Articles, the likeliest first."""

    items: list[Hit]


class ReportGiven(Given):
    """A report: its figures by their names."""

    report: dict[str, Any]


class WebhookGiven(Given):
    """An address that is told of events."""

    id: int
    url: str
    events: list[str]
    texts: bool
    created_at: AwareDatetime
    failing_since: AwareDatetime | None
    disabled_at: AwareDatetime | None


class WebhookMade(WebhookGiven):
    """A new webhook, and the key with which its requests are signed: it is shown this once."""

    key: str


class WebhookList(Given):
    """The webhooks."""

    items: list[WebhookGiven]


class DeliveryGiven(Given):
    """An event on its way to a webhook."""

    id: int
    event: str
    state: DeliveryState
    attempts: int
    reason: str | None
    next_attempt_at: AwareDatetime | None
    created_at: AwareDatetime


class DeliveryList(Given):
    """A page of deliveries, the latest first."""

    items: list[DeliveryGiven]
    next: str | None


class Told(Given):
    """What a webhook is told. What is told again has the same `id`."""

    id: int
    event: str
    at: AwareDatetime
    data: dict[str, Any]
