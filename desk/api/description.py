"""The description of the API as people read it: what is in the OpenAPI document, arranged for a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markdown_it import MarkdownIt
from markupsafe import Markup

MARKDOWN = MarkdownIt("commonmark", {"html": False})


@dataclass(frozen=True)
class Field:
    """A parameter, or a field of an object."""

    name: str
    kind: str
    required: bool
    about: Markup


@dataclass(frozen=True)
class Model:
    """An object that is sent or given."""

    name: str
    about: Markup
    fields: Sequence[Field]


@dataclass(frozen=True)
class Entry:
    """An operation."""

    name: str
    method: str
    path: str
    summary: str
    about: Markup
    parameters: Sequence[Field]
    body: str | None
    answer: str | None
    status: str


@dataclass(frozen=True)
class Page:
    """Everything, in the order of the page."""

    title: str
    version: str
    root: str
    about: Markup
    groups: Mapping[str, Sequence[Entry]]
    events: Sequence[str]
    models: Sequence[Model]


def page_of(described: Mapping[str, Any]) -> Page:
    """The page of an OpenAPI description."""
    groups: dict[str, list[Entry]] = {tag["name"]: [] for tag in described["tags"]}
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            groups[operation["tags"][0]].append(_entry(path, method, operation))
    info, schemas = described["info"], described["components"]["schemas"]
    return Page(
        title=info["title"],
        version=info["version"],
        root=described["servers"][0]["url"],
        about=_html(info["description"]),
        groups=groups,
        events=list(described["webhooks"]),
        models=[_model(name, schema) for name, schema in sorted(schemas.items())],
    )


def _entry(path: str, method: str, operation: Mapping[str, Any]) -> Entry:
    status = next(iter(operation["responses"]))
    return Entry(
        name=operation["operationId"],
        method=method.upper(),
        path=path,
        summary=operation["summary"],
        about=_html(operation["description"]),
        parameters=[_parameter(each) for each in operation["parameters"]],
        body=_content(operation.get("requestBody")),
        answer=_content(operation["responses"][status]),
        status=status,
    )


def _parameter(parameter: Mapping[str, Any]) -> Field:
    schema = parameter["schema"]
    about = parameter.get("description") or schema.get("description", "")
    return Field(parameter["name"], _kind(schema), parameter.get("required", False), _inline(about))


def _model(name: str, schema: Mapping[str, Any]) -> Model:
    required = schema.get("required", ())
    fields = [
        Field(field, _kind(each), field in required, _inline(each.get("description", "")))
        for field, each in schema.get("properties", {}).items()
    ]
    if not fields:
        fields = [Field("", _kind(schema), True, Markup(""))]
    return Model(name, _inline(schema.get("description", "")), fields)


def _content(holder: Mapping[str, Any] | None) -> str | None:
    """The name of the object in a body, if there is one."""
    content = (holder or {}).get("content")
    return _kind(content["application/json"]["schema"]) if content else None


def _kind(schema: Mapping[str, Any]) -> str:
    """What a value is, in a few words."""
    match schema:
        case {"$ref": str(reference)}:
            return reference.rpartition("/")[2]
        case {"enum": list(values)}:
            return " | ".join(map(str, values))
        case {"const": value}:
            return str(value)
        case {"anyOf": list(kinds)}:
            return " | ".join(_kind(each) for each in kinds)
        case {"type": "array", "items": dict(items)}:
            return f"[{_kind(items)}]"
        case {"type": "string", "format": str(form)}:
            return form
        case {"type": str(kind)}:
            return kind
    return "any"


def _html(text: str) -> Markup:
    # Markup in the text would be shown as it is: the parser makes none of it.
    return Markup(MARKDOWN.render(text))  # noqa: S704


def _inline(text: str) -> Markup:
    return Markup(MARKDOWN.renderInline(text))  # noqa: S704
