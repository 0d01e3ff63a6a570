"""The messages of the bot for translators: extraction from `domain.yml`, and what a catalogue lacks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from string import Formatter

import yaml
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po, write_po

from bot.localization import BUTTON, PLURAL, catalogue_file


@dataclass(frozen=True)
class Source:
    """A message as `domain.yml` has it: its context, its English text, its plural or "", and its line."""

    context: str
    text: str
    plural: str
    line: int


def sources(domain_file: Path) -> list[Source]:
    """Every message of the responses, each once, in the order of the file."""
    root = yaml.compose(domain_file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    found: dict[tuple[str, str], Source] = {}
    for source in _sources(root):
        found.setdefault((source.context, source.text), source)
    return list(found.values())


def _sources(root: yaml.Node | None) -> Iterator[Source]:
    for name, variations in _items(_value(root, "responses")):
        assert isinstance(variations, yaml.SequenceNode)
        for variation in variations.value:
            text = _value(variation, "text")
            if text is not None and text.value:
                plural = _value(_value(variation, "metadata"), PLURAL)
                yield Source(name, text.value, plural.value if plural else "", text.start_mark.line + 1)
            buttons = _value(variation, "buttons")
            for button in buttons.value if buttons else []:
                title = _value(button, "title")
                if title is not None:
                    yield Source(BUTTON, title.value, "", title.start_mark.line + 1)


def _items(node: yaml.Node | None) -> list[tuple[str, yaml.Node]]:
    return [(key.value, value) for key, value in node.value] if isinstance(node, yaml.MappingNode) else []


def _value(node: yaml.Node | None, key: str) -> yaml.Node | None:
    return dict(_items(node)).get(key)


def template(domain_file: Path) -> Catalog:
    """The catalogue of all messages without translations."""
    catalogue = Catalog(project="Aftercare", charset="utf-8")
    for source in sources(domain_file):
        identifier = (source.text, source.plural) if source.plural else source.text
        catalogue.add(identifier, context=source.context, locations=[(domain_file.name, source.line)])
    return catalogue


def update(locales: Path, language: str, domain_file: Path) -> int:
    """Bring a language's catalogue up to the domain, or begin it; returns how many messages want a translation.

    In the source language, English, a message's translation is itself until somebody changes it.
    """
    path = catalogue_file(locales, language)
    if path.exists():
        with path.open("rb") as file:
            catalogue = read_po(file, locale=language)
    else:
        catalogue = _begin(language)
    # The date of the template would be the only change in many a file.
    catalogue.update(template(domain_file), update_creation_date=False)
    if language == "en":
        for message in catalogue:
            if message.id and (message.fuzzy or not _complete(message, catalogue)):
                message.string = message.id
                message.flags.discard("fuzzy")
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(file, catalogue, width=100, omit_header=False, include_lineno=False)
    return len(untranslated(locales, language, domain_file))


def _begin(language: str) -> Catalog:
    """A new catalogue, without the placeholders that Babel puts for people and addresses."""
    catalogue = Catalog(locale=language, project="Aftercare", charset="utf-8", fuzzy=False)
    catalogue.header_comment = "# Translations for Aftercare."
    catalogue.version = catalogue.msgid_bugs_address = catalogue.last_translator = ""
    catalogue.language_team = language
    return catalogue


def untranslated(locales: Path, language: str, domain_file: Path) -> list[str]:
    """The messages of the domain that a language's catalogue lacks, as `context: text`."""
    path = catalogue_file(locales, language)
    catalogue = Catalog(locale=language)
    if path.exists():
        with path.open("rb") as file:
            catalogue = read_po(file, locale=language)
    missing = []
    for source in sources(domain_file):
        message = catalogue.get(source.text, context=source.context)
        if message is None or message.fuzzy or not _complete(message, catalogue):
            missing.append(f"{source.context}: {source.text}")
    return missing


def _complete(message: Message, catalogue: Catalog) -> bool:
    if isinstance(message.string, str):
        return bool(message.string)
    forms = message.string or ()
    return len(forms) == catalogue.num_plurals and all(forms)


def placeholders(text: str) -> set[str]:
    """The names in braces of a message."""
    return {name for _, name, _, _ in Formatter().parse(text) if name}
