"""Messages for translators: those of the bot, extracted from `domain.yml`, and what a room's catalogues lack."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from string import Formatter

import yaml
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_file
from babel.messages.pofile import read_po, write_po

from bot.localization import BUTTON, DOMAIN, PLURAL, catalogue_file

TEMPLATE_OPTIONS = {"trimmed": "true", "silent": "false"}


@dataclass(frozen=True)
class Source:
    """A message where it is said: its context or "", its English text, its plural or "", and the file and line."""

    context: str
    text: str
    plural: str
    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.context}: {self.text}" if self.context else self.text


class Messages:
    """What a room says, and the catalogues of its translations.

    Args:
        locales: the folder of the catalogues.
        domain: the gettext domain.
        sources: the messages; one that is said in several places counts once, where it is said first.
    """

    def __init__(self, locales: Path, domain: str, sources: Iterable[Source]) -> None:
        self.locales = locales
        self.domain = domain
        found: dict[tuple[str, str], Source] = {}
        for source in sources:
            found.setdefault((source.context, source.text), source)
        self.sources = list(found.values())

    def update(self, language: str) -> int:
        """Bring a language's catalogue up to the sources, or begin it; returns how many messages want a translation.

        In the source language, English, a message's translation is itself until somebody changes it.
        """
        catalogue = self.catalogue(language) or _begin(language)
        # The date of the template would be the only change in many a file.
        catalogue.update(self._template(), update_creation_date=False)
        if language == "en":
            for message in catalogue:
                if message.id and (message.fuzzy or not _complete(message, catalogue)):
                    message.string = message.id
                    message.flags.discard("fuzzy")
        path = catalogue_file(self.locales, language, self.domain)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            write_po(file, catalogue, width=100, omit_header=False, include_lineno=False)
        return len(self.untranslated(language))

    def untranslated(self, language: str) -> list[str]:
        """The messages that a language's catalogue lacks, as `context: text`."""
        catalogue = self.catalogue(language) or Catalog(locale=language)
        missing = []
        for source in self.sources:
            message = catalogue.get(source.text, context=source.context or None)
            if message is None or message.fuzzy or not _complete(message, catalogue):
                missing.append(str(source))
        return missing

    def catalogue(self, language: str) -> Catalog | None:
        """The catalogue of a language; None where it has none."""
        path = catalogue_file(self.locales, language, self.domain)
        if not path.exists():
            return None
        with path.open("rb") as file:
            return read_po(file, locale=language)

    def _template(self) -> Catalog:
        """The catalogue of all messages without translations."""
        catalogue = Catalog(project="Aftercare", charset="utf-8")
        for source in self.sources:
            identifier = (source.text, source.plural) if source.plural else source.text
            catalogue.add(identifier, context=source.context or None, locations=[(source.file, source.line)])
        return catalogue


def bot_messages(locales: Path, domain_file: Path) -> Messages:
    """What the bot says: the texts and buttons of the responses, in the order of the file."""
    root = yaml.compose(domain_file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    return Messages(locales, DOMAIN, _sources(root, domain_file.name))


def extract(file: Path) -> Iterator[Source]:
    """The messages of a Python file or a Jinja template, in the order of their lines."""
    python = file.suffix == ".py"
    extractor, options = ("python", {}) if python else ("jinja2.ext:babel_extract", TEMPLATE_OPTIONS)
    for line, message, _, context in extract_from_file(extractor, file, DEFAULT_KEYWORDS, (), options):
        text, plural = (message, "") if isinstance(message, str) else (message[0], message[1])
        yield Source(context or "", text, plural, file.name, line)


def _sources(root: yaml.Node | None, file: str) -> Iterator[Source]:
    for name, variations in _items(_value(root, "responses")):
        assert isinstance(variations, yaml.SequenceNode)
        for variation in variations.value:
            text = _value(variation, "text")
            if text is not None and text.value:
                plural = _value(_value(variation, "metadata"), PLURAL)
                yield Source(name, text.value, plural.value if plural else "", file, text.start_mark.line + 1)
            buttons = _value(variation, "buttons")
            for button in buttons.value if buttons else []:
                title = _value(button, "title")
                if title is not None:
                    yield Source(BUTTON, title.value, "", file, title.start_mark.line + 1)


def _items(node: yaml.Node | None) -> list[tuple[str, yaml.Node]]:
    return [(key.value, value) for key, value in node.value] if isinstance(node, yaml.MappingNode) else []


def _value(node: yaml.Node | None, key: str) -> yaml.Node | None:
    return dict(_items(node)).get(key)


def _begin(language: str) -> Catalog:
    """A new catalogue, without the placeholders that Babel puts for people and addresses."""
    catalogue = Catalog(locale=language, project="Aftercare", charset="utf-8", fuzzy=False)
    catalogue.header_comment = "# Translations for Aftercare."
    catalogue.version = catalogue.msgid_bugs_address = catalogue.last_translator = ""
    catalogue.language_team = language
    return catalogue


def _complete(message: Message, catalogue: Catalog) -> bool:
    if isinstance(message.string, str):
        return bool(message.string)
    forms = message.string or ()
    return len(forms) == catalogue.num_plurals and all(forms)


def placeholders(text: str) -> set[str]:
    """The names that a message leaves open, as `{name}` or as `%(name)s`."""
    braces = {name for _, name, _, _ in Formatter().parse(text) if name}
    return braces | set(re.findall(r"%\((\w+)\)s", text))
