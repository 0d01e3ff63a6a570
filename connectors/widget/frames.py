"""What a visitor's window and the server say to each other: JSON objects, over a socket or in HTTP requests.

docs/widget.md describes each. Those of the window are checked here, and more than enough for any honest one.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from conversations.photos import MAX_PHOTOS

Frame = dict[str, Any]

T = TypeVar("T")

MessageId = Annotated[int, Field(ge=1, lt=2**31)]
"""What the database takes for one."""


class BadFrame(Exception):
    """A frame that nobody understands. The message says why, without what was in it."""


class _Model(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Hello(_Model):
    """The first frame: who is there, and up to which message they have everything.

    `wait` is for requests: whether the answer may wait until something happens.
    """

    type: Literal["hello"] = "hello"
    token: str | None = Field(None, max_length=512)
    identity: str | None = Field(None, max_length=4096)
    after: MessageId | None = None
    locale: str | None = Field(None, max_length=35)
    wait: bool = False


class Say(_Model):
    """A message: a text, or the payload of a button and its title, or photographs alone.

    `id` is the window's own, by which the message is known when it is sent again.
    """

    type: Literal["message"]
    id: str = Field(pattern=r"^[A-Za-z0-9-]{8,64}$")
    text: str | None = None
    payload: str | None = Field(None, max_length=2000, pattern="^/")
    title: str | None = Field(None, max_length=200)
    photos: tuple[str, ...] = Field((), max_length=MAX_PHOTOS)

    @model_validator(mode="after")
    def _says_one_thing(self) -> Say:
        if (self.text is not None) + (self.payload is not None) > 1 or (self.payload and not self.title):
            raise ValueError("a message has a text, or a payload and its title")
        return self


class Typing(_Model):
    """The visitor is writing."""

    type: Literal["typing"]


class Read(_Model):
    """The visitor has seen everything up to a message."""

    type: Literal["read"]
    up_to: MessageId


class Rate(_Model):
    """The visitor says how it went."""

    type: Literal["rate"]
    message: MessageId
    stars: int = Field(ge=1, le=5)
    comment: str | None = Field(None, max_length=2000)


class History(_Model):
    """The window wants what was said before a message."""

    type: Literal["history"]
    before: MessageId


class Identify(_Model):
    """A fresh token that says who the visitor is; None where nobody says it any more."""

    type: Literal["identify"]
    identity: str | None = Field(max_length=4096)


class Ping(_Model):
    """The window wants to know whether the server is still there."""

    type: Literal["ping"]


Request = Say | Typing | Read | Rate | History | Identify | Ping

_OneOfThem = Annotated[Request, Field(discriminator="type")]


class Posted(_Model):
    """What an HTTP request brings: who is there, and a frame."""

    hello: Hello
    frame: _OneOfThem


_HELLO: TypeAdapter[Hello] = TypeAdapter(Hello)
_REQUEST: TypeAdapter[Request] = TypeAdapter(_OneOfThem)
_POSTED: TypeAdapter[Posted] = TypeAdapter(Posted)


def read_hello(text: str | bytes) -> Hello:
    """The first frame. Raises `BadFrame`."""
    return _read(_HELLO, text)


def read_request(text: str | bytes) -> Request:
    """A later frame. Raises `BadFrame`."""
    return _read(_REQUEST, text)


def read_posted(text: str | bytes) -> Posted:
    """The body of an HTTP request. Raises `BadFrame`."""
    return _read(_POSTED, text)


def _read(adapter: TypeAdapter[T], text: str | bytes) -> T:
    try:
        return adapter.validate_json(text)
    except ValidationError as error:
        problems = error.errors(include_input=False, include_url=False, include_context=False)
        # Some of pydantic's own messages quote what was in it.
        raise BadFrame("; ".join(f"{'.'.join(map(str, one['loc']))}: {one['type']}" for one in problems)) from None
