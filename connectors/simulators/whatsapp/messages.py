"""What may be sent with `POST /<phone number id>/messages`, and what is wrong with anything else.

Sources: Meta, "WhatsApp Business Platform: Messages", https://developers.facebook.com/documentation/business-messaging/
whatsapp/messages/send-messages and its pages for each kind of message (interactive reply buttons, interactive lists,
media, location, contacts, reactions, templates, read receipts, typing indicators).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, field_validator, model_validator
from pydantic_core import ErrorDetails, PydanticCustomError

from connectors.simulators.whatsapp.errors import GraphError

BODY, CAPTION, SHORT, FOOTER, OPAQUE = 4096, 1024, 20, 60, 512
ROWS = 10
"""Rows of a list, in all its sections together."""


def _text(longest: int, shortest: int = 1, **more: Any) -> Any:
    """A string of so many characters."""
    return Field(min_length=shortest, max_length=longest, **more)


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _TextBody(_Part):
    body: str = _text(BODY)
    preview_url: bool = False


class _Media(_Part):
    id: str | None = _text(64, default=None)
    link: str | None = Field(None, pattern=r"^https?://\S+$", max_length=2000)

    @model_validator(mode="after")
    def _one_of_both(self) -> _Media:
        if (self.id is None) == (self.link is None):
            raise PydanticCustomError("one_of", "Exactly one of the parameters id and link is required.")
        return self


class _Captioned(_Media):
    caption: str | None = _text(CAPTION, 0, default=None)


class _Document(_Captioned):
    filename: str | None = _text(240, default=None)


class _Audio(_Media):
    voice: bool = False


class _Location(_Part):
    latitude: float = Field(ge=-90, le=90)
    longitude: float = Field(ge=-180, le=180)
    name: str | None = _text(1000, default=None)
    address: str | None = _text(1000, default=None)


class _Name(_Part):
    formatted_name: str = _text(256)
    first_name: str | None = None
    last_name: str | None = None
    middle_name: str | None = None
    suffix: str | None = None
    prefix: str | None = None

    @model_validator(mode="after")
    def _more_than_one(self) -> _Name:
        others = (self.first_name, self.last_name, self.middle_name, self.suffix, self.prefix)
        if not any(others):
            raise PydanticCustomError("one_of", "At least one of the name's parts is required beside formatted_name.")
        return self


class _Contact(_Part):
    name: _Name
    phones: list[dict[str, str]] = []
    emails: list[dict[str, str]] = []
    addresses: list[dict[str, str]] = []
    urls: list[dict[str, str]] = []
    org: dict[str, str] | None = None
    birthday: str | None = Field(None, pattern=r"^\d{4}-\d\d-\d\d$")


class _Reaction(_Part):
    message_id: str = _text(256)
    emoji: str = _text(32, 0)


class _Reply(_Part):
    id: str = _text(256)
    title: str = _text(SHORT)


class _Button(_Part):
    type: Literal["reply"]
    reply: _Reply


class _TextHeader(_Part):
    type: Literal["text"]
    text: str = _text(60)


class _ImageHeader(_Part):
    type: Literal["image"]
    image: _Media


class _DocumentHeader(_Part):
    type: Literal["document"]
    document: _Document


class _VideoHeader(_Part):
    type: Literal["video"]
    video: _Media


class _Footer(_Part):
    text: str = _text(FOOTER)


class _ShortBody(_Part):
    text: str = _text(CAPTION)


class _LongBody(_Part):
    text: str = _text(BODY)


class _ButtonsAction(_Part):
    buttons: list[_Button] = Field(min_length=1, max_length=3)

    @field_validator("buttons")
    @classmethod
    def _different(cls, buttons: list[_Button]) -> list[_Button]:
        _all_different("Button ids", [button.reply.id for button in buttons])
        _all_different("Button titles", [button.reply.title for button in buttons])
        return buttons


class _Buttons(_Part):
    type: Literal["button"]
    header: Annotated[
        _TextHeader | _ImageHeader | _DocumentHeader | _VideoHeader | None, Field(discriminator="type")
    ] = None
    body: _ShortBody
    footer: _Footer | None = None
    action: _ButtonsAction


class _Row(_Part):
    id: str = _text(200)
    title: str = _text(24)
    description: str | None = _text(72, default=None)


class _Section(_Part):
    title: str | None = _text(24, default=None)
    rows: list[_Row] = Field(min_length=1)


class _ListAction(_Part):
    button: str = _text(SHORT)
    sections: list[_Section] = Field(min_length=1, max_length=10)

    @field_validator("sections")
    @classmethod
    def _few_and_different(cls, sections: list[_Section]) -> list[_Section]:
        rows = [row for section in sections for row in section.rows]
        if len(rows) > ROWS:
            raise PydanticCustomError("rows", f"Total row count exceed max allowed count: {ROWS}")
        if len(sections) > 1 and not all(section.title for section in sections):
            raise PydanticCustomError("one_of", "Section title is required when there is more than one section.")
        _all_different("Row ids", [row.id for row in rows])
        return sections


class _List(_Part):
    type: Literal["list"]
    header: _TextHeader | None = None
    body: _LongBody
    footer: _Footer | None = None
    action: _ListAction


class _Link(_Part):
    display_text: str = _text(SHORT)
    url: str = Field(pattern=r"^https?://\S+$")


class _LinkAction(_Part):
    name: Literal["cta_url"]
    parameters: _Link


class _LinkButton(_Part):
    type: Literal["cta_url"]
    header: _TextHeader | None = None
    body: _ShortBody
    footer: _Footer | None = None
    action: _LinkAction


class _AskLocationAction(_Part):
    name: Literal["send_location"]


class _AskLocation(_Part):
    type: Literal["location_request_message"]
    body: _ShortBody
    action: _AskLocationAction


_Interactive = Annotated[_Buttons | _List | _LinkButton | _AskLocation, Field(discriminator="type")]


class _Language(_Part):
    code: str = _text(16)
    policy: Literal["deterministic"] = "deterministic"


class _Parameter(_Part):
    type: Literal["text", "currency", "date_time", "image", "document", "video", "payload", "location"]
    text: str | None = _text(32768, default=None)
    payload: str | None = _text(128, default=None)
    parameter_name: str | None = None
    currency: dict[str, Any] | None = None
    date_time: dict[str, Any] | None = None
    image: _Media | None = None
    document: _Document | None = None
    video: _Media | None = None
    location: _Location | None = None

    @model_validator(mode="after")
    def _has_what_it_is(self) -> _Parameter:
        if getattr(self, self.type) is None:
            raise PydanticCustomError("one_of", "The parameter has not what its type says.")
        return self


class _Component(_Part):
    type: Literal["header", "body", "button", "HEADER", "BODY", "BUTTON"]
    sub_type: Literal["quick_reply", "url", "copy_code"] | None = None
    index: str | int | None = None
    parameters: list[_Parameter] = []


class _Template(_Part):
    name: str = _text(512)
    language: _Language
    components: list[_Component] = []


class _Context(_Part):
    message_id: str = _text(256)


class _Message(_Part):
    messaging_product: Literal["whatsapp"]
    recipient_type: Literal["individual"] = "individual"
    to: str = Field(pattern=r"^\+?[\d\s().-]{5,30}$")
    context: _Context | None = None
    biz_opaque_callback_data: str | None = _text(OPAQUE, default=None)


class _TextMessage(_Message):
    type: Literal["text"]
    text: _TextBody


class _ImageMessage(_Message):
    type: Literal["image"]
    image: _Captioned


class _VideoMessage(_Message):
    type: Literal["video"]
    video: _Captioned


class _AudioMessage(_Message):
    type: Literal["audio"]
    audio: _Audio


class _StickerMessage(_Message):
    type: Literal["sticker"]
    sticker: _Media


class _DocumentMessage(_Message):
    type: Literal["document"]
    document: _Document


class _LocationMessage(_Message):
    type: Literal["location"]
    location: _Location


class _ContactsMessage(_Message):
    type: Literal["contacts"]
    contacts: list[_Contact] = Field(min_length=1, max_length=257)


class _InteractiveMessage(_Message):
    type: Literal["interactive"]
    interactive: _Interactive


class _ReactionMessage(_Message):
    type: Literal["reaction"]
    reaction: _Reaction


class _TemplateMessage(_Message):
    type: Literal["template"]
    template: _Template


class _TypingIndicator(_Part):
    type: Literal["text"]


class Read(_Part):
    """The shop has seen a message, and may be writing."""

    messaging_product: Literal["whatsapp"]
    status: Literal["read"]
    message_id: str = _text(256)
    typing_indicator: _TypingIndicator | None = None


Message = (
    _TextMessage
    | _ImageMessage
    | _VideoMessage
    | _AudioMessage
    | _StickerMessage
    | _DocumentMessage
    | _LocationMessage
    | _ContactsMessage
    | _InteractiveMessage
    | _ReactionMessage
    | _TemplateMessage
)

_MESSAGE: TypeAdapter[Message] = TypeAdapter(Annotated[Message, Field(discriminator="type")])
_READ: TypeAdapter[Read] = TypeAdapter(Read)


def read_message(body: Any) -> Message | Read:
    """What a request says. Raises `GraphError` as the platform answers."""
    if not isinstance(body, dict):
        raise GraphError(100, "The body must be a JSON object.")
    if "messaging_product" not in body:
        raise GraphError(100, title="(#100) The parameter messaging_product is required.")
    try:
        return _READ.validate_python(body) if "status" in body else _MESSAGE.validate_python({"type": "text", **body})
    except ValidationError as error:
        raise _refusal(error.errors(include_url=False)[0], within_kind="status" not in body) from None


def _refusal(problem: ErrorDetails, *, within_kind: bool) -> GraphError:
    """The platform's error for what is wrong first; `within_kind` where the first step is the kind of message."""
    kind, context = problem["type"], problem.get("ctx", {})
    steps = list(problem["loc"][1 if within_kind else 0 :])
    if steps[:1] == ["interactive"]:
        del steps[1:2]  # the kind of interactive message
    path = ".".join(str(step) for step in steps)
    if kind == "union_tag_invalid" and len(problem["loc"]) == 0:
        return GraphError(131051, f"Message type {context['tag']!r} is not supported.")
    if kind == "missing":
        return GraphError(131008, f"The parameter {path} is required.")
    if kind == "extra_forbidden":
        *parents, key = steps
        where = f' on param "{".".join(map(str, parents))}"' if parents else ""
        return GraphError(100, f'Unexpected key "{key}"{where}.')
    if kind in ("string_too_long", "string_too_short"):
        length = f"Max length: {context['max_length']}" if "max_length" in context else "Min length: 1"
        return GraphError(131009, f"{_named(steps)} length invalid. {length}")
    if kind in ("too_long", "too_short"):
        count = f"Max allowed: {context['max_length']}" if "max_length" in context else "Min allowed: 1"
        return GraphError(131009, f"Invalid {steps[-1]} count. {count}")
    if kind in ("string_type", "int_type", "float_type", "bool_type", "list_type", "model_type", "dict_type"):
        return GraphError(100, f"The parameter {path} has the wrong type: {problem['msg']}.")
    return GraphError(131009, f"{path}: {problem['msg']}")


def _named(steps: Sequence[int | str]) -> str:
    """The parameter, as the platform calls it where that is known."""
    names = [step for step in steps if isinstance(step, str)]
    if names[-2:] == ["reply", "title"]:
        return "Button title"
    if "rows" in names:
        return f"Row {names[-1]}"
    return ".".join(map(str, steps))


def _all_different(what: str, values: Sequence[str]) -> None:
    if len(set(values)) < len(values):
        raise PydanticCustomError("duplicate", f"{what} must be unique within the message.")


def wa_id(number: str) -> str:
    """A recipient's number as the platform's id of them."""
    return re.sub(r"\D", "", number)
