"""What programs can do: a table of operations, from which both the routes and their description are made."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from pydantic import BaseModel

from desk.access.agents import Agent
from desk.access.permissions import May, may
from desk.api.tokens import Scope, Token

_PARAMETER = re.compile(r"<(\w+)(?::(\w+))?>")


class Problem(Exception):
    """A request that cannot be done; says the HTTP status, a code for programs and a sentence for engineers."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


@dataclass(frozen=True)
class Caller:
    """Who asks: a program with a token, or somebody who is signed in at the desk (then `token` is None)."""

    agent: Agent
    token: Token | None = None

    def has(self, scope: Scope | None) -> bool:
        """Whether they may do what needs a scope: somebody who is signed in needs none."""
        return scope is None or self.token is None or scope in self.token.scopes

    def require(self, scope: Scope | None, what: May) -> None:
        """Raises `Problem` unless both the token and its agent may."""
        if not self.has(scope):
            raise Problem(403, "scope_missing", f"The token lacks the scope {scope}.")
        if not may(self.agent, what):
            raise Problem(403, "not_allowed", "The agent of this token may not do that.")


@dataclass(frozen=True)
class Call:
    """A request for an operation.

    Attributes:
        path: the parts of the path by their names.
        query, body: as the operation's models have read them.
        key: the header `Idempotency-Key`, if there is one.
    """

    caller: Caller
    path: Mapping[str, Any] = field(default_factory=dict)
    query: Any = None
    body: Any = None
    key: str | None = None

    @property
    def agent(self) -> Agent:
        """As whom it is done."""
        return self.caller.agent


Handle = Callable[[Call], Awaitable[BaseModel | None]]


@dataclass(frozen=True)
class Operation:
    """Something that programs can do.

    Attributes:
        name: unique among them, as `accept_ticket`.
        path: below the root, with parameters as Sanic has them (`<ticket_id:int>`).
        about: a line for engineers, in English like the rest of the description.
        group: under which it is listed.
        scope: what a token needs for it; None where any will do.
        may: what the agent of the token needs to be allowed.
        query, body: what it takes; None where it takes nothing.
        answer: what it gives; None for an answer without content.
        keyed: whether `Idempotency-Key` keeps it from being done twice.
    """

    name: str
    method: str
    path: str
    about: str
    handle: Handle
    group: str
    scope: Scope | None = None
    may: May = May.WORK
    query: type[BaseModel] | None = None
    body: type[BaseModel] | None = None
    answer: type[BaseModel] | None = None
    status: int = 200
    keyed: bool = False

    @cached_property
    def template(self) -> str:
        """The path as OpenAPI has it: `/tickets/{ticket_id}`."""
        return _PARAMETER.sub(r"{\1}", self.path)

    @cached_property
    def parameters(self) -> dict[str, str]:
        """The names of the parameters in the path, and their types as JSON Schema has them."""
        found = _PARAMETER.findall(self.path)
        return {name: "integer" if kind == "int" else "string" for name, kind in found}


def cursor(text: str | None) -> int | None:
    """Where a page begins, from `next` of the page before. Raises `Problem` for what is none."""
    if text is not None and not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise Problem(400, "invalid", "'cursor' is not one of ours.")
    return int(text) if text else None
