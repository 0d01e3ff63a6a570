"""The description of the API in OpenAPI 3.1, from the table of operations and their models.

https://spec.openapis.org/oas/v3.1.1. Pydantic writes the schemas; Sanic's own extension describes OpenAPI 3.0 and the
models of pydantic 1 only.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from desk.api.models import Failure, Told
from desk.api.operations import Operation
from desk.api.signatures import HEADER
from desk.api.tokens import Scope

VERSION = "1.0.0"

REFERENCE = "#/components/schemas/{model}"

ABOUT = """\
Everything that the desk does, for programs. Send a token (`Authorization: Bearer acd_…`) that an administrator made at
`/desk/tokens`; it acts as one agent and may do what its scopes name, within that agent's permissions. Times are
ISO 8601 in UTC. Lists come in pages: pass `next` of one page as `cursor` for the next, until it is null. Errors are
`{"error": code, "message": text}`.

**Live events**: open a WebSocket at `{root}/events` with the same header. Each frame is a JSON object with a `type`:
`ticket`, `offer`, `warning`, `follow_up` (scope `tickets:read`), `spike` (`reports:read`), `presence` (`agents:read`),
`note` (`notes`). Send `{"type": "subscribe", "conversation_id": "…"}` for the messages of a conversation
(`messages:read`) and `{"type": "unsubscribe", …}` to end it. `{"type": "lost"}` means that events were missed:
read anew what you show.
"""

_ERRORS = {
    400: "The request cannot be read.",
    401: "The token is missing or not good.",
    403: "The token lacks the scope, or its agent may not do that.",
    404: "There is no such thing, or the agent does not see it.",
    409: "It is no longer in the state for that: somebody was faster.",
    503: "The service cannot answer right now.",
}


def describe(operations: Sequence[Operation], *, root: str, title: str, events: Iterable[str]) -> dict[str, Any]:
    """The description.

    Args:
        root: where the paths of the operations begin, as `/desk/api/v1`.
        title: of the API.
        events: the kinds of events that webhooks are told of.
    """
    schemas = _Schemas(operations)
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        paths.setdefault(operation.template, {})[operation.method.lower()] = _operation(operation, schemas)
    return {
        "openapi": "3.1.1",
        "info": {"title": title, "version": VERSION, "description": ABOUT.replace("{root}", root)},
        "servers": [{"url": root}],
        "security": [{"token": []}],
        "tags": [{"name": group} for group in dict.fromkeys(operation.group for operation in operations)],
        "paths": paths,
        "webhooks": {event: {"post": _told(event)} for event in events},
        "components": {
            "schemas": schemas.all,
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A token from `/desk/tokens`. Scopes: " + ", ".join(f"`{each}`" for each in Scope),
                }
            },
            "responses": {str(status): _problem(text) for status, text in _ERRORS.items()},
        },
    }


class _Schemas:
    """The schemas of all models, each once."""

    def __init__(self, operations: Sequence[Operation]) -> None:
        taken: list[tuple[type[BaseModel], Any]] = [(Failure, "serialization"), (Told, "serialization")]
        for each in operations:
            taken += [(model, "validation") for model in (each.body, each.query) if model]
            taken += [(each.answer, "serialization")] if each.answer else []
        self._names, found = models_json_schema(list(dict.fromkeys(taken)), ref_template=REFERENCE)
        self._definitions: dict[str, Any] = found["$defs"]
        self._queries = {self._name(each.query) for each in operations if each.query}

    @property
    def all(self) -> dict[str, Any]:
        """By their names; without those whose fields are parameters."""
        return {name: schema for name, schema in self._definitions.items() if name not in self._queries}

    def of(self, model: type[BaseModel], mode: Any) -> dict[str, Any]:
        """A reference to the schema of a model."""
        return dict(self._names[(model, mode)])

    def properties(self, model: type[BaseModel]) -> tuple[dict[str, Any], Sequence[str]]:
        """The fields of a model that is taken, and the names of those that must be there."""
        schema = self._definitions[self._name(model)]
        return schema["properties"], schema.get("required", ())

    def _name(self, model: type[BaseModel]) -> str:
        return str(self.of(model, "validation")["$ref"]).rpartition("/")[2]


def _operation(operation: Operation, schemas: _Schemas) -> dict[str, Any]:
    needs = f"Scope `{operation.scope}`." if operation.scope else "Any token."
    described: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.about,
        "description": f"{needs} Permission `{operation.may}`.",
        "tags": [operation.group],
        "parameters": [*_path(operation), *_query(operation, schemas), *_key(operation)],
        "responses": _responses(operation, schemas),
    }
    if operation.body:
        content = {"application/json": {"schema": schemas.of(operation.body, "validation")}}
        described["requestBody"] = {"required": True, "content": content}
    return described


def _path(operation: Operation) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": kind}}
        for name, kind in operation.parameters.items()
    ]


def _query(operation: Operation, schemas: _Schemas) -> list[dict[str, Any]]:
    if not operation.query:
        return []
    properties, required = schemas.properties(operation.query)
    return [
        {"name": name, "in": "query", "required": name in required, "schema": schema}
        for name, schema in properties.items()
    ]


def _key(operation: Operation) -> list[dict[str, Any]]:
    if not operation.keyed:
        return []
    about = "The same request with the same key is done once."
    return [{"name": "Idempotency-Key", "in": "header", "description": about, "schema": {"type": "string"}}]


def _responses(operation: Operation, schemas: _Schemas) -> dict[str, Any]:
    done: dict[str, Any] = {"description": "Done."}
    if operation.answer:
        done["content"] = {"application/json": {"schema": schemas.of(operation.answer, "serialization")}}
    failed = {str(status): {"$ref": f"#/components/responses/{status}"} for status in _ERRORS}
    return {str(operation.status): done, **failed}


def _told(event: str) -> dict[str, Any]:
    content = {"application/json": {"schema": {"$ref": REFERENCE.format(model=Told.__name__)}}}
    return {
        "operationId": event,
        "summary": f"`{event}` is told to webhooks that listen to it.",
        "parameters": [{"name": HEADER, "in": "header", "required": True, "schema": {"type": "string"}}],
        "requestBody": {"required": True, "content": content},
        "responses": {"2XX": {"description": "It was taken. Anything else, and it is told again later."}},
        # What is told carries no token: the signature proves who tells it.
        "security": [],
    }


def _problem(text: str) -> dict[str, Any]:
    schema = {"$ref": REFERENCE.format(model=Failure.__name__)}
    return {"description": text, "content": {"application/json": {"schema": schema}}}
